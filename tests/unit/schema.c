#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "json.h"
#include "schema.h"
#include "tap.h"

static struct schema *
open_text(const char *text)
{
	return schema_open(json_parse(text, strlen(text)));
}

/* What schema_check says of the value; "" where it fits.  Lives until the next one. */
static const char *
said_of(const char *schema, const char *value)
{
	struct schema *s = open_text(schema);
	jv v = json_parse(value, strlen(value));
	const char *said;

	if (!s || !jv_is_valid(v))
		said = err_text();
	else
		said = schema_check(s, v) < 0 ? err_text() : "";
	jv_free(v);
	schema_close(s);
	return said;
}

static void
says(const char *schema, const char *value, const char *want)
{
	char *fact = xprintf("%s of %s", value, schema);

	is(said_of(schema, value), want, fact);
	free(fact);
}

static void
refuses(const char *schema, const char *why)
{
	struct schema *s = open_text(schema);

	ok(!s && err_code() == EX_DATAERR, schema);
	is(err_text(), why, why);
	schema_close(s);
}

static void
test_any(void)
{
	says("true", "1", "");
	says("false", "1", "top level: must not be there");
	says("{}", "1", "");
	says("{\"type\":\"string\"}", "1", "top level: want string, got number");
	says("{\"type\":[\"string\",\"null\"]}", "false",
	    "top level: want string or null, got boolean");
	says("{\"type\":\"integer\"}", "1.0", "");
	says("{\"type\":\"integer\"}", "1.5", "top level: want integer, got number");
	says("{\"type\":[\"number\"]}", "1", "");
	says("{\"enum\":[\"a\",1,{\"b\":[],\"c\":2}]}", "{\"c\":2.0,\"b\":[]}", "");
	says("{\"enum\":[\"a\",1]}", "true", "top level: want one of [\"a\",1]");
	says("{\"const\":null}", "0", "top level: want null");
	says("{\"allOf\":[{\"minimum\":3},{\"multipleOf\":2}]}", "1",
	    "top level: want at least 3, got 1; top level: want a multiple of 2, got 1");
	says("{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":2}]}", "2", "");
	says("{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":2}]}", "1",
	    "top level: fits nothing of anyOf: [top level: want string, got number] "
	    "[top level: want at least 2, got 1]");
	says("{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", "");
	says("{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "2",
	    "top level: fits more than one of oneOf");
	says("{\"oneOf\":[{\"minimum\":1}]}", "0",
	    "top level: fits nothing of oneOf: [top level: want at least 1, got 0]");
	says("{\"not\":{\"type\":\"null\"}}", "null", "top level: is what not forbids");
	says("{\"if\":{\"minimum\":5},\"then\":{\"maximum\":7},\"else\":false}", "8",
	    "top level: want at most 7, got 8");
	says("{\"if\":{\"minimum\":5},\"then\":{\"maximum\":7},\"else\":false}", "4",
	    "top level: must not be there");
	says("{\"then\":false,\"else\":false}", "4", "");
}

static void
test_objects(void)
{
	says("{\"properties\":{\"a\":{\"items\":{\"type\":\"string\"}},\"b\":{\"minItems\":2}}}",
	    "{\"a\":[1],\"b\":[1]}",
	    "/a/0: want string, got number; /b: want at least 2 items, got 1");
	says("{\"required\":[\"a\",\"b\"]}", "{\"a\":null}", "top level: member \"b\" is missing");
	says("{\"properties\":{\"a\":true},\"patternProperties\":{\"^x-\":{\"type\":\"null\"}},"
	     "\"additionalProperties\":false}",
	    "{\"a\":1,\"x-b\":2,\"c/d~e\":3}",
	    "/x-b: want null, got number; /c~1d~0e: must not be there");
	says("{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
	    "top level: name \"abc\": [top level: want at most 2 characters, got 3]");
	says("{\"minProperties\":1,\"maxProperties\":1}", "{}",
	    "top level: want at least 1 members, got 0");
	says("{\"minProperties\":1,\"maxProperties\":1}", "{\"a\":1,\"b\":1}",
	    "top level: want at most 1 members, got 2");
	says("{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"required\":[\"d\"]}}}", "{\"a\":1,\"c\":2}",
	    "top level: member \"b\" is missing, which goes with \"a\"; "
	    "top level: member \"d\" is missing");
	says("{\"dependentRequired\":{\"a\":[\"b\"]},\"dependentSchemas\":{\"a\":false}}",
	    "{\"a\":1,\"b\":2}", "top level: must not be there");
	says("{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"c\":1}", "");
	says("{\"required\":[\"a\"],\"properties\":{\"a\":false}}", "[]", "");
}

