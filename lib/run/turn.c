#include "turn.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "clock.h"
#include "err.h"
#include "id.h"
#include "json.h"
#include "prompt.h"
#include "usage.h"

/* What the model has said so far. */
struct turn {
	struct session *s;
	struct buf text, thought;
	jv blocks, calls, usage;
};

/* What a conversation is about: where that has changed, it begins anew. */
static jv
about(struct session *s)
{
	jv what = jv_object();

	what = json_set_string(what, "instruction", json_peek_string(s->w->task, "instruction"));
	what = json_set_valid(what, "output", jv_copy(s->output));
	what = json_set_string(what, "role", json_peek_string(s->w->agent, "role"));
	return json_set_string(what, "system_prompt",
	    json_peek_string(s->w->agent, "system_prompt"));
}

static jv
first_messages(struct session *s)
{
	struct prompt p = { .task = s->w->task,
		.agent = s->w->agent,
		.others = s->w->dependencies,
		.chat = s->w->chat,
		.tools = s->tools ? tools_declarations(s->tools) : jv_array(),
		.folder = s->folder };
	jv output = prompt_output(s->w->task, s->output), messages;

	p.output = answer_instructions(output);
	messages = prompt_messages(&p);
	jv_free(output);
	jv_free(p.tools);
	jv_free(p.output);
	return messages;
}

int
turn_begin(struct session *s)
{
	jv what = about(s), messages;

	if (jv_is_valid(s->transcript.about) &&
	    jv_equal(jv_copy(s->transcript.about), jv_copy(what))) {
		jv_free(what);
		return SESSION_AGAIN;
	}
	messages = first_messages(s);
	if (!jv_is_valid(messages)) {
		jv_free(what);
		return session_fail(s, "configuration", "no_prompt", err_text());
	}
	what = json_set(json_set(jv_object(), "about", what), "messages", messages);
	return session_note(s, "prompt", what) < 0 ? session_broken(s) : SESSION_AGAIN;
}

/* --- budgets */

static double
limit(jv object, const char *name, double or)
{
	jv value = jv_is_valid(object) ? json_get(object, name, JV_KIND_NUMBER) : jv_invalid();

	if (jv_is_valid(value))
		or = jv_number_value(value);
	jv_free(value);
	return or ;
}

/* Whether so much was used that a limit says no more. */
static int
check_budget(struct session *s, int64_t used, double most, const char *code, const char *what)
{
	char *why;
	int end;

	if (most <= 0 || (double)used < most)
		return SESSION_AGAIN;
	why = xprintf("no answer within %.0f %s", most, what);
	end = session_fail(s, "budget", code, why);
	free(why);
	return end;
}

static int
check_budgets(struct session *s)
{
	jv limits = json_get(s->w->task, "limits", JV_KIND_OBJECT);
	double turns = limit(limits, "max_turns", limit(s->w->agent, "max_turns", TURN_MAX));
	double tokens = limit(limits, "max_tokens", 0);
	int end = check_budget(s, s->transcript.turns, turns, "max_turns", "turns");

	jv_free(limits);
	return end != SESSION_AGAIN
	           ? end
	           : check_budget(s, s->transcript.tokens, tokens, "max_tokens", "tokens");
}

/* --- the question */

static jv
request(struct session *s)
{
	static const char *const given[] = { "provider", "effort" };
	const char *model = json_peek_string(s->w->task, "model_id");
	jv r = json_set(jv_object(), "messages", jv_copy(s->transcript.messages)), schema;

	if (!model)
		model = json_peek_string(s->w->agent, "model_id");
	if (model)
		r = json_set_string(r, "model", model);
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		r = json_set_valid(r, given[i], json_get(s->w->agent, given[i], JV_KIND_STRING));
	if (s->tools)
		return json_set(json_set(r, "tools", tools_declarations(s->tools)), "stream",
		    jv_true());
	schema = answer_schema(s->output); /* beside tools some servers would make no calls */
	if (jv_is_valid(schema))
		schema = json_set(json_set_string(jv_object(), "name", "answer"), "schema", schema);
	return json_set(json_set_valid(r, "response_schema", schema), "stream", jv_true());
}

/* --- the answer */

static bool
has_string(jv object, const char *name, const char *value)
{
	const char *own = json_peek_string(object, name);

	return own && !strcmp(own, value);
}

