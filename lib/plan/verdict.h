/*
 * verdict.h - what is right and wrong with something that a person wrote
 *
 * {"is_valid","errors":[],"warnings":[],"suggestions":[]}, sentences in the lists; it is valid
 * where there are no errors.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <jv.h>
#include <stdbool.h>

struct verdict {
	jv notes;
};

/* verdict_init - nothing is wrong yet; verdict_release it afterwards. */
void verdict_init(struct verdict *v);
void verdict_release(struct verdict *v);

/* verdict_note - add a sentence to a list: "errors", "warnings" or "suggestions". */
void verdict_note(struct verdict *v, const char *list, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* verdict_is_valid - whether there are no errors. */
bool verdict_is_valid(const struct verdict *v);

/* verdict_errors - the errors in a line: a new string. */
char *verdict_errors(const struct verdict *v);

/* verdict_object - the object above, owned. */
jv verdict_object(const struct verdict *v);

#endif
