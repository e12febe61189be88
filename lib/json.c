/*
 * json.c - a strict scanner, a builder of jv values, a writer
 *
 * libjq's own parser is not used: it is lax, several times slower, gives nested objects
 * half of its 256 levels only, and puts the whole text into its messages.  So json_check
 * judges the text, and what passed is built without looking back.  Everything that walks
 * text already checked stays within its bounds even where it was not checked after all.
 */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

enum { DEPTH_MAX = 256, NUMBER_MAX = 1200 };

/* Longer texts and strings could overflow the int sizes that libjq computes with. */
static const size_t text_max = (size_t)1 << 29;

static const double exact_max = 9007199254740992.0; /* 2^53 */

/* What a byte means inside a string. */
enum byte_class { PLAIN, QUOTE, ESCAPE, CONTROL, LEAD2, LEAD3, LEAD4, BROKEN };

#define X4(c)  (c), (c), (c), (c)
#define X16(c) X4(c), X4(c), X4(c), X4(c)
#define X14(c) X4(c), X4(c), X4(c), (c), (c)
#define X11(c) X4(c), X4(c), (c), (c), (c)

static const unsigned char byte_class[256] = {
	X16(CONTROL), X16(CONTROL),                                   /* 00 to 1f */
	PLAIN, PLAIN, QUOTE, PLAIN, X4(PLAIN), X4(PLAIN), X4(PLAIN),  /* 20: '"' is 22 */
	X16(PLAIN), X16(PLAIN),                                       /* 30, 40 */
	X4(PLAIN), X4(PLAIN), X4(PLAIN), ESCAPE, PLAIN, PLAIN, PLAIN, /* 50: '\' is 5c */
	X16(PLAIN), X16(PLAIN),                                       /* 60, 70 */
	X16(BROKEN), X16(BROKEN), X16(BROKEN), X16(BROKEN),           /* 80 to bf: second bytes */
	BROKEN, BROKEN, X14(LEAD2), X16(LEAD2),                       /* c0, c1 would be overlong */
	X16(LEAD3),                                                   /* e0 to ef */
	X4(LEAD4), LEAD4, X11(BROKEN),                                /* f5 on: over U+10FFFF */
};

/* A text being judged.  Where a scan_ function says false, p is at the fault. */
struct scan {
	const unsigned char *p, *end;
	const char *fault;
};

static bool scan_value(struct scan *s, int depth);

/* Bit 7 of each byte of w that is a quote, a backslash or a control character (and maybe
 * of bytes above such a one). */
static inline uint64_t
special_bytes(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t quote = w ^ ones * '"', escape = w ^ ones * '\\';

	return ((w - ones * ' ') | (quote - ones) | (escape - ones)) & ~w & tops;
}

/* The first byte from p on that is not plain ASCII (or, with is_utf8, not to be escaped). */
static inline const unsigned char *
skip_plain(const unsigned char *p, const unsigned char *end, bool is_utf8)
{
	const uint64_t tops = is_utf8 ? 0 : 0x8080808080808080;
	uint64_t w;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, 8);
		if (special_bytes(w) | (w & tops))
			break;
	}
	while (p < end && (byte_class[*p] == PLAIN || (is_utf8 && *p >= 0x80)))
		p++;
	return p;
}

