#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "filter.h"
#include "json.h"
#include "lines.h"
#include "schema.h"
#include "terms.h"

/* --- as members */

/* Whether a limit (borrowed) is such a number. */
static int
check_limit(jv limits, const char *name, bool is_whole, int least)
{
	jv value = jv_object_get(jv_copy(limits), jv_string(name));
	jv_kind kind = jv_get_kind(value);
	double n = kind == JV_KIND_NUMBER ? jv_number_value(value) : -1;

	jv_free(value);
	if (kind == JV_KIND_INVALID || kind == JV_KIND_NULL)
		return 0;
	if (least == 0 && json_peek_int(limits, name, -1) < 0)
		return err_set(EX_DATAERR, "limits.%s: want a whole number, 0 or more", name);
	if (least > 0 && !(n > 0))
		return err_set(EX_DATAERR, "limits.%s: want a number above 0", name);
	if (is_whole && json_peek_int(limits, name, -1) < 0)
		return err_set(EX_DATAERR, "limits.%s: want a whole number", name);
	return 0;
}

static const struct {
	const char *name;
	bool is_whole;
	int least;
} known[] = { { "timeout_s", false, 1 }, { "max_attempts", true, 1 }, { "retry_delay_s", false, 1 },
	{ "max_turns", true, 1 }, { "max_tokens", true, 1 }, { "max_children", true, 1 },
	{ "max_depth", true, 0 } };

enum { KNOWN = sizeof known / sizeof *known };

static int
check_limits(jv spec)
{
	jv limits = json_get(spec, "limits", JV_KIND_OBJECT);
	int rc = 0;

	for (size_t i = 0; i < KNOWN && rc == 0 && jv_is_valid(limits); i++)
		rc = check_limit(limits, known[i].name, known[i].is_whole, known[i].least);
	jv_free(limits);
	return rc;
}

static bool
is_limit(const char *name)
{
	size_t i = 0;

	while (i < KNOWN && strcmp(known[i].name, name) != 0)
		i++;
	return i < KNOWN;
}

int
terms_check_names(jv limits)
{
	struct buf list = { 0 };
	int rc = 0;

	for (size_t i = 0; i < KNOWN; i++)
		buf_printf(&list, " %s", known[i].name);
	jv_object_foreach (limits, name, value) {
		if (!is_limit(jv_string_value(name)))
			rc = err_set(EX_DATAERR,
			    "limits.%.80s: there is no such limit; there are:%s",
			    jv_string_value(name), list.p);
		jv_free(name);
		jv_free(value);
	}
	buf_release(&list);
	return rc;
}

/* Whether a member of the object is there, and not null. */
static bool
is_given(jv object, const char *name)
{
	jv value = jv_object_get(jv_copy(object), jv_string(name));
	bool is = jv_is_valid(value) && jv_get_kind(value) != JV_KIND_NULL;

	jv_free(value);
	return is;
}

static bool
is_format(const char *word)
{
	return word && (!strcmp(word, "text") || !strcmp(word, "json") ||
			   !strcmp(word, "markdown") || !strcmp(word, "csv"));
}

static int
check_check(jv output)
{
	jv check = json_get(output, "check", JV_KIND_OBJECT);
	const char *command = jv_is_valid(check) ? json_peek_string(check, "command") : NULL,
		   *jq = jv_is_valid(check) ? json_peek_string(check, "jq") : NULL;
	const char *text = command ? command : jq;
	bool is_good = text && !(command && jq) && *text && strlen(text) <= TERMS_TEXT_MAX;

	jv_free(check);
	return is_good || !is_given(output, "check")
	           ? 0
	           : err_set(EX_DATAERR,
			 "output.check: want an object with command or jq, a string");
}

/* Whether a schema (borrowed) can be checked against. */
static int
try_schema(jv schema)
{
	struct schema *s = schema_open(jv_copy(schema));

	schema_close(s);
	return s ? 0 : -1;
}

static int
check_schema(jv output)
{
	jv schema = json_get(output, "schema", JV_KIND_OBJECT);
	const char *format = json_peek_string(output, "format");
	int rc = 0;

	if (!is_given(output, "schema"))
		rc = 0;
	else if (!jv_is_valid(schema))
		rc = err_set(EX_DATAERR, "output.schema: want an object");
	else if (format && strcmp(format, "json") != 0)
		rc = err_set(EX_DATAERR, "output.schema: only with format json");
	else if (try_schema(schema) < 0)
		rc = err_add("output.schema");
	jv_free(schema);
	return rc;
}

