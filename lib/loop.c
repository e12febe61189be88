#include "loop.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "clock.h"
#include "err.h"
#include "id.h"
#include "json.h"
#include "llm.h"
#include "prompt.h"
#include "speech.h"
#include "stop.h"
#include "task.h"
#include "tool.h"
#include "transcript.h"

enum { SHOWN_BYTES = 4 << 10 }; /* of a tool's result, in the chat */

/* What a step of the loop comes to, beside an end of work. */
enum { AGAIN = 100 };

struct loop {
	struct work *w;
	struct work_result *result;
	struct transcript t;
	struct llm *llm;
	struct tools *tools; /* NULL: it has none */
	jv output;           /* of the task; invalid: it wants nothing in particular */
	char **env, *folder;
	int64_t until_ms;
	int refused; /* answers, in this attempt */

	/* The turn that the model is at. */
	struct buf text, thought;
	jv blocks, calls, usage;
};

/* --- ends */

static int
fail(struct loop *l, const char *category, const char *code, const char *message)
{
	jv_free(l->result->error);
	l->result->error = task_error(category, code, message, false);
	return WORK_FAILED;
}

static int
broken(struct loop *l)
{
	fail(l, "internal", "log_failed", err_text());
	l->result->error = json_set(l->result->error, "retryable", jv_true());
	return WORK_BROKEN;
}

static void
tell(struct loop *l)
{
	if (l->w->told)
		l->w->told(l->w->arg);
}

static int
say(struct loop *l, const char *type, jv data)
{
	return log_event(l->w->log, speech_event(l->w->task, type, data, l->w->lease));
}

/* What was held is written, and lasts.  AGAIN, or WORK_BROKEN. */
static int
settle(struct loop *l)
{
	if (log_let_go(l->w->log) < 0 || log_sync(l->w->log) < 0)
		return broken(l);
	tell(l);
	return AGAIN;
}

static jv
last_message(struct loop *l)
{
	int len = jv_array_length(jv_copy(l->t.messages));

	return len > 0 ? jv_array_get(jv_copy(l->t.messages), len - 1) : jv_object();
}

static bool
is_from_model(jv message)
{
	const char *role = json_peek_string(message, "role");

	return role && !strcmp(role, "assistant");
}

/* The last text that the model has said, as far as it has come. */
static jv
partial_answer(struct loop *l)
{
	jv text = jv_invalid();

	if (l->text.len > 0)
		return json_utf8(l->text.p, work_fit(l->text.p, l->text.len, WORK_RESPONSE_MAX));
	jv_array_foreach (l->t.messages, i, message) {
		const char *content = json_peek_string(message, "content");

		if (is_from_model(message) && content && *content) {
			jv_free(text);
			text = jv_string(content);
		}
		jv_free(message);
	}
	return text;
}

/* --- budgets */

static double
limit(jv object, const char *name, double or)
{
	jv value = jv_get_kind(object) == JV_KIND_OBJECT ? json_get(object, name, JV_KIND_NUMBER)
	                                                 : jv_invalid();

	if (jv_is_valid(value))
		or = jv_number_value(value);
	jv_free(value);
	return or ;
}

/* AGAIN, or WORK_FAILED where a budget is used up. */
static int
check_budgets(struct loop *l)
{
	jv limits = json_get(l->w->task, "limits", JV_KIND_OBJECT);
	double turns = limit(limits, "max_turns", limit(l->w->agent, "max_turns", LOOP_TURNS));
	double tokens = limit(limits, "max_tokens", 0);
	char *why = NULL;
	int end = AGAIN;

	if ((double)l->t.turns >= turns) {
		why = xprintf("no answer within %g turns", turns);
		end = fail(l, "budget", "max_turns", why);
	} else if (tokens > 0 && (double)l->t.tokens >= tokens) {
		why = xprintf("no answer within %g tokens", tokens);
		end = fail(l, "budget", "max_tokens", why);
	}
	free(why);
	jv_free(limits);
	return end;
}

/* --- the model */

