#include <stdlib.h>

#include "err.h"
#include "json.h"
#include "tap.h"

/* What is to be thought of a text: by scan_check, and by libjq's own parser. */
enum { NO, YES };

struct judged {
	const char *text;
	size_t len;
	bool is_ours, is_theirs;
};

#define T(text, ours, theirs)                            \
	{                                                \
		text, sizeof(text) - 1, (ours), (theirs) \
	}

static const struct judged table[] = {
	/* values */
	T("null", YES, YES),
	T("true", YES, YES),
	T("false", YES, YES),
	T(" \t\r\n 1 \t\r\n ", YES, YES),
	T("\"\"", YES, YES),
	T("[]", YES, YES),
	T("[ ]", YES, YES),
	T("{}", YES, YES),
	T("{ }", YES, YES),
	T("[1,2 , 3]", YES, YES),
	T("[[],[[]],{}]", YES, YES),
	T("{\"a\":1}", YES, YES),
	T("{ \"a\" : { \"b\" : [ null ] } , \"c\" : \"d\" }", YES, YES),
	T("{\"\":0}", YES, YES),
	T("{\"a\":1,\"a\":2}", YES, YES),
	T("{\"a\\u0062\":1}", YES, YES),
	T("[true,false,null]", YES, YES),
	/* numbers */
	T("0", YES, YES),
	T("-0", YES, YES),
	T("-0.0", YES, YES),
	T("12", YES, YES),
	T("-12.50", YES, YES),
	T("1e5", YES, YES),
	T("1E+5", YES, YES),
	T("1e-5", YES, YES),
	T("0e0", YES, YES),
	T("0.1", YES, YES),
	T("123456789012345", YES, YES),
	T("-123456789012345", YES, YES),
	T("1234567890123456", YES, YES),
	T("9007199254740992", YES, YES),
	T("-9007199254740992", YES, YES),
	T("9007199254740993", NO, YES),
	T("-9007199254740993", NO, YES),
	T("10000000000000000", NO, YES),
	T("100000000000000000000", NO, YES),
	T("1e20", YES, YES),
	T("9007199254740994.0", YES, YES),
	T("1.7976931348623157e308", YES, YES),
	T("1.8e308", NO, YES),
	T("-1.8e308", NO, YES),
	T("1e1000", NO, YES),
	T("1e999999999999999999999", NO, YES),
	T("1e-1000", YES, YES),
	T("0e99999", YES, YES),
	T("0.000000000000000000000000000000000000000001", YES, YES),
	T("00", NO, YES),
	T("01", NO, YES),
	T("-01", NO, YES),
	T("+1", NO, YES),
	T(".5", NO, YES),
	T("5.", NO, YES),
	T("5.e1", NO, YES),
	T("-", NO, NO),
	T("--1", NO, NO),
	T("1e", NO, NO),
	T("1e+", NO, NO),
	T("1.2.3", NO, NO),
	T("0x10", NO, NO),
	T("1_000", NO, NO),
	T("nan", NO, YES),
	T("NaN", NO, YES),
	T("-nan", NO, YES),
	T("Infinity", NO, YES),
	T("-Infinity", NO, YES),
	T("inf", NO, YES),
	/* words */
	T("tru", NO, NO),
	T("True", NO, NO),
	T("nul", NO, NO),
	T("nulll", NO, NO),
	T("undefined", NO, NO),
	/* strings */
	T("\"abc\"", YES, YES),
	T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", YES, YES),
	T("\"\\u0000\"", YES, YES),
	T("\"\\u00e9\\u20AC\"", YES, YES),
	T("\"\\ud83d\\ude00\"", YES, YES),
	T("\"\x7f\"", YES, YES),
	T("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", YES, YES),
	T("\"\xe2\x80\xa8\"", YES, YES),
	T("\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"", YES, YES),
	T("\"\\ud800\"", NO, NO),
	T("\"\\ud800x\"", NO, NO),
	T("\"\\ud800\\n\"", NO, NO),
	T("\"\\ud800\\u0041\"", NO, NO),
	T("\"\\ud800\\ud800\"", NO, NO),
	T("\"\\udc00\"", NO, YES),
	T("\"\\udc00\\ud800\"", NO, NO),
	T("\"\\u12\"", NO, NO),
	T("\"\\u12g4\"", NO, NO),
	T("\"\\u-123\"", NO, NO),
	T("\"\\x41\"", NO, NO),
	T("\"\\a\"", NO, NO),
	T("\"\\\"", NO, NO),
	T("\"", NO, NO),
	T("\"abc", NO, NO),
	T("'abc'", NO, NO),
	T("\"a\nb\"", NO, NO),
	T("\"a\tb\"", NO, NO),
	T("\"a\x1f\"", NO, YES),
	T("\"a\0b\"", NO, YES),
	T("\"\x80\"", NO, YES),
	T("\"\xc0\xaf\"", NO, YES),
	T("\"\xc1\xbf\"", NO, YES),
	T("\"\xc3\"", NO, YES),
	T("\"\xc3(\"", NO, YES),
	T("\"\xe0\x9f\xbf\"", NO, YES),
	T("\"\xed\xa0\x80\"", NO, YES),
	T("\"\xed\xbf\xbf\"", NO, YES),
	T("\"\xe2\x82\"", NO, YES),
	T("\"\xe2\x82(\"", NO, YES),
	T("\"\xf0\x8f\xbf\xbf\"", NO, YES),
	T("\"\xf0\x9f\x98(\"", NO, YES),
	T("\"\xf4\x90\x80\x80\"", NO, YES),
	T("\"\xf5\x80\x80\x80\"", NO, YES),
	T("\"\xff\xfe\"", NO, YES),
	/* structure */
	T("", NO, NO),
	T(" ", NO, NO),
	T("\xef\xbb\xbf{}", NO, YES),
	T("{}\xef\xbb\xbf", NO, NO),
	T("{}{}", NO, NO),
	T("1 2", NO, NO),
	T("{} x", NO, NO),
	T("{}]", NO, NO),
	T("{}\0", NO, NO),
	T("[", NO, NO),
	T("]", NO, NO),
	T("[1", NO, NO),
	T("[1,", NO, NO),
	T("[1,]", NO, NO),
	T("[,1]", NO, NO),
	T("[1,,2]", NO, NO),
	T("[1 2]", NO, NO),
	T("[1}", NO, NO),
	T("{", NO, NO),
	T("{\"a\"", NO, NO),
	T("{\"a\":", NO, NO),
	T("{\"a\":1", NO, NO),
	T("{\"a\":1,", NO, NO),
	T("{\"a\":1,}", NO, NO),
	T("{\"a\" 1}", NO, NO),
	T("{\"a\":}", NO, NO),
	T("{\"a\"}", NO, NO),
	T("{:1}", NO, NO),
	T("{1:1}", NO, NO),
	T("{a:1}", NO, NO),
	T("{'a':1}", NO, NO),
	T("{\"a\":1 true}", NO, NO), /* a string would leak in libjq */
	T("{\"a\":1]", NO, NO),
	T("{,}", NO, NO),
	T("[1] // one", NO, NO),
	T("/* one */ 1", NO, NO),
	T("\v1", NO, YES),
	T("\xc2\xa0[]", NO, NO),
};

static struct scan_text
text_of(const char *s)
{
	return (struct scan_text){ s, strlen(s) };
}

/* A text in memory of its own, so that a sanitizer sees one byte too far. */
static char *
exact_copy(const char *p, size_t len)
{
	char *copy = xmalloc(len);

	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

static bool
is_checked(const char *p, size_t len)
{
	char *copy = exact_copy(p, len);
	bool is_good = scan_check(copy, len) == 0;

	free(copy);
	return is_good;
}

static void
test_table(void)
{
	for (const struct judged *c = table; c < table + sizeof table / sizeof *table; c++) {
		jv ours = json_parse(c->text, c->len);
		jv theirs = jv_parse_sized(c->text, (int)c->len);
		bool is_right = is_checked(c->text, c->len) == c->is_ours &&
		                jv_is_valid(ours) == c->is_ours &&
		                jv_is_valid(theirs) == c->is_theirs;
		char *fact = xprintf("%s: %s", c->is_ours ? "taken" : "refused", c->text);

		if (c->is_ours && c->is_theirs)
			is_right = is_right && jv_equal(jv_copy(ours), jv_copy(theirs));
		for (char *p = fact; *p; p++)
			if ((unsigned char)*p < ' ' || (unsigned char)*p > '~' || *p == '#')
				*p = '?';
		ok(is_right, fact);
		free(fact);
		jv_free(ours);
		jv_free(theirs);
	}
}

/* Whether text is refused with this sentence. */
static void
says(const char *text, const char *sentence)
{
	scan_check(text, strlen(text));
	is(err_text(), sentence, sentence);
}

static void
test_sentences(void)
{
	says("{\"a\":1,}", "byte 8: member name expected");
	says("[1,\n2 3]", "byte 7: ',' or ']' expected");
	says("{\"a\":nan}", "byte 6: not a JSON value");
	says("{\"a\":007}", "byte 6: number with a leading zero");
	says("[9007199254740993]", "byte 2: integer beyond 2^53 (a string would hold it)");
	says("[1e309]", "byte 2: number too large");
	says("\"a\nb\"", "byte 3: control character in a string");
	says("\"a\xff\"", "byte 3: invalid UTF-8");
	says("\"\\ud800\"", "byte 2: unpaired surrogate in a string");
	says("\xef\xbb\xbf{}", "byte 1: byte order mark");
	says("{} {}", "byte 4: something follows the value");
	says("{\"a\":", "byte 6: unexpected end");
	says("", "byte 1: unexpected end");
	is_int(err_code(), EX_DATAERR, "bad text is bad data (65)");
	jv v = json_parse_object("[1]", 3);
	ok(!jv_is_valid(v), "json_parse_object refuses an array");
	is(err_text(), "not a JSON object", "and says so");
	ok(!jv_invalid_has_msg(v), "the invalid value carries no message");
}

static void
test_more(void)
{
	static const char *const json[] = { "{\"a\":[9007199254740993,-1e999]}", "\"\\ud800\"",
		"\"\\ud83d\\ude00\"", " [] " };
	static const char *const none[] = { "", "{\"a\":01}", "[1e]", "\"\\ud80\"", "\"\xff\"",
		"{} 1", "{\"a\":1", "\xef\xbb\xbf{}" };

	for (size_t i = 0; i < sizeof json / sizeof *json; i++)
		ok(scan_is_json(json[i], strlen(json[i])), "is JSON, though it may be too much");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ok(!scan_is_json(none[i], strlen(none[i])), "is no JSON");
}

static void
test_depth(void)
{
	struct {
		const char *open, *close;
	} kinds[] = { { "[", "]" }, { "{\"a\":", "}" } };

	for (int kind = 0; kind < 2; kind++) {
		for (int depth = 256; depth <= 257; depth++) {
			struct buf b = { 0 }, again = { 0 };
			for (int i = 0; i < depth; i++)
				buf_puts(&b, kinds[kind].open);
			buf_puts(&b, "1");
			for (int i = 0; i < depth; i++)
				buf_puts(&b, kinds[kind].close);
			jv v = json_parse(b.p, b.len);
			if (depth == 257) {
				ok(!jv_is_valid(v) && strstr(err_text(), "256 levels"),
				    "257 levels are refused");
			} else if (ok(jv_is_valid(v), "256 levels are taken")) {
				json_dump(&again, jv_copy(v));
				is(again.p, b.p, "and written again");
			}
			jv_free(v);
			buf_release(&b);
			buf_release(&again);
		}
	}
	struct buf b = { 0 };
	for (int i = 0; i < 1000000; i++)
		buf_putc(&b, '[');
	ok(scan_check(b.p, b.len) < 0, "a million brackets do no harm");
	buf_release(&b);
}

static void
test_long_number(void)
{
	struct buf b = { 0 };

	buf_puts(&b, "0.");
	while (b.len < 1200)
		buf_putc(&b, '7');
	ok(scan_check(b.p, b.len) == 0, "a number of 1200 characters is taken");
	buf_putc(&b, '7');
	ok(scan_check(b.p, b.len) < 0, "a number of 1201 characters is refused");
	buf_release(&b);
}

static void
member_is(const char *object, const char *name, const char *want)
{
	char *copy = exact_copy(object, strlen(object)), *got = NULL;
	struct scan_text value;

	if (scan_member((struct scan_text){ copy, strlen(object) }, name, &value))
		got = xprintf("%.*s", (int)value.len, value.p);
	is(got, want, object);
	free(got);
	free(copy);
}

static void
test_text(void)
{
	struct scan_text value;
	const char *array = "[ 1, \"a,]\" ,{\"b\":[2]} , [] ]", *p = array + 1;
	const char *const want[] = { "1", "\"a,]\"", "{\"b\":[2]}", "[]" };
	size_t n = 0;

	member_is("{\"a\":1}", "a", "1");
	member_is("{ \"b\" : \"}\" , \"a\" : [1,{\"a\":2}] }", "a", "[1,{\"a\":2}]");
	member_is("{\"x\":{\"a\":1}}", "a", NULL);
	member_is("{}", "a", NULL);
	member_is("{\"ab\":1,\"\":2}", "a", NULL);
	member_is("{\"ab\":1,\"\":2}", "", "2");
	member_is("{\"a\":1,\"b\":2,\"a\":3}", "a", "3");
	member_is("{\"a\":1,\"\\u0061\":3}", "a", "3");
	member_is("{\"q\":\"\\\\\",\"a\":\"\\\"\"}", "a", "\"\\\"\"");
	member_is("{\"a\":true}", "a", "true");
	for (; scan_element(&p, array + strlen(array), &value); n++) {
		if (n < 4)
			ok(value.len == strlen(want[n]) && !memcmp(value.p, want[n], value.len),
			    want[n]);
	}
	is_int((long long)n, 4, "all elements of an array are found");
	ok(scan_is(text_of("\"open\""), "open"), "a string's text is recognised");
	ok(scan_is(text_of("\"op\\u0065n\""), "open"), "and with an escape");
	ok(!scan_is(text_of("\"opens\""), "open"), "a longer one is not");
	ok(!scan_is(text_of("open"), "open"), "nor one without quotes");
	ok(!scan_is(text_of(""), ""), "nor nothing at all");
}

static void
prefix_is(const char *text, int status, size_t end)
{
	size_t got = 0;

	ok(scan_prefix(text, strlen(text), &got) == status && got == end, text);
}

static void
test_prefix(void)
{
	prefix_is("{\"a\":[1]}, {", 0, 9);
	prefix_is(" 12 ", 0, 3);
	prefix_is("[1,2}", -1, 4);
	is(err_text(), "byte 5: ',' or ']' expected", "what is wrong with it is said");
	prefix_is("{\"a\":\"b", -1, 7);
	is(err_text(), "byte 8: unexpected end", "and that it is cut off");
	prefix_is("x", -1, 0);
	prefix_is("", -1, 0);
}

int
main(void)
{
	test_table();
	test_sentences();
	test_more();
	test_depth();
	test_long_number();
	test_text();
	test_prefix();
	return done_testing();
}
