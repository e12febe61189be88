#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "err.h"
#include "intake.h"
#include "steer.h"

/* A reader's named place moves on in the same transaction as its message becomes a task. */
static int
move_cursor(struct tx *tx, jv source)
{
	const char *name = json_peek_string(source, "cursor");
	const char *chat_id = json_peek_string(source, "chat_id");
	int64_t seq = json_peek_int(source, "seq", -1);

	if (!name || !chat_id || seq < 0)
		return 0;
	if (chat_check_cursor(name) < 0)
		return -1;
	if (!id_is_full(chat_id))
		return err_set(EX_DATAERR, "source: chat_id is no UUID");
	chat_move_cursor(tx, name, chat_id, seq);
	return 0;
}

/* What a message gave besides a task is told in its chat. */
static int
post(struct tx *tx, jv event)
{
	jv stored = jv_invalid();
	int rc = jv_is_valid(event) ? chat_post(tx, chat_stamp(jv_copy(event)), &stored) : 0;

	jv_free(stored);
	return rc < 0 ? -1 : 0;
}

/* Why a message's spec is refused, as its chat reads it; invalid: it came from no message. */
static jv
refusal_of(jv source, const char *why)
{
	const char *id = json_peek_string(source, "message_id"),
		   *in = json_peek_string(source, "chat_id");
	char *text, own[ID_TEXT];
	jv data;

	if (!id || !id_is_full(id) || !in || !id_is_full(in))
		return jv_invalid();
	text = xprintf("no task was made of a message: %s", why);
	data = json_set_string(json_set_string(jv_object(), "message", text), "reply_to", id);
	free(text);
	return json_set_string(chat_event("error", data, CHAT_HERALD, in), "id",
	    id_derive(id, "refused", own));
}

static void
tell_why(struct tx *tx, jv source)
{
	jv event = refusal_of(source, err_text());
	int code = err_code();
	char *why = xstrdup(err_text());

	post(tx, event); /* a chat that is gone reads nothing */
	err_set(code, "%s", why);
	jv_free(event);
	free(why);
}

static int
take(struct tx *tx, jv line, jv source, bool allow_duplicates, jv *task, jv *running)
{
	jv command = json_get(line, "command", JV_KIND_OBJECT),
	   event = json_get(line, "event", JV_KIND_OBJECT);
	int rc;

	if (jv_is_valid(source) && move_cursor(tx, source) < 0)
		rc = -1;
	else if (json_has(line, "skip"))
		rc = post(tx, event);
	else if (jv_is_valid(command))
		rc = steer_obey(tx, command, source, running);
	else
		rc = spec_add(tx, jv_copy(line), allow_duplicates, task);
	jv_free(command);
	jv_free(event);
	return rc;
}

int
intake_take(struct tx *tx, jv line, bool allow_duplicates, jv *task, jv *running)
{
	bool is_skip = json_has(line, "skip");
	jv source = json_get(line, is_skip ? "skip" : "source", JV_KIND_OBJECT);
	int rc;

	*task = jv_invalid();
	rc = take(tx, line, source, allow_duplicates, task, running);
	if (rc < 0)
		tell_why(tx, source);
	jv_free(source);
	jv_free(line);
	return rc;
}