/* The conversation's first messages, unless it goes on. */
static int
begin(struct loop *l)
{
	jv about = jv_object(), messages;
	struct prompt p = { .task = l->w->task,
		.agent = l->w->agent,
		.others = l->w->dependencies,
		.chat = l->w->chat,
		.tools = l->tools ? tools_declarations(l->tools) : jv_array(),
		.folder = l->folder,
		.output = answer_instructions(l->output) };

	about = json_set_valid(about, "instruction", json_get(l->w->task, "instruction", JV_KIND_STRING));
	about = json_set(about, "output", jv_is_valid(l->output) ? jv_copy(l->output) : jv_null());
	about = json_set_valid(about, "role", json_get(l->w->agent, "role", JV_KIND_STRING));
	about = json_set_string(about, "system_prompt",
	    json_peek_string(l->w->agent, "system_prompt"));
	if (jv_is_valid(l->t.about) && jv_equal(jv_copy(l->t.about), jv_copy(about))) {
		jv_free(about);
		messages = jv_null(); /* it goes on */
	} else {
		messages = prompt_messages(&p);
	}
	jv_free(p.tools);
	jv_free(p.output);
	if (!jv_is_valid(messages)) {
		jv_free(about);
		return fail(l, "configuration", "no_prompt", err_text());
	}
	if (jv_get_kind(messages) == JV_KIND_NULL)
		return AGAIN;
	return transcript_add(&l->t, l->w->log, "prompt",
		   json_set(json_set(jv_object(), "about", about), "messages", messages)) < 0
	           ? broken(l)
	           : AGAIN;
}

static jv
request(struct loop *l)
{
	static const char *const given[] = { "provider", "effort" };
	const char *model = json_peek_string(l->w->task, "model_id");
	jv r = json_set(jv_object(), "messages", jv_copy(l->t.messages)), schema;

	if (!model)
		model = json_peek_string(l->w->agent, "model_id");
	if (model)
		r = json_set_string(r, "model", model);
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		if (json_peek_string(l->w->agent, given[i]))
			r = json_set_string(r, given[i], json_peek_string(l->w->agent, given[i]));
	if (l->tools)
		r = json_set(r, "tools", tools_declarations(l->tools));
	schema = answer_schema(l->output);
	if (jv_is_valid(schema) && !l->tools) /* some servers make no calls where they see one */
		r = json_set(r, "response_schema",
		    json_set(json_set_string(jv_object(), "name", "answer"), "schema", schema));
	else
		jv_free(schema);
	return json_set(r, "stream", jv_true());
}

/* A call without an id gets one: its result must be told apart. */
static jv
with_id(jv call)
{
	char id[ID_TEXT];

	return json_peek_string(call, "id") ? call : json_set_string(call, "id", id_new(id));
}

static void
take_event(void *arg, jv event)
{
	struct loop *l = arg;
	const char *type = json_peek_string(event, "type"), *delta = json_peek_string(event, "delta");
	jv call = json_get(event, "call", JV_KIND_OBJECT);
	jv block = json_get(event, "block", JV_KIND_OBJECT);

	if (!strcmp(type, "text") && delta)
		buf_puts(&l->text, delta);
	else if (!strcmp(type, "thought") && delta)
		buf_puts(&l->thought, delta);
	else if (!strcmp(type, "thinking") && jv_is_valid(block))
		l->blocks = jv_array_append(l->blocks, jv_copy(block));
	else if (!strcmp(type, "tool_call") && jv_is_valid(call))
		l->calls = jv_array_append(l->calls, with_id(jv_copy(call)));
	else if (!strcmp(type, "usage"))
		l->usage = jv_object_merge(l->usage, jv_copy(event));
	else if (!strcmp(type, "retry"))
		log_note(l->w->log, "model_retry", jv_copy(event)); /* the next write tells */
	jv_free(call);
	jv_free(block);
	jv_free(event);
}

static void
forget_turn(struct loop *l)
{
	l->text.len = l->thought.len = 0;
	jv_free(l->blocks);
	jv_free(l->calls);
	jv_free(l->usage);
	l->blocks = jv_array();
	l->calls = jv_array();
	l->usage = jv_object();
}

