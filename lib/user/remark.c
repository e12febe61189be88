#include "remark.h"

#include <stdlib.h>

#include "approve.h"
#include "asker.h"
#include "err.h"
#include "event.h"
#include "may.h"

jv
remark_event(jv request, const char *user, const char *chat_id)
{
	jv data = json_get(request, "data", JV_KIND_OBJECT), event;
	const char *text = json_peek_string(request, "text"), *id = json_peek_string(request, "id"),
		   *wrong = NULL;

	if (jv_is_valid(data) == (text != NULL))
		wrong = "want a text, or data with one";
	else if (json_has(data, "task_id"))
		wrong = "task_id: only what a task says has one";
	else if (id && id_is_derived(id))
		wrong = "id: want a UUID of another version than 5, as those of legwork itself are";
	if (wrong) {
		err_set(EX_DATAERR, "message: %s", wrong);
		jv_free(data);
		return jv_invalid();
	}
	if (text)
		data = json_set_string(jv_object(), "text", text);
	event = event_new("message", data, user, chat_id);
	if (json_has(request, "id"))
		event = json_set_string(event, "id", json_peek_string(request, "id"));
	return event;
}

/* What is there under the id of an event (borrowed): owned; invalid: nothing. */
static jv
find(struct tx *tx, jv event)
{
	const char *id = json_peek_string(event, "id");
	char *name = id ? xprintf("eid/%s", id) : NULL;
	jv old = name ? store_get(tx, name) : jv_invalid();

	free(name);
	return old;
}

/* The event that has the id of this one (borrowed), if it says the same: owned; else invalid with
 * err. */
static jv
find_same(struct tx *tx, jv event)
{
	jv old = find(tx, event), was = json_get(old, "data", JV_KIND_OBJECT),
	   is = json_get(event, "data", JV_KIND_OBJECT);
	bool is_same = json_is_alike(old, event, "chat_id") &&
	               json_is_alike(old, event, "user_id") && json_is_alike(old, event, "type") &&
	               json_is_alike(was, is, "text");

	jv_free(was);
	jv_free(is);
	if (is_same)
		return old;
	jv_free(old);
	err_set(EX_DATAERR, "message: another event has that id");
	return jv_invalid();
}

int
remark_check(struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT), old = find(tx, event);
	const char *reply_to = json_peek_string(data, "reply_to");
	int rc = 0;

	if (reply_to && !jv_is_valid(old) && asker_kind(tx, reply_to) == ASKER_UNKNOWN)
		rc = err_set(EX_NOINPUT, "event %.80s: no such event", reply_to);
	jv_free(old);
	jv_free(data);
	return rc;
}

int
remark_store(struct tx *tx, jv event, jv *stored)
{
	int rc = -1;

	*stored = jv_invalid();
	event = approve_aim(tx, event);
	if (may_say(tx, event) == 0)
		rc = event_post(tx, jv_copy(event), stored);
	if (rc == EVENT_POSTED)
		approve_by_reply(tx, *stored);
	jv_free(event);
	return rc;
}

jv
remark_post(struct tx *tx, jv event)
{
	jv stored = jv_invalid();

	if (remark_check(tx, event) == 0 &&
	    remark_store(tx, jv_copy(event), &stored) == EVENT_KNOWN)
		stored = (jv_free(stored), find_same(tx, event));
	jv_free(event);
	return stored;
}