static void
test_arrays(void)
{
	says("{\"items\":[{\"type\":\"string\"},true],\"additionalItems\":{\"type\":\"null\"}}",
	    "[1,2,3,null]", "/0: want string, got number; /2: want null, got number");
	says("{\"items\":true,\"additionalItems\":false}", "[1]", "");
	says("{\"contains\":{\"const\":1}}", "[2,3]", "top level: no item is as contains wants it");
	says("{\"contains\":{\"const\":1}}", "[2,1]", "");
	says("{\"maxItems\":1}", "[2,1]", "top level: want at most 1 items, got 2");
	says("{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},1,{\"b\":2,\"a\":1.0}]",
	    "top level: want items that differ, got {\"a\":1,\"b\":2} twice");
	says("{\"uniqueItems\":true}", "[1,true,0,false,\"1\",[1],null]", "");
	says("{\"uniqueItems\":false}", "[1,1]", "");
}

static void
test_scalars(void)
{
	says("{\"minimum\":1.5}", "1.5", "");
	says("{\"exclusiveMinimum\":1.5}", "1.5", "top level: want more than 1.5, got 1.5");
	says("{\"exclusiveMaximum\":1.5}", "1.5", "top level: want less than 1.5, got 1.5");
	says("{\"multipleOf\":0.0001}", "0.0075", "");
	says("{\"multipleOf\":0.0001}", "0.00751",
	    "top level: want a multiple of 0.0001, got 0.00751");
	says("{\"multipleOf\":0.01}", "19.99", "");
	says("{\"multipleOf\":2}", "9007199254740991",
	    "top level: want a multiple of 2, got 9007199254740991");
	says("{\"multipleOf\":1e-300}", "1e300",
	    "top level: want a multiple of 1e-300, got 1e+300");
	says("{\"minLength\":2.0,\"maxLength\":2}", "\"\xf0\x9f\xa4\x96\xc3\xa9\"", "");
	says("{\"maxLength\":1}", "\"ab\"", "top level: want at most 1 characters, got 2");
	says("{\"pattern\":\"^a+$\"}", "\"b\"", "top level: want a match of \"^a+$\", got \"b\"");
	says("{\"pattern\":\"^a+$\",\"minLength\":9,\"minItems\":9,\"required\":[\"a\"]}", "1", "");
}

static void
test_references(void)
{
	says("{\"$ref\":\"#/definitions/a\",\"maximum\":1,\"definitions\":{\"a\":{\"minimum\":3}}}",
	    "2", "top level: want at least 3, got 2");
	says("{\"items\":{\"$ref\":\"#/$defs/a%25~1b\"},\"$defs\":{\"a%/b\":{\"minimum\":3}}}",
	    "[2]", "/0: want at least 3, got 2");
	says("{\"items\":[{\"minimum\":3},{\"$ref\":\"#/items/0\"}]}", "[3,2]",
	    "/1: want at least 3, got 2");
	says("{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#\"}}",
	    "{\"a\":{\"b\":{\"c\":[]}}}", "/a/b/c: want object, got array");
	says("{\"properties\":{\"$ref\":{\"type\":\"string\"}}}", "{\"$ref\":1}",
	    "/$ref: want string, got number");
	says("{\"$ref\":\"#/x/y\",\"x\":{\"y\":{\"items\":{\"$ref\":\"#/x/y/z\"},"
	     "\"z\":{\"$ref\":\"#/x\"}}}}",
	    "[1]", "");
	refuses("{\"$ref\":1}", "/$ref: want a string, got number");
	refuses("{\"$ref\":\"\"}", "/$ref: want a JSON pointer within the document, got ");
	refuses("{\"a\":1,\"not\":{\"$ref\":\"http://x/y#/a\"}}",
	    "/not/$ref: want a JSON pointer within the document, got http://x/y#/a");
	refuses("{\"$ref\":\"#a\"}", "/$ref: want a JSON pointer within the document, got #a");
	refuses("{\"not\":{\"$ref\":\"#/a\"}}", "/not/$ref: there is no #/a");
	refuses("{\"not\":{\"$ref\":\"#/a\"},\"a\":3}",
	    "/a: want a schema, which is an object or a boolean, got number");
	refuses("{\"$ref\":\"#\"}", "top level: its references lead in a circle");
	refuses("{\"items\":{\"allOf\":[{\"not\":{\"$ref\":\"#/items\"}}]}}",
	    "/items: its references lead in a circle");
	refuses("{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}}}",
	    "/$defs/a: its references lead in a circle");
	refuses("{\"dependencies\":{\"a\":{\"if\":{\"$ref\":\"#\"}}}}",
	    "top level: its references lead in a circle");
}