/* What the turn has used: {input_tokens, output_tokens, total_tokens}. */
static jv
usage_of_turn(struct loop *l)
{
	int64_t in = json_peek_int(l->usage, "input_tokens", 0);
	int64_t out = json_peek_int(l->usage, "output_tokens", 0);
	jv usage = json_set_int(json_set_int(jv_object(), "input_tokens", in), "output_tokens", out);

	return json_set_int(usage, "total_tokens", json_peek_int(l->usage, "total_tokens", in + out));
}

/* The turn is told, and becomes part of the transcript, all at once. */
static int
end_turn(struct loop *l, jv stop, int64_t ms)
{
	jv text = json_utf8(l->text.p ? l->text.p : "", l->text.len), note, usage = usage_of_turn(l);
	jv message = json_set(json_set_string(jv_object(), "role", "assistant"), "content", jv_copy(text));
	bool has_calls = jv_array_length(jv_copy(l->calls)) > 0;
	int rc = 0;

	if (jv_array_length(jv_copy(l->blocks)) > 0)
		message = json_set(message, "thinking", jv_copy(l->blocks));
	if (has_calls)
		message = json_set(message, "tool_calls", jv_copy(l->calls));
	note = json_set(json_set(jv_object(), "message", message), "usage", jv_copy(usage));
	note = json_set_valid(note, "stop", json_get(stop, "reason", JV_KIND_STRING));
	if (json_peek_string(stop, "model"))
		note = json_set_string(note, "model", json_peek_string(stop, "model"));
	note = json_set_int(note, "ms", ms);
	jv_free(stop);
	log_hold(l->w->log);
	if (l->thought.len > 0)
		rc |= say(l, "thought", json_set(jv_object(), "text", json_utf8(l->thought.p, l->thought.len)));
	if (has_calls && l->text.len > 0)
		rc |= say(l, "message", json_set(jv_object(), "text", jv_copy(text)));
	rc |= say(l, "token_usage", usage);
	rc |= transcript_add(&l->t, l->w->log, "turn", note);
	jv_free(text);
	forget_turn(l);
	return rc < 0 ? broken(l) : settle(l);
}

/* One question to the model. */
static int
ask(struct loop *l)
{
	int64_t began_ms = clock_mono_ms();
	int end = check_budgets(l);
	const char *type, *category;
	jv last;

	if (end != AGAIN)
		return end;
	last = llm_ask(l->llm, request(l), l->until_ms, take_event, l);
	if (!jv_is_valid(last)) {
		jv_free(last);
		return WORK_STOPPED;
	}
	type = json_peek_string(last, "type");
	if (!strcmp(type, "stop"))
		return end_turn(l, last, clock_mono_ms() - began_ms);
	category = json_peek_string(last, "category");
	jv_free(l->result->error);
	l->result->error = json_drop(json_drop(last, "type"), "id");
	if (!category)
		l->result->error = json_set_string(l->result->error, "category", "internal");
	return WORK_FAILED;
}

/* --- tools */

/* A result as the chat shows it. */
static jv
shown(const char *content)
{
	size_t len = strlen(content);
	char *text;
	jv value;

	if (len <= SHOWN_BYTES)
		return jv_string(content);
	text = xprintf("%.*s\n(... %zu bytes)", SHOWN_BYTES, content, len);
	value = json_utf8(text, strlen(text));
	free(text);
	return value;
}

/* A call has its result (consumed: {status, content, ...}). */
static int
end_call(struct loop *l, jv call, jv result)
{
	const char *content = json_peek_string(result, "content");
	const char *name = json_peek_string(call, "name");
	jv data = json_set_string(jv_object(), "name", name ? name : "");
	int rc;

	data = json_set(data, "result", shown(content ? content : ""));
	data = json_set_valid(data, "status", json_get(result, "status", JV_KIND_STRING));
	result = json_set_valid(result, "call_id", json_get(call, "id", JV_KIND_STRING));
	result = json_set_string(result, "name", name ? name : "");
	log_hold(l->w->log);
	rc = say(l, "tool_result", data);
	rc |= transcript_add(&l->t, l->w->log, "tool_end", result);
	return rc < 0 ? broken(l) : settle(l);
}

