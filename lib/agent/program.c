#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "adapter.h"
#include "answer.h"
#include "call.h"
#include "clock.h"
#include "err.h"
#include "json.h"
#include "prompt.h"
#include "scope.h"
#include "stop.h"
#include "task.h"
#include "usage.h"

enum { GRACE_MS = 2000 }; /* from TERM to KILL */

struct run {
	struct work *w;
	struct filter *adapter;
	char **argv, **env;
	jv instruction;   /* string: as an adapter's agent is told it; else empty */
	jv scope;         /* string: what is said of the task's scope; empty: nothing */
	jv output;        /* the contract; invalid: none */
	jv usage;         /* the tokens of all attempts; invalid: nobody has said */
	int64_t end_ms;   /* monotonic; INT64_MAX: none */
	int64_t began_ms; /* when the program was started last */
};

/* What became of one run of the program. */
struct outcome {
	enum work_end end;
	jv response, error;
	char *fault; /* why its answer is not accepted; NULL: it is, or there is none */
};

static bool
reads_json(struct work *w)
{
	const char *input = json_peek_string(w->agent, "input");

	return input && !strcmp(input, "json");
}

static void
add_paragraph(struct buf *b, const char *text)
{
	if (*text)
		buf_printf(b, "%s%s", b->len ? "\n\n" : "", text);
}

/* The instruction as it is; for what an adapter is for, which is a model's, as data where it is
 * that, with the scope and what its answer has to be. */
static void
add_text_request(struct run *r, const char *fault, struct buf *b)
{
	jv instructions, output;

	if (!r->adapter) {
		buf_puts(b, json_peek_string(r->w->task, "instruction"));
		return;
	}
	buf_puts(b, jv_string_value(r->instruction));
	add_paragraph(b, jv_string_value(r->scope));
	output = prompt_output(r->w->task, r->output);
	instructions = answer_instructions(output);
	jv_free(output);
	add_paragraph(b, jv_string_value(instructions));
	jv_free(instructions);
	if (fault) {
		add_paragraph(b, "Your last answer was not accepted: ");
		buf_puts(b, fault);
	}
}

/* The request: the instruction, or everything as one line of JSON. */
static void
make_request(struct run *r, const char *fault, struct buf *b)
{
	struct work *w = r->w;
	jv request;

	if (reads_json(w)) {
		request = json_set_string(jv_object(), "instruction",
		    json_peek_string(w->task, "instruction"));
		request = json_set_int(request, "attempt", json_peek_int(w->task, "attempt", 1));
		request = json_set(request, "task", jv_copy(w->task));
		request = json_set(request, "agent", jv_copy(w->agent));
		request = json_set(request, "dependencies", jv_copy(w->dependencies));
		if (jv_string_length_bytes(jv_copy(r->scope)) > 0)
			request = json_set(request, "scope", jv_copy(r->scope));
		if (fault)
			request = json_set_string(request, "fault", fault);
		json_dump(b, request);
	} else {
		add_text_request(r, fault, b);
	}
	if (b->len > 0 && b->p[b->len - 1] != '\n')
		buf_putc(b, '\n');
}

/* The agent's command, or that of its adapter; NULL with err. */
static char **
make_argv(jv agent)
{
	jv command = json_get(agent, "command", JV_KIND_ARRAY);
	const char *adapter = json_peek_string(agent, "adapter");
	char **argv;
	int len;

	if (!jv_is_valid(command) && adapter) {
		command = adapter_command(adapter);
		if (!jv_is_valid(command))
			return NULL;
	}
	len = jv_is_valid(command) ? jv_array_length(jv_copy(command)) : 0;
	if (len == 0) {
		jv_free(command);
		err_set(EX_CONFIG, "the agent has no command");
		return NULL;
	}
	argv = xmalloc(((size_t)len + 1) * sizeof *argv);
	for (int i = 0; i < len; i++) {
		jv word = jv_array_get(jv_copy(command), i);

		argv[i] = xstrdup(jv_get_kind(word) == JV_KIND_STRING ? jv_string_value(word) : "");
		jv_free(word);
	}
	argv[len] = NULL;
	jv_free(command);
	return argv;
}

/* How long what is started now may take; 0: as long as it likes. */
static int64_t
time_left(const struct run *r)
{
	int64_t left = r->end_ms - clock_mono_ms();

	return r->end_ms == INT64_MAX ? 0 : left > 0 ? left : 1;
}

/* What could not be begun. */
static jv
start_error(void)
{
	bool is_ours = err_code() != EX_CONFIG && err_code() != EX_NOINPUT;

	return task_error(is_ours ? "internal" : "configuration", "cannot_start", err_text(),
	    is_ours);
}

