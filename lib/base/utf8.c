#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* What a byte means inside a JSON string. */
enum byte_class { PLAIN, SPECIAL, LEAD2, LEAD3, LEAD4, BROKEN };

#define X4(c)  (c), (c), (c), (c)
#define X16(c) X4(c), X4(c), X4(c), X4(c)
#define X14(c) X4(c), X4(c), X4(c), (c), (c)
#define X11(c) X4(c), X4(c), (c), (c), (c)

static const unsigned char byte_class[256] = {
	X16(SPECIAL), X16(SPECIAL),                                    /* 00 to 1f */
	PLAIN, PLAIN, SPECIAL, PLAIN, X4(PLAIN), X4(PLAIN), X4(PLAIN), /* 20: '"' is 22 */
	X16(PLAIN), X16(PLAIN),                                        /* 30, 40 */
	X4(PLAIN), X4(PLAIN), X4(PLAIN), SPECIAL, PLAIN, PLAIN, PLAIN, /* 50: '\' is 5c */
	X16(PLAIN), X16(PLAIN),                                        /* 60, 70 */
	X16(BROKEN), X16(BROKEN), X16(BROKEN), X16(BROKEN),            /* 80 to bf: second bytes */
	BROKEN, BROKEN, X14(LEAD2), X16(LEAD2), /* c0, c1 would be overlong */
	X16(LEAD3),                             /* e0 to ef */
	X4(LEAD4), LEAD4, X11(BROKEN),          /* f5 on: over U+10FFFF */
};

/* Bit 7 of each byte of w that is a quote, a backslash or a control character (and maybe
 * of bytes above such a one). */
static inline uint64_t
special_bytes(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t quote = w ^ ones * '"', escape = w ^ ones * '\\';

	return ((w - ones * ' ') | (quote - ones) | (escape - ones)) & ~w & tops;
}

const unsigned char *
utf8_skip_plain(const unsigned char *p, const unsigned char *end, bool is_utf8)
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

size_t
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

/* The bytes of U+3164, U+FEFF or a tag character at p; 0: it is none. */
static size_t
unseen(const unsigned char *p)
{
	if (p[0] == 0xf3 && p[1] == 0xa0)
		return (p[2] == 0x80 || p[2] == 0x81) && p[3] ? 4 : 0;
	return !strncmp((const char *)p, "\xe3\x85\xa4", 3) ||
	               !strncmp((const char *)p, "\xef\xbb\xbf", 3)
	           ? 3
	           : 0;
}

size_t
utf8_control(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (*p == 0xc2)
		return (p[1] >= 0x80 && p[1] <= 0x9f) || p[1] == 0xad ? 2 : 0;
	if (*p == 0xe2 && p[1] == 0x80)
		return (p[2] >= 0xaa && p[2] <= 0xae) || p[2] == 0x8b ? 3 : 0;
	if (*p == 0xe2 && p[1] == 0x81)
		return (p[2] >= 0xa6 && p[2] <= 0xa9) || p[2] == 0xa0 ? 3 : 0;
	if (*p >= 0xe3)
		return unseen(p);
	return (*p && *p < ' ') || *p == 127;
}

size_t
utf8_characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

bool
utf8_is_text(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + len;
	size_t n;

	while ((p = utf8_skip_plain(p, end, false)) < end) {
		n = *p < 0x80 ? *p != '\0' : utf8_length(p, end);
		if (n == 0)
			return false;
		p += n;
	}
	return true;
}
