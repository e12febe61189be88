/*
 * utf8.h - bytes as UTF-8
 *
 * Source: RFC 3629; overlong forms, surrogates and what is beyond U+10FFFF are none.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* utf8_length - how many bytes the character at p < end has, which is not ASCII; 0: it is no
 * UTF-8. */
size_t utf8_length(const unsigned char *p, const unsigned char *end);

/* utf8_skip_plain - the first byte from p on that is a control character, a quote or a backslash,
 * or, unless is_utf8 says that these are known to be good, not ASCII; end: there is none. */
const unsigned char *utf8_skip_plain(const unsigned char *p, const unsigned char *end,
    bool is_utf8);

/*
 * utf8_control - how many bytes the control character has that s, a string in UTF-8, begins with
 *
 * C0, DEL and C1, which drive a terminal, and the characters that turn the direction of what
 * follows (U+202A to U+202E, U+2066 to U+2069) or that nobody sees (U+00AD, U+200B, U+2060,
 * U+3164, U+FEFF, and the tags U+E0000 to U+E007F), which make a text look like another one.
 * What joins and varies others (U+200D, U+FE00 to U+FE0F) is none.  0: it begins with none, or is
 * empty.
 */
size_t utf8_control(const char *s);

/* utf8_characters - how many characters a string in UTF-8 has. */
size_t utf8_characters(const char *s);

/* utf8_is_text - whether all is UTF-8, and none of it a NUL. */
bool utf8_is_text(const char *s, size_t len);

#endif
