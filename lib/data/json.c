/*
 * json.c - jv values of text, and text of them
 *
 * libjq's own parser is not used: it is lax, several times slower, gives nested objects
 * half of its 256 levels only, and puts the whole text into its messages.  So scan_check
 * judges the text, and what passed is built without looking back.
 */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "utf8.h"

static void
no_memory(void *arg)
{
	(void)arg;
	buf_no_memory();
}

/* libjq would abort, in words of its own. */
__attribute__((constructor)) static void
heed_lack_of_memory(void)
{
	jv_nomem_handler(no_memory, NULL);
}

static const double exact_max = 9007199254740992.0; /* 2^53 */

static jv
build_number(const char *p, size_t len)
{
	bool is_negative = len > 0 && *p == '-';
	int64_t n = 0;
	size_t i;

	for (i = is_negative; i < len && i < 16 && p[i] >= '0' && p[i] <= '9'; i++)
		n = n * 10 + (p[i] - '0');
	if (i < len || (n == 0 && is_negative))
		return jv_number(scan_number_value(p, len));
	return jv_number((double)(is_negative ? -n : n));
}

static jv
build_string(struct scan_text string, struct buf *scratch)
{
	struct scan_text said = scan_unquote(string, scratch);

	return jv_string_sized(said.p, (int)said.len);
}

/* The string, number or word that begins at *p, and *p behind it. */
static jv
build_scalar(const char **p, const char *end, struct buf *scratch)
{
	struct scan_text text;

	scan_element(p, end, &text);
	switch (*text.p) {
	case '"':
		return build_string(text, scratch);
	case 't':
		return jv_true();
	case 'f':
		return jv_false();
	case 'n':
		return jv_null();
	default:
		return build_number(text.p, text.len);
	}
}

/* The value that begins at *p, and *p behind it.  The text passed scan_check. */
static jv
build_value(const char **p, const char *end, struct buf *scratch)
{
	bool is_object = **p == '{';
	jv v, key;

	if (!is_object && **p != '[')
		return build_scalar(p, end, scratch);
	v = is_object ? jv_object() : jv_array();
	do {
		*p = scan_skip_blanks(*p + 1, end); /* over the opening bracket or a comma */
		if (**p == '}' || **p == ']')
			break;
		if (is_object) {
			key = build_scalar(p, end, scratch);
			*p = scan_skip_blanks(scan_skip_blanks(*p, end) + 1,
			    end); /* over the colon */
			v = jv_object_set(v, key, build_value(p, end, scratch));
		} else {
			v = jv_array_append(v, build_value(p, end, scratch));
		}
		*p = scan_skip_blanks(*p, end);
	} while (**p == ',');
	++*p;
	return v;
}

jv
json_parse(const char *text, size_t len)
{
	struct buf scratch = { 0 };
	const char *p, *end = text + len;
	jv v;

	if (scan_check(text, len) < 0)
		return jv_invalid();
	p = scan_skip_blanks(text, end);
	v = build_value(&p, end, &scratch);
	buf_release(&scratch);
	return v;
}

jv
json_parse_object(const char *text, size_t len)
{
	jv v = json_parse(text, len);

	if (jv_get_kind(v) == JV_KIND_INVALID || jv_get_kind(v) == JV_KIND_OBJECT)
		return v;
	err_set(EX_DATAERR, "not a JSON object");
	jv_free(v);
	return jv_invalid();
}

