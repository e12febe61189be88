#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "clock.h"
#include "err.h"
#include "event.h"
#include "floor.h"
#include "id.h"
#include "json.h"
#include "scan.h"
#include "task.h"

/* What there is, and the member of data that holds its text; a message cannot do without. */
static const struct {
	const char *type, *text;
} event_types[] = {
	{ "message", "text" },
	{ "status", "message" },
	{ "error", "message" },
	{ "tool_use", "name" },
	{ "tool_result", "name" },
	{ "thought", "text" },
	{ "token_usage", NULL },
	{ "approval_request", NULL },
};

enum { EVENT_TYPES = sizeof event_types / sizeof *event_types };

jv
event_new(const char *type, jv data, const char *user, const char *chat_id)
{
	char id[ID_TEXT], now[CLOCK_TEXT];
	jv event = json_set_string(jv_object(), "id", id_new(id));

	event = json_set_string(event, "at", clock_format(clock_now_ms(), now));
	event = json_set(json_set_string(event, "type", type), "data", data);
	if (user)
		event = json_set_string(event, "user_id", user);
	return json_set_string(event, "chat_id", chat_id);
}

jv
event_stamp(jv event)
{
	const char *task = getenv("LEGWORK_TASK_ID"), *run = getenv("LEGWORK_RUN");
	jv data;

	if (!task || !*task)
		return event;
	data = json_get(event, "data", JV_KIND_OBJECT);
	if (jv_is_valid(data))
		event = json_set(event, "data", json_set_string(data, "task_id", task));
	/* numbers are for what task-run prints: an agent must not make its own events look posted
	 * */
	event = json_drop(json_set_string(event, "user_id", id_user(NULL)), "n");
	return run && *run ? json_set_string(event, "session_id", run) : event;
}

static int
check_data(jv event, const char *type, const char *text)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	int rc = 0;

	if (!jv_is_valid(data))
		rc = err_set(EX_DATAERR, "event: data is no object");
	else if (text && !json_has(data, text) && !strcmp(type, "message"))
		rc = err_set(EX_DATAERR, "event: a %s wants %s in its data", type, text);
	else if (text && json_has(data, text)) {
		jv value = json_get(data, text, JV_KIND_STRING);

		if (!jv_is_valid(value))
			rc = err_set(EX_DATAERR, "event: data.%s is no string", text);
		else if (!*jv_string_value(value) && !strcmp(type, "message"))
			rc = err_set(EX_DATAERR, "event: the text is empty");
		jv_free(value);
	}
	jv_free(data);
	return rc;
}

static bool
has_time(jv event)
{
	const char *at = json_peek_string(event, "at");
	int64_t ms;

	return at && clock_parse(at, &ms);
}

int
event_check(jv event)
{
	const char *type = json_peek_string(event, "type"), *id = json_peek_string(event, "id");
	const char *user = json_peek_string(event, "user_id");
	size_t i = 0;

	while (type && i < EVENT_TYPES && strcmp(type, event_types[i].type) != 0)
		i++;
	if (!type || i == EVENT_TYPES)
		return err_set(EX_DATAERR, "event: type is %s, want message, status, error ...",
		    type ? type : "missing");
	if (check_data(event, type, event_types[i].text) < 0)
		return -1;
	if (json_has(event, "id") && !(id && id_is_full(id)))
		return err_set(EX_DATAERR, "event: id is no UUID");
	if (!json_peek_string(event, "chat_id"))
		return err_set(EX_DATAERR, "event: chat_id is missing");
	if (json_has(event, "at") && !has_time(event))
		return err_set(EX_DATAERR, "event: at is no time, want one such as "
					   "2026-11-20T12:00:00.000Z");
	if (json_has(event, "user_id") && !user)
		return err_set(EX_DATAERR, "event: user_id is no string");
	return user ? chat_check_user(user) : 0;
}

/* Whether the event is news of its task: raises `posted` then.  -1 with err. */
static int
count_as_posted(struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT), task = jv_invalid();
	const char *task_id = json_peek_string(data, "task_id");
	int64_t n = json_peek_int(event, "n", 0);
	int rc = 1;

	if (task_id && n > 0)
		task = task_get(tx, task_id);
	if (jv_is_valid(task)) {
		if (n <= json_peek_int(task, "posted", 0))
			rc = 0;
		else
			task_put_quietly(tx, json_set_int(jv_copy(task), "posted", n));
	}
	jv_free(task);
	jv_free(data);
	return rc;
}

/* Whether an event with that id is there that is none of the task's, which counts its own by their
 * n: then nobody shall lose what the task says. */
static bool
is_usurped(struct tx *tx, jv event)
{
	char *name = xprintf("eid/%s", json_peek_string(event, "id"));
	jv data = json_get(event, "data", JV_KIND_OBJECT), old = store_get(tx, name),
	   said = json_get(old, "data", JV_KIND_OBJECT);
	const char *task_id = json_peek_string(data, "task_id"),
		   *by = json_peek_string(said, "task_id");
	bool is = task_id && json_peek_int(event, "n", 0) > 0 && jv_is_valid(old) &&
	          !(by && !strcmp(by, task_id));

	jv_free(said);
	jv_free(old);
	jv_free(data);
	free(name);
	return is;
}

