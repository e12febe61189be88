#include "listing.h"

#include <stdlib.h>

#include "chat.h"
#include "may.h"
#include "task.h"

enum { AT_ONCE = 256 };

struct listing {
	const char *set;
	/* what is told of a record (consumed); invalid: it is not wanted */
	jv (*pick)(struct listing *l, struct tx *tx, jv record);
	const char *arg; /* of pick */
	int64_t left;
	uint64_t n; /* the last one that was looked at */
	jv items;
};

/* Some of them, in one transaction.  Whether there may be more. */
static bool
take_some(struct listing *l, struct tx *tx)
{
	for (int i = 0; i < AT_ONCE && l->left > 0; i++) {
		jv item;

		if ((l->n = store_prev(tx, l->set, l->n)) == 0)
			return false;
		item = l->pick(l, tx, store_at(tx, l->n));
		if (jv_is_valid(item)) {
			l->items = jv_array_append(l->items, item);
			l->left--;
		}
	}
	return l->left > 0;
}

static jv
take_all(struct store *s, struct listing *l)
{
	bool is_more = true;

	l->items = jv_array();
	while (is_more) {
		struct tx *tx = store_read(s);

		is_more = tx && take_some(l, tx);
		if (!tx || store_end(tx) < 0) {
			jv_free(l->items);
			return jv_invalid();
		}
	}
	return l->items;
}

static jv
pick_chat(struct listing *l, struct tx *tx, jv chat)
{
	const char *id = json_peek_string(chat, "id");

	if (id && may(tx, chat, l->arg, MAY_READ) == 0)
		return json_set_int(chat, "last_seq", (int64_t)chat_last(tx, id));
	jv_free(chat);
	return jv_invalid();
}

jv
listing_chats(struct store *s, const char *user, int64_t limit)
{
	struct listing l = { .set = "chats", .pick = pick_chat, .arg = user, .left = limit };

	return take_all(s, &l);
}

static jv
pick_task(struct listing *l, struct tx *tx, jv task)
{
	static const char *const members[] = { "id", "title", "status", "waiting", "priority",
		"agent", "created_by", "parent_id", "subtasks", "attempt", "error", "approval",
		"created_at", "started_at", "finished_at" };
	jv out = jv_object();

	(void)tx;
	if (l->arg && !task_is(task, l->arg)) {
		jv_free(out);
		out = jv_invalid();
	} else {
		for (size_t i = 0; i < sizeof members / sizeof *members; i++)
			if (json_has(task, members[i]))
				out = json_set(out, members[i],
				    jv_object_get(jv_copy(task), jv_string(members[i])));
	}
	jv_free(task);
	return out;
}

jv
listing_tasks(struct store *s, const char *chat_id, const char *status, int64_t limit)
{
	char *set = xprintf("chat.%s", chat_id);
	struct listing l = { .set = set, .pick = pick_task, .arg = status, .left = limit };
	jv tasks = take_all(s, &l);

	free(set);
	return tasks;
}