static int
check_output(jv output)
{
	const char *expected = json_peek_string(output, "expected");
	int64_t tries = json_peek_int(output, "tries", -1);

	if (is_given(output, "expected") && (!expected || strlen(expected) > TERMS_TEXT_MAX))
		return err_set(EX_DATAERR, "output.expected: want a string of at most %d bytes",
		    TERMS_TEXT_MAX);
	if (is_given(output, "format") && !is_format(json_peek_string(output, "format")))
		return err_set(EX_DATAERR, "output.format: want text, json, markdown or csv");
	if (is_given(output, "tries") && (tries < 0 || tries > TERMS_TRIES_MAX))
		return err_set(EX_DATAERR, "output.tries: want a whole number from 0 to %d",
		    TERMS_TRIES_MAX);
	return check_schema(output) < 0 ? -1 : check_check(output);
}

int
terms_check(jv spec)
{
	jv output = json_get(spec, "output", JV_KIND_OBJECT);
	int rc = check_limits(spec);

	if (rc == 0 && jv_is_valid(output))
		rc = check_output(output);
	jv_free(output);
	return rc;
}

/* --- as options */

/* Sets a limit of seconds; limits is the caller's. */
static int
set_seconds(jv *limits, const char *name, const char *option, const char *text)
{
	if (!text)
		return 0;
	if (opt_duration_ms(text) <= 0)
		return err_set(EX_USAGE, "--%s: want a time such as 10, 500ms or 2m, got '%s'",
		    option, text);
	*limits = json_set(*limits, name, jv_number((double)opt_duration_ms(text) / 1000));
	return 0;
}

static jv
set_count(jv limits, const char *name, long count)
{
	return count > 0 ? json_set_int(limits, name, count) : limits;
}

jv
terms_limits(const struct terms *t)
{
	jv limits = jv_object();

	if (set_seconds(&limits, "timeout_s", "timeout", t->timeout) < 0 ||
	    set_seconds(&limits, "retry_delay_s", "retry-delay", t->retry_delay) < 0) {
		jv_free(limits);
		return jv_invalid();
	}
	limits = set_count(limits, "max_attempts", t->max_attempts);
	limits = set_count(limits, "max_turns", t->max_turns);
	limits = set_count(limits, "max_tokens", t->max_tokens);
	limits = set_count(limits, "max_children", t->max_children);
	return t->max_depth >= 0 ? json_set_int(limits, "max_depth", t->max_depth) : limits;
}

static int
check_options(const struct terms *t)
{
	struct filter *filter;

	if (t->format && !is_format(t->format))
		return err_set(EX_USAGE,
		    "--output-format: want text, json, markdown or csv, got '%s'", t->format);
	if (t->check && t->check_jq)
		return err_set(EX_USAGE, "--check-jq: not with --check");
	if ((t->check && !*t->check) || (t->check_jq && !*t->check_jq))
		return err_set(EX_USAGE, "--check%s: is empty", t->check ? "" : "-jq");
	if (t->schema && t->format && strcmp(t->format, "json") != 0)
		return err_set(EX_USAGE, "--schema: only with --output-format json");
	if (!t->check_jq)
		return 0;
	if (!(filter = filter_open(t->check_jq)))
		return err_add("--check-jq");
	filter_close(filter);
	return 0;
}

/* A JSON Schema from a file; invalid with err. */
static jv
read_schema(const char *path)
{
	struct buf text = { 0 };
	jv schema = jv_invalid();

	if (lines_read_file(path, &text) == 0) {
		schema = json_parse_object(text.p, text.len);
		if (!jv_is_valid(schema) || try_schema(schema) < 0) {
			err_add("--schema %s", path);
			jv_free(schema);
			schema = jv_invalid();
		}
	}
	buf_release(&text);
	return schema;
}

jv
terms_output(const struct terms *t)
{
	const char *format = t->format ? t->format : t->schema ? "json" : NULL;
	jv output = jv_object(), schema;

	if (check_options(t) < 0) {
		jv_free(output);
		return jv_invalid();
	}
	if (t->expected)
		output = json_set_string(output, "expected", t->expected);
	if (format)
		output = json_set_string(output, "format", format);
	if (t->check || t->check_jq)
		output = json_set(output, "check",
		    json_set_string(jv_object(), t->check ? "command" : "jq",
			t->check ? t->check : t->check_jq));
	if (t->schema) {
		schema = read_schema(t->schema);
		if (!jv_is_valid(schema)) {
			jv_free(output);
			return schema;
		}
		output = json_set(output, "schema", schema);
	}
	return output;
}