static int
refuse_call(struct loop *l, jv call, const char *why)
{
	jv result = json_set_string(jv_object(), "status", "error");

	return end_call(l, call, json_set(result, "content", json_utf8(why, strlen(why))));
}

static int
make_call(struct loop *l, jv call)
{
	const char *name = json_peek_string(call, "name");
	jv args = json_get(call, "arguments", JV_KIND_OBJECT), data, note, result;
	int rc;

	if (!jv_is_valid(args))
		args = jv_object();
	data = json_set(json_set_string(jv_object(), "name", name), "args", jv_copy(args));
	note = json_set_valid(jv_copy(data), "call_id", json_get(call, "id", JV_KIND_STRING));
	log_hold(l->w->log);
	rc = say(l, "tool_use", data);
	rc |= transcript_add(&l->t, l->w->log, "tool_start", note);
	rc = rc < 0 ? broken(l) : settle(l);
	if (rc != AGAIN) {
		jv_free(args);
		return rc;
	}
	result = tools_call(l->tools, name, args);
	if (stop_signal()) { /* nobody knows how far it came */
		jv_free(result);
		return WORK_STOPPED;
	}
	return end_call(l, call, result);
}

/* What a person has to allow: the task waits. */
static int
ask_person(struct loop *l, jv call)
{
	const char *name = json_peek_string(call, "name");
	char id[ID_TEXT], now[CLOCK_TEXT];
	jv r = json_set_string(jv_object(), "request_id", id_new(id)), data;
	struct buf args = { 0 };
	jv given = json_get(call, "arguments", JV_KIND_OBJECT);

	json_dump(&args, jv_is_valid(given) ? jv_copy(given) : jv_object());
	data = json_set_string(jv_object(), "request_id", id);
	data = json_set(data, "question",
	    jv_string_fmt("may %s call %s with %.1000s?", json_peek_string(l->w->agent, "role"), name,
		args.p));
	r = json_set_valid(r, "call_id", json_get(call, "id", JV_KIND_STRING));
	r = json_set_valid(r, "question", json_get(data, "question", JV_KIND_STRING));
	r = json_set(json_set_string(r, "tool", name), "args", jv_is_valid(given) ? given : jv_object());
	r = json_set_string(r, "asked_at", clock_format(clock_now_ms(), now));
	buf_release(&args);
	l->result->approval = r;
	if (say(l, "approval_request", data) < 0)
		return broken(l);
	tell(l);
	return WORK_ASKED;
}

/* A call that a person has to allow: as was decided, or to be asked for. */
static int
make_allowed_call(struct loop *l, jv call)
{
	jv approval = json_get(l->w->task, "approval", JV_KIND_OBJECT);
	const char *asked = NULL, *decision = NULL, *by = NULL, *reason = NULL;
	int end;

	if (jv_is_valid(approval)) {
		asked = json_peek_string(approval, "call_id");
		decision = json_peek_string(approval, "decision");
		by = json_peek_string(approval, "by");
		reason = json_peek_string(approval, "reason");
	}
	if (!asked || !decision || strcmp(asked, json_peek_string(call, "id")) != 0) {
		end = ask_person(l, call);
	} else if (!strcmp(decision, "approved")) {
		end = make_call(l, call);
	} else {
		char *why = xprintf("%s does not allow this call%s%s", by ? by : "a person",
		    reason ? ": " : "", reason ? reason : "");

		end = refuse_call(l, call, why);
		free(why);
	}
	jv_free(approval);
	return end;
}