static void
test_refusals(void)
{
	refuses("1", "top level: want a schema, which is an object or a boolean, got number");
	refuses("{\"properties\":{\"a/b\":{\"type\":\"strin\"}}}",
	    "/properties/a~1b/type: there is no type \"strin\"");
	refuses("{\"type\":[]}", "/type: want the name of a type, or an array of some, got array");
	refuses("{\"type\":[\"null\",1]}",
	    "/type: want the name of a type, or an array of some, got number");
	refuses("{\"enum\":1}", "/enum: want an array, got number");
	refuses("{\"required\":[1]}", "/required: want an array of strings");
	refuses("{\"required\":true}", "/required: want an array of strings");
	refuses("{\"uniqueItems\":1}", "/uniqueItems: want a boolean, got number");
	refuses("{\"exclusiveMinimum\":true}", "/exclusiveMinimum: want a number, got boolean");
	refuses("{\"multipleOf\":0}", "/multipleOf: want a number above 0");
	refuses("{\"minItems\":1.5}", "/minItems: want a whole number, not below 0");
	refuses("{\"maxLength\":-1}", "/maxLength: want a whole number, not below 0");
	refuses("{\"pattern\":\"(\"}", "/pattern: end pattern with unmatched parenthesis");
	refuses("{\"pattern\":1}", "/pattern: want a string, got number");
	refuses("{\"patternProperties\":{\"\\\\a\":{}}}",
	    "/patternProperties/\\a: unknown escape \\a");
	refuses("{\"items\":1}",
	    "/items: want a schema, which is an object or a boolean, got number");
	refuses("{\"anyOf\":[]}", "/anyOf: want an array of schemas, not empty, got array");
	refuses("{\"allOf\":[true,2]}",
	    "/allOf/1: want a schema, which is an object or a boolean, got number");
	refuses("{\"properties\":[]}", "/properties: want an object, got array");
	refuses("{\"dependencies\":{\"a\":[1]}}", "/dependencies/a: want an array of strings");
	refuses("{\"dependentRequired\":{\"a\":{}}}",
	    "/dependentRequired/a: want an array of strings");
	refuses("{\"$defs\":{\"a\":{\"type\":1}}}",
	    "/$defs/a/type: want the name of a type, or an array of some, got number");
	refuses("{\"unevaluatedProperties\":false}",
	    "/unevaluatedProperties: this keyword is not supported");
	refuses("{\"not\":{\"$dynamicRef\":\"#\"}}",
	    "/not/$dynamicRef: this keyword is not supported");
	refuses("{\"$id\":\"http://x\",\"not\":{\"$id\":\"#y\"}}",
	    "/not/$id: only the whole may have an identifier");
	says("{\"$id\":\"http://x\",\"$schema\":1,\"title\":2,\"description\":3,\"default\":{},"
	     "\"examples\":4,\"format\":\"uri\",\"$comment\":5,\"readOnly\":6,"
	     "\"contentEncoding\":7,\"deprecated\":8,\"x-order\":9,\"minimal\":10}",
	    "0", "");
}

/* Whether a document is a schema, if not one that can be checked. */
static void
tries(const char *text, const char *why)
{
	int rc = schema_try(json_parse(text, strlen(text)));

	is(rc == 0 ? NULL : err_text(), why, text);
}

