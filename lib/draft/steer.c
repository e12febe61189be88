#include "steer.h"

#include <stdlib.h>
#include <string.h>

#include "approve.h"
#include "cancel.h"
#include "chat.h"
#include "err.h"
#include "event.h"
#include "may.h"
#include "person.h"
#include "retry.h"
#include "task.h"
#include "why.h"

/* How many of a chat's tasks a question about all of them names. */
enum { NAMED_MAX = 10 };

struct steer {
	struct tx *tx;
	const char *chat_id, *by, *reason;
	struct buf answer;
	jv *running; /* array: ids of tasks that were marked */
};

static void
say_task(struct steer *s, jv task)
{
	char name[9];

	buf_printf(&s->answer, "%s %s", task_short(json_peek_string(task, "id"), name),
	    json_peek_string(task, "status"));
}

static void
say_title(struct steer *s, jv task)
{
	const char *title = json_peek_string(task, "title");

	if (title)
		buf_printf(&s->answer, " (%s)", title);
}

/* --- status */

static void
say_why(struct steer *s, jv task)
{
	jv why = why_task(s->tx, task), error = json_get(why, "error", JV_KIND_OBJECT);
	const char *text = json_peek_string(error, "message");

	if (task_is(task, "pending") || !text)
		text = json_peek_string(why, "why");
	say_task(s, task);
	say_title(s, task);
	buf_printf(&s->answer, ": %s", text ? text : "");
	jv_free(error);
	jv_free(why);
}

/* What of the chat's has not ended, the newest first. */
static void
say_all(struct steer *s)
{
	char *set = xprintf("open.%s", s->chat_id);
	uint64_t n = 0;
	int named = 0;

	while (named < NAMED_MAX && (n = store_prev(s->tx, set, n)) != 0) {
		jv task = store_at(s->tx, n);

		buf_puts(&s->answer, named++ ? "\n" : "");
		say_why(s, task);
		jv_free(task);
	}
	if (named == 0)
		buf_puts(&s->answer, "nothing waits or runs here");
	free(set);
}

static int
tell_status(struct steer *s, jv task)
{
	say_why(s, task);
	return 0;
}

/* --- the others */

/* Says what has ended, or is to end, below a task. */
static void
say_below(struct steer *s, jv lines)
{
	int ended = 0, running = 0;

	jv_array_foreach (lines, i, line) {
		const char *state = json_peek_string(line, "state");
		bool runs = state && !strcmp(state, "in_progress");

		running += i > 0 && runs;
		ended += i > 0 && !runs && !json_peek_bool(line, "was_over");
		if (runs)
			*s->running =
			    jv_array_append(*s->running, json_get(line, "task_id", JV_KIND_STRING));
		jv_free(line);
	}
	if (ended > 0)
		buf_printf(&s->answer, "; with it %d below it", ended);
	if (running > 0)
		buf_printf(&s->answer, "; %d below it %s being stopped", running,
		    running > 1 ? "are" : "is");
}

static int
cancel(struct steer *s, jv task)
{
	const char *id = json_peek_string(task, "id");
	bool runs = task_is(task, "in_progress");
	struct cancel_family f;
	char name[9];
	jv lines;

	task_short(id, name);
	if (task_is_over(task))
		return err_set(EX_DATAERR, "task %s: has ended already (%s)", name,
		    json_peek_string(task, "status"));
	if (chat_check_reason(s->reason) < 0)
		return -1;
	f = cancel_family();
	cancel_gather(s->tx, &f, id, true);
	lines = cancel_tasks(s->tx, cancel_family_ids(f), s->by, s->reason);
	buf_printf(&s->answer, "%s %s", name, runs ? "is being stopped" : "cancelled");
	say_title(s, task);
	say_below(s, lines);
	jv_free(lines);
	return 0;
}

static int
retry(struct steer *s, jv task)
{
	const char *id = json_peek_string(task, "id");
	int done = retry_task(s->tx, id);
	jv now;

	if (done < 0)
		return -1;
	now = task_get(s->tx, id);
	if (done == RETRY_KEPT)
		buf_puts(&s->answer, "nothing to do: ");
	say_why(s, now);
	jv_free(now);
	return 0;
}

static int
approve(struct steer *s, jv task)
{
	struct approval decision = { .yes = true, .by = s->by, .reason = s->reason };
	char name[9];

	if (approve_task(s->tx, json_peek_string(task, "id"), NULL, decision) < 0)
		return -1;
	buf_printf(&s->answer, "%s goes on", task_short(json_peek_string(task, "id"), name));
	say_title(s, task);
	return 0;
}