/* How many bytes the character at p has, not being ASCII; 0: it is no UTF-8. */
static size_t
utf8_length(const unsigned char *p, const unsigned char *end)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (byte_class[*p] < LEAD2 || byte_class[*p] == BROKEN)
		return 0;
	n = (size_t)byte_class[*p] - LEAD2 + 2;
	if ((size_t)(end - p) < n)
		return 0;
	if (*p == 0xe0)
		low = 0xa0; /* below: overlong */
	else if (*p == 0xed)
		high = 0x9f; /* above: surrogates */
	else if (*p == 0xf0)
		low = 0x90;
	else if (*p == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* The value of four hexadecimal digits, or -1. */
static int
hex4(const unsigned char *p, const unsigned char *end)
{
	int n = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = p[i] | ' ';
		if (c >= '0' && c <= '9' && p[i] == c)
			n = n * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			n = n * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return n;
}

static bool
scan_fail(struct scan *s, const char *fault)
{
	s->fault = fault;
	return false;
}

/* The next byte that is no blank, or -1 at the end; p is at it. */
static inline int
scan_next(struct scan *s)
{
	while (s->p < s->end && *s->p <= ' ') {
		if (*s->p != ' ' && *s->p != '\n' && *s->p != '\t' && *s->p != '\r')
			break;
		s->p++;
	}
	return s->p < s->end ? *s->p : -1;
}

/* p is at a backslash. */
static bool
scan_escape(struct scan *s)
{
	int high, low;

	if (s->end - s->p < 2 || !memchr("\"\\/bfnrtu", s->p[1], 9))
		return scan_fail(s, "unknown escape in a string");
	if (s->p[1] != 'u') {
		s->p += 2;
		return true;
	}
	high = hex4(s->p + 2, s->end);
	if (high < 0)
		return scan_fail(s, "\\u without four hexadecimal digits");
	if (high >= 0xd800 && high <= 0xdfff) {
		bool is_pair =
		    high < 0xdc00 && s->end - s->p >= 12 && s->p[6] == '\\' && s->p[7] == 'u';
		low = is_pair ? hex4(s->p + 8, s->end) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return scan_fail(s, "unpaired surrogate in a string");
		s->p += 6;
	}
	s->p += 6;
	return true;
}

/* p is at the opening quote. */
static bool
scan_string(struct scan *s)
{
	size_t n;

	for (s->p++;;) {
		s->p = skip_plain(s->p, s->end, false);
		if (s->p == s->end)
			return scan_fail(s, "string without end");
		switch (byte_class[*s->p]) {
		case QUOTE:
			s->p++;
			return true;
		case ESCAPE:
			if (!scan_escape(s))
				return false;
			break;
		case CONTROL:
			return scan_fail(s, "control character in a string");
		default:
			n = utf8_length(s->p, s->end);
			if (n == 0)
				return scan_fail(s, "invalid UTF-8");
			s->p += n;
		}
	}
}

/* Skip digits; false: there is none. */
static bool
scan_digits(struct scan *s)
{
	const unsigned char *start = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > start;
}

/* The double that len <= NUMBER_MAX characters of a number mean. */
static double
number_value(const char *p, size_t len)
{
	char text[NUMBER_MAX + 1];

	memcpy(text, p, len);
	text[len] = '\0';
	return strtod(text, NULL);
}

/* Whether a double holds the number from start to p. */
static bool
scan_limits(struct scan *s, const unsigned char *start, bool is_integer)
{
	const unsigned char *digits = start + (*start == '-');
	size_t len = (size_t)(s->p - start), digits_len = (size_t)(s->p - digits);
	const char *fault = NULL;

	if (is_integer &&
	    (digits_len > 16 || (digits_len == 16 && memcmp(digits, "9007199254740992", 16) > 0)))
		fault = "integer beyond 2^53 (a string would hold it)";
	else if (len > NUMBER_MAX)
		fault = "number too long";
	else if (isinf(number_value((const char *)start, len)))
		fault = "number too large";
	if (fault) {
		s->p = start;
		return scan_fail(s, fault);
	}
	return true;
}

/* p is at a minus sign or a digit. */
static bool
scan_number(struct scan *s)
{
	const unsigned char *start = s->p, *exponent = NULL;
	bool is_integer = true;

	if (*s->p == '-')
		s->p++;
	if (s->end - s->p >= 2 && *s->p == '0' && s->p[1] >= '0' && s->p[1] <= '9')
		return scan_fail(s, "number with a leading zero");
	if (!scan_digits(s))
		return scan_fail(s, "digit expected");
	if (s->p < s->end && *s->p == '.') {
		is_integer = false;
		s->p++;
		if (!scan_digits(s))
			return scan_fail(s, "digit expected");
	}
	if (s->p < s->end && (*s->p | ' ') == 'e') {
		is_integer = false;
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		exponent = s->p;
		if (!scan_digits(s))
			return scan_fail(s, "digit expected");
	}
	/* The usual ones: below 10^15, or below 10^(15 + 99). */
	if (s->p - start <= 15 && (!exponent || s->p - exponent <= 2))
		return true;
	return scan_limits(s, start, is_integer);
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return scan_fail(s, "not a JSON value");
	s->p += len;
	return true;
}

/* p is behind the opening bracket. */
static bool
scan_array(struct scan *s, int depth)
{
	if (scan_next(s) == ']') {
		s->p++;
		return true;
	}
	for (;;) {
		if (!scan_value(s, depth))
			return false;
		switch (scan_next(s)) {
		case ',':
			s->p++;
			break;
		case ']':
			s->p++;
			return true;
		default:
			return scan_fail(s, "',' or ']' expected");
		}
	}
}

/* p is behind the opening brace. */
static bool
scan_object(struct scan *s, int depth)
{
	if (scan_next(s) == '}') {
		s->p++;
		return true;
	}
	for (;;) {
		if (scan_next(s) != '"')
			return scan_fail(s, "member name expected");
		if (!scan_string(s))
			return false;
		if (scan_next(s) != ':')
			return scan_fail(s, "':' expected");
		s->p++;
		if (!scan_value(s, depth))
			return false;
		switch (scan_next(s)) {
		case ',':
			s->p++;
			break;
		case '}':
			s->p++;
			return true;
		default:
			return scan_fail(s, "',' or '}' expected");
		}
	}
}

/* Scan a value that lies in `depth` arrays and objects. */
static bool
scan_value(struct scan *s, int depth)
{
	int c = scan_next(s);

	switch (c) {
	case '"':
		return scan_string(s);
	case '{':
	case '[':
		if (depth == DEPTH_MAX)
			return scan_fail(s, "nested over 256 levels");
		s->p++;
		return c == '{' ? scan_object(s, depth + 1) : scan_array(s, depth + 1);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return scan_number(s);
		return scan_fail(s, "not a JSON value");
	}
}

int
json_check(const char *text, size_t len)
{
	const unsigned char *start = (const unsigned char *)text;
	struct scan s = { .p = start, .end = start + len };

	if (len > text_max)
		return err_set(EX_DATAERR, "JSON text over 512 MiB");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s.fault = "byte order mark";
	else if (scan_value(&s, 0) && scan_next(&s) == -1)
		return 0;
	if (!s.fault)
		s.fault = "something follows the value";
	if (s.p == s.end)
		s.fault = "unexpected end";
	return err_set(EX_DATAERR, "byte %zu: %s", (size_t)(s.p - start) + 1, s.fault);
}

/* From here on text is believed to be valid, and only its bounds are watched. */

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Behind the string that begins at p. */
static const char *
string_end(const char *p, const char *end)
{
	const char *quote = p, *run;

	while (quote + 1 < end && (quote = memchr(quote + 1, '"', (size_t)(end - quote - 1)))) {
		for (run = quote; run[-1] == '\\'; run--)
			; /* the opening quote ends it */
		if ((quote - run) % 2 == 0)
			return quote + 1;
	}
	return end;
}

/* Behind the array or object that begins at p. */
static const char *
nest_end(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		switch (*p) {
		case '"':
			p = string_end(p, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		}
		p++;
	}
	return end;
}

/* Behind the value that begins at p. */
static const char *
value_end(const char *p, const char *end)
{
	if (p < end && *p == '"')
		return string_end(p, end);
	if (p < end && (*p == '{' || *p == '['))
		return nest_end(p, end);
	while (p<end && * p> ' ' && *p != ',' && *p != ']' && *p != '}')
		p++;
	return p;
}

static void
add_codepoint(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(b, (char)(0xf0 | c >> 18));
			buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(b, (char)(0x80 | (c & 0x3f)));
}

/* Append what the escape at p stands for; returns what follows it. */
static const char *
add_escape(struct buf *b, const char *p, const char *end)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const unsigned char *hex = (const unsigned char *)p + 2;
	const unsigned char *stop = (const unsigned char *)end;
	const char *letter;
	int high, low;

	if (end - p < 2)
		return end;
	if (p[1] != 'u') {
		letter = memchr(letters, p[1], sizeof letters - 1);
		buf_putc(b, letter ? meanings[letter - letters] : p[1]);
		return p + 2;
	}
	high = hex4(hex, stop);
	if (high < 0)
		return end;
	low = high >= 0xd800 && high < 0xdc00 && end - p >= 12 ? hex4(hex + 6, stop) : -1;
	if (low < 0) {
		add_codepoint(b, (uint32_t)high);
		return p + 6;
	}
	add_codepoint(b, 0x10000 + ((uint32_t)(high & 0x3ff) << 10) + (uint32_t)(low & 0x3ff));
	return p + 12;
}

