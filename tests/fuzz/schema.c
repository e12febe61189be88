/*
 * schema.c - any schema and any value: what is opened can be asked, and the answer is in order
 *
 * Input: lines of JSON: the first is the schema, the others are values.
 */
#include "fuzz.h"

#include "err.h"
#include "json.h"
#include "schema.h"

/* Whether the last answer was none. */
static bool
is_undecided(void)
{
	return !strncmp(err_text(), "cannot be checked: ", 19);
}

static void
check_error(void)
{
	fuzz_fact(err_code() == EX_DATAERR);
	fuzz_fact(*err_text() && fuzz_is_utf8(err_text(), strlen(err_text())));
}

/* Of a schema and its contrary exactly one holds. */
static void
check_value(const struct schema *s, const struct schema *contrary, jv v)
{
	bool fits = schema_check(s, v) == 0;

	if (!fits)
		check_error();
	if (!contrary || (!fits && is_undecided()))
		return;
	if (schema_check(contrary, v) == 0)
		fuzz_fact(!fits);
	else
		fuzz_fact(fits || is_undecided());
}

/* {"not": it}; NULL where it cannot be put there. */
static struct schema *
open_contrary(const char *text, size_t len)
{
	if (memmem(text, len, "$ref", 4) || memmem(text, len, "\\u", 2))
		return NULL;
	return schema_open(json_set(jv_object(), "not", json_parse(text, len)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text, *line = strsep(&rest, "\n");
	jv document = json_parse(line, strlen(line));
	struct schema *s = NULL, *contrary = NULL;

	if (jv_is_valid(document)) {
		s = schema_open(document);
		if (s)
			contrary = open_contrary(line, strlen(line));
		else
			check_error();
	}
	while (s && (line = strsep(&rest, "\n"))) {
		jv v = json_parse(line, strlen(line));

		if (jv_is_valid(v))
			check_value(s, contrary, v);
		jv_free(v);
	}
	schema_close(contrary);
	schema_close(s);
	free(text);
	return 0;
}
