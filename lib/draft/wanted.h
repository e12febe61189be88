/*
 * wanted.h - what the answer to a message shall be: the `output` of its task
 *
 * A text gives a format (json, markdown, csv, text), a JSON Schema, or words.  The members
 * "output", "output_schema" and "format" of its metadata win over what it says.
 */
#ifndef WANTED_H
#define WANTED_H

#include <jv.h>
#include <stdbool.h>

#include "verdict.h"
#include "wish.h"

/* Characters above and below which words are refused or warned of. */
enum { WANTED_MAX = 1000, WANTED_SHORT = 5, WANTED_LONG = 500 };

struct wanted {
	jv output;               /* begin with an empty object */
	struct verdict *verdict; /* what is wrong is noted here */
};

/* wanted_read, then wanted_take - as the text says, then as the metadata (borrowed) do. */
void wanted_read(struct wanted *w, const struct wish *wish);
void wanted_take(struct wanted *w, jv metadata);

/* wanted_has - whether a member of the metadata is wanted_take's. */
bool wanted_has(const char *member);

/* wanted_finish - the output, owned; the default one where nothing was said. */
jv wanted_finish(struct wanted *w);

#endif
