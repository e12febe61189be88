#include "handling.h"

#include <strings.h>

#include "access.h"
#include "approve.h"
#include "charge.h"
#include "chat.h"
#include "err.h"
#include "id.h"
#include "inquiry.h"
#include "remark.h"
#include "retry.h"
#include "task.h"

/* --- chats */

jv
handling_message(struct petition *p, struct tx *tx)
{
	jv event = jv_invalid(), stored = jv_invalid(), data = jv_invalid();
	const char *given = petition_chat(p);
	char chat_id[ID_TEXT];

	if (given && store_resolve(tx, "chat", given, chat_id) == 0)
		event = remark_event(p->request, p->user, chat_id);
	if (jv_is_valid(event))
		stored = remark_post(tx, event);
	if (jv_is_valid(stored)) {
		data = json_set_string(jv_object(), "id", json_peek_string(stored, "id"));
		data = json_set_int(data, "seq", json_peek_int(stored, "seq", 0));
	}
	jv_free(stored);
	return data;
}

/* The chat that has the id which the client has made, if it is the user's: owned; null: none has;
 * invalid with err. */
static jv
find_own(struct petition *p, struct tx *tx, const char *id)
{
	jv chat = chat_get(tx, id);
	const char *owner = json_peek_string(chat, "user_id");

	if (!jv_is_valid(chat))
		return (jv_free(chat), jv_null());
	if (owner && !strcasecmp(owner, p->user))
		return chat;
	jv_free(chat);
	err_set(EX_DATAERR, "start_chat: another chat has that id");
	return jv_invalid();
}

/* The chat that is asked for, made unless it is there. */
static jv
make_chat(struct petition *p, struct tx *tx)
{
	const char *id = json_peek_string(p->request, "id"),
		   *title = json_peek_string(p->request, "title");
	static const char *const members[] = { "title", "id", NULL };
	jv chat;

	if (!petition_has_only(p, members) || chat_check_title(title) < 0)
		return jv_invalid();
	if (!json_has(p->request, "id"))
		return chat_add(tx, title, p->user, jv_array());
	if (!id || !id_is_full(id) || id_is_derived(id)) {
		err_set(EX_DATAERR, "start_chat: id: want a UUID in lower case, of another version "
				    "than 5");
		return jv_invalid();
	}
	chat = find_own(p, tx, id);
	return jv_get_kind(chat) == JV_KIND_NULL ? chat_add_as(tx, id, title, p->user, jv_array())
	                                         : chat;
}

jv
handling_start_chat(struct petition *p, struct tx *tx)
{
	jv chat = make_chat(p, tx);

	if (jv_is_valid(chat))
		petition_move(p, chat, (struct follow_from){ NULL, -1, 0, NULL });
	return chat;
}

jv
handling_switch_chat(struct petition *p, struct tx *tx)
{
	jv chat = inquiry_chat(p, tx);

	if (jv_is_valid(chat))
		petition_move(p, chat,
		    (struct follow_from){ NULL, json_peek_int(p->request, "last", -1),
			json_peek_int(p->request, "since", -1), NULL });
	return chat;
}

/* --- tasks */

/* What is told of a task that has changed. */
static jv
told(struct tx *tx, const char *id)
{
	jv task = task_get(tx, id), data = json_set_string(jv_object(), "task_id", id);

	data = json_set_valid(data, "state", json_get(task, "status", JV_KIND_STRING));
	jv_free(task);
	return data;
}

jv
handling_start_task(struct petition *p, struct tx *tx)
{
	static const char *const members[] = { "text", "title", "id", "chat_id", "agent",
		"priority", NULL };
	jv chat = petition_chat_for(p, tx, MAY_ADD), task = jv_invalid(), data = jv_invalid();
	bool is_new;

	if (jv_is_valid(chat) && petition_has_only(p, members))
		task = charge_add(tx, p->request, p->user, jv_string_value(chat), &is_new);
	if (jv_is_valid(task)) {
		data = told(tx, json_peek_string(task, "id"));
		data = json_set(data, "is_new", jv_bool(is_new));
		if (json_peek_bool(task, "duplicate"))
			data = json_set(data, "duplicate", jv_true());
	}
	jv_free(task);
	jv_free(chat);
	return data;
}

static jv
decide(struct petition *p, struct tx *tx, bool yes)
{
	struct approval decision = { yes, p->user, json_peek_string(p->request, "reason") };
	jv task = petition_task_for(p, tx, MAY_READ), data = jv_invalid();
	const char *id = json_peek_string(task, "id");

	if (id && approve_task(tx, id, json_peek_string(p->request, "request_id"), decision) == 0)
		data = told(tx, id);
	jv_free(task);
	return data;
}

jv
handling_approve(struct petition *p, struct tx *tx)
{
	return decide(p, tx, true);
}

jv
handling_deny(struct petition *p, struct tx *tx)
{
	return decide(p, tx, false);
}

jv
handling_retry(struct petition *p, struct tx *tx)
{
	jv task = petition_task_for(p, tx, MAY_ADD), data = jv_invalid();
	const char *id = json_peek_string(task, "id");

	if (id && retry_task(tx, id) >= 0)
		data = told(tx, id);
	jv_free(task);
	return data;
}

/* The id of what is to end, a task or a chat with all its tasks: owned; invalid with err. */
static jv
find_target(struct petition *p, struct tx *tx, bool is_all)
{
	jv task, id;

	if (is_all == json_has(p->request, "task_id")) {
		err_set(EX_DATAERR, "cancel: want a task_id, or all: true");
		return jv_invalid();
	}
	if (is_all)
		return petition_chat_for(p, tx, MAY_CANCEL);
	task = petition_task_for(p, tx, MAY_CANCEL);
	id = json_get(task, "id", JV_KIND_STRING);
	jv_free(task);
	return id;
}

jv
handling_cancel(struct petition *p, struct tx *tx)
{
	bool is_all = json_peek_bool(p->request, "all");
	const char *reason = json_peek_string(p->request, "reason");
	jv id = chat_check_reason(reason) == 0 ? find_target(p, tx, is_all) : jv_invalid(), data;
	struct ending ending;

	if (!jv_is_valid(id))
		return id;
	ending_open(&ending, jv_string_value(id), is_all, p->user, reason);
	jv_free(id);
	ending_release(&p->ending); /* of a transaction that is run again */
	p->ending = (struct ending){ .by = NULL };
	if (ending_mark(&ending, tx) > 0)
		p->ending = ending;
	data = json_set(jv_object(), "tasks", ending_tasks(&ending));
	if (!p->ending.by)
		ending_release(&ending);
	return data;
}
