#include "answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "call.h"
#include "err.h"
#include "extract.h"
#include "filter.h"
#include "id.h"
#include "json.h"
#include "schema.h"

enum {
	GRACE_MS = 2000,      /* from TERM to KILL */
	OUT_MAX = 4 << 20,    /* of a check command's stdout */
	TAIL_MAX = 1500,      /* how much of the end of both tells why */
	RESULTS_MAX = 1000,   /* of a jq program; the last of them counts */
	NAME_MAX_BYTES = 200, /* of a check, in a reason */
};

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127 }; /* exit statuses of sh */

#define CHECK_FAILED "the answer does not pass the check `%.*s`: "

/* What is being looked at. */
struct trial {
	jv output; /* borrowed */
	const struct answer_place *place;
	jv value; /* for json the value, else the string */
	struct buf why;
};

static bool
wants_json(jv output)
{
	const char *format = json_peek_string(output, "format");

	return (format && !strcmp(format, "json")) || json_has(output, "schema");
}

/* The text of a value: a string as it is, another compact. */
static jv
text_of(jv value, bool is_json)
{
	struct buf b = { 0 };
	jv text;

	if (!is_json)
		return value;
	json_dump(&b, value);
	text = jv_string_sized(b.p, (int)b.len);
	buf_release(&b);
	return text;
}

/* A reason as it is handed out: valid UTF-8, and short. */
static char *
reason(const struct buf *b)
{
	jv text = json_utf8(b->p, b->len);
	size_t len = (size_t)jv_string_length_bytes(jv_copy(text));
	struct buf out = { 0 };

	if (len > ANSWER_WHY_MAX)
		for (len = ANSWER_WHY_MAX; (jv_string_value(text)[len] & 0xc0) == 0x80;)
			len--;
	buf_add(&out, jv_string_value(text), len);
	jv_free(text);
	return out.p;
}

static int
check_schema(struct trial *t)
{
	jv schema = jv_object_get(jv_copy(t->output), jv_string("schema"));
	struct schema *s;
	int rc = ANSWER_GOOD;

	if (!jv_is_valid(schema)) {
		jv_free(schema);
		return ANSWER_GOOD;
	}
	if (!(s = schema_open(schema)))
		return err_set(EX_CONFIG, "output.schema: %s", err_text());
	if (schema_check(s, t->value) < 0) {
		buf_printf(&t->why, "the answer does not fit the JSON schema: %s", err_text());
		rc = ANSWER_BAD;
	}
	schema_close(s);
	return rc;
}

/* Takes the value out of a text (borrowed), and looks at its form. */
static int
check_form(struct trial *t, const char *text, size_t len)
{
	t->value = extract_json(text, len);
	if (jv_is_valid(t->value))
		return check_schema(t);
	buf_printf(&t->why, "the answer has to be JSON: %s", err_text());
	return ANSWER_BAD;
}

/* The last result of a jq program, and how many there were. */
struct results {
	jv last;
	int count;
};

static bool
keep_last(void *arg, jv result)
{
	struct results *r = arg;

	jv_free(r->last);
	r->last = result;
	return ++r->count < RESULTS_MAX;
}

static int
check_jq(struct trial *t, const char *program)
{
	struct results r = { .last = jv_null() };
	struct filter *f = filter_open(program);
	int rc = ANSWER_GOOD;

	if (!f)
		return err_set(EX_CONFIG, "output.check.jq: %s", err_text());
	if (filter_run(f, jv_copy(t->value), keep_last, &r) < 0) {
		buf_printf(&t->why, CHECK_FAILED "%s", NAME_MAX_BYTES, program, err_text());
		rc = ANSWER_BAD;
	} else if (jv_get_kind(r.last) == JV_KIND_NULL || jv_get_kind(r.last) == JV_KIND_FALSE) {
		buf_printf(&t->why, CHECK_FAILED "it gives %s", NAME_MAX_BYTES, program,
		    r.count == 0                           ? "nothing"
		    : jv_get_kind(r.last) == JV_KIND_FALSE ? "false"
							   : "null");
		rc = ANSWER_BAD;
	}
	jv_free(r.last);
	filter_close(f);
	return rc;
}