/* Whether an event (borrowed) is what a person says: 1, or 0; -1 with err: not now. */
static int
hear_person(struct tx *tx, const char *chat_id, jv event)
{
	const char *type = json_peek_string(event, "type");
	jv data = json_get(event, "data", JV_KIND_OBJECT), chat;
	bool may_be = !strcmp(type, "message") && !json_has(data, "task_id");
	int rc;

	jv_free(data);
	if (!may_be) /* then the chat need not be read */
		return 0;
	chat = chat_get(tx, chat_id);
	rc = floor_check(tx, chat, event) < 0 ? -1 : floor_is_person(chat, event);
	jv_free(chat);
	return rc;
}

/* Whether an event that was given its time by who posts it belongs to what people have said last:
 * not if it is dated later than now, or earlier than what was said before. */
static bool
is_latest(struct tx *tx, const char *chat_id, jv event)
{
	char *set = xprintf("said.%s", chat_id);
	uint64_t n = store_prev(tx, set, 0);
	jv last = n ? store_at(tx, n) : jv_invalid();
	int64_t now_ms = clock_now_ms(), at_ms, last_ms;
	bool is = clock_parse(json_peek_string(event, "at"), &at_ms) && at_ms <= now_ms;

	if (is && json_peek_string(last, "at") &&
	    clock_parse(json_peek_string(last, "at"), &last_ms))
		is = at_ms >= last_ms || last_ms > now_ms;
	jv_free(last);
	free(set);
	return is;
}

static void
store_event(struct tx *tx, const char *chat_id, uint64_t seq, jv event, bool is_person)
{
	char *key = xprintf("event/%s/%" PRIu64, chat_id, seq),
	     *set = xprintf("events.%s", chat_id);
	char *name = xprintf("eid/%s", json_peek_string(event, "id")),
	     *topic = xprintf("chat-%s", chat_id);
	jv sets = JV_ARRAY(jv_string(set));

	if (is_person)
		sets = jv_array_append(sets, jv_string_fmt("said.%s", chat_id));
	store_put(tx, key, event, sets, JV_ARRAY(jv_string(name)));
	store_ring(tx, topic);
	store_ring(tx, "chats");
	free(topic);
	free(name);
	free(set);
	free(key);
}

int
event_post(struct tx *tx, jv event, jv *stored)
{
	char id[ID_TEXT], chat_id[ID_TEXT], now[CLOCK_TEXT], *name;
	uint64_t seq;
	bool is_dated = json_peek_string(event, "at") != NULL;
	int news, person = 0;

	*stored = jv_invalid();
	if (event_check(event) < 0 ||
	    store_resolve(tx, "chat", json_peek_string(event, "chat_id"), chat_id) < 0) {
		jv_free(event);
		return -1;
	}
	event = json_set_string(event, "chat_id", chat_id);
	if (!json_has(event, "id"))
		event = json_set_string(event, "id", id_new(id));
	if (!is_dated)
		event = json_set_string(event, "at", clock_format(clock_now_ms(), now));
	name = xprintf("eid/%s", json_peek_string(event, "id"));
	news = store_number(tx, name) == 0;
	free(name);
	if (!news && is_usurped(tx, event)) {
		event = json_set_string(event, "id", id_new(id));
		news = 1;
	}
	if (news && (person = hear_person(tx, chat_id, event)) < 0) {
		jv_free(event);
		return -1;
	}
	news = news && count_as_posted(tx, event);
	if (news) {
		if (person && is_dated)
			person = is_latest(tx, chat_id, event);
		seq = event_last(tx, chat_id) + 1;
		event = json_set_int(event, "seq", (int64_t)seq);
		store_event(tx, chat_id, seq, jv_copy(event), person);
	}
	*stored = event;
	return news ? EVENT_POSTED : EVENT_KNOWN;
}

/* The seq of an event by its record's number; 0: none. */
static uint64_t
seq_at(struct tx *tx, uint64_t n)
{
	struct scan_text event, seq;

	return store_peek(tx, n, &event) && scan_member(event, "seq", &seq)
	           ? strtoull(seq.p, NULL, 10)
	           : 0;
}

uint64_t
event_count(struct tx *tx, const char *chat_id)
{
	char *set = xprintf("events.%s", chat_id);
	uint64_t count = store_count(tx, set);

	free(set);
	return count;
}

uint64_t
event_next(struct tx *tx, const char *chat_id, uint64_t *seq, uint64_t near)
{
	uint64_t n = event_at(tx, chat_id, *seq + 1), found = *seq + 1;
	char *set = n ? NULL : xprintf("events.%s", chat_id);

	/* a hole: the first events were deleted, or only some were loaded */
	if (!n)
		for (n = store_next(tx, set, near); n && (found = seq_at(tx, n)) <= *seq;)
			n = store_next(tx, set, n);
	if (n)
		*seq = found;
	free(set);
	return n;
}

uint64_t
event_prev(struct tx *tx, const char *chat_id, uint64_t n)
{
	char *set = xprintf("events.%s", chat_id);

	n = store_prev(tx, set, n);
	free(set);
	return n;
}

uint64_t
event_last(struct tx *tx, const char *chat_id)
{
	/* not their count: of a chat that was loaded there may be a part only */
	return seq_at(tx, event_prev(tx, chat_id, 0));
}

uint64_t
event_at(struct tx *tx, const char *chat_id, uint64_t seq)
{
	char *key = xprintf("event/%s/%" PRIu64, chat_id, seq);
	uint64_t n = store_number(tx, key);

	free(key);
	return n;
}
