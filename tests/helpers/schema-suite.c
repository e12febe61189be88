/*
 * schema-suite - hold schema.h against files of the JSON Schema Test Suite
 *
 * usage: schema-suite FILE ...
 *
 * A file is an array of {"description", "schema", "tests": [{"description", "data", "valid"}]}.
 * Prints a line for each test: pass, fail or refused (the schema), the file's name, what is tested,
 * and, where it was refused, why; divided by tabs.  Exits 0 unless a file cannot be read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "schema.h"

static jv
read_file(const char *path)
{
	struct buf text = { 0 };
	FILE *f = fopen(path, "r");
	size_t n;
	jv v;

	if (!f) {
		err_sys("%s", path);
		err_exit();
	}
	do {
		n = fread(buf_room(&text, BUFSIZ), 1, BUFSIZ, f);
		text.len += n;
	} while (n > 0);
	fclose(f);
	v = json_parse(text.p, text.len);
	buf_release(&text);
	if (jv_get_kind(v) != JV_KIND_ARRAY) {
		err_set(EX_DATAERR, "%s: no array", path);
		err_exit();
	}
	return v;
}

/* The tests of one schema; both are consumed. */
static void
run_group(const char *file, jv group)
{
	struct schema *schema = schema_open(jv_object_get(jv_copy(group), jv_string("schema")));
	char *why = schema ? NULL : xstrdup(err_text());
	jv tests = jv_object_get(jv_copy(group), jv_string("tests"));

	jv_array_foreach (tests, i, test) {
		jv data = jv_object_get(jv_copy(test), jv_string("data"));
		const char *result = "refused";

		if (schema)
			result = (schema_check(schema, data) == 0) == json_peek_bool(test, "valid")
			             ? "pass"
			             : "fail";
		printf("%s\t%s\t%s: %s\t%s\n", result, file, json_peek_string(group, "description"),
		    json_peek_string(test, "description"), why ? why : "");
		jv_free(data);
		jv_free(test);
	}
	jv_free(tests);
	jv_free(group);
	schema_close(schema);
	free(why);
}

int
main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		jv groups = read_file(argv[i]);

		jv_array_foreach (groups, at, group)
			run_group(slash ? slash + 1 : argv[i], group);
		jv_free(groups);
	}
	return fflush(stdout) || ferror(stdout) ? EX_IOERR : 0;
}
