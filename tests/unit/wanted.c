#include "wanted.h"
#include "domain.h"

/* What a text and metadata want: the output, and what is noted in a list (NULL: nothing). */
static void
wants(const char *text, const char *metadata, const char *output, const char *list,
    const char *note, const char *fact)
{
	struct verdict verdict;
	struct wanted w = { jv_object(), &verdict };
	jv given = record("%s", metadata), notes, last;
	struct wish wish;
	int len;

	verdict_init(&verdict);
	wish_read(&wish, text);
	wanted_read(&w, &wish);
	wanted_take(&w, given);
	is_json(wanted_finish(&w), output, fact);
	notes = json_get(verdict.notes, list ? list : "errors", JV_KIND_ARRAY);
	len = jv_array_length(jv_copy(notes));
	last = len > 0 ? jv_array_get(jv_copy(notes), 0) : jv_invalid();
	is(len > 0 ? jv_string_value(last) : NULL, note, "... and what is said of it");
	jv_free(last);
	jv_free(notes);
	jv_free(given);
	wish_release(&wish);
	verdict_release(&verdict);
}

static void
test_text(void)
{
	char *text = xprintf("do\nOutput: %0*d", WANTED_MAX, 0),
	     *want = xprintf("{'expected':'%0*d'}", WANTED_MAX, 0);

	wants("do", "{}",
	    "{'expected':'A complete and useful answer to what the message asks for'}",
	    "suggestions", "say what the answer shall be, in a line that begins with \"Output:\"",
	    "who says nothing gets what is usual");
	wants("do\nOutput: JSON", "{}", "{'format':'json'}", NULL, NULL, "a format, in any case");
	wants("do\nOutput: a list of names", "{}", "{'expected':'a list of names'}", "suggestions",
	    NULL, "words");
	wants("do\nOutput: {\"type\": \"array\"}", "{}",
	    "{'format':'json','schema':{'type':'array'}}", NULL, NULL, "a JSON Schema");
	wants("do\nOutput: {\"type\": \"arr\"}", "{}", "{'format':'json','schema':{'type':'arr'}}",
	    "errors", "output.schema: /type: there is no type \"arr\"", "a bad one is an error");
	wants("do\nOutput: {broken", "{}", "{'expected':'{broken'}", NULL, NULL,
	    "what is no JSON is words");
	wants("do\nOutput: few", "{}", "{'expected':'few'}", "warnings",
	    "output: fewer than 5 characters say very little", "few words are warned of");
	wants(text, "{}", want, "warnings", "output: more than 500 characters are very detailed",
	    "as are many");
	free(want);
	free(text);
	text = xprintf("do\nOutput: %0*d", WANTED_MAX + 1, 0);
	want = xprintf("{'expected':'%0*d'}", WANTED_MAX + 1, 0);
	wants(text, "{}", want, "errors", "output: longer than 1000 characters",
	    "too many are an error");
	free(want);
	free(text);
	wants("do\nOutput: csv\nOutput: json", "{}", "{'format':'csv'}", "warnings",
	    "output: it is said 2 times; the first counts", "the first counts");
	wants("do\n```output\n```", "{}",
	    "{'expected':'A complete and useful answer to what the message asks for'}", "errors",
	    "output: the block is empty", "an empty block is an error");
}

static void
test_metadata(void)
{
	wants("do\nOutput: csv", "{'output':'json'}", "{'format':'json'}", NULL, NULL,
	    "metadata win");
	wants("do", "{'output':{'expected':'x','tries':3}}", "{'expected':'x','tries':3}", NULL,
	    NULL, "an object is the whole output");
	wants("do\nOutput: names, please", "{'output_schema':{}}",
	    "{'expected':'names, please','format':'json','schema':{}}", NULL, NULL,
	    "a schema is added to words");
	wants("do\nOutput: {\"type\":\"array\"}", "{'format':'csv'}", "{'format':'csv'}", NULL,
	    NULL, "another format has no schema");
	wants("do", "{'format':'pdf'}",
	    "{'expected':'A complete and useful answer to what the message asks for'}", "errors",
	    "metadata.format: want text, json, markdown or csv", "a format must be known");
	wants("do\nOutput: csv", "{'output':7}", "{'format':'csv'}", "errors",
	    "metadata.output: want a text or an object", "an output be one");
	wants("do\nOutput: csv", "{'output_schema':'x'}", "{'format':'csv'}", "errors",
	    "metadata.output_schema: want a JSON Schema, an object", "and a schema");
	wants("do\nOutput: csv", "{'output':null,'format':null}", "{'format':'csv'}", "errors",
	    NULL, "null is nothing");
	ok(wanted_has("output") && wanted_has("output_schema") && wanted_has("format"),
	    "three members are read");
	ok(!wanted_has("outputs") && !wanted_has("agent"), "and no others");
}

int
main(void)
{
	test_text();
	test_metadata();
	return done_testing();
}
