/*
 * dialect.h - the two ways to speak to a model, as one
 */
#ifndef DIALECT_H
#define DIALECT_H

#include "reply.h"

struct dialect {
	const char *name;
	const char *path; /* behind the base URL */
	jv (*body)(jv request, const char *version, bool is_vendor);
	void (*event)(struct reply *a, const char *name, const char *data, size_t len);
	void (*whole)(struct reply *a, jv answer);
};

/* dialect_find - "openai" or "anthropic"; NULL with err EX_CONFIG: it is none of them. */
const struct dialect *dialect_find(const char *name);

#endif