/* Whether a call of this turn, or of an earlier one, has the id. */
static bool
is_taken(const struct turn *t, const char *id)
{
	bool is = false;

	jv_array_foreach (t->calls, i, call) {
		is = is || has_string(call, "id", id);
		jv_free(call);
	}
	jv_array_foreach (t->s->transcript.messages, i, message) {
		is = is || has_string(message, "tool_call_id", id);
		jv_free(message);
	}
	return is;
}

/* A call (consumed) is known by its id: where that is missing, or was there before, as with servers
 * that number the calls of each turn anew, it gets another. */
static jv
with_id(const struct turn *t, jv call)
{
	const char *given = json_peek_string(call, "id");
	char id[ID_TEXT], *other;

	if (!given || !*given)
		return json_set_string(call, "id", id_new(id));
	other = xstrdup(given);
	for (int n = 2; is_taken(t, other); n++) {
		free(other);
		other = xprintf("%s_%d", given, n);
	}
	call = json_set_string(call, "id", other);
	free(other);
	return call;
}

/* Append a piece of text, with U+0000 if it has that; what string_of would drop is not kept. */
static void
add_delta(struct turn *t, enum partial_kind kind, struct buf *b, jv event)
{
	jv delta = json_get(event, "delta", JV_KIND_STRING);

	if (jv_is_valid(delta) && b->len <= HEAR_ANSWER_MAX) {
		size_t len = (size_t)jv_string_length_bytes(jv_copy(delta));

		buf_add(b, jv_string_value(delta), len);
		partial_add(t->s->w->partial, kind, jv_string_value(delta), len);
	}
	jv_free(delta);
}

static void
take_event(void *arg, jv event)
{
	struct turn *t = arg;
	const char *type = json_peek_string(event, "type");
	jv call = json_get(event, "call", JV_KIND_OBJECT);
	jv block = json_get(event, "block", JV_KIND_OBJECT);

	if (!strcmp(type, "text"))
		add_delta(t, PARTIAL_TEXT, &t->text, event);
	else if (!strcmp(type, "thought"))
		add_delta(t, PARTIAL_THOUGHT, &t->thought, event);
	else if (!strcmp(type, "thinking") && jv_is_valid(block))
		t->blocks = jv_array_append(t->blocks, jv_copy(block));
	else if (!strcmp(type, "tool_call") && jv_is_valid(call))
		t->calls = jv_array_append(t->calls, with_id(t, jv_copy(call)));
	else if (!strcmp(type, "usage"))
		t->usage = jv_object_merge(t->usage, jv_copy(event));
	else if (!strcmp(type, "retry")) /* where it cannot be written, the next note says so */
		log_note(t->s->w->log, "model_retry", jv_copy(event));
	jv_free(call);
	jv_free(block);
	jv_free(event);
}

static jv
string_of(const struct buf *b)
{
	return json_utf8(b->p ? b->p : "", hear_fit(b->p, b->len, HEAR_ANSWER_MAX));
}

static bool
has_items(jv array)
{
	return jv_array_length(jv_copy(array)) > 0;
}

/* The turn as a note; stop is borrowed. */
static jv
note_of(const struct turn *t, jv stop, int64_t ms)
{
	jv message = json_set_string(jv_object(), "role", "assistant"), note;

	message = json_set(message, "content", string_of(&t->text));
	if (has_items(t->blocks))
		message = json_set(message, "thinking", jv_copy(t->blocks));
	if (has_items(t->calls))
		message = json_set(message, "tool_calls", jv_copy(t->calls));
	note = json_set(json_set(jv_object(), "message", message), "usage", usage_counts(t->usage));
	note = json_set_valid(note, "stop", json_get(stop, "reason", JV_KIND_STRING));
	note = json_set_valid(note, "model", json_get(stop, "model", JV_KIND_STRING));
	return json_set_int(note, "ms", ms);
}

static jv
text_data(const struct buf *b)
{
	return json_set(jv_object(), "text", string_of(b));
}

/* The turn is told, and becomes part of the transcript, all at once.  (The text of a last turn is
 * the answer, which the end of the task tells.) */
