#include "mend.h"
#include "err.h"
#include "json.h"
#include "tap.h"

/* What text is parsed as, written again; NULL: it is refused. */
static const char *
mended(const char *text, bool is_rounded)
{
	static struct buf b;
	jv v = mend_parse(text, strlen(text), is_rounded);

	buf_release(&b);
	if (!jv_is_valid(v)) {
		jv_free(v);
		return NULL;
	}
	json_dump(&b, v);
	return b.p;
}

static void
test_strings(void)
{
	is(mended("{\"a\":[1,\"b\"]}", false), "{\"a\":[1,\"b\"]}", "what is good stays as it is");
	is(mended("\"\\ud800\"", false), "\"\xef\xbf\xbd\"", "a lone surrogate is replaced");
	is(mended("\"\\udc00\\ud83c\\udf89\\ud800\\u0041\"", false),
	    "\"\xef\xbf\xbd\xf0\x9f\x8e\x89\xef\xbf\xbd"
	    "A\"",
	    "a pair is kept among others");
	is(mended("\"a\xff\xc3\xa9\xc3\"", false), "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\"",
	    "bytes that are no UTF-8 are replaced");
	is(mended("\"a\nb\x01\"", false), "\"a\\nb\\u0001\"", "control characters are escaped");
	is(mended("{\"\\\\\\\"\\ud800\":1}", false), "{\"\\\\\\\"\xef\xbf\xbd\":1}",
	    "other escapes are left alone, in names too");
}

static void
test_numbers(void)
{
	is(mended("[12345678901234567890, 1.5]", true), "[1.2345678901234567e+19,1.5]",
	    "a number too large is rounded");
	is(mended("[NaN,Infinity,-Infinity,-1]", true), "[null,null,null,-1]",
	    "words for no number are null");
	is(mended("[12345678901234567890]", false), NULL, "unless that is not wanted");
	is(mended("[NaN]", false), NULL, "neither are the words");
	is(mended("[\"NaN 12345678901234567890\",12345678901234567890]", true),
	    "[\"NaN 12345678901234567890\",1.2345678901234567e+19]", "strings are not touched");
}

static void
test_refused(void)
{
	static const char *const bad[] = { "", "{", "\"", "\"\\", "\"\\u12", "\"\\ud800", "nope",
		"{\"a\":}", "[1 2]", "-", "NaNN" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is(mended(bad[i], true), NULL, bad[i]);
	is_int(err_code(), EX_DATAERR, "with an error");
}

int
main(void)
{
	test_strings();
	test_numbers();
	test_refused();
	return done_testing();
}
