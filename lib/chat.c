#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "chat.h"
#include "clock.h"
#include "err.h"
#include "floor.h"
#include "member.h"
#include "task.h"
#include "utf8.h"

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

int
chat_check_name(const char *what, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (utf8_control(name + i))
			return err_set(EX_DATAERR, "%s: a control character in the name", what);
	if (len == 0 || len > 100)
		return err_set(EX_DATAERR, "%s: want 1 to 100 bytes, got %zu", what, len);
	return 0;
}

int
chat_check_user(const char *user)
{
	return chat_check_name("user", user);
}

int
chat_check_cursor(const char *name)
{
	return chat_check_name("cursor", name);
}

/* Whether it lets its tasks wait; chat is borrowed. */
static bool
is_limited(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is = chat_is_single(chat) || json_has(policy, "when_idle_s");

	jv_free(policy);
	return is;
}

/* chat is borrowed */
static void
store_chat(struct tx *tx, jv chat)
{
	char *key = xprintf("chat/%s", json_peek_string(chat, "id"));
	jv sets = JV_ARRAY(jv_string("chats"));

	if (is_limited(chat))
		sets = jv_array_append(sets, jv_string("chats.limited"));
	if (chat_is_ruled(chat))
		sets = jv_array_append(sets, jv_string("chats.ruled"));
	store_put(tx, key, jv_copy(chat), sets, jv_array());
	store_ring(tx, "chats");
	free(key);
}

jv
chat_add(struct tx *tx, const char *title, const char *owner, jv members)
{
	char id[ID_TEXT], now[CLOCK_TEXT];
	jv chat = json_set_string(jv_object(), "id", id_new(id)),
	   in = member_set(jv_object(), owner, "person");
	int bad = chat_check_user(owner);

	jv_array_foreach (members, i, user) {
		const char *name = jv_string_value(user);

		if (bad == 0)
			bad = chat_check_user(name);
		in = member_set(in, name, "person");
		jv_free(user);
	}
	jv_free(members);
	if (title)
		chat = json_set_string(chat, "title", title);
	chat = jv_object_merge(json_set_string(chat, "user_id", owner), in);
	chat = json_set_string(chat, "created_at", clock_format(clock_now_ms(), now));
	if (bad < 0) {
		jv_free(chat);
		return jv_invalid();
	}
	store_chat(tx, chat);
	return chat;
}

jv
chat_set_title(struct tx *tx, const char *id, const char *title)
{
	jv chat = chat_get(tx, id);
	char *topic = xprintf("chat-%s", id);

	if (jv_is_valid(chat)) {
		chat = *title ? json_set_string(chat, "title", title) : json_drop(chat, "title");
		store_chat(tx, chat);
		store_ring(tx, topic);
	}
	free(topic);
	return chat;
}

jv
chat_set_crew(struct tx *tx, const char *id, const char *crew)
{
	jv chat;

	if (chat_check_name("crew", crew) < 0)
		return jv_invalid();
	chat = chat_get(tx, id);
	if (jv_is_valid(chat)) {
		chat = json_set_string(chat, "crew", crew);
		store_chat(tx, chat);
	} else {
		err_set(EX_NOINPUT, "chat %s: no such chat", id);
	}
	return chat;
}

jv
chat_set_member(struct tx *tx, const char *id, const char *user, const char *kind)
{
	jv chat;

	if (chat_check_user(user) < 0)
		return jv_invalid();
	chat = chat_get(tx, id);
	if (!jv_is_valid(chat)) {
		err_set(EX_NOINPUT, "chat %s: no such chat", id);
		return chat;
	}
	if (!kind && !strcasecmp(user, json_peek_string(chat, "user_id"))) {
		err_set(EX_DATAERR, "chat %.8s: %s is its owner", id, user);
		jv_free(chat);
		return jv_invalid();
	}
	chat = kind ? member_set(chat, user, kind) : member_drop(chat, user);
	store_chat(tx, chat);
	return chat;
}

jv
chat_set_rule(struct tx *tx, const char *id, const char *name, jv value)
{
	jv chat = chat_get(tx, id), policy = json_get(chat, "policy", JV_KIND_OBJECT);

	jv_free(chat);
	if (!jv_is_valid(policy))
		policy = (jv_free(policy), jv_object());
	if (jv_is_valid(value))
		policy = json_set(policy, name, value);
	else
		policy = (jv_free(value), json_drop(policy, name));
	store_ring(tx, "tasks"); /* more of them may run now */
	return chat_set_policy(tx, id, policy);
}

jv
chat_set_single(struct tx *tx, const char *id, bool is_single)
{
	return chat_set_rule(tx, id, "one_at_a_time", is_single ? jv_true() : jv_invalid());
}

bool
chat_is_single(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is = json_peek_bool(policy, "one_at_a_time");

	jv_free(policy);
	return is;
}