static int
refuse_unknown(struct loop *l, jv call, const char *name)
{
	jv all = l->tools ? tools_declarations(l->tools) : jv_array();
	struct buf b = { 0 };
	int end;

	buf_printf(&b, "there is no tool %.64s; there %s", name,
	    jv_array_length(jv_copy(all)) ? "are:" : "are none");
	jv_array_foreach (all, i, one) {
		buf_printf(&b, " %s", json_peek_string(one, "name"));
		jv_free(one);
	}
	jv_free(all);
	end = refuse_call(l, call, b.p);
	buf_release(&b);
	return end;
}

/* Whether the call was begun by an attempt that did not see its end. */
static bool
was_begun(struct loop *l, jv call)
{
	return jv_get_kind(l->t.started) == JV_KIND_STRING &&
	       !strcmp(jv_string_value(l->t.started), json_peek_string(call, "id"));
}

static int
answer_call(struct loop *l, jv call)
{
	const char *name = json_peek_string(call, "name"), *fault = json_peek_string(call, "fault");
	char *why;
	int end;

	if (!name)
		return refuse_call(l, call, "the call names no tool");
	if (fault) {
		why = xprintf("its arguments are no JSON object (%s): call it again with one", fault);
		end = refuse_call(l, call, why);
		free(why);
		return end;
	}
	if (was_begun(l, call) && l->tools && !tools_is_idempotent(l->tools, name))
		return refuse_call(l, call,
		    "nobody knows whether this was done: the work was interrupted while the tool "
		    "ran; find out before you call it again");
	switch (l->tools ? tools_verdict(l->tools, name) : TOOL_UNKNOWN) {
	case TOOL_ALLOWED:
		return make_call(l, call);
	case TOOL_ASK:
		return make_allowed_call(l, call);
	case TOOL_DENIED:
		return refuse_call(l, call, "this tool is not allowed here: do without it");
	default:
		return refuse_unknown(l, call, name);
	}
}

/* --- answers */

/* What is left of the attempt's time, for what is not to have less than a second; 0: no end. */
static int64_t
time_left(struct loop *l)
{
	int64_t left = l->until_ms - clock_mono_ms();

	if (l->until_ms == INT64_MAX)
		return 0;
	return left < 1000 ? 1000 : left;
}

/* The answer was not good enough: the model hears why, or this was the last try. */
static int
refuse(struct loop *l, const char *code, const char *why)
{
	char name[9], *told = xprintf("Your answer was not accepted: %s\nAnswer again.", why);
	char *status = xprintf("Task %s: its answer was not accepted: %s",
	    task_short(json_peek_string(l->w->task, "id"), name), why);
	jv note = json_set(jv_object(), "message", json_utf8(told, strlen(told)));
	int rc;

	log_hold(l->w->log);
	rc = say(l, "status", json_set(jv_object(), "message", json_utf8(status, strlen(status))));
	rc |= transcript_add(&l->t, l->w->log, "refused", note);
	rc = rc < 0 ? broken(l) : settle(l);
	if (rc == AGAIN && ++l->refused > answer_tries(l->output))
		rc = fail(l, "validation", code, why);
	free(told);
	free(status);
	return rc;
}

static int
check_answer(struct loop *l, jv answer)
{
	struct answer_place place = { .env = (const char *const *)l->env,
		.folder = l->folder,
		.timeout_ms = time_left(l) };
	char *why = NULL;
	int end;

	switch (answer_check(l->output, answer, &place, &l->result->response, &why)) {
	case ANSWER_GOOD:
		return WORK_DONE;
	case ANSWER_BAD:
		end = refuse(l, "contract", why);
		free(why);
		return end;
	default:
		return stop_signal() ? WORK_STOPPED : fail(l, "configuration", "contract", err_text());
	}
}

/* The model has said its last word: is it one? */
static int
judge(struct loop *l, jv message)
{
	jv answer = json_get(message, "content", JV_KIND_STRING);
	const char *stop = jv_is_valid(l->t.stop) ? jv_string_value(l->t.stop) : "end";
	int end;

	if (!jv_is_valid(answer))
		answer = jv_string("");
	if (!strcmp(stop, "paused"))
		end = ask(l);
	else if (!strcmp(stop, "refusal"))
		end = fail(l, "validation", "refusal", "the model refuses to do this");
	else if (!strcmp(stop, "length"))
		end = refuse(l, "length", "it was cut off, as it was too long; be brief");
	else if (!jv_string_value(answer)[strspn(jv_string_value(answer), " \t\r\n")])
		end = refuse(l, "empty", "it was empty");
	else
		end = check_answer(l, answer);
	jv_free(answer);
	return end;
}

