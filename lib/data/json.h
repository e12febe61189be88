/*
 * json.h - jv values that are safe to look at
 *
 * jv is lax (it takes nan, 007, bytes that are no UTF-8, and rounds numbers) and aborts on a wrong
 * kind.  So values are made of text that scan_check has passed, and are looked at only through the
 * functions below, which never abort.
 */
#ifndef JSON_H
#define JSON_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "scan.h"

/* json_parse - scan_check, then a jv; invalid (without message) with err set. */
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

/* json_dump_sorted - the same, with the members of all objects in the order of their names: equal
 * values have equal texts. */
void json_dump_sorted(struct buf *b, jv v);

/* json_add_string - append s as a JSON string, quoted and escaped.  s is UTF-8. */
void json_add_string(struct buf *b, const char *s, size_t len);

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

/* json_is_alike - whether both objects (not consumed) have the same string there. */
bool json_is_alike(jv a, jv b, const char *name);

/* json_get - a member of that kind, owned; invalid where it is missing or of another.
 * object is not consumed. */
jv json_get(jv object, const char *name, jv_kind kind);

/* json_set, json_set_string, json_set_int - set a member; object and value are consumed,
 * s is borrowed.  Returns the object.  s NULL sets null. */
jv json_set(jv object, const char *name, jv value);
jv json_set_string(jv object, const char *name, const char *s);
jv json_set_int(jv object, const char *name, int64_t n);

/* json_set_valid - json_set, or nothing where value is invalid. */
jv json_set_valid(jv object, const char *name, jv value);

/* json_drop - remove a member, if there; object is consumed.  Returns the object. */
jv json_drop(jv object, const char *name);

/* json_strings - the strings in an array (consumed; invalid: it is empty), NULL-terminated; what is
 * no string is left out.  json_free_strings frees them; NULL is fine. */
char **json_strings(jv array);
void json_free_strings(char **strings);

/* json_utf8 - a jv string of any bytes: each that is no UTF-8, or a NUL, becomes U+FFFD, so that
 * nothing is cut where it is taken for a C string. */
jv json_utf8(const char *bytes, size_t len);

#endif
