#include <jq.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "filter.h"

/* Deeper results cannot be written without deep recursion. */
enum { DEPTH_MAX = 1000 };

struct filter {
	jq_state *jq;
	struct buf said; /* the first line that jq said */
};

/* What jq has to say of a program: its first line, which is where it is wrong. */
static void
hear(void *arg, jv message)
{
	struct filter *f = arg;
	jv text = jq_format_error(message);

	if (f->said.len == 0 && jv_get_kind(text) == JV_KIND_STRING)
		buf_add(&f->said, jv_string_value(text), strcspn(jv_string_value(text), "\n"));
	jv_free(text);
}

static void
no_memory(void *arg)
{
	(void)arg;
	buf_no_memory();
}

struct filter *
filter_open(const char *program)
{
	static const char prefix[] = "jq: error: ";
	struct filter *f = xmalloc(sizeof *f);
	const char *said;

	*f = (struct filter){ .jq = jq_init() };
	if (!f->jq)
		buf_no_memory();
	jq_set_nomem_handler(f->jq, no_memory, NULL);
	jq_set_error_cb(f->jq, hear, f);
	/* jq_init leaves these as they were in memory: input and debug would call them */
	jq_set_input_cb(f->jq, NULL, NULL);
	jq_set_debug_cb(f->jq, NULL, NULL);
	/* without these it aborts at an import */
	jq_set_attr(f->jq, jv_string("JQ_LIBRARY_PATH"), JV_ARRAY(jv_string("~/.jq")));
	jq_set_attr(f->jq, jv_string("JQ_ORIGIN"), jv_string("."));
	jq_set_attr(f->jq, jv_string("PROGRAM_ORIGIN"), jv_string("."));
	if (jq_compile(f->jq, program))
		return f;
	buf_puts(&f->said, f->said.len > 0 ? "" : "no jq program");
	said = f->said.p;
	err_set(EX_USAGE, "%s",
	    strncmp(said, prefix, sizeof prefix - 1) != 0 ? said : said + sizeof prefix - 1);
	filter_close(f);
	return NULL;
}

void
filter_close(struct filter *f)
{
	if (!f)
		return;
	jq_teardown(&f->jq);
	buf_release(&f->said);
	free(f);
}

/* Why the program has ended with an invalid value that carries a message. */
static int
fail(jv message)
{
	jv text = jv_get_kind(message) == JV_KIND_STRING ? message : jv_dump_string(message, 0);

	err_set(EX_DATAERR, "%.200s", jv_string_value(text));
	jv_free(text);
	return -1;
}

/* Whether v (borrowed) is nested over so many levels. */
static bool
is_deeper(jv v, int levels)
{
	bool yes = levels < 0;

	if (!yes && jv_get_kind(v) == JV_KIND_ARRAY)
		jv_array_foreach (v, i, item) {
			yes = yes || is_deeper(item, levels - 1);
			jv_free(item);
		}
	else if (!yes && jv_get_kind(v) == JV_KIND_OBJECT)
		jv_object_foreach (v, key, value) {
			yes = yes || is_deeper(value, levels - 1);
			jv_free(key);
			jv_free(value);
		}
	return yes;
}

int
filter_run(struct filter *f, jv value, bool (*take)(void *arg, jv result), void *arg)
{
	jv result;

	jq_start(f->jq, value, 0);
	while (jv_is_valid(result = jq_next(f->jq))) {
		if (is_deeper(result, DEPTH_MAX)) {
			jv_free(result);
			return err_set(EX_DATAERR, "a result is nested over %d levels", DEPTH_MAX);
		}
		if (!take(arg, result))
			return 0;
	}
	if (jq_halted(f->jq)) { /* halt, halt_error: no more of this value */
		jv code = jq_get_exit_code(f->jq);
		bool is_error = jv_is_valid(code) && jv_get_kind(code) == JV_KIND_NUMBER &&
		                jv_number_value(code) != 0;

		jv_free(code);
		jv_free(result);
		return is_error ? fail(jq_get_error_message(f->jq)) : 0;
	}
	if (jv_invalid_has_msg(jv_copy(result)))
		return fail(jv_invalid_get_msg(result));
	jv_free(result);
	return 0;
}
