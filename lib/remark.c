#include "remark.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "approve.h"
#include "chat.h"
#include "err.h"

jv
remark_event(jv request, const char *user, const char *chat_id)
{
	jv data = json_get(request, "data", JV_KIND_OBJECT), event;
	const char *text = json_peek_string(request, "text"), *wrong = NULL;

	if (jv_is_valid(data) == (text != NULL))
		wrong = "want a text, or data with one";
	else if (json_has(data, "task_id"))
		wrong = "task_id: only what a task says has one";
	if (wrong) {
		err_set(EX_DATAERR, "message: %s", wrong);
		jv_free(data);
		return jv_invalid();
	}
	if (text)
		data = json_set_string(jv_object(), "text", text);
	event = chat_event("message", data, user, chat_id);
	if (json_has(request, "id"))
		event = json_set_string(event, "id", json_peek_string(request, "id"));
	return event;
}

/* Whether two objects (borrowed) have the same string there. */
static bool
is_alike(jv a, jv b, const char *member)
{
	const char *x = json_peek_string(a, member), *y = json_peek_string(b, member);

	return x && y && !strcmp(x, y);
}

/* The event that has the id of this one (borrowed), if it says the same: owned; else invalid with
 * err. */
static jv
find_same(struct tx *tx, jv event)
{
	char *name = xprintf("eid/%s", json_peek_string(event, "id"));
	jv old = store_get(tx, name), was = json_get(old, "data", JV_KIND_OBJECT),
	   is = json_get(event, "data", JV_KIND_OBJECT);
	bool is_same = is_alike(old, event, "chat_id") && is_alike(old, event, "user_id") &&
	               is_alike(old, event, "type") && is_alike(was, is, "text");

	jv_free(was);
	jv_free(is);
	free(name);
	if (is_same)
		return old;
	jv_free(old);
	err_set(EX_DATAERR, "message: another event has that id");
	return jv_invalid();
}

static int
check_reply(struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *reply_to = json_peek_string(data, "reply_to");
	int rc = reply_to && !approve_knows(tx, reply_to)
	             ? err_set(EX_NOINPUT, "event %.80s: no such event", reply_to)
	             : 0;

	jv_free(data);
	return rc;
}

/* What follows where the message (borrowed) answers a request. */
static void
decide(struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT), task = jv_invalid();
	const char *reply_to = json_peek_string(data, "reply_to");

	if (reply_to)
		task = approve_asker(tx, reply_to);
	if (jv_is_valid(task) && access_decision(tx, task, json_peek_string(event, "user_id")) == 0)
		approve_by_reply(tx, event);
	jv_free(task);
	jv_free(data);
}

jv
remark_post(struct tx *tx, jv event)
{
	jv stored = jv_invalid();
	int rc = -1;

	event = approve_aim(tx, event);
	if (check_reply(tx, event) == 0 && may_say(tx, event) == 0)
		rc = chat_post(tx, jv_copy(event), &stored);
	if (rc == CHAT_POSTED)
		decide(tx, stored);
	if (rc == CHAT_KNOWN)
		stored = (jv_free(stored), find_same(tx, event));
	jv_free(event);
	return stored;
}
