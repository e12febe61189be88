#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "err.h"
#include "json.h"
#include "tap.h"

enum { SEED = 20261120, ROUNDS = 3000 };

/* What is to be thought of a text: by json_check, and by libjq's own parser. */
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

static struct json_text
text_of(const char *s)
{
	return (struct json_text){ s, strlen(s) };
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
	bool is_good = json_check(copy, len) == 0;

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
	json_check(text, strlen(text));
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
	ok(json_check(b.p, b.len) < 0, "a million brackets do no harm");
	buf_release(&b);
}

static void
test_long_number(void)
{
	struct buf b = { 0 };

	buf_puts(&b, "0.");
	while (b.len < 1200)
		buf_putc(&b, '7');
	ok(json_check(b.p, b.len) == 0, "a number of 1200 characters is taken");
	buf_putc(&b, '7');
	ok(json_check(b.p, b.len) < 0, "a number of 1201 characters is refused");
	buf_release(&b);
}

/* A random generator of our own: the same numbers everywhere. */
static uint64_t seed = SEED;

static uint64_t
rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * 0x2545f4914f6cdd1d >> 11) % below;
}

static double
rnd_number(void)
{
	uint64_t bits = rnd(1ULL << 32) << 32 | rnd(1ULL << 32);
	double x;

	switch (rnd(5)) {
	case 0:
		return (double)rnd(1000) - 500;
	case 1:
		return (double)rnd(100000) / 100;
	case 2:
		return (double)((int64_t)rnd((1ULL << 53) - 1) - (1LL << 52)) * 2;
	case 3:
		return ldexp((double)rnd(1ULL << 53), (int)rnd(80) - 20);
	default:
		memcpy(&x, &bits, sizeof x);
		return isfinite(x) ? x : -0.0;
	}
}

static jv
rnd_string(void)
{
	jv s = jv_string("");

	for (uint64_t n = rnd(4) ? rnd(12) : rnd(60); n > 0; n--) {
		uint32_t c = (uint32_t)rnd(rnd(3) ? 0x80 : rnd(2) ? 0x800 : 0x110000);
		if (c >= 0xd800 && c < 0xe000)
			c = '"';
		s = jv_string_append_codepoint(s, c);
	}
	return s;
}

static jv
rnd_value(int depth)
{
	jv v;

	switch (rnd(depth > 0 ? 7 : 5)) {
	case 0:
		return jv_null();
	case 1:
		return jv_bool((int)rnd(2));
	case 2:
		return jv_number(rnd_number());
	case 3:
	case 4:
		return rnd_string();
	case 5:
		v = jv_array();
		for (uint64_t n = rnd(6); n > 0; n--)
			v = jv_array_append(v, rnd_value(depth - 1));
		return v;
	default:
		v = jv_object();
		for (uint64_t n = rnd(14); n > 0; n--)
			v = jv_object_set(v, rnd_string(), rnd_value(depth - 1));
		return v;
	}
}

/* What is written is valid, means the same to libjq and to us, and is written alike again. */
static bool
round_trip(jv v, struct buf *text, struct buf *again)
{
	bool is_same;
	jv ours, theirs;

	text->len = again->len = 0;
	json_dump(text, jv_copy(v));
	if (!is_checked(text->p, text->len))
		return false;
	ours = json_parse(text->p, text->len);
	theirs = jv_parse_sized(text->p, (int)text->len);
	is_same = jv_equal(jv_copy(ours), jv_copy(v)) && jv_equal(theirs, v);
	json_dump(again, ours);
	return is_same && again->len == text->len && !memcmp(again->p, text->p, text->len);
}

/* Walk over text that may be broken in any way. */
static void
walk_anything(const char *p, size_t len)
{
	struct json_text value, text = { p, len };
	const char *at = p;

	json_member(text, "a", &value);
	for (int i = 0; i < 100 && json_element(&at, p + len, &value); i++)
		json_text_is(value, "abc");
}

/* Break a few bytes: what we take libjq takes and means the same, and nothing reads too far. */
static bool
break_it(const struct buf *text)
{
	char *copy = exact_copy(text->p, text->len);
	bool is_right = true;

	for (int i = 0; i < 8 && text->len > 0; i++) {
		size_t len = 1 + rnd(text->len);
		char *part;
		copy[rnd(text->len)] = rnd(2) ? (char)rnd(256) : "{}[]\",:\\u0e-"[rnd(12)];
		part = exact_copy(copy, len);
		walk_anything(part, len);
		if (json_check(part, len) == 0) {
			jv ours = json_parse(part, len);
			is_right = is_right && jv_equal(ours, jv_parse_sized(part, (int)len));
		}
		free(part);
	}
	free(copy);
	return is_right;
}

static void
test_random(void)
{
	struct buf text = { 0 }, again = { 0 };
	int bad_trips = 0, bad_breaks = 0;

	printf("# seed %d\n", SEED);
	for (int i = 0; i < ROUNDS; i++) {
		bad_trips += !round_trip(rnd_value(5), &text, &again);
		bad_breaks += !break_it(&text);
	}
	is_int(bad_trips, 0, "random values are the same after writing and reading");
	is_int(bad_breaks, 0, "broken texts that are taken mean the same to libjq");
	for (int i = 0; i < ROUNDS * 10; i++)
		bad_trips += !round_trip(jv_number(rnd_number()), &text, &again);
	is_int(bad_trips, 0, "random numbers are the same after writing and reading");
	buf_release(&text);
	buf_release(&again);
}

