#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "extract.h"
#include "json.h"
#include "tap.h"

/* The text in memory of its own, so that a sanitizer sees one byte too far. */
static jv
extract(const char *text, size_t len)
{
	char *copy = xmalloc(len);
	jv v;

	if (len > 0)
		memcpy(copy, text, len);
	v = extract_json(copy, len);
	free(copy);
	return v;
}

static void
gives(const char *text, const char *want, const char *fact)
{
	struct buf b = { 0 };
	jv v = extract(text, strlen(text));

	if (jv_is_valid(v))
		json_dump(&b, v);
	else
		jv_free(v);
	if (!is(b.p, want, fact) && !b.p)
		printf("# err: %s\n", err_text());
	buf_release(&b);
}

static void
refuses(const char *text, const char *why, const char *fact)
{
	jv v = extract(text, strlen(text));

	ok(!jv_is_valid(v) && err_code() == EX_DATAERR, fact);
	is(err_text(), why, why);
	jv_free(v);
}

static void
test_alone(void)
{
	gives("{\"a\":1}", "{\"a\":1}", "an object alone");
	gives(" \n[1, 2]\r\n", "[1,2]", "an array between blanks");
	gives("42", "42", "a number alone");
	gives("\"yes\"", "\"yes\"", "a string alone");
	gives("null", "null", "null alone");
	gives("{\"a\":\"<think>b</think>\\u007b\"}", "{\"a\":\"<think>b</think>{\"}",
	    "what is in a string is no thought");
}

static void
test_thoughts(void)
{
	gives("<think>is it {\"a\":2}?</think>{\"a\":1}", "{\"a\":1}", "behind a thought");
	gives("\n <thinking>\n[2]\n</thinking>\n\n[1]", "[1]", "behind a long one");
	gives("<think>a</think>\n<think>b [2]</think>[1]", "[1]", "behind two");
	gives("so [2] it is</think>\n[1]", "[1]", "behind a thought whose beginning is not told");
	gives("[1]\n<think>or [2]?", "[1]", "before a thought that does not end");
	gives("so [2] it is.</think>\n</think>\n[1]", "[1]", "behind one that ends twice");
	gives("a <think> is a tag: {\"b\":\"<think>\"}", "{\"b\":\"<think>\"}",
	    "a tag within a line opens nothing");
	gives("It is:\n{\"b\":\n\"<think>c</think>\"}", "{\"b\":\"<think>c</think>\"}",
	    "but closes nothing either");
	gives("It is: {\"b\":\"a</think><think>c\"}", "{\"b\":\"a</think><think>c\"}",
	    "even where one follows the other");
	refuses("<think>[1]</think>\n", "there are only thoughts", "a thought is no answer");
	refuses("<think>[1]", "there are only thoughts", "nor is one without end");
}

static void
test_fences(void)
{
	gives("Here:\n```json\n{\"a\":1}\n```\nDone.", "{\"a\":1}", "in a marked fence");
	gives("Say [2]:\n```\n{\"a\":1}\n```\n", "{\"a\":1}", "in a fence without a mark");
	gives("```\n{\"a\":2}\n```\n\n```JSON\n{\"a\":1}\n```", "{\"a\":1}",
	    "a marked fence goes first");
	gives("```\nls\n```\n```\n[1]\n```\n", "[1]", "a fence without JSON is passed over");
	gives("```python\n[2]\n```\n  ````json\n\"a\"\n  ````\n", "\"a\"",
	    "and so is one with another mark");
	gives("```json\n{\"a\":1}", "{\"a\":1}", "a fence without end");
	gives("```json {\"a\":1} ```", "{\"a\":1}", "a fence in one line");
	gives("{\"a\":\"```json\\n{}\\n```\"} is it", "{\"a\":\"```json\\n{}\\n```\"}",
	    "a fence in a string is none");
}

static void
test_prose(void)
{
	gives("The answer is {\"a\":{\"b\":[1]}}, or {\"a\":2}.", "{\"a\":{\"b\":[1]}}",
	    "the first of two values");
	gives("{\"a\":\"}{\"} {", "{\"a\":\"}{\"}", "brackets in strings do not count");
	gives("{\"a\":\"\\\"}\"}!", "{\"a\":\"\\\"}\"}", "nor do escaped quotes");
	gives("In {braces}, [x] or {x: [1]}: {\"a\":1}", "{\"a\":1}", "what is no JSON is skipped");
	gives("{{\"a\":1}}", "{\"a\":1}", "double braces");
	gives("a { b\n{\"a\":1}", "{\"a\":1}", "a bracket that nothing closes");
	gives("\"{ and [1]", "[1]", "a quote that nothing closes");
	refuses("{\"a\":[1] \"b\":{\"c\":2}}",
	    "the JSON is broken: byte 10: ',' or '}' expected, at \"\\\"b\\\":{\\\"c\\\":2}}\"",
	    "no part of a broken value is the answer");
	refuses("So {\"a\":\"use [1]\",}",
	    "the JSON is broken: byte 16: member name expected, at \"}\"",
	    "nor what is in its strings");
	refuses("{\"a\":[1,2],\"b\":\"it g",
	    "the JSON is cut off; it begins \"{\\\"a\\\":[1,2],\\\"b\\\":\\\"it g\"",
	    "no part of one that is cut off is");
	refuses("Sorry, I can\xe2\x80\x99t.",
	    "there is no JSON; the text begins \"Sorry, I can\xe2\x80\x99t.\"", "no JSON");
	refuses("", "the answer is empty", "nothing");
	refuses(" \n", "the answer is empty", "blanks");
}

static void
test_surrogates(void)
{
	gives("{\"a\":\"\\ud800\"}", "{\"a\":\"\xef\xbf\xbd\"}", "the first half of a pair alone");
	gives("\"\\uDC00x\"", "\"\xef\xbf\xbdx\"", "the second half");
	gives("so \"[\\ud83e\\udd16\\ud83e]\": [\"\\ud83e\\udd16\\ud83e\"]",
	    "[\"\xf0\x9f\xa4\x96\xef\xbf\xbd\"]", "whole pairs are kept");
	gives("[\"\\\\ud800\"]", "[\"\\\\ud800\"]", "an escaped backslash is no escape");
	refuses("[\"\\ud8",
	    "the JSON is broken: byte 3: \\u without four hexadecimal digits, at \"\\\\ud8\"",
	    "half an escape");
}

/* Some unit of text, again and again, has no value, and that is known in time. */
static void
hostile(const char *unit)
{
	enum { SIZE = 1 << 20 };
	char *text = xmalloc(SIZE), *fact;
	int64_t start_ms = clock_mono_ms();
	jv v;

	for (size_t i = 0; i < SIZE; i++)
		text[i] = unit[i % strlen(unit)];
	v = extract_json(text, SIZE);
	fact = xprintf("1 MiB of %s is given up soon", unit);
	ok(!jv_is_valid(v) && err_code() == EX_DATAERR && clock_mono_ms() - start_ms < 10000, fact);
	printf("# %lld ms\n", (long long)(clock_mono_ms() - start_ms));
	free(fact);
	free(text);
	jv_free(v);
}

int
main(void)
{
	test_alone();
	test_thoughts();
	test_fences();
	test_prose();
	test_surrogates();
	hostile("{");
	hostile("[");
	hostile("[1,");
	hostile("{\"a\":");
	hostile("{\"");
	hostile("[x");
	hostile("{x {\"a\" ");
	hostile("[\"a ] ");
	hostile("<think> ");
	hostile("</think>{");
	hostile("\\ud800");
	hostile("`");
	return done_testing();
}