static void
test_try(void)
{
	tries("{\"prefixItems\":[{\"type\":\"string\"}],\"not\":{\"$id\":\"#y\"}}", NULL);
	tries("{\"pattern\":\"(\",\"patternProperties\":{\"\\\\a\":{}}}", NULL);
	tries("{\"$defs\":{\"a\":{\"items\":{\"$ref\":\"#/$defs/a\"}}},\"$ref\":\"#/$defs/a\"}",
	    NULL);
	tries("true", NULL);
	tries("{\"prefixItems\":[],\"properties\":5}", "/properties: want an object, got number");
	tries("{\"properties\":{\"a\":{\"type\":\"text\"}}}",
	    "/properties/a/type: there is no type \"text\"");
	tries("{\"pattern\":1}", "/pattern: want a string, got number");
	tries("{\"$ref\":\"#\"}", "top level: its references lead in a circle");
	tries("{\"items\":{\"$ref\":\"#/b\"}}", "/items/$ref: there is no #/b");
}

/* Faults in number and length. */
static void
test_faults(void)
{
	static const char schema[] = "{\"items\":{\"type\":\"null\"}}";
	struct buf long_one = { 0 };
	char *said;

	says(schema, "[1,2,3,4,5,6]",
	    "/0: want null, got number; /1: want null, got number; /2: want null, got number; "
	    "/3: want null, got number; /4: want null, got number");
	buf_puts(&long_one, "{\"");
	for (int i = 0; i < 1000; i++)
		buf_puts(&long_one, "\xc3\xa9");
	buf_puts(&long_one, "\":1}");
	said = xstrdup(said_of("{\"additionalProperties\":{\"type\":\"null\"}}", long_one.p));
	ok(strlen(said) < 200 && strstr(said, "\xc3\xa9...: want null, got number"),
	    "a long name is cut between two characters, and what is wrong still said");
	free(said);
	buf_release(&long_one);
}

static void
cannot(const char *schema, const char *value, const char *why)
{
	int64_t start_ms = clock_mono_ms();
	char *want = xprintf("cannot be checked: %s", why);

	is(said_of(schema, value), want, want);
	ok(clock_mono_ms() - start_ms < 20000, "which is known soon");
	printf("# %lld ms\n", (long long)(clock_mono_ms() - start_ms));
	free(want);
}

/* {"$defs":{"0":{},"1":{all of two "0"},...}}: each asks twice what the one before it asks. */
static char *
doubling_schema(int len)
{
	struct buf b = { 0 };

	buf_printf(&b, "{\"$ref\":\"#/$defs/%d\",\"$defs\":{\"0\":{}", len);
	for (int i = 0; i < len; i++)
		buf_printf(&b,
		    ",\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},{\"$ref\":\"#/$defs/%d\"}]}",
		    i + 1, i, i);
	buf_puts(&b, "}}");
	return b.p;
}

static void
test_limits(void)
{
	struct buf deep = { 0 };
	char *schema = doubling_schema(40);

	cannot(schema, "1", "it takes too many steps");
	free(schema);
	schema = doubling_schema(600);
	refuses(schema, "top level: its references lead too far");
	free(schema);
	cannot("{\"not\":{\"pattern\":\"^(a+)+$\"}}",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "a pattern takes too many steps");
	for (int i = 0; i < 256; i++)
		buf_putc(&deep, '[');
	for (int i = 0; i < 256; i++)
		buf_putc(&deep, ']');
	says("{\"anyOf\":[{\"oneOf\":[{\"items\":{\"$ref\":\"#\"}}]}]}", deep.p, "");
	cannot("{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":"
	       "["
	       "{\"items\":{\"$ref\":\"#\"}}]}]}]}]}]}]}]}",
	    deep.p, "it nests too deep");
	deep.len = 0;
	for (int i = 0; i < 255; i++)
		buf_puts(&deep, "[1,");
	buf_puts(&deep, "1");
	for (int i = 0; i < 255; i++)
		buf_puts(&deep, "]");
	says("{\"items\":{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"number\"}]},\"type\":\"array\"}",
	    deep.p, "");
	buf_release(&deep);
}

int
main(void)
{
	test_any();
	test_objects();
	test_arrays();
	test_scalars();
	test_references();
	test_refusals();
	test_try();
	test_faults();
	test_limits();
	return done_testing();
}