static int
step(struct loop *l)
{
	jv call, message;
	int end;

	if (stop_signal())
		return WORK_STOPPED;
	if (clock_mono_ms() >= l->until_ms)
		return fail(l, "timeout", "timeout", "no answer in the time that the task has");
	call = jv_array_get(jv_copy(l->t.calls), 0);
	if (jv_is_valid(call)) {
		end = answer_call(l, call);
		jv_free(call);
		return end;
	}
	jv_free(call);
	message = last_message(l);
	end = is_from_model(message) ? judge(l, message) : ask(l);
	jv_free(message);
	return end;
}

/* --- from beginning to end */

static bool
has_tools(jv agent)
{
	jv tools = json_get(agent, "tools", JV_KIND_OBJECT), allow, ask;
	bool any;

	if (!jv_is_valid(tools)) {
		jv_free(tools);
		return false;
	}
	allow = json_get(tools, "allow", JV_KIND_ARRAY);
	ask = json_get(tools, "ask", JV_KIND_ARRAY);
	any = (jv_is_valid(allow) && jv_array_length(jv_copy(allow)) > 0) ||
	      (jv_is_valid(ask) && jv_array_length(jv_copy(ask)) > 0);
	jv_free(allow);
	jv_free(ask);
	jv_free(tools);
	return any;
}

static int
open_tools(struct loop *l)
{
	struct tool_place place = { .folder = l->folder,
		.env = (const char *const *)l->env,
		.lease = l->w->lease,
		.store = l->w->store,
		.is_sandboxed = json_peek_bool(l->w->agent, "sandbox"),
		.has_network = json_peek_bool(l->w->agent, "network") };

	if (!has_tools(l->w->agent))
		return AGAIN;
	l->tools = tools_open(l->w->agent, &place);
	return l->tools ? AGAIN : fail(l, "configuration", "tool", err_text());
}

static int
prepare(struct loop *l)
{
	int64_t limit_ms = work_timeout_ms(l->w->task);
	char *mark = xprintf("LEGWORK_RUN=%s", l->w->lease);
	int end;

	l->until_ms = limit_ms ? clock_mono_ms() + limit_ms : INT64_MAX;
	l->llm = llm_open(mark);
	free(mark);
	l->env = work_env(l->w);
	l->folder = work_folder(l->w);
	if (!l->folder)
		return fail(l, "configuration", "folder", err_text());
	if (transcript_read(&l->t, l->w->logs_fd, json_peek_string(l->w->task, "id")) < 0)
		return broken(l);
	end = open_tools(l);
	return end == AGAIN ? begin(l) : end;
}

static void
release(struct loop *l)
{
	llm_close(l->llm);
	tools_close(l->tools);
	transcript_release(&l->t);
	jv_free(l->output);
	jv_free(l->blocks);
	jv_free(l->calls);
	jv_free(l->usage);
	buf_release(&l->text);
	buf_release(&l->thought);
	free(l->folder);
	work_env_free(l->env);
}

enum work_end
loop_run(struct work *w, struct work_result *result)
{
	struct loop l = { .w = w,
		.result = result,
		.output = json_get(w->task, "output", JV_KIND_OBJECT),
		.blocks = jv_array(),
		.calls = jv_array(),
		.usage = jv_object() };
	int end;

	work_result_init(result);
	transcript_init(&l.t);
	end = prepare(&l);
	while (end == AGAIN)
		end = step(&l);
	if (end == WORK_FAILED && !jv_is_valid(result->response))
		result->response = partial_answer(&l);
	result->usage = jv_copy(l.t.usage);
	release(&l);
	work_end_remains(w);
	return (enum work_end)end;
}