static bool
is_category(const char *name)
{
	static const char *const names[] = { "network", "rate_limit", "service", "timeout",
		"budget", "validation", "permission", "configuration", "dependency", "tool",
		"cancelled", "internal" };
	size_t i = 0, n = sizeof names / sizeof *names;

	while (i < n && strcmp(name, names[i]) != 0)
		i++;
	return i < n;
}

/* What an adapter says of a failure. */
static jv
told_error(jv failure, bool is_retryable)
{
	const char *category = json_peek_string(failure, "category");

	return task_error(category && is_category(category) ? category : "tool", "agent_failed",
	    json_peek_string(failure, "failed"),
	    is_retryable || json_peek_bool(failure, "retryable"));
}

static jv
exit_error(struct hear *h, int status)
{
	jv message = hear_complaint(h), error;

	if (*jv_string_value(message) == '\0') {
		jv_free(message);
		message = jv_string_fmt("exit status %d", status);
	}
	error = json_set(task_error("tool", "exit_status", "", status == EX_TEMPFAIL), "message",
	    message);
	return json_set_int(error, "exit_status", status);
}

static jv
timeout_error(jv task)
{
	char *why = xprintf("no answer within %g s", (double)work_timeout_ms(task) / 1000);
	jv error = task_error("timeout", "timeout", why, true);

	free(why);
	return error;
}

/* How a run has ended, by its exit and by what was heard. */
static void
conclude(struct run *r, struct hear *h, enum call_end end, int status, struct outcome *o)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	char *why;

	o->end = WORK_FAILED;
	if (end == CALL_LATE) {
		o->error = timeout_error(r->w->task);
	} else if (stop_signal() && code != 0) {
		o->end = WORK_STOPPED;
	} else if (code < 0) {
		why = xprintf("killed by signal %d", WTERMSIG(status));
		o->error = task_error("internal", "agent_killed", why, true);
		free(why);
	} else if (jv_is_valid(h->failure)) {
		o->error = told_error(h->failure, code == EX_TEMPFAIL);
	} else if (code == 0) {
		o->end = WORK_DONE;
	} else {
		o->error = exit_error(h, code);
	}
}

/* Holds the answer against the task's contract. */
static void
check_contract(struct run *r, struct hear *h, struct outcome *o)
{
	struct answer_place place = { .env = (const char *const *)r->env,
		.folder = json_peek_string(r->w->agent, "folder"),
		.timeout_ms = time_left(r) };
	jv accepted;

	switch (answer_check(r->output, o->response, &place, &accepted, &o->fault)) {
	case ANSWER_GOOD:
		jv_free(o->response);
		o->response = json_utf8(jv_string_value(accepted),
		    hear_fit(jv_string_value(accepted),
			(size_t)jv_string_length_bytes(jv_copy(accepted)), HEAR_ANSWER_MAX));
		break;
	case ANSWER_BAD:
		o->end = WORK_FAILED;
		o->error = task_error("validation", "contract", o->fault, false);
		hear_note(h, "contract", json_set_string(jv_object(), "error", o->fault));
		break;
	default:
		o->end = err_code() == EX_TEMPFAIL ? WORK_STOPPED : WORK_FAILED;
		o->error = err_code() == EX_CONFIG
		               ? task_error("configuration", "contract", err_text(), false)
		               : task_error("internal", "contract", err_text(), true);
	}
	jv_free(accepted);
	work_end_remains(r->w);
}

/* That not all of an answer was kept. */
static void
note_cut(struct hear *h)
{
	char name[9];
	jv text = jv_string_fmt("Task %s: only the first %d MiB of its answer are kept",
	    task_short(json_peek_string(h->task, "id"), name), HEAR_ANSWER_MAX >> 20);

	hear_note(h, "cut", json_set_int(jv_object(), "kept", HEAR_ANSWER_MAX));
	hear_event(h, "status", json_set(jv_object(), "message", text));
}

/* What is run, and how much it gets to read. */
static void
note_command(struct run *r, struct hear *h, size_t input_bytes)
{
	jv words = jv_array(), note;

	for (char **word = r->argv; *word; word++)
		words = jv_array_append(words, json_utf8(*word, strlen(*word)));
	note = json_set(jv_object(), "command", words);
	note = json_set_valid(note, "folder", json_get(r->w->agent, "folder", JV_KIND_STRING));
	hear_note(h, "command", json_set_int(note, "input_bytes", (int64_t)input_bytes));
}

