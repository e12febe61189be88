/*
 * script.h - the answers that the model server has been given
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "inbound.h"

struct answer {
	jv says; /* an object, see server.c */
	unsigned long line;
	bool is_used;
};

struct script {
	struct answer *answers;
	size_t len;
};

/* script_load - read the file.  0, or -1 with err: no file, no JSON, a member that is none. */
int script_load(struct script *script, const char *path);
void script_release(struct script *script);

/*
 * script_pick - the first answer that is left and is for this request; NULL: there is none
 *
 * body  the request's body, parsed; not consumed
 */
const struct answer *script_pick(struct script *script, const struct request *r, jv body);

/* script_is_for_models - whether the path is one of a model: .../chat/completions, .../messages. */
bool script_is_for_models(const char *path);

/* script_is_anthropic - whether it speaks the dialect of Anthropic. */
bool script_is_anthropic(const char *path);

#endif
