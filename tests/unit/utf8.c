#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "tap.h"
#include "utf8.h"

/* In memory of its own, so that a sanitizer sees one byte too far. */
static unsigned char *
exact_copy(const char *bytes, size_t len)
{
	return memcpy(xmalloc(len ? len : 1), bytes, len);
}

static void
length_is(const char *bytes, size_t want, const char *fact)
{
	size_t len = strlen(bytes);
	unsigned char *copy = exact_copy(bytes, len);

	is_int((long long)utf8_length(copy, copy + len), (long long)want, fact);
	free(copy);
}

static void
text_is(const char *bytes, size_t len, bool want, const char *fact)
{
	char *copy = (char *)exact_copy(bytes, len);

	ok(utf8_is_text(copy, len) == want, fact);
	free(copy);
}

/* Every character up to U+FFFF, against what the header says. */
static void
test_control(void)
{
	int wrong = 0;

	for (unsigned c = 1; c <= 0xffff; c++) {
		bool is_one = c < ' ' || (c >= 127 && c <= 0x9f) || (c >= 0x202a && c <= 0x202e) ||
		              (c >= 0x2066 && c <= 0x2069) || c == 0xad || c == 0x200b ||
		              c == 0x2060 || c == 0x3164 || c == 0xfeff;
		size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
		char text[] = { (char)c, 0, 0, 0 };

		if (len == 2)
			memcpy(text, (char[]){ (char)(0xc0 | c >> 6), (char)(0x80 | (c & 63)) }, 2);
		if (len == 3)
			memcpy(text,
			    (char[]){ (char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
				(char)(0x80 | (c & 63)) },
			    3);
		wrong += utf8_control(text) != (is_one ? len : 0);
	}
	is_int(wrong, 0,
	    "control characters are C0, DEL, C1, what turns the direction, and what is not seen");
	ok(utf8_control("\xf3\xa0\x80\x80") == 4 && utf8_control("\xf3\xa0\x81\xbf") == 4,
	    "so are tags");
	ok(utf8_control("\xf3\xa0\x82\x80") == 0 && utf8_control("\xf3\xa0\x84\x80") == 0 &&
		utf8_control("\xf0\x9f\x98\x80") == 0,
	    "but not what else is beyond U+FFFF: what varies a character, nor an emoji");
	ok(utf8_control("") == 0 && utf8_control("\xc2") == 0 && utf8_control("\xe2\x80") == 0,
	    "the end of a text is none, nor half a character");
}

/* Where a run of plain bytes ends, at each place in and around words of eight. */
static void
test_skip(void)
{
	static const unsigned char ends[] = { '"', '\\', '\n', 0, 0x1f, 0xc3, 0xff };
	int wrong = 0;

	for (size_t n = 0; n < 40; n++)
		for (size_t i = 0; i < sizeof ends; i++) {
			unsigned char bytes[40];
			const unsigned char *want = bytes + n;

			memset(bytes, 'x', sizeof bytes);
			bytes[n] = ends[i];
			wrong += utf8_skip_plain(bytes, bytes + sizeof bytes, false) != want;
			if (ends[i] >= 0x80)
				want = bytes + sizeof bytes;
			wrong += utf8_skip_plain(bytes, bytes + sizeof bytes, true) != want;
			wrong += utf8_skip_plain(bytes, bytes + n, false) != bytes + n;
		}
	is_int(wrong, 0, "plain bytes are skipped up to the first that is not");
}

int
main(void)
{
	length_is("\xc3\xbc", 2, "two bytes");
	length_is("\xe2\x82\xac!", 3, "three bytes, and one more");
	length_is("\xf0\x9f\x98\x80", 4, "four bytes");
	length_is("\xf4\x8f\xbf\xbf", 4, "U+10FFFF is the last one");
	length_is("\xf4\x90\x80\x80", 0, "beyond it there is none");
	length_is("\xc0\xaf", 0, "overlong in two bytes");
	length_is("\xe0\x9f\xbf", 0, "overlong in three");
	length_is("\xf0\x8f\xbf\xbf", 0, "overlong in four");
	length_is("\xed\xa0\x80", 0, "a surrogate");
	length_is("\xe2\x82", 0, "cut off");
	length_is("\xe2\x82x", 0, "another byte in its place");
	length_is("\xbf", 0, "begins in the middle");
	text_is("", 0, true, "nothing is text");
	text_is("plain \"quoted\" \\ \n\x7f gr\xc3\xbc\xc3\x9f", 26, true, "so is this");
	text_is("a\0b", 3, false, "a NUL is not");
	text_is("caf\xe9", 4, false, "nor Latin-1");
	text_is("caf\xe9 and more", 13, false, "wherever it stands");
	test_skip();
	test_control();
	ok(utf8_characters("aé€") == 3, "characters, not bytes");
	return done_testing();
}