static void
dumps(jv v, const char *want)
{
	struct buf b = { 0 };

	json_dump(&b, v);
	is(b.p, want, want);
	buf_release(&b);
}

static void
test_dump(void)
{
	dumps(jv_number(0), "0");
	dumps(jv_number(-12), "-12");
	dumps(jv_number(9007199254740992.0), "9007199254740992");
	dumps(jv_number(9007199254740994.0), "9007199254740994.0");
	dumps(jv_number(1e17), "1e+17");
	dumps(jv_number(0.1), "0.1");
	dumps(jv_number(1.0 / 3), "0.3333333333333333");
	dumps(jv_number(0.1 + 0.2), "0.30000000000000004");
	dumps(jv_number(NAN), "null");
	dumps(jv_number(INFINITY), "null");
	dumps(jv_invalid(), "null");
	dumps(jv_string("a\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9"),
	    "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
	dumps(jv_string_sized("a\0b", 3), "\"a\\u0000b\"");
	dumps(jv_string(""), "\"\"");
	dumps(JV_ARRAY(jv_true(), jv_false(), jv_null(), jv_array(), jv_object()),
	    "[true,false,null,[],{}]");
	const char *order = "{\"z\":1,\"a\":2,\"m\":3,\"b\":{\"y\":4,\"x\":5},\"k9\":6,\"k1\":7,"
			    "\"k5\":8,\"k2\":9,\"k7\":10,\"k3\":11}";
	dumps(json_parse(order, strlen(order)), order);
}

static void
member_is(const char *object, const char *name, const char *want)
{
	char *copy = exact_copy(object, strlen(object)), *got = NULL;
	struct json_text value;

	if (json_member((struct json_text){ copy, strlen(object) }, name, &value))
		got = xprintf("%.*s", (int)value.len, value.p);
	is(got, want, object);
	free(got);
	free(copy);
}

static void
test_text(void)
{
	struct json_text value;
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
	for (; json_element(&p, array + strlen(array), &value); n++) {
		if (n < 4)
			ok(value.len == strlen(want[n]) && !memcmp(value.p, want[n], value.len),
			    want[n]);
	}
	is_int((long long)n, 4, "all elements of an array are found");
	ok(json_text_is(text_of("\"open\""), "open"), "a string's text is recognised");
	ok(json_text_is(text_of("\"op\\u0065n\""), "open"), "and with an escape");
	ok(!json_text_is(text_of("\"opens\""), "open"), "a longer one is not");
	ok(!json_text_is(text_of("open"), "open"), "nor one without quotes");
	ok(!json_text_is(text_of(""), ""), "nor nothing at all");
}

static void
test_members(void)
{
	jv o = jv_object();

	o = json_set_string(o, "name", "bell");
	o = json_set_string(o, "none", NULL);
	o = json_set_int(o, "n", 1795173682123);
	o = json_set(o, "half", jv_number(0.5));
	o = json_set(o, "yes", jv_true());
	o = json_set(o, "nul", jv_string_sized("a\0b", 3));
	is(json_peek_string(o, "name"), "bell", "a string can be looked at");
	ok(!json_peek_string(o, "n"), "a number is no string");
	ok(!json_peek_string(o, "nul"), "a string with U+0000 counts as missing");
	is_int(json_peek_int(o, "n", -1), 1795173682123, "a number can be looked at");
	is_int(json_peek_int(o, "half", -1), -1, "half is no whole number");
	is_int(json_peek_int(o, "name", -1), -1, "a string is no number");
	ok(json_peek_bool(o, "yes") && !json_peek_bool(o, "name"), "true is true, others are not");
	ok(json_has(o, "none") && !json_has(o, "nothing"), "null is there, nothing is not");
	jv v = json_get(o, "half", JV_KIND_NUMBER);
	ok(jv_get_kind(v) == JV_KIND_NUMBER, "a member of the kind asked for is given");
	jv_free(v);
	v = json_get(o, "name", JV_KIND_OBJECT);
	ok(!jv_is_valid(v), "of another it is not");
	jv_free(v);
	o = json_drop(json_drop(o, "name"), "never");
	ok(!json_has(o, "name"), "a member can be dropped");
	ok(!json_peek_string(jv_null(), "a") && !json_has(jv_true(), "a") &&
		json_peek_int(jv_number(1), "a", 7) == 7,
	    "what is no object has no members");
	jv_free(o);
}

static void
utf8_is(const char *bytes, size_t len, const char *want)
{
	char *copy = exact_copy(bytes, len);
	jv v = json_utf8(copy, len);

	is(jv_string_value(v), want, want);
	jv_free(v);
	free(copy);
}

static void
test_utf8(void)
{
	utf8_is("", 0, "");
	utf8_is("plain", 5, "plain");
	utf8_is("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
	utf8_is("caf\xe9s", 5, "caf\xef\xbf\xbds");
	utf8_is("\xff", 1, "\xef\xbf\xbd");
	utf8_is("a\xf0\x9f\x98", 4, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	utf8_is("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	jv v = json_utf8("a\0\xff", 3);
	is_int(jv_string_length_bytes(jv_copy(v)), 5, "a NUL is kept");
	jv_free(v);
}

int
main(void)
{
	test_table();
	test_sentences();
	test_depth();
	test_long_number();
	test_random();
	test_dump();
	test_text();
	test_members();
	test_utf8();
	return done_testing();
}