/* Append the escape of a byte that may not stand in a string as it is. */
static void
add_escaped(struct buf *b, unsigned char c)
{
	static const char short_for[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	const char *at = c ? strchr(short_for, c) : NULL;

	if (at) {
		buf_putc(b, '\\');
		buf_putc(b, letters[at - short_for]);
	} else {
		buf_puts(b, "\\u00");
		buf_putc(b, "01"[c >> 4]);
		buf_putc(b, "0123456789abcdef"[c & 15]);
	}
}

void
json_add_string(struct buf *b, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + len, *next;
	char *to = buf_room(b, len + 2);

	next = utf8_skip_plain(p, end, true);
	if (next == end) {
		*to++ = '"';
		if (len > 0)
			memcpy(to, s, len);
		memcpy(to + len, "\"", 2);
		b->len += len + 2;
		return;
	}
	buf_putc(b, '"');
	for (; next < end; next = utf8_skip_plain(p, end, true)) {
		buf_add(b, p, (size_t)(next - p));
		add_escaped(b, *next);
		p = next + 1;
	}
	buf_add(b, p, (size_t)(end - p));
	buf_putc(b, '"');
}

/* n is whole and not beyond 2^53. */
static void
add_integer(struct buf *b, int64_t n)
{
	char text[24], *p = text + sizeof text;
	uint64_t rest = (uint64_t)(n < 0 ? -n : n);

	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
}

static void
add_number(struct buf *b, double x)
{
	char text[32];

	if (!isfinite(x)) {
		buf_puts(b, "null");
		return;
	}
	if (fabs(x) <= exact_max && x == (double)(int64_t)x && (x != 0 || !signbit(x))) {
		add_integer(b, (int64_t)x);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	buf_puts(b, text);
	/* Beyond 2^53 digits alone would be taken for an integer, which scan_check refuses. */
	if (fabs(x) > exact_max && !strpbrk(text, ".e"))
		buf_puts(b, ".0");
}

static void add_value(struct buf *b, jv v, bool is_sorted);

/* Members by name, so that two objects that are equal have the same text. */
static void
add_sorted(struct buf *b, jv object)
{
	const char *mark = "";
	jv names = jv_keys(jv_copy(object));

	jv_array_foreach (names, i, name) {
		jv value = jv_object_get(jv_copy(object), jv_copy(name));

		buf_puts(b, mark);
		mark = ",";
		add_value(b, name, true);
		buf_putc(b, ':');
		add_value(b, value, true);
		jv_free(value);
		jv_free(name);
	}
	jv_free(names);
}

static void
add_members(struct buf *b, jv object)
{
	const char *mark = "";

	jv_object_foreach (object, name, value) {
		buf_puts(b, mark);
		mark = ",";
		add_value(b, name, false);
		buf_putc(b, ':');
		add_value(b, value, false);
		jv_free(value);
		jv_free(name);
	}
}

static void
add_items(struct buf *b, jv array, bool is_sorted)
{
	const char *mark = "";

	jv_array_foreach (array, i, item) {
		buf_puts(b, mark);
		mark = ",";
		add_value(b, item, is_sorted);
		jv_free(item);
	}
}

/* Append v, borrowed. */
static void
add_value(struct buf *b, jv v, bool is_sorted)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_INVALID:
	case JV_KIND_NULL:
		buf_add(b, "null", 4);
		break;
	case JV_KIND_FALSE:
		buf_add(b, "false", 5);
		break;
	case JV_KIND_TRUE:
		buf_add(b, "true", 4);
		break;
	case JV_KIND_NUMBER:
		add_number(b, jv_number_value(v));
		break;
	case JV_KIND_STRING:
		json_add_string(b, jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v)));
		break;
	case JV_KIND_ARRAY:
		buf_putc(b, '[');
		add_items(b, v, is_sorted);
		buf_putc(b, ']');
		break;
	case JV_KIND_OBJECT:
		buf_putc(b, '{');
		if (is_sorted)
			add_sorted(b, v);
		else
			add_members(b, v);
		buf_putc(b, '}');
		break;
	}
}

void
json_dump(struct buf *b, jv v)
{
	add_value(b, v, false);
	jv_free(v);
}

void
json_dump_sorted(struct buf *b, jv v)
{
	add_value(b, v, true);
	jv_free(v);
}

/*
 * A member's name as a jv string.  Commands ask for the same few dozen names again and again, and
 * making a string, and its hash, costs more than finding the member: so the latest are kept.
 */
static jv
name_of(const char *name)
{
	static struct {
		const char *name; /* where it was seen: most are literals */
		jv string;
	} kept[256];
	size_t i = ((uintptr_t)name ^ (uintptr_t)name >> 8) % (sizeof kept / sizeof *kept);

	if (kept[i].name == name && !strcmp(jv_string_value(kept[i].string), name))
		return jv_copy(kept[i].string);
	if (kept[i].name)
		jv_free(kept[i].string);
	kept[i].name = name;
	kept[i].string = jv_string(name);
	return jv_copy(kept[i].string);
}

