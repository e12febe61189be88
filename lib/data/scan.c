/*
 * scan.c - one pass over outside text that judges it, and walks through what passed
 *
 * Everything that walks text already checked stays within its bounds even where it was not checked
 * after all.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "scan.h"
#include "utf8.h"

enum { DEPTH_MAX = 256 };

/* A text being judged.  Where a scan_ function says false, p is at the fault. */
struct scan {
	const unsigned char *p, *end;
	const char *fault;
	bool takes_more; /* than we do: numbers and surrogates are as RFC 8259 lets them be */
};

static bool scan_value(struct scan *s, int depth);

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
		is_pair = low >= 0xdc00 && low <= 0xdfff;
		if (!is_pair && !s->takes_more)
			return scan_fail(s, "unpaired surrogate in a string");
		s->p += is_pair ? 6 : 0;
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
		s->p = utf8_skip_plain(s->p, s->end, false);
		if (s->p == s->end)
			return scan_fail(s, "string without end");
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p == '\\') {
			if (!scan_escape(s))
				return false;
			continue;
		}
		if (*s->p < ' ')
			return scan_fail(s, "control character in a string");
		n = utf8_length(s->p, s->end);
		if (n == 0)
			return scan_fail(s, "invalid UTF-8");
		s->p += n;
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

double
scan_number_value(const char *p, size_t len)
{
	char text[SCAN_NUMBER_MAX + 1];

	len = len < SCAN_NUMBER_MAX ? len : SCAN_NUMBER_MAX;
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
	else if (len > SCAN_NUMBER_MAX)
		fault = "number too long";
	else if (isinf(scan_number_value((const char *)start, len)))
		fault = "number too large";
	if (fault && !s->takes_more) {
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

/* Say what is wrong at p.  Returns -1. */
static int
scan_refuse(const struct scan *s, const unsigned char *start)
{
	return err_set(EX_DATAERR, "byte %zu: %s", (size_t)(s->p - start) + 1,
	    s->p == s->end ? "unexpected end"
	    : s->fault     ? s->fault
			   : "something follows the value");
}

int
scan_check(const char *text, size_t len)
{
	const unsigned char *start = (const unsigned char *)text;
	struct scan s = { .p = start, .end = start + len };

	if (len > SCAN_TEXT_MAX)
		return err_set(EX_DATAERR, "JSON text over 512 MiB");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s.fault = "byte order mark";
	else if (scan_value(&s, 0) && scan_next(&s) == -1)
		return 0;
	return scan_refuse(&s, start);
}

bool
scan_is_json(const char *text, size_t len)
{
	const unsigned char *start = (const unsigned char *)text;
	struct scan s = { .p = start, .end = start + len, .takes_more = true };

	return scan_value(&s, 0) && scan_next(&s) == -1;
}

int
scan_prefix(const char *text, size_t len, size_t *end)
{
	const unsigned char *start = (const unsigned char *)text;
	struct scan s = { .p = start, .end = start + (len < SCAN_TEXT_MAX ? len : SCAN_TEXT_MAX) };
	bool is_value = scan_value(&s, 0);

	*end = (size_t)(s.p - start);
	return is_value ? 0 : scan_refuse(&s, start);
}

/* From here on text is believed to be valid, and only its bounds are watched. */

const char *
scan_skip_blanks(const char *p, const char *end)
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

struct scan_text
scan_unquote(struct scan_text string, struct buf *scratch)
{
	const char *p = string.p + 1, *end = string.p + string.len - 1, *next;

	if (string.len < 2)
		return (struct scan_text){ string.p, 0 };
	next = memchr(p, '\\', (size_t)(end - p));
	if (!next)
		return (struct scan_text){ p, (size_t)(end - p) };
	scratch->len = 0;
	do {
		buf_add(scratch, p, (size_t)(next - p));
		p = add_escape(scratch, next, end);
		next = memchr(p, '\\', (size_t)(end - p));
	} while (next);
	buf_add(scratch, p, (size_t)(end - p));
	return (struct scan_text){ scratch->p ? scratch->p : "", scratch->len };
}

/* Whether a string (with its quotes) says s. */
static bool
string_is(struct scan_text string, const char *s)
{
	struct buf scratch = { 0 };
	struct scan_text said = scan_unquote(string, &scratch);
	bool is_same = said.len == strlen(s) && memcmp(said.p, s, said.len) == 0;

	buf_release(&scratch);
	return is_same;
}

bool
scan_member(struct scan_text object, const char *name, struct scan_text *value)
{
	const char *p = object.p + 1, *end = object.p + object.len;
	struct scan_text key;
	bool is_found = false;

	while ((p = scan_skip_blanks(p, end)) < end && (*p == '"' || *p == ',')) {
		if (*p == ',') {
			p++;
			continue;
		}
		key.p = p;
		p = string_end(p, end);
		key.len = (size_t)(p - key.p);
		p = scan_skip_blanks(p, end);
		if (p < end && *p == ':')
			p = scan_skip_blanks(p + 1, end);
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
scan_element(const char **p, const char *end, struct scan_text *value)
{
	const char *start = scan_skip_blanks(*p, end);

	if (start < end && *start == ',')
		start = scan_skip_blanks(start + 1, end);
	*p = value_end(start, end);
	*value = (struct scan_text){ start, (size_t)(*p - start) };
	return value->len > 0;
}

bool
scan_is(struct scan_text value, const char *s)
{
	return value.len >= 2 && *value.p == '"' && string_is(value, s);
}