static const struct verb {
	const char *name;
	int (*obey)(struct steer *s, jv task);
	enum may_what right;
} verbs[] = {
	{ "cancel", cancel, MAY_CANCEL },
	{ "status", tell_status, MAY_READ },
	{ "retry", retry, MAY_ADD },
	{ "approve", approve, MAY_APPROVE },
	{ NULL, NULL, MAY_READ },
};

/* The chat's task of that id or prefix; invalid with err. */
static jv
find_task(struct steer *s, const char *prefix)
{
	char id[ID_TEXT];
	const char *chat;
	jv task;

	if (store_resolve(s->tx, "task", prefix, id) < 0)
		return jv_invalid();
	task = task_get(s->tx, id);
	chat = json_peek_string(task, "chat_id");
	if (!chat || strcmp(chat, s->chat_id) != 0) {
		err_set(EX_NOINPUT, "task %.40s: no such task in this chat", prefix);
		jv_free(task);
		return jv_invalid();
	}
	return task;
}

static int
obey(struct steer *s, const struct verb *verb, const char *prefix)
{
	jv task;
	int rc;

	if (may_in(s->tx, s->chat_id, s->by, verb->right) < 0)
		return -1;
	if (!prefix && verb->obey == tell_status)
		return (say_all(s), 0);
	if (!prefix)
		return err_set(EX_DATAERR, "/%s: want a task: /%s ID", verb->name, verb->name);
	task = find_task(s, prefix);
	rc = jv_is_valid(task) ? verb->obey(s, task) : -1;
	jv_free(task);
	return rc;
}

/* Posts the answer, under the id that was made of the message's (own). */
static int
answer(struct steer *s, const char *own, const char *message_id, int rc)
{
	jv data = json_set_string(jv_object(), "message", rc < 0 ? err_text() : s->answer.p), event,
	   stored;

	data = json_set_string(data, "reply_to", message_id);
	event = event_new(rc < 0 ? "error" : "status", data, EVENT_HERALD, s->chat_id);
	rc = event_post(s->tx, json_set_string(event, "id", own), &stored);
	jv_free(stored);
	return rc < 0 ? -1 : 0;
}

static const struct verb *
find_verb(const char *name)
{
	for (const struct verb *verb = verbs; verb->name && name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	err_set(EX_DATAERR, "command: want cancel, status, retry or approve");
	return NULL;
}

static bool
has_chat(struct tx *tx, const char *id)
{
	jv chat = id_is_full(id) ? chat_get(tx, id) : jv_invalid();
	bool has = jv_is_valid(chat);

	jv_free(chat);
	return has;
}

/* Whether all is there that an answer needs; -1 with err. */
static int
check(struct tx *tx, jv command, jv source)
{
	const char *chat = json_peek_string(source, "chat_id"),
		   *message = json_peek_string(source, "message_id"),
		   *by = json_peek_string(command, "by");

	if (!chat || !message || !id_is_full(message))
		return err_set(EX_DATAERR, "command: want source.chat_id and source.message_id");
	if (!by || chat_check_user(by) < 0)
		return err_set(EX_DATAERR, "command: nobody has said it");
	if (person_check_as(tx, by, "command_refused", "commands nothing") < 0)
		return -1;
	return has_chat(tx, chat) ? 0 : err_set(EX_NOINPUT, "chat %.40s: no such chat", chat);
}

int
steer_obey(struct tx *tx, jv command, jv source, jv *running)
{
	const char *message = json_peek_string(source, "message_id");
	struct steer s = { .tx = tx,
		.chat_id = json_peek_string(source, "chat_id"),
		.running = running };
	const struct verb *verb = find_verb(json_peek_string(command, "name"));
	char own[ID_TEXT], *name;
	int rc;

	if (!verb || check(tx, command, source) < 0)
		return -1;
	name = xprintf("eid/%s", id_derive(message, "command", own));
	if (store_number(tx, name) != 0)
		return (free(name), 0);
	free(name);
	s.by = json_peek_string(command, "by");
	s.reason = json_peek_string(command, "reason");
	rc = obey(&s, verb, json_peek_string(command, "task"));
	rc = answer(&s, own, message, rc);
	buf_release(&s.answer);
	return rc;
}