/* What has been heard to the end. */
static void
take_heard(struct run *r, struct hear *h, enum call_end end, int status, struct outcome *o)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	hear_end(h);
	work_end_remains(r->w);
	hear_note(h, "exit",
	    json_set_int(json_set_int(jv_object(), "status", code), "ms",
		clock_mono_ms() - r->began_ms));
	conclude(r, h, end, status, o);
	o->response = hear_answer(h);
	if (h->is_cut)
		note_cut(h);
	if (o->end == WORK_DONE)
		check_contract(r, h, o);
	if (jv_is_valid(h->usage))
		r->usage = usage_add(r->usage, h->usage);
	if (h->broken) {
		jv_free(o->error);
		o->error = task_error("internal", "log_failed", h->broken, true);
		o->end = WORK_BROKEN;
	}
}

/* Runs the program once; fault: what was wrong with its last answer. */
static struct outcome
run_once(struct run *r, const char *fault)
{
	struct work *w = r->w;
	struct hear h = { .task = w->task,
		.lease = w->lease,
		.log = w->log,
		.partial = w->partial,
		.adapter = r->adapter,
		.told = w->told,
		.arg = w->arg };
	struct outcome o = { WORK_FAILED, jv_invalid(), jv_invalid(), NULL };
	struct call call = { .program = { .argv = r->argv,
				 .env = (const char *const *)r->env,
				 .folder = json_peek_string(w->agent, "folder") },
		.timeout_ms = time_left(r),
		.grace_ms = GRACE_MS,
		.take_out = hear_out,
		.take_err = hear_err,
		.arg = &h };
	struct buf request = { 0 };
	enum call_end end;
	int status;

	partial_drop(w->partial); /* what was said before was not good enough */
	make_request(r, fault, &request);
	call.input = request.p;
	call.input_len = request.len;
	hear_begin(&h);
	note_command(r, &h, request.len);
	r->began_ms = clock_mono_ms();
	if ((end = call_run(&call, &status)) == CALL_FAILED)
		o.error = start_error();
	else
		take_heard(r, &h, end, status, &o);
	hear_release(&h);
	buf_release(&request);
	return o;
}

/* Who can be told what was wrong is asked again. */
static struct outcome
run_until_kept(struct run *r)
{
	int tries = r->adapter || reads_json(r->w) ? answer_tries(r->output) : 0;
	struct outcome o = run_once(r, NULL);
	char *fault;

	for (; o.fault && o.end == WORK_FAILED && tries > 0 && !stop_signal(); tries--) {
		fault = o.fault;
		jv_free(o.response);
		jv_free(o.error);
		o = run_once(r, fault);
		free(fault);
	}
	free(o.fault);
	return o;
}

/* A program is told its task's scope, and trusted to keep to it: the log says so.  -1 with err. */
static int
tell_scope(struct run *r)
{
	jv scope = scope_of(r->w->task), note;

	r->scope = prompt_scope(scope);
	if (jv_is_valid(r->scope) && jv_string_length_bytes(jv_copy(r->scope)) > 0) {
		note = json_set(jv_object(), "scope", jv_copy(scope));
		log_note(r->w->log, "scope", json_set(note, "is_enforced", jv_false()));
	}
	jv_free(scope);
	return jv_is_valid(r->scope) ? 0 : -1;
}

enum work_end
program_run(struct work *w, struct work_result *result)
{
	const char *adapter = json_peek_string(w->agent, "adapter");
	int64_t limit_ms = work_timeout_ms(w->task);
	struct outcome o = { WORK_FAILED, jv_invalid(), jv_invalid(), NULL };
	struct run r = { .w = w, .usage = json_get(w->task, "usage", JV_KIND_OBJECT) };

	r.end_ms = limit_ms ? clock_mono_ms() + limit_ms : INT64_MAX;
	r.output = json_get(w->task, "output", JV_KIND_OBJECT);
	r.env = work_env(w);
	r.argv = make_argv(w->agent);
	r.instruction = adapter ? prompt_task(w->task) : jv_string("");
	if (!jv_is_valid(r.instruction) || tell_scope(&r) < 0 || !r.argv ||
	    (adapter && !(r.adapter = adapter_open(adapter))))
		o.error = start_error();
	else
		o = run_until_kept(&r);
	filter_close(r.adapter);
	work_env_free(r.argv);
	work_env_free(r.env);
	jv_free(r.instruction);
	jv_free(r.scope);
	jv_free(r.output);
	work_result_init(result);
	result->response = o.response;
	result->error = o.error;
	result->usage = r.usage;
	return o.end;
}