/* What a check command says. */
struct said {
	struct buf out, err; /* the beginning of one, the end of the other */
};

static void
take_out(void *arg, const char *bytes, size_t len)
{
	struct said *said = arg;
	size_t room = OUT_MAX - said->out.len;

	buf_add(&said->out, bytes, len < room ? len : room);
}

static void
take_err(void *arg, const char *bytes, size_t len)
{
	struct said *said = arg;

	buf_add(&said->err, bytes, len);
	if (said->err.len > TAIL_MAX)
		buf_cut(&said->err, said->err.len - TAIL_MAX);
}

/* The end of what a command said, in whole lines where there are several. */
static void
add_tail(struct buf *why, struct said *said)
{
	struct buf *all = &said->out;
	const char *line;

	if (all->len > 0 && all->p[all->len - 1] != '\n')
		buf_putc(all, '\n');
	buf_add(all, said->err.p, said->err.len);
	while (all->len > 0 && strchr(" \t\r\n", all->p[all->len - 1]))
		all->len--;
	if (all->len > TAIL_MAX) {
		buf_cut(all, all->len - TAIL_MAX);
		if ((line = memchr(all->p, '\n', all->len)))
			buf_cut(all, (size_t)(line + 1 - all->p));
	}
	if (all->len > 0)
		buf_puts(why, ": ");
	buf_add(why, all->p, all->len);
}

/* What it printed on stdout is the answer from there on. */
static int
replace(struct trial *t, const struct buf *out)
{
	size_t len = out->len;

	while (len > 0 && out->p[len - 1] == '\n')
		len--;
	if (len == 0)
		return ANSWER_GOOD;
	jv_free(t->value);
	if (!wants_json(t->output)) {
		t->value = json_utf8(out->p, len);
		return ANSWER_GOOD;
	}
	return check_form(t, out->p, len) != ANSWER_BAD
	           ? ANSWER_GOOD
	           : err_set(EX_CONFIG, "output.check.command: of what it prints: %s", t->why.p);
}

static int
judge(struct trial *t, const char *command, enum call_end end, int status, struct said *said)
{
	bool has_exited = WIFEXITED(status);

	if (end == CALL_STOPPED)
		return err_set(EX_TEMPFAIL, "output.check.command: stopped");
	if (end == CALL_ENDED && has_exited && WEXITSTATUS(status) == 0)
		return replace(t, &said->out);
	buf_printf(&t->why, CHECK_FAILED, NAME_MAX_BYTES, command);
	if (end == CALL_LATE)
		buf_printf(&t->why, "no verdict within %g s", (double)t->place->timeout_ms / 1000);
	else if (has_exited)
		buf_printf(&t->why, "exit status %d", WEXITSTATUS(status));
	else
		buf_printf(&t->why, "killed by signal %d", WTERMSIG(status));
	add_tail(&t->why, said);
	if (has_exited &&
	    (WEXITSTATUS(status) == NOT_EXECUTABLE || WEXITSTATUS(status) == NOT_FOUND))
		return err_set(EX_CONFIG, "output.check.command: %s", t->why.p);
	return ANSWER_BAD;
}

/* The environment of a check (to be freed, its strings not): the place's, and a mark. */
static const char **
env_with(const struct answer_place *place, const char *mark)
{
	size_t n = 0;
	const char **env;

	while (place->env && place->env[n])
		n++;
	env = xmalloc((n + 2) * sizeof *env);
	for (size_t i = 0; i < n; i++)
		env[i] = place->env[i];
	env[n] = mark;
	env[n + 1] = NULL;
	return env;
}

