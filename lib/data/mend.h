/*
 * mend.h - JSON as models and their servers write it
 *
 * json_parse refuses what RFC 8259 does not know.  Servers send such things all the same, and an
 * answer is not to be lost for one of them.  What is mended: lone surrogates (\ud800), bytes that
 * are no UTF-8, control characters in strings.
 */
#ifndef MEND_H
#define MEND_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * mend_parse - json_parse, of mended text where it is refused as it is
 *
 * is_rounded  also whole numbers beyond 2^53 are taken, rounded, and NaN and Infinity as null: for
 *             what a server says around an answer, not for the arguments of a tool
 *
 * Returns a value, or invalid with err EX_DATAERR.
 */
jv mend_parse(const char *text, size_t len, bool is_rounded);

#endif