bool
chat_is_ruled(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is = jv_is_valid(policy) && (json_has(policy, "may") || json_has(policy, "rate") ||
					     json_has(policy, "trust"));

	jv_free(policy);
	return is;
}

jv
chat_set_schedule(struct tx *tx, jv chat, const char *name)
{
	chat = json_set_string(chat, "schedule", name);
	store_chat(tx, chat);
	return chat;
}

jv
chat_set_policy(struct tx *tx, const char *id, jv policy)
{
	jv chat = chat_get(tx, id);

	if (!jv_is_valid(chat)) {
		jv_free(policy);
		return chat;
	}
	if (jv_object_length(jv_copy(policy)) > 0)
		chat = json_set(chat, "policy", policy);
	else
		chat = (jv_free(policy), json_drop(chat, "policy"));
	store_chat(tx, chat);
	return chat;
}

jv
chat_get(struct tx *tx, const char *id)
{
	char *key = xprintf("chat/%s", id);
	jv chat = store_get(tx, key);

	free(key);
	return chat;
}

jv
chat_event(const char *type, jv data, const char *user, const char *chat_id)
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
chat_stamp(jv event)
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

int
chat_check_event(jv event)
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
chat_post(struct tx *tx, jv event, jv *stored)
{
	char id[ID_TEXT], chat_id[ID_TEXT], now[CLOCK_TEXT], *name;
	uint64_t seq;
	int news, person = 0;

	*stored = jv_invalid();
	if (chat_check_event(event) < 0 ||
	    store_resolve(tx, "chat", json_peek_string(event, "chat_id"), chat_id) < 0) {
		jv_free(event);
		return -1;
	}
	event = json_set_string(event, "chat_id", chat_id);
	if (!json_has(event, "id"))
		event = json_set_string(event, "id", id_new(id));
	if (!json_peek_string(event, "at"))
		event = json_set_string(event, "at", clock_format(clock_now_ms(), now));
	name = xprintf("eid/%s", json_peek_string(event, "id"));
	news = store_number(tx, name) == 0;
	free(name);
	if (news && (person = hear_person(tx, chat_id, event)) < 0) {
		jv_free(event);
		return -1;
	}
	news = news && count_as_posted(tx, event);
	if (news) {
		seq = chat_last(tx, chat_id) + 1;
		event = json_set_int(event, "seq", (int64_t)seq);
		store_event(tx, chat_id, seq, jv_copy(event), person);
	}
	*stored = event;
	return news ? CHAT_POSTED : CHAT_KNOWN;
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
chat_events(struct tx *tx, const char *chat_id)
{
	char *set = xprintf("events.%s", chat_id);
	uint64_t count = store_count(tx, set);

	free(set);
	return count;
}

uint64_t
chat_next(struct tx *tx, const char *chat_id, uint64_t *seq, uint64_t near)
{
	uint64_t n = chat_event_number(tx, chat_id, *seq + 1), found = *seq + 1;
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
chat_prev(struct tx *tx, const char *chat_id, uint64_t n)
{
	char *set = xprintf("events.%s", chat_id);

	n = store_prev(tx, set, n);
	free(set);
	return n;
}

uint64_t
chat_last(struct tx *tx, const char *chat_id)
{
	/* not their count: of a chat that was loaded there may be a part only */
	return seq_at(tx, chat_prev(tx, chat_id, 0));
}

uint64_t
chat_event_number(struct tx *tx, const char *chat_id, uint64_t seq)
{
	char *key = xprintf("event/%s/%" PRIu64, chat_id, seq);
	uint64_t n = store_number(tx, key);

	free(key);
	return n;
}

static char *
cursor_key(const char *name, const char *chat_id)
{
	return xprintf("cursor/%s/%s", name, chat_id);
}

int64_t
chat_cursor(struct tx *tx, const char *name, const char *chat_id)
{
	char *key = cursor_key(name, chat_id);
	jv cursor = store_get(tx, key);
	int64_t seq = jv_is_valid(cursor) ? json_peek_int(cursor, "seq", -1) : -1;

	jv_free(cursor);
	free(key);
	return seq;
}

void
chat_move_cursor(struct tx *tx, const char *name, const char *chat_id, int64_t seq)
{
	char *key = cursor_key(name, chat_id), *chat = xprintf("chat/%s", chat_id), now[CLOCK_TEXT];
	jv cursor;

	if (chat_cursor(tx, name, chat_id) < seq &&
	    (!strcmp(chat_id, "all") || store_number(tx, chat))) {
		cursor =
		    json_set_string(json_set_string(jv_object(), "name", name), "chat_id", chat_id);
		cursor = json_set_string(json_set_int(cursor, "seq", seq), "updated_at",
		    clock_format(clock_now_ms(), now));
		store_put(tx, key, cursor, JV_ARRAY(jv_string("cursors")), jv_array());
	}
	free(chat);
	free(key);
}
