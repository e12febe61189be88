/*
 * plans.h - what tests of plans share: a crew, and values written as text
 */
#ifndef PLANS_H
#define PLANS_H

#include <string.h>

#include "buf.h"
#include "json.h"
#include "tap.h"

static const char *const crew_text =
    "[{\"role\":\"finder\",\"skills\":[\"find\",\"files\",\"list files\"]},"
    "{\"role\":\"painter\",\"skills\":[\"paint\"],\"status\":\"proposed\"},"
    "{\"role\":\"wc\",\"skills\":[\"count\",\"words\"],\"status\":\"active\"},"
    "{\"role\":\"wc-long\",\"skills\":[\"word_count\",\"count\"]},"
    "{\"role\":\"Sorter\",\"skills\":[\"sort\",\"find\"]}]";

static inline jv
parse(const char *text)
{
	return json_parse(text, strlen(text));
}

static inline jv
member(jv object, const char *name)
{
	return jv_object_get(jv_copy(object), jv_string(name));
}

/* Whether v (consumed) is the value that text writes. */
static inline void
is_json(jv v, const char *text, const char *fact)
{
	struct buf b = { 0 };

	if (jv_is_valid(v))
		json_dump(&b, v);
	else
		jv_free(v);
	is(b.p, text, fact);
	buf_release(&b);
}

#endif