/* A member, owned; invalid where it is missing.  object is borrowed. */
static jv
member(jv object, const char *name)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(object), name_of(name));
}

const char *
json_peek_string(jv object, const char *name)
{
	jv v = json_get(object, name, JV_KIND_STRING);
	const char *s = NULL;

	if (jv_is_valid(v)) {
		s = jv_string_value(v);
		if (strlen(s) != (size_t)jv_string_length_bytes(jv_copy(v)))
			s = NULL;
	}
	jv_free(v); /* the object still holds the string */
	return s;
}

int64_t
json_peek_int(jv object, const char *name, int64_t or)
{
	jv v = json_get(object, name, JV_KIND_NUMBER);
	double x = jv_is_valid(v) ? jv_number_value(v) : NAN;

	jv_free(v);
	return fabs(x) <= exact_max && x == (double)(int64_t)x ? (int64_t)x : or ;
}

bool
json_peek_bool(jv object, const char *name)
{
	jv v = json_get(object, name, JV_KIND_TRUE);
	bool is_true = jv_is_valid(v);

	jv_free(v);
	return is_true;
}

bool
json_is_alike(jv a, jv b, const char *name)
{
	const char *x = json_peek_string(a, name), *y = json_peek_string(b, name);

	return x && y && !strcmp(x, y);
}

bool
json_has(jv object, const char *name)
{
	return jv_get_kind(object) == JV_KIND_OBJECT &&
	       jv_object_has(jv_copy(object), name_of(name));
}

jv
json_get(jv object, const char *name, jv_kind kind)
{
	jv v = member(object, name);

	if (jv_get_kind(v) == kind)
		return v;
	jv_free(v);
	return jv_invalid();
}

jv
json_set(jv object, const char *name, jv value)
{
	return jv_object_set(object, name_of(name), value);
}

jv
json_set_valid(jv object, const char *name, jv value)
{
	if (jv_is_valid(value))
		return json_set(object, name, value);
	jv_free(value);
	return object;
}

jv
json_set_string(jv object, const char *name, const char *s)
{
	return json_set(object, name, s ? json_utf8(s, strlen(s)) : jv_null());
}

jv
json_set_int(jv object, const char *name, int64_t n)
{
	return json_set(object, name, jv_number((double)n));
}

jv
json_drop(jv object, const char *name)
{
	return jv_object_delete(object, name_of(name));
}

/* jv_string_sized replaces too, but takes good bytes along with a character that is cut off. */
jv
json_utf8(const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes, *start = p, *end;
	struct buf b = { 0 };
	size_t n;
	jv v;

	end = p + (len < SCAN_TEXT_MAX ? len : SCAN_TEXT_MAX);
	while ((p = utf8_skip_plain(p, end, false)) < end) {
		n = *p < 0x80 ? *p != '\0' : utf8_length(p, end);
		if (n == 0) {
			buf_add(&b, start, (size_t)(p - start));
			buf_puts(&b, "\xef\xbf\xbd");
			start = p + 1;
		}
		p += n ? n : 1;
	}
	if (b.len == 0)
		return jv_string_sized(bytes, (int)(end - start));
	buf_add(&b, start, (size_t)(end - start));
	v = jv_string_sized(b.p, (int)b.len);
	buf_release(&b);
	return v;
}

char **
json_strings(jv array)
{
	int len = jv_is_valid(array) ? jv_array_length(jv_copy(array)) : 0;
	char **strings = xmalloc(((size_t)len + 1) * sizeof *strings), **next = strings;

	for (int i = 0; i < len; i++) {
		jv item = jv_array_get(jv_copy(array), i);

		if (jv_get_kind(item) == JV_KIND_STRING)
			*next++ = xstrdup(jv_string_value(item));
		jv_free(item);
	}
	*next = NULL;
	jv_free(array);
	return strings;
}

void
json_free_strings(char **strings)
{
	for (char **s = strings; s && *s; s++)
		free(*s);
	free(strings);
}