static int
end_turn(struct turn *t, jv stop, int64_t ms)
{
	struct session *s = t->s;
	int rc = 0;

	s->result->turns++;
	session_hold(s);
	if (t->thought.len > 0)
		rc |= session_say(s, "thought", text_data(&t->thought));
	if (has_items(t->calls) && t->text.len > 0)
		rc |= session_say(s, "message", text_data(&t->text));
	if (jv_object_length(jv_copy(t->usage)) > 0) /* some servers do not tell */
		rc |= session_say(s, "token_usage", usage_counts(t->usage));
	rc |= session_note(s, "turn", note_of(t, stop, ms));
	rc = session_settle(s, rc);
	if (rc == SESSION_AGAIN) {
		partial_end(s->w->partial, PARTIAL_THOUGHT);
		if (has_items(t->calls))
			partial_end(s->w->partial, PARTIAL_TEXT);
	}
	return rc;
}

/* Why there is no answer (error borrowed; invalid: we are to stop), and what it has cost all the
 * same. */
static int
tell_failure(struct turn *t, jv error, int64_t ms)
{
	struct session *s = t->s;
	jv note = json_set_int(json_set_valid(jv_object(), "error", jv_copy(error)), "ms", ms);
	int rc = 0;

	session_hold(s);
	if (jv_object_length(jv_copy(t->usage)) > 0) {
		rc = session_say(s, "token_usage", usage_counts(t->usage));
		note = json_set(note, "usage", usage_counts(t->usage));
	}
	rc |= session_note(s, "turn_failed", note);
	return session_settle(s, rc);
}

/* Keeps what was said of an answer that did not come to its end. */
static void
keep_text(struct turn *t)
{
	if (t->text.len > 0)
		t->s->result->response = string_of(&t->text);
}

/* We are to stop. */
static int
stop_turn(struct turn *t, int64_t ms)
{
	if (tell_failure(t, jv_invalid(), ms) != SESSION_AGAIN)
		return WORK_BROKEN;
	keep_text(t);
	return WORK_STOPPED;
}

/* The model's error (consumed) is the task's. */
static int
fail_turn(struct turn *t, jv error, int64_t ms)
{
	error = json_drop(json_drop(error, "type"), "id");
	if (!json_peek_string(error, "category"))
		error = json_set_string(error, "category", "internal");
	if (tell_failure(t, error, ms) != SESSION_AGAIN) {
		jv_free(error);
		return WORK_BROKEN;
	}
	jv_free(t->s->result->error);
	t->s->result->error = error;
	keep_text(t);
	return WORK_FAILED;
}

/* What has come of the question; last is consumed. */
static int
conclude(struct turn *t, jv last, int64_t ms)
{
	int end;

	if (!jv_is_valid(last)) {
		jv_free(last);
		return stop_turn(t, ms);
	}
	if (strcmp(json_peek_string(last, "type"), "stop") != 0)
		return fail_turn(t, last, ms);
	end = end_turn(t, last, ms);
	jv_free(last);
	return end;
}

/* That the model is asked; the question (borrowed) is what the notes before tell. */
static int
note_request(struct session *s, jv request)
{
	static const char *const told[] = { "model", "provider", "effort" };
	jv messages = json_get(request, "messages", JV_KIND_ARRAY),
	   tools = json_get(request, "tools", JV_KIND_ARRAY), note = jv_object();
	struct buf text = { 0 };

	json_dump(&text, jv_copy(request));
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		note = json_set_valid(note, told[i], json_get(request, told[i], JV_KIND_STRING));
	note = json_set_int(note, "messages", jv_array_length(messages));
	note =
	    json_set_int(note, "tools", jv_is_valid(tools) ? jv_array_length(jv_copy(tools)) : 0);
	note = json_set_int(note, "bytes", (int64_t)text.len);
	jv_free(tools);
	buf_release(&text);
	return session_note(s, "request", note) < 0 ? session_broken(s) : SESSION_AGAIN;
}

static int
ask(struct turn *t)
{
	jv question = request(t->s), last;
	int64_t began_ms = clock_mono_ms();
	int end = note_request(t->s, question);

	if (end != SESSION_AGAIN) {
		jv_free(question);
		return end;
	}
	last = llm_ask(t->s->llm, question, t->s->until_ms, take_event, t);
	return conclude(t, last, clock_mono_ms() - began_ms);
}

int
turn_take(struct session *s)
{
	struct turn t = { .s = s, .blocks = jv_array(), .calls = jv_array(), .usage = jv_object() };
	int end = check_budgets(s);

	partial_drop(s->w->partial); /* of an answer that nobody hears of */
	if (end == SESSION_AGAIN)
		end = ask(&t);
	buf_release(&t.text);
	buf_release(&t.thought);
	jv_free(t.blocks);
	jv_free(t.calls);
	jv_free(t.usage);
	return end;
}
