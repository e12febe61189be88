/*
 * wanted.c - the text is read first, and the metadata change what it has said
 */
#include "wanted.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "spec.h"
#include "utf8.h"

static const char default_expected[] = "A complete and useful answer to what the message asks for";

static bool
is_format(const char *word)
{
	return !strcmp(word, "json") || !strcmp(word, "markdown") || !strcmp(word, "csv") ||
	       !strcmp(word, "text");
}

static void
judge_output(struct wanted *w, const char *text)
{
	size_t len = utf8_characters(text);

	if (len > WANTED_MAX)
		verdict_note(w->verdict, "errors", "output: longer than %d characters", WANTED_MAX);
	else if (len > WANTED_LONG)
		verdict_note(w->verdict, "warnings",
		    "output: more than %d characters are very detailed", WANTED_LONG);
	else if (len < WANTED_SHORT)
		verdict_note(w->verdict, "warnings",
		    "output: fewer than %d characters say very little", WANTED_SHORT);
}

/* The output specification of a text: a format, a JSON Schema, or words. */
static void
read_output(struct wanted *w, const char *text)
{
	jv schema = *text == '{' ? json_parse_object(text, strlen(text)) : jv_invalid();
	char *word = xstrdup(text);

	for (char *p = word; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	jv_free(w->output);
	w->output = jv_object();
	if (jv_is_valid(schema)) {
		w->output = json_set_string(w->output, "format", "json");
		w->output = json_set(w->output, "schema", jv_copy(schema));
	} else if (is_format(word)) {
		w->output = json_set_string(w->output, "format", word);
	} else {
		if (*text == '{')
			verdict_note(w->verdict, "warnings",
			    "output: taken as words, as it is no JSON (%s)", err_text());
		judge_output(w, text);
		w->output = json_set_string(w->output, "expected", text);
	}
	free(word);
	jv_free(schema);
}

void
wanted_read(struct wanted *w, const struct wish *wish)
{
	if (!wish->output)
		return;
	if (!*wish->output) {
		verdict_note(w->verdict, "errors", "output: the block is empty");
		return;
	}
	if (wish->outputs > 1)
		verdict_note(w->verdict, "warnings",
		    "output: it is said %zu times; the first counts", wish->outputs);
	read_output(w, wish->output);
}

static void
take_member(struct wanted *w, const char *name, jv value)
{
	jv_kind kind = jv_get_kind(value);

	if (!strcmp(name, "output") && kind == JV_KIND_STRING && *jv_string_value(value)) {
		read_output(w, jv_string_value(value));
	} else if (!strcmp(name, "output") && kind == JV_KIND_OBJECT) {
		jv_free(w->output);
		w->output = jv_copy(value);
	} else if (!strcmp(name, "output_schema") && kind == JV_KIND_OBJECT) {
		w->output = json_set_string(w->output, "format", "json");
		w->output = json_set(w->output, "schema", jv_copy(value));
	} else if (!strcmp(name, "format") && kind == JV_KIND_STRING &&
		   is_format(jv_string_value(value))) {
		w->output = json_set(w->output, "format", jv_copy(value));
		if (strcmp(jv_string_value(value), "json") != 0)
			w->output = json_drop(w->output, "schema");
	} else {
		verdict_note(w->verdict, "errors", "metadata.%s: want %s", name,
		    !strcmp(name, "format")   ? "text, json, markdown or csv"
		    : !strcmp(name, "output") ? "a text or an object"
					      : "a JSON Schema, an object");
	}
}

static const char *const members[] = { "output", "output_schema", "format" };

bool
wanted_has(const char *member)
{
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (!strcmp(members[i], member))
			return true;
	return false;
}

void
wanted_take(struct wanted *w, jv metadata)
{
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		jv value = jv_object_get(jv_copy(metadata), jv_string(members[i]));

		if (jv_is_valid(value) && jv_get_kind(value) != JV_KIND_NULL)
			take_member(w, members[i], value);
		jv_free(value);
	}
}

jv
wanted_finish(struct wanted *w)
{
	jv trial = json_set_string(jv_object(), "instruction", "x");

	if (jv_object_length(jv_copy(w->output)) == 0) {
		w->output = json_set_string(w->output, "expected", default_expected);
		verdict_note(w->verdict, "suggestions",
		    "say what the answer shall be, in a line that begins with \"Output:\"");
	}
	trial = json_set(trial, "output", jv_copy(w->output));
	if (spec_check(trial) < 0)
		verdict_note(w->verdict, "errors", "%s", err_text());
	jv_free(trial);
	return w->output;
}
