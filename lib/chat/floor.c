#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "audit.h"
#include "err.h"
#include "member.h"
#include "proc.h"
#include "task.h"
#include "wish.h"

bool
floor_is_person(jv chat, jv event)
{
	const char *type = json_peek_string(event, "type"),
		   *user = json_peek_string(event, "user_id"), *kind;
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	bool is = type && user && !strcmp(type, "message") && !json_has(data, "task_id");

	jv_free(data);
	kind = is ? member_kind(chat, user) : NULL;
	return is && (!kind || !strcmp(kind, "person"));
}

/* Whether a text is a command about tasks that are there. */
static bool
is_command(const char *text)
{
	struct wish wish;
	bool is;

	wish_read(&wish, text);
	is = wish.command && strcmp(wish.command, "task") != 0;
	wish_release(&wish);
	return is;
}

/* Whether something is the id of an open request of a task of the chat, or of the event that
 * asks. */
static bool
is_request(struct tx *tx, const char *chat_id, const char *id)
{
	jv request, task = asker_find(tx, id, &request),
		    approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *in = json_peek_string(task, "chat_id"),
		   *asks = json_peek_string(approval, "request_id");
	bool is = in && !strcmp(in, chat_id) && task_waits_for(task, "approval") && asks &&
	          !strcmp(asks, jv_string_value(request));

	jv_free(approval);
	jv_free(request);
	jv_free(task);
	return is;
}

static bool
steers(struct tx *tx, const char *chat_id, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *text = json_peek_string(data, "text"),
		   *reply_to = json_peek_string(data, "reply_to");
	bool is = (text && is_command(text)) || (reply_to && is_request(tx, chat_id, reply_to));

	jv_free(data);
	return is;
}

/* The id of the first task of a set that has a living runner; false: there is none. */
static bool
find_running(struct tx *tx, const char *prefix, const char *chat_id, char task_id[ID_TEXT])
{
	char *set = xprintf("%s%s", prefix, chat_id);
	bool is_found = false;

	for (uint64_t n = 0; !is_found && (n = store_next(tx, set, n)) != 0;) {
		jv task = store_at(tx, n);
		const char *id = json_peek_string(task, "id"),
			   *lease = json_peek_string(task, "lease");

		is_found = id && lease && proc_lease_is_live(store_run_fd(store_of(tx)), lease);
		if (is_found)
			snprintf(task_id, ID_TEXT, "%s", id);
		jv_free(task);
	}
	free(set);
	return is_found;
}

/* Notes a refusal, whose reason is in err, in the audit: of one event once. */
static void
note(struct tx *tx, jv event, const char *task_id)
{
	char id[ID_TEXT];
	jv entry = json_set_string(jv_object(), "kind", "post_refused");

	id_derive(json_peek_string(event, "id"), "refused", id);
	entry = json_set_string(json_set_string(entry, "id", id), "task_id", task_id);
	entry = json_set_string(entry, "chat_id", json_peek_string(event, "chat_id"));
	entry = json_set_string(entry, "user_id", json_peek_string(event, "user_id"));
	audit_put(tx, json_set_string(entry, "reason", err_text()));
}

int
floor_check(struct tx *tx, jv chat, jv event)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is_locked = json_peek_bool(policy, "lock");
	const char *id = json_peek_string(chat, "id");
	char task_id[ID_TEXT], name[9], in[9];

	jv_free(policy);
	if (!floor_is_person(chat, event))
		return 0;
	if (!find_running(tx, "locking.", id, task_id) &&
	    !(is_locked && find_running(tx, "running.chat.", id, task_id)))
		return 0;
	if (steers(tx, id, event))
		return 0;
	err_set(EX_TEMPFAIL, "chat %s: locked while task %s runs", task_short(id, in),
	    task_short(task_id, name));
	note(tx, event, task_id);
	return -1;
}
