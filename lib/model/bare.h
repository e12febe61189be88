/*
 * bare.h - texts without the backslashes and escapes of JSON, within strings within strings
 *
 * What differs only by how often it was written as a string of JSON is the same text then.
 */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct bare {
	struct buf text;
	bool keeps_units;  /* \uXXXX becomes uXXXX: the backslash may not have been JSON's */
	bool has_units;    /* there was one */
	size_t *from, *to; /* where each of its bytes was, with room for all; NULL: nobody asks */
};

/* bare_add - append what is left of the text. */
void bare_add(struct bare *b, const char *text, size_t len);

#endif
