/*
 * mask.h - secrets, and texts without them: *** stands where one was
 *
 * A secret is found as it is, and as JSON may write it, within strings within strings: with
 * backslashes before some of its characters, with \n, \t and \uXXXX for others.  To that end both
 * are looked at without their backslashes, so a text that differs from a secret in nothing but
 * these is masked, too.  (A secret that has a backslash before u and four hexadecimal digits may be
 * missed where it stands with other \uXXXX in a text.)
 *
 * 1. No secret is found in what was masked.
 * 2. Nobody else's text is changed, and none that holds no secret.
 *
 * NULL is a mask without secrets.
 */
#ifndef MASK_H
#define MASK_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct mask;

enum { MASK_SECRET_MIN = 8 }; /* shorter ones would be found everywhere */

/* mask_new - one without secrets; mask_free(NULL) is fine. */
struct mask *mask_new(void);
void mask_free(struct mask *m);

/*
 * mask_add - from now on, that is a secret
 *
 * Passed over: what has less than MASK_SECRET_MIN bytes, or hardly more than backslashes; what is
 * masked already (has *** in it); and words by which logs and conversations are understood, such as
 * `assistant`, or parts of them.
 */
void mask_add(struct mask *m, const char *secret, size_t len);

/* mask_longest - how many bytes the longest secret has, or JSON makes of it within one string; 0:
 * there is none. */
size_t mask_longest(const struct mask *m);

/* mask_hits - whether there may be a secret in the text; false is certain. */
bool mask_hits(const struct mask *m, const char *text, size_t len);

/* mask_text - append the text, masked. */
void mask_text(const struct mask *m, struct buf *b, const char *text, size_t len);

/* mask_cut - the last place in the text, at most at, that is not within a secret or between two, so
 * that what stands before it and behind it can be masked apart. */
size_t mask_cut(const struct mask *m, const char *text, size_t len, size_t at);

/* mask_value - a value (consumed) with its strings masked, names of members included; a number that
 * holds a secret becomes "***". */
jv mask_value(const struct mask *m, jv value);

#endif