/* What a string (with its quotes) says; in scratch where it has escapes, else in place. */
static struct json_text
unquote(struct json_text string, struct buf *scratch)
{
	const char *p = string.p + 1, *end = string.p + string.len - 1, *next;

	if (string.len < 2)
		return (struct json_text){ string.p, 0 };
	next = memchr(p, '\\', (size_t)(end - p));
	if (!next)
		return (struct json_text){ p, (size_t)(end - p) };
	scratch->len = 0;
	do {
		buf_add(scratch, p, (size_t)(next - p));
		p = add_escape(scratch, next, end);
		next = memchr(p, '\\', (size_t)(end - p));
	} while (next);
	buf_add(scratch, p, (size_t)(end - p));
	return (struct json_text){ scratch->p ? scratch->p : "", scratch->len };
}

/* Whether a string (with its quotes) says s. */
static bool
string_is(struct json_text string, const char *s)
{
	struct buf scratch = { 0 };
	struct json_text said = unquote(string, &scratch);
	bool is_same = said.len == strlen(s) && memcmp(said.p, s, said.len) == 0;

	buf_release(&scratch);
	return is_same;
}

bool
json_member(struct json_text object, const char *name, struct json_text *value)
{
	const char *p = object.p + 1, *end = object.p + object.len;
	struct json_text key;
	bool is_found = false;

	while ((p = skip_blanks(p, end)) < end && (*p == '"' || *p == ',')) {
		if (*p == ',') {
			p++;
			continue;
		}
		key.p = p;
		p = string_end(p, end);
		key.len = (size_t)(p - key.p);
		p = skip_blanks(p, end);
		if (p < end && *p == ':')
			p = skip_blanks(p + 1, end);
		if (string_is(key, name)) {
			value->p = p;
			value->len = (size_t)(value_end(p, end) - p);
			is_found = true;
		}
		p = value_end(p, end);
	}
	return is_found;
}

