#include "bare.h"

#include "utf8.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of "uXXXX", or -1. */
static long
code_unit(const char *p, const char *end)
{
	long code = 0;

	if (end - p < 5 || *p != 'u')
		return -1;
	for (int i = 1; i <= 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static const char *
skip_backslashes(const char *p, const char *end)
{
	while (p < end && *p == '\\')
		p++;
	return p;
}

/* What of a \uXXXX follows another that is the first half of a pair: *code becomes the whole's.
 * Returns the end. */
static const char *
take_second_half(const char *p, const char *end, long *code)
{
	const char *at = skip_backslashes(p, end);
	long low = at > p ? code_unit(at, end) : -1;

	if (*code < 0xD800 || *code > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
		return p;
	*code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
	return at + 5;
}

/* The letter that stands for a control character behind a backslash. */
static char
letter_of(long code)
{
	static const char letters[] = "btn\vfr"; /* from 8 on */

	return code >= 8 && code <= 13 ? letters[code - 8] : (char)code;
}

static void
put_byte(struct bare *b, long byte, size_t from, size_t to)
{
	if (b->from) {
		b->from[b->text.len] = from;
		b->to[b->text.len] = to;
	}
	buf_putc(&b->text, (char)byte);
}

/* A character by its code point (RFC 3629); a backslash is none. */
static void
put_code(struct bare *b, long code, size_t from, size_t to)
{
	if (code == '\\')
		return;
	if (code < 0x80) {
		put_byte(b, letter_of(code), from, to);
		return;
	}
	if (code < 0x800) {
		put_byte(b, 0xC0 | code >> 6, from, to);
	} else if (code < 0x10000) {
		put_byte(b, 0xE0 | code >> 12, from, to);
		put_byte(b, 0x80 | (code >> 6 & 0x3F), from, to);
	} else {
		put_byte(b, 0xF0 | code >> 18, from, to);
		put_byte(b, 0x80 | (code >> 12 & 0x3F), from, to);
		put_byte(b, 0x80 | (code >> 6 & 0x3F), from, to);
	}
	put_byte(b, 0x80 | (code & 0x3F), from, to);
}

static bool
is_plain(char c)
{
	return c != '\\' && ((unsigned char)c >= ' ');
}

static const char *
skip_plain(const char *p, const char *end)
{
	return (const char *)utf8_skip_plain((const unsigned char *)p, (const unsigned char *)end,
	    true);
}

/* Appends the bytes up to the next that may be of an escape.  Returns that. */
static const char *
put_plain(struct bare *b, const char *p, const char *end, const char *text)
{
	const char *begin = p;

	while ((p = skip_plain(p, end)) < end && is_plain(*p)) /* a quote */
		p++;
	for (const char *at = begin; b->from && at < p; at++) {
		b->from[b->text.len + (size_t)(at - begin)] = (size_t)(at - text);
		b->to[b->text.len + (size_t)(at - begin)] = (size_t)(at - text) + 1;
	}
	buf_add(&b->text, begin, (size_t)(p - begin));
	return p;
}

void
bare_add(struct bare *b, const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while ((p = put_plain(b, p, end, text)) < end) {
		const char *begin = p, *at = skip_backslashes(p, end);
		long code = at > p ? code_unit(at, end) : -1;

		if (at == end)
			return;
		b->has_units = b->has_units || code >= 0;
		if (code >= 0 && !b->keeps_units) {
			p = take_second_half(at + 5, end, &code);
			put_code(b, code, (size_t)(begin - text), (size_t)(p - text));
		} else {
			p = at + 1;
			put_byte(b, letter_of((unsigned char)*at), (size_t)(begin - text),
			    (size_t)(p - text));
		}
	}
}
