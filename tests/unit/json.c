#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "err.h"
#include "json.h"
#include "tap.h"

enum { SEED = 20261120, ROUNDS = 3000 };

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
	struct scan_text value, text = { p, len };
	const char *at = p;

	scan_member(text, "a", &value);
	for (int i = 0; i < 100 && scan_element(&at, p + len, &value); i++)
		scan_is(value, "abc");
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
		if (scan_check(part, len) == 0) {
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
	utf8_is("a\0b", 3,
	    "a\xef\xbf\xbd"
	    "b");
}

static void
test_strings(void)
{
	static const char text[] = "[\"a\",7,\"\",\"b\"]";
	char **strings = json_strings(json_parse(text, strlen(text))),
	     **none = json_strings(jv_invalid());

	is(strings[0], "a", "the strings of an array, as C has them");
	is(strings[1], "", "without what is no string");
	is(strings[2], "b", "to the last");
	ok(!strings[3] && !none[0], "behind which there is NULL");
	json_free_strings(strings);
	json_free_strings(none);
	json_free_strings(NULL);
}

int
main(void)
{
	test_random();
	test_dump();
	test_members();
	test_utf8();
	test_strings();
	return done_testing();
}
