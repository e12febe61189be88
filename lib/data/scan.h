/*
 * scan.h - JSON as RFC 8259 says, as text
 *
 * Everything from outside passes scan_check first; the other functions walk through text that has
 * passed it, or is our own output, without making values of it.
 * Source of the rules: RFC 8259.  Limits: 256 levels, numbers that a double holds (what is
 * written as an integer: up to 2^53) in at most 1200 characters, texts of 512 MiB.  Lone
 * surrogates (\ud800) are refused, as libjq does.  LC_NUMERIC has to stay "C".
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum {
	SCAN_NUMBER_MAX = 1200,
	SCAN_TEXT_MAX = 1 << 29 /* longer ones could overflow the int sizes libjq computes with */
};

/* A piece of JSON text, not NUL-terminated. */
struct scan_text {
	const char *p;
	size_t len;
};

/*
 * scan_check - whether text is exactly one JSON value
 *
 * Returns 0, or -1 with err set to EX_DATAERR: what is wrong and at which byte (from 1).
 * The sentence never repeats the text.
 */
int scan_check(const char *text, size_t len);

/* scan_is_json - whether it is one by RFC 8259 at least, in up to 256 levels: what scan_check
 * refuses then is a number or a surrogate. */
bool scan_is_json(const char *text, size_t len);

/*
 * scan_prefix - whether text begins with a JSON value, whatever follows it
 *
 * end  set to how many bytes that value has, or on -1 to how many are before the fault (len: the
 *      text ends too early)
 *
 * Returns 0, or -1 as scan_check does.
 */
int scan_prefix(const char *text, size_t len, size_t *end);

/*
 * scan_member - find a member of an object's text without parsing it
 *
 * object  text that begins with "{"
 * value   set to the value's text, which points into object
 *
 * Returns whether there is one (the last, where a name occurs twice: so does json_parse).
 */
bool scan_member(struct scan_text object, const char *name, struct scan_text *value);

/*
 * scan_element - the value that begins at *p, and move *p behind it
 *
 * For walking an array's text: start *p behind "[".  Skips blanks and one comma first.
 * Returns false at "]" or end.
 */
bool scan_element(const char **p, const char *end, struct scan_text *value);

/* scan_is - whether value is the string s (which needs no escapes). */
bool scan_is(struct scan_text value, const char *s);

/* scan_unquote - what a string (with its quotes) says: in scratch, whose content is replaced, where
 * it has escapes, else in place. */
struct scan_text scan_unquote(struct scan_text string, struct buf *scratch);

/* scan_number_value - the double that the characters of a number mean. */
double scan_number_value(const char *p, size_t len);

/* scan_skip_blanks - the first byte from p on that is no blank, or end. */
const char *scan_skip_blanks(const char *p, const char *end);

#endif