static int
check_command(struct trial *t, const char *command)
{
	char sh[] = "sh", option[] = "-c", *script = xstrdup(command);
	char *argv[] = { sh, option, script, NULL };
	jv text = text_of(jv_copy(t->value), wants_json(t->output));
	char id[ID_TEXT], *mark = xprintf("LEGWORK_CALL=%s", id_new(id));
	const char **env = env_with(t->place, mark);
	struct said said = { 0 };
	struct buf input = { 0 };
	struct call call = { .program = { .argv = argv, .env = env, .folder = t->place->folder },
		.timeout_ms = t->place->timeout_ms,
		.grace_ms = GRACE_MS,
		.mark = mark,
		.take_out = take_out,
		.take_err = take_err,
		.arg = &said };
	enum call_end end;
	int rc = -1, status;

	buf_add(&input, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
	if (input.len > 0 && input.p[input.len - 1] != '\n')
		buf_putc(&input, '\n');
	call.input = input.p;
	call.input_len = input.len;
	if ((end = call_run(&call, &status)) != CALL_FAILED)
		rc = judge(t, command, end, status, &said);
	buf_release(&said.out);
	buf_release(&said.err);
	buf_release(&input);
	jv_free(text);
	free(env);
	free(mark);
	free(script);
	return rc;
}

static int
run_checks(struct trial *t)
{
	jv check = json_get(t->output, "check", JV_KIND_OBJECT);
	const char *jq, *command;
	int rc = ANSWER_GOOD;

	if (!jv_is_valid(check))
		return ANSWER_GOOD;
	jq = json_peek_string(check, "jq");
	command = json_peek_string(check, "command");
	if (!jq && !command)
		rc = err_set(EX_CONFIG, "output.check: want command or jq");
	if (rc == ANSWER_GOOD && jq)
		rc = check_jq(t, jq);
	if (rc == ANSWER_GOOD && command)
		rc = check_command(t, command);
	jv_free(check);
	return rc;
}

int
answer_check(jv output, jv answer, const struct answer_place *place, jv *accepted, char **why)
{
	struct trial t = { .output = output, .place = place, .value = jv_invalid() };
	int rc = ANSWER_GOOD;

	*accepted = jv_invalid();
	*why = NULL;
	if (jv_get_kind(output) != JV_KIND_OBJECT) {
		*accepted = jv_copy(answer);
		return ANSWER_GOOD;
	}
	if (wants_json(output))
		rc = check_form(&t, jv_string_value(answer),
		    (size_t)jv_string_length_bytes(jv_copy(answer)));
	else
		t.value = jv_copy(answer);
	if (rc == ANSWER_GOOD)
		rc = run_checks(&t);
	if (rc == ANSWER_GOOD)
		*accepted = text_of(jv_copy(t.value), wants_json(output));
	else if (rc == ANSWER_BAD)
		*why = reason(&t.why);
	jv_free(t.value);
	buf_release(&t.why);
	return rc;
}

jv
answer_instructions(jv output)
{
	const char *expected = json_peek_string(output, "expected");
	const char *format = json_peek_string(output, "format");
	jv schema = answer_schema(output), text;
	struct buf b = { 0 };

	buf_puts(&b, "");
	if (expected)
		buf_printf(&b, "What is expected of your answer: %s\n", expected);
	if (wants_json(output))
		buf_puts(&b, "Your last message has to be one JSON value and nothing else: no "
			     "explanation before or after it, no code fence.\n");
	else if (format && !strcmp(format, "markdown"))
		buf_puts(&b, "Write your answer in Markdown.\n");
	else if (format && !strcmp(format, "csv"))
		buf_puts(&b, "Write your answer as CSV and nothing else: the names of the columns, "
			     "then a line for each row.\n");
	else if (format && !strcmp(format, "text"))
		buf_puts(&b, "Write your answer as plain text, without markup.\n");
	if (jv_is_valid(schema)) {
		buf_puts(&b, "It has to fit this JSON Schema: ");
		json_dump(&b, schema);
	}
	while (b.len > 0 && b.p[b.len - 1] == '\n')
		b.len--;
	text = jv_string_sized(b.p, (int)b.len);
	buf_release(&b);
	return text;
}

jv
answer_schema(jv output)
{
	return jv_get_kind(output) == JV_KIND_OBJECT ? json_get(output, "schema", JV_KIND_OBJECT)
	                                             : jv_invalid();
}

int
answer_tries(jv output)
{
	int64_t tries = json_peek_int(output, "tries", ANSWER_TRIES);

	return tries < 0 ? 0 : tries > 100 ? 100 : (int)tries;
}
