#include "listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "brief.h"
#include "err.h"
#include "event.h"
#include "may.h"
#include "task.h"

/* How many records are looked at in one transaction, and in all; and bytes of events. */
enum { AT_ONCE = 256, LOOKS = 20000, EVENT_BYTES = 1 << 20 };

struct listing {
	const char *set;
	/* what is told of a record (consumed); invalid: it is not wanted */
	jv (*pick)(struct listing *l, struct tx *tx, jv record);
	const char *user; /* of pick, as the next */
	jv statuses;      /* borrowed; invalid: any */
	int64_t left, looks;
	uint64_t n; /* the last one that was looked at */
	bool is_more;
	jv items;
};

/* Some of them, in one transaction.  Whether to go on. */
static bool
take_some(struct listing *l, struct tx *tx)
{
	uint64_t n = l->n;

	for (int i = 0; i < AT_ONCE && l->left > 0 && (n = store_prev(tx, l->set, n)) != 0; i++) {
		jv item = l->pick(l, tx, store_at(tx, n));

		l->n = n;
		l->looks++;
		if (jv_is_valid(item)) {
			l->items = jv_array_append(l->items, item);
			l->left--;
		}
	}
	l->is_more = n != 0 && store_prev(tx, l->set, n) != 0;
	return l->is_more && l->left > 0 && l->looks < LOOKS;
}

static jv
take_all(struct store *s, struct listing *l)
{
	bool goes_on = true;

	l->items = jv_array();
	while (goes_on) {
		struct tx *tx = store_read(s);

		goes_on = tx && take_some(l, tx);
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
	if (json_peek_string(chat, "id") && may(tx, chat, l->user, MAY_READ) == 0)
		return brief_chat(tx, chat);
	jv_free(chat);
	return jv_invalid();
}

jv
listing_chats(struct store *s, const char *user, int64_t limit)
{
	struct listing l = { .set = "chats", .pick = pick_chat, .user = user, .left = limit };

	return take_all(s, &l);
}

/* Whether a task (borrowed) has one of those statuses. */
static bool
has_status(jv task, jv statuses)
{
	bool has = !jv_is_valid(statuses);

	for (int i = 0; !has && i < jv_array_length(jv_copy(statuses)); i++) {
		jv status = jv_array_get(jv_copy(statuses), i);

		has = task_is(task, jv_string_value(status));
		jv_free(status);
	}
	return has;
}

static jv
pick_task(struct listing *l, struct tx *tx, jv task)
{
	if (has_status(task, l->statuses))
		return brief_task(tx, task, l->user);
	jv_free(task);
	return jv_invalid();
}

/* Whether only those that have not ended are wanted. */
static bool
wants_open(jv statuses)
{
	bool is = jv_is_valid(statuses);

	for (int i = 0; is && i < jv_array_length(jv_copy(statuses)); i++) {
		jv status = jv_array_get(jv_copy(statuses), i);
		const char *word = jv_string_value(status);

		is = !strcmp(word, "pending") || !strcmp(word, "in_progress");
		jv_free(status);
	}
	return is;
}

jv
listing_tasks(struct store *s, const char *user, const char *chat_id, struct listing_page *page)
{
	char *set = xprintf("%s.%s", wants_open(page->statuses) ? "open" : "chat", chat_id);
	struct listing l = { .set = set,
		.pick = pick_task,
		.user = user,
		.statuses = page->statuses,
		.left = page->limit,
		.n = page->n };
	jv tasks = take_all(s, &l);

	page->n = l.n;
	page->is_more = l.is_more;
	free(set);
	return tasks;
}

int
listing_cursor(const char *cursor, const char *teller, uint64_t *n)
{
	char *end = NULL;

	errno = 0;
	if (*cursor >= '1' && *cursor <= '9')
		*n = strtoull(cursor, &end, 10);
	return end && !*end && errno == 0
	           ? 0
	           : err_set(EX_DATAERR, "cursor: is none that %s has told", teller);
}

jv
listing_events(struct tx *tx, const char *chat_id, uint64_t before, int64_t limit)
{
	/* from the last one on, it is not looked for where it stands */
	bool is_past = before > 0 && before <= event_last(tx, chat_id);
	uint64_t seq = before - 1, n = is_past ? event_next(tx, chat_id, &seq, 0) : 0;
	jv newest_first = jv_array(), events = jv_array();
	size_t bytes = 0;
	struct scan_text text;

	while (before > 0 && limit-- > 0 && bytes < EVENT_BYTES &&
	       (n = event_prev(tx, chat_id, n)) != 0 && store_peek(tx, n, &text)) {
		bytes += text.len;
		newest_first = jv_array_append(newest_first, json_parse(text.p, text.len));
	}
	for (int i = jv_array_length(jv_copy(newest_first)); i-- > 0;)
		events = jv_array_append(events, jv_array_get(jv_copy(newest_first), i));
	jv_free(newest_first);
	return events;
}
