/*
 * pattern.h - regular expressions as JSON Schema has them: those of ECMA 262, for Unicode
 *
 * Oniguruma does the matching, of an expression that is first rewritten in its language: "^" and
 * "$" mean the ends of the text, never of a line; "\d" and "\w" are ASCII, "\s" is what ECMA says;
 * "[]", "[^]", "\cX", "\uXXXX" (pairs too), "\u{X}", "\p{Script=X}" work.  As with ECMA's flag u an
 * unknown escape of a letter is refused.  What differs: a reference to a group that took no part
 * matches nothing, and a lone surrogate is refused.
 *
 * No search takes long: its steps are limited, a base number and some for each byte.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>

struct pattern;

/* pattern_open - make ready an expression in UTF-8; NULL with err EX_DATAERR: what is wrong. */
struct pattern *pattern_open(const char *text, size_t len);

/* pattern_close - free it; NULL is fine. */
void pattern_close(struct pattern *p);

/*
 * pattern_search - whether it matches anywhere in s, which is UTF-8
 *
 * Returns 1 or 0, or -1 with err EX_DATAERR where that would take too many steps.
 */
int pattern_search(const struct pattern *p, const char *s, size_t len);

#endif
