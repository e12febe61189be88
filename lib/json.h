/*
 * json.h - JSON as RFC 8259 says, on top of jv
 *
 * jv is lax (it takes nan, 007, bytes that are no UTF-8, and rounds numbers) and aborts
 * on a wrong kind.  So everything from outside passes json_check first, and is
 * looked at only through the functions below, which never abort.
 * Source of the rules: RFC 8259.  Limits: 256 levels, numbers that a double holds (what is
 * written as an integer: up to 2^53) in at most 1200 characters, texts of 512 MiB.  Lone
 * surrogates (\ud800) are refused, as libjq does.  LC_NUMERIC has to stay "C".
 */
#ifndef JSON_H
#define JSON_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* A piece of JSON text, not NUL-terminated. */
struct json_text {
	const char *p;
	size_t len;
};

/*
 * json_check - whether text is exactly one JSON value
 *
 * Returns 0, or -1 with err set to EX_DATAERR: what is wrong and at which byte (from 1).
 * The sentence never repeats the text.
 */
int json_check(const char *text, size_t len);

/* json_parse - json_check, then a jv; invalid (without message) with err set. */
jv json_parse(const char *text, size_t len);

/* json_parse_object - the same, refusing what is not an object. */
jv json_parse_object(const char *text, size_t len);

/*
 * json_dump - append v (consumed) to b, compact, members in the order in which they were set
 *
 * json_parse of it gives the same value (of up to 256 levels): a number has the fewest digits
 * for that; nan and infinity become null.  Nothing but control characters, quotes and
 * backslashes is escaped.
 */
void json_dump(struct buf *b, jv v);

/* json_add_string - append s as a JSON string, quoted and escaped.  s is UTF-8. */
void json_add_string(struct buf *b, const char *s, size_t len);

/*
 * json_member - find a member of an object's text without parsing it
 *
 * object  valid JSON text (json_check or our own output) that begins with "{"
 * value   set to the value's text, which points into object
 *
 * Returns whether there is one (the last, where a name occurs twice: so does json_parse).
 */
bool json_member(struct json_text object, const char *name, struct json_text *value);

/*
 * json_element - the value that begins at *p, and move *p behind it
 *
 * For walking an array's text: start *p behind "[".  Skips blanks and one comma first.
 * Returns false at "]" or end.  Text must be valid JSON.
 */
bool json_element(const char **p, const char *end, struct json_text *value);

/* json_text_is - whether value is the string s (which needs no escapes). */
bool json_text_is(struct json_text value, const char *s);

/*
 * json_peek_string - a member's string, borrowed, or NULL where it is missing or no string
 *
 * object is not consumed; the string lives as long as it does.  A string that holds
 * U+0000 counts as missing.
 */
const char *json_peek_string(jv object, const char *name);

/* json_peek_int - a member's whole number, or otherwise `or`; object is not consumed. */
int64_t json_peek_int(jv object, const char *name, int64_t or);

/* json_peek_bool - whether a member is true; object is not consumed. */
bool json_peek_bool(jv object, const char *name);

/* json_has - whether object (not consumed) has the member, null included. */
bool json_has(jv object, const char *name);

/* json_get - a member of that kind, owned; invalid where it is missing or of another.
 * object is not consumed. */
jv json_get(jv object, const char *name, jv_kind kind);

/* json_set, json_set_string, json_set_int - set a member; object and value are consumed,
 * s is borrowed.  Returns the object.  s NULL sets null. */
jv json_set(jv object, const char *name, jv value);
jv json_set_string(jv object, const char *name, const char *s);
jv json_set_int(jv object, const char *name, int64_t n);

/* json_drop - remove a member, if there; object is consumed.  Returns the object. */
jv json_drop(jv object, const char *name);

/* json_utf8 - a jv string of any bytes: each that is no UTF-8 becomes U+FFFD; NULs are kept. */
jv json_utf8(const char *bytes, size_t len);

#endif
