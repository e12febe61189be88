#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "err.h"
#include "event.h"
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
	if (cursor_check(name) < 0)
		return -1;
	if (!id_is_full(chat_id))
		return err_set(EX_DATAERR, "source: chat_id is no UUID");
	cursor_move(tx, name, chat_id, seq);
	return 0;
}

/* What a message gave besides a task is told in its chat.  A chat that is gone reads nothing. */
static int
post(struct tx *tx, jv event)
{
	jv stored = jv_invalid();
	int rc = jv_is_valid(event) ? event_post(tx, event_stamp(jv_copy(event)), &stored) : 0;

	jv_free(stored);
	return rc < 0 ? -1 : 0;
}

/* Whether the message that a source (borrowed) names is there, in the chat that it names: only then
 * that chat is told of it. */
static bool
is_there(struct tx *tx, jv source)
{
	const char *id = json_peek_string(source, "message_id"),
		   *chat_id = json_peek_string(source, "chat_id"), *in;
	char *name = id && id_is_full(id) ? xprintf("eid/%s", id) : NULL;
	jv event = name ? store_get(tx, name) : jv_invalid();
	bool is;

	in = json_peek_string(event, "chat_id");
	is = in && chat_id && !strcmp(in, chat_id);
	jv_free(event);
	free(name);
	return is;
}

/* The event of a line that is no task, as task-draft makes it: what legwork says of a message that
 * is there, and nothing else. */
static int
tell(struct tx *tx, jv source, jv event)
{
	const char *by = json_peek_string(event, "user_id"),
		   *in = json_peek_string(event, "chat_id"),
		   *chat_id = json_peek_string(source, "chat_id"),
		   *type = json_peek_string(event, "type");
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	bool is_ours = by && !strcmp(by, EVENT_HERALD) && in && chat_id && !strcmp(in, chat_id) &&
	               type && !strcmp(type, "error") && !json_has(event, "n") &&
	               !json_has(data, "task_id");

	jv_free(data);
	if (!jv_is_valid(event) || (is_ours && !is_there(tx, source)))
		return 0;
	return is_ours ? post(tx, event)
	               : err_set(EX_DATAERR,
			     "event: want an error of " EVENT_HERALD " in the chat of its message");
}

/* What is said of a message that is there, with an id made of the message's and a word: it is said
 * once. */
static jv
remark_on(jv source, const char *type, const char *word, const char *text)
{
	const char *id = json_peek_string(source, "message_id"),
		   *in = json_peek_string(source, "chat_id");
	jv data = json_set_string(json_set_string(jv_object(), "message", text), "reply_to", id);
	char own[ID_TEXT];

	return json_set_string(event_new(type, data, EVENT_HERALD, in), "id",
	    id_derive(id, word, own));
}

/* Why the spec of a message that is there is refused, as its chat reads it. */
static jv
refusal_of(jv source, const char *why)
{
	char *text = xprintf("no task was made of a message: %s", why);
	jv event = remark_on(source, "error", "refused", text);

	free(text);
	return event;
}

/* The chat learns that another does what a message has asked somebody for who is not there. */
static int
tell_instead(struct tx *tx, jv source, jv task)
{
	const char *missing = json_peek_string(task, "instead_of");
	char *text;
	jv event;
	int rc;

	if (!missing || !is_there(tx, source))
		return 0;
	text = xprintf("no agent has the role %.80s: %s, the first one, does it", missing,
	    json_peek_string(task, "agent"));
	event = remark_on(source, "status", "instead", text);
	rc = post(tx, event);
	jv_free(event);
	free(text);
	return rc;
}

static void
tell_why(struct tx *tx, jv source)
{
	int code = err_code();
	char *why = xstrdup(err_text());
	jv event = is_there(tx, source) ? refusal_of(source, why) : jv_invalid();

	post(tx, event);
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
		rc = tell(tx, source, event);
	else if (jv_is_valid(command))
		rc = steer_obey(tx, command, source, running);
	else
		rc = spec_add(tx, jv_copy(line), allow_duplicates, task);
	if (rc == SPEC_ADDED && jv_is_valid(*task) && tell_instead(tx, source, *task) < 0)
		rc = -1;
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
