#include "transcript.h"

#include <string.h>

#include "clock.h"
#include "json.h"
#include "usage.h"

void
transcript_init(struct transcript *t)
{
	*t = (struct transcript){ .about = jv_invalid(),
		.messages = jv_array(),
		.calls = jv_array(),
		.stop = jv_invalid(),
		.started = jv_invalid(),
		.usage = jv_object(),
		.told = jv_object() };
}

void
transcript_release(struct transcript *t)
{
	jv_free(t->about);
	jv_free(t->messages);
	jv_free(t->calls);
	jv_free(t->stop);
	jv_free(t->started);
	jv_free(t->usage);
	jv_free(t->told);
}

static void
replace(jv *old, jv new)
{
	jv_free(*old);
	*old = new;
}

static jv
array_or_empty(jv object, const char *name)
{
	jv array = json_get(object, name, JV_KIND_ARRAY);

	if (jv_is_valid(array))
		return array;
	jv_free(array);
	return jv_array();
}

static void
take_start(struct transcript *t, jv note)
{
	int64_t retries = json_peek_int(note, "retries", 0);
	const char *at = json_peek_string(note, "at");

	if (!at || !clock_parse(at, &t->began_ms))
		t->began_ms = 0;
	if (retries == t->retries)
		return;
	t->retries = retries;
	t->turns = t->tokens = 0;
}

static void
take_prompt(struct transcript *t, jv note)
{
	replace(&t->about, json_get(note, "about", JV_KIND_OBJECT));
	replace(&t->messages, array_or_empty(note, "messages"));
	replace(&t->calls, jv_array());
	replace(&t->started, jv_invalid());
	replace(&t->told, jv_object());
}

/* The calls of a message that can be answered: they have ids. */
static jv
calls_of(jv message)
{
	jv all = array_or_empty(message, "tool_calls"), calls = jv_array();

	jv_array_foreach (all, i, call) {
		if (json_peek_string(call, "id"))
			calls = jv_array_append(calls, call);
		else
			jv_free(call);
	}
	jv_free(all);
	return calls;
}

void
transcript_charge(struct transcript *t, jv usage)
{
	jv counts = usage_counts(usage);

	t->tokens += json_peek_int(counts, "total_tokens", 0);
	t->usage = usage_add(t->usage, usage);
	jv_free(counts);
	jv_free(usage);
}

/* What a question has cost. */
static void
take_usage(struct transcript *t, jv note)
{
	transcript_charge(t, json_get(note, "usage", JV_KIND_OBJECT));
}

static void
take_turn(struct transcript *t, jv note)
{
	jv message = json_get(note, "message", JV_KIND_OBJECT);

	if (jv_is_valid(message)) {
		replace(&t->calls, calls_of(message));
		t->messages = jv_array_append(t->messages, message);
	}
	replace(&t->stop, json_get(note, "stop", JV_KIND_STRING));
	replace(&t->started, jv_invalid());
	t->turns++;
	take_usage(t, note);
}

/* The calls without the one that has the id. */
static jv
without(jv calls, const char *id)
{
	jv rest = jv_array();

	jv_array_foreach (calls, i, call) {
		const char *its = json_peek_string(call, "id");

		if (its && id && !strcmp(its, id))
			jv_free(call);
		else
			rest = jv_array_append(rest, call);
	}
	jv_free(calls);
	return rest;
}

/* Whether the call of that id, which has no result yet, is to wait for what it spawns. */
static bool
is_waiting(const struct transcript *t, const char *id)
{
	bool is = false;

	jv_array_foreach (t->calls, i, call) {
		const char *its = json_peek_string(call, "id");
		jv args = json_get(call, "arguments", JV_KIND_OBJECT);

		is = is || (its && !strcmp(its, id) && json_peek_bool(args, "wait"));
		jv_free(args);
		jv_free(call);
	}
	return is;
}

static void
take_tool_end(struct transcript *t, jv note)
{
	const char *id = json_peek_string(note, "call_id"), *name = json_peek_string(note, "name");
	const char *content = json_peek_string(note, "content"),
		   *status = json_peek_string(note, "status");
	jv message = json_set_string(jv_object(), "role", "tool");

	message = json_set_string(message, "tool_call_id", id ? id : "");
	message = json_set_string(message, "name", name ? name : "");
	message = json_set_string(message, "content", content ? content : "");
	if (!status || strcmp(status, "success") != 0)
		message = json_set(message, "is_error", jv_true());
	else if (id && is_waiting(t, id))
		t->told = json_set(t->told, id, jv_true());
	t->messages = jv_array_append(t->messages, message);
	t->calls = without(t->calls, id);
	replace(&t->started, jv_invalid());
}

/* Something that the model is told. */
static void
take_message(struct transcript *t, const char *text)
{
	jv message = json_set_string(jv_object(), "role", "user");

	t->messages =
	    jv_array_append(t->messages, json_set_string(message, "content", text ? text : ""));
}

static void
take_spawned(struct transcript *t, jv note)
{
	jv ids = array_or_empty(note, "task_ids");

	jv_array_foreach (ids, i, id) {
		if (jv_get_kind(id) == JV_KIND_STRING)
			t->told = json_set(t->told, jv_string_value(id), jv_true());
		jv_free(id);
	}
	jv_free(ids);
	t->tokens += json_peek_int(note, "total_tokens", 0);
	if (json_peek_string(note, "message"))
		take_message(t, json_peek_string(note, "message"));
}

static void
take(void *arg, jv note)
{
	struct transcript *t = arg;
	const char *kind = json_peek_string(note, "kind");

	if (!kind)
		kind = "";
	if (!strcmp(kind, "start"))
		take_start(t, note);
	else if (!strcmp(kind, "prompt"))
		take_prompt(t, note);
	else if (!strcmp(kind, "turn"))
		take_turn(t, note);
	else if (!strcmp(kind, "turn_failed") && json_has(note, "usage"))
		take_usage(t, note);
	else if (!strcmp(kind, "tool_start"))
		replace(&t->started, json_get(note, "call_id", JV_KIND_STRING));
	else if (!strcmp(kind, "tool_end"))
		take_tool_end(t, note);
	else if (!strcmp(kind, "refused"))
		take_message(t, json_peek_string(note, "message"));
	else if (!strcmp(kind, "spawned"))
		take_spawned(t, note);
	jv_free(note);
}

int
transcript_read(struct transcript *t, int logs_fd, const char *task_id)
{
	return log_notes(logs_fd, task_id, take, t);
}

int
transcript_add(struct transcript *t, struct log *log, const char *kind, jv note)
{
	if (log_note(log, kind, jv_copy(note)) < 0) {
		jv_free(note);
		return -1;
	}
	take(t, json_set_string(note, "kind", kind));
	return 0;
}
