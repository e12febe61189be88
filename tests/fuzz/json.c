/*
 * json.c - any bytes as JSON: scan_check, json_parse, json_dump, and the functions that find their
 * way in checked text without parsing it all say the same
 */
#include "json.h"
#include "err.h"
#include "fuzz.h"

static void check_text(struct scan_text text, jv v);

/* Every member is found in the text as it is in the value (consumed). */
static void
check_object(struct scan_text text, jv v)
{
	struct scan_text found;

	fuzz_fact(!scan_member(text, "no such member in any seed", &found));
	jv_object_foreach (v, key, value) {
		const char *name = jv_string_value(key);

		if (strlen(name) == (size_t)jv_string_length_bytes(jv_copy(key))) {
			fuzz_fact(json_has(v, name));
			fuzz_fact(scan_member(text, name, &found));
			fuzz_fact(found.p > text.p && found.p + found.len < text.p + text.len);
			check_text(found, jv_copy(value));
		}
		jv_free(value);
		jv_free(key);
	}
	jv_free(v);
}

static void
check_array(struct scan_text text, jv v)
{
	const char *p = text.p + 1, *end = text.p + text.len;
	int n = jv_array_length(jv_copy(v));
	struct scan_text found;

	for (int i = 0; i < n; i++) {
		fuzz_fact(scan_element(&p, end, &found));
		check_text(found, jv_array_get(jv_copy(v), i));
	}
	fuzz_fact(!scan_element(&p, end, &found));
	jv_free(v);
}

/* Text, which is that of v (consumed), says the same as v. */
static void
check_text(struct scan_text text, jv v)
{
	jv_kind kind = jv_get_kind(v);

	fuzz_fact(text.len > 0);
	if (kind == JV_KIND_OBJECT) {
		check_object(text, v);
	} else if (kind == JV_KIND_ARRAY) {
		check_array(text, v);
	} else {
		const char *s = kind == JV_KIND_STRING ? jv_string_value(v) : "";

		if (kind == JV_KIND_STRING &&
		    strlen(s) == (size_t)jv_string_length_bytes(jv_copy(v)))
			fuzz_fact(scan_is(text, s));
		fuzz_fact(jv_equal(v, json_parse(text.p, text.len)));
	}
}

/* None of these may abort, whatever v (borrowed) is. */
static void
look_at_members(jv v)
{
	static const char *const names[] = { "", "a", "b", "key" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *s = json_peek_string(v, names[i]);
		int64_t n = json_peek_int(v, names[i], -7);

		fuzz_fact(!s || fuzz_is_utf8(s, strlen(s)));
		fuzz_fact(n >= -(INT64_C(1) << 53) && n <= INT64_C(1) << 53);
		fuzz_fact(!json_peek_bool(v, names[i]) || json_has(v, names[i]));
	}
}

/* What is written is read again as the same, and written the same again; v is consumed. */
static void
check_round_trip(jv v)
{
	struct buf once = { 0 }, twice = { 0 };
	jv again;

	json_dump(&once, jv_copy(v));
	fuzz_fact(!memchr(once.p, '\n', once.len));
	again = json_parse(once.p, once.len);
	fuzz_fact(jv_is_valid(again));
	json_dump(&twice, jv_copy(again));
	fuzz_fact(once.len == twice.len && !memcmp(once.p, twice.p, once.len));
	fuzz_fact(jv_equal(v, again));
	buf_release(&once);
	buf_release(&twice);
}

static void
check_valid(const char *text, size_t len, jv v)
{
	const char *p = text;
	struct scan_text whole;
	jv theirs = jv_parse_sized(text, (int)len);

	/* jq's own parser takes more, but not as many levels */
	if (jv_is_valid(theirs))
		fuzz_fact(jv_equal(jv_copy(v), theirs));
	else
		jv_free(theirs);
	fuzz_fact(scan_element(&p, text + len, &whole));
	check_text(whole, jv_copy(v));
	look_at_members(v);
	check_round_trip(v);
}

/* Unchecked text: only its bounds must be kept. */
static void
walk_anything(const char *text, size_t len)
{
	const char *p = text;
	struct scan_text found;
	size_t end;

	if (scan_prefix(text, len, &end) == 0)
		fuzz_fact(end <= len && scan_check(text, end) == 0);
	else
		fuzz_fact(end <= len && scan_check(text, len) < 0);
	while (scan_element(&p, text + len, &found))
		fuzz_fact(found.p >= text && found.p + found.len <= text + len);
	if (len > 0 && *text == '{' && scan_member((struct scan_text){ text, len }, "a", &found))
		fuzz_fact(found.p > text && found.p + found.len <= text + len);
}

/* Any bytes become a string that can be written and read. */
static void
check_string(const char *bytes, size_t len)
{
	jv v = json_utf8(bytes, len);

	fuzz_fact(fuzz_is_utf8(jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v))));
	if (fuzz_is_utf8(bytes, len) && !memchr(bytes, 0, len))
		fuzz_fact(jv_equal(jv_copy(v), jv_string_sized(bytes, (int)len)));
	else
		fuzz_fact(strstr(jv_string_value(v), "\xef\xbf\xbd") != NULL);
	check_round_trip(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	bool is_good = scan_check(text, size) == 0;
	jv v;

	fuzz_fact(is_good || err_code() == EX_DATAERR);
	fuzz_fact(!is_good || fuzz_is_utf8(text, size));
	v = json_parse(text, size);
	fuzz_fact(jv_is_valid(v) == is_good);
	if (is_good)
		check_valid(text, size, v);
	else
		jv_free(v);
	walk_anything(text, size);
	check_string(text, size);
	free(text);
	return 0;
}