bool
json_element(const char **p, const char *end, struct json_text *value)
{
	const char *start = skip_blanks(*p, end);

	if (start < end && *start == ',')
		start = skip_blanks(start + 1, end);
	*p = value_end(start, end);
	*value = (struct json_text){ start, (size_t)(*p - start) };
	return value->len > 0;
}

bool
json_text_is(struct json_text value, const char *s)
{
	return value.len >= 2 && *value.p == '"' && string_is(value, s);
}

static jv
build_number(const char *p, size_t len)
{
	bool is_negative = len > 0 && *p == '-';
	int64_t n = 0;
	size_t i;

	for (i = is_negative; i < len && i < 16 && p[i] >= '0' && p[i] <= '9'; i++)
		n = n * 10 + (p[i] - '0');
	if (i < len || (n == 0 && is_negative))
		return jv_number(number_value(p, len));
	return jv_number((double)(is_negative ? -n : n));
}

static jv
build_string(struct json_text string, struct buf *scratch)
{
	struct json_text said = unquote(string, scratch);

	return jv_string_sized(said.p, (int)said.len);
}

/* The string, number or word that begins at *p, and *p behind it. */
static jv
build_scalar(const char **p, const char *end, struct buf *scratch)
{
	struct json_text text;

	json_element(p, end, &text);
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

/* The value that begins at *p, and *p behind it.  The text passed json_check. */
static jv
build_value(const char **p, const char *end, struct buf *scratch)
{
	bool is_object = **p == '{';
	jv v, key;

	if (!is_object && **p != '[')
		return build_scalar(p, end, scratch);
	v = is_object ? jv_object() : jv_array();
	do {
		*p = skip_blanks(*p + 1, end); /* over the opening bracket or a comma */
		if (**p == '}' || **p == ']')
			break;
		if (is_object) {
			key = build_scalar(p, end, scratch);
			*p = skip_blanks(skip_blanks(*p, end) + 1, end); /* over the colon */
			v = jv_object_set(v, key, build_value(p, end, scratch));
		} else {
			v = jv_array_append(v, build_value(p, end, scratch));
		}
		*p = skip_blanks(*p, end);
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

	if (json_check(text, len) < 0)
		return jv_invalid();
	p = skip_blanks(text, end);
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

	next = skip_plain(p, end, true);
	if (next == end) {
		*to++ = '"';
		if (len > 0)
			memcpy(to, s, len);
		memcpy(to + len, "\"", 2);
		b->len += len + 2;
		return;
	}
	buf_putc(b, '"');
	for (; next < end; next = skip_plain(p, end, true)) {
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
	/* Beyond 2^53 digits alone would be taken for an integer, which json_check refuses. */
	if (fabs(x) > exact_max && !strpbrk(text, ".e"))
		buf_puts(b, ".0");
}

/* Append v, borrowed. */
static void
add_value(struct buf *b, jv v)
{
	const char *mark = "";

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
		jv_array_foreach (v, i, item) {
			buf_puts(b, mark);
			mark = ",";
			json_dump(b, item);
		}
		buf_putc(b, ']');
		break;
	case JV_KIND_OBJECT:
		buf_putc(b, '{');
		jv_object_foreach (v, key, value) {
			buf_puts(b, mark);
			mark = ",";
			json_dump(b, key);
			buf_putc(b, ':');
			json_dump(b, value);
		}
		buf_putc(b, '}');
		break;
	}
}

void
json_dump(struct buf *b, jv v)
{
	add_value(b, v);
	jv_free(v);
}

/* A member, owned; invalid where it is missing.  object is borrowed. */
static jv
member(jv object, const char *name)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(object), jv_string(name));
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
json_has(jv object, const char *name)
{
	return jv_get_kind(object) == JV_KIND_OBJECT &&
	       jv_object_has(jv_copy(object), jv_string(name));
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
	return jv_object_set(object, jv_string(name), value);
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
	return jv_object_delete(object, jv_string(name));
}

/* jv_string_sized replaces too, but takes good bytes along with a character that is cut off. */
jv
json_utf8(const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes, *start = p, *end;
	struct buf b = { 0 };
	size_t n;
	jv v;

	end = p + (len < text_max ? len : text_max);
	while ((p = skip_plain(p, end, false)) < end) {
		n = *p < 0x80 ? 1 : utf8_length(p, end);
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
