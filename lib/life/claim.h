/*
 * claim.h - a task is taken, with all that its agent has to know of it
 */
#ifndef CLAIM_H
#define CLAIM_H

#include <stdbool.h>

#include "life.h"

struct claim {
	jv task;   /* as it is now, in progress */
	jv agent;  /* its record, which a task may bring (`worker`); invalid: none is wanted (it was
	            * split) */
	jv others; /* array: its subtasks, or else the tasks that it depends on, each with those of
	            * id, title, status, response and error that it has */
	jv chat;   /* of an llm agent: what was said in the chat lately (recent.h); else invalid */
	bool wants_consent; /* as struct work has it */
};

/* How much of the chat an llm agent is told where its record does not say, in tokens; a token is
 * taken for four bytes. */
enum { CLAIM_CONTEXT_TOKENS = 2000 };

/*
 * claim_task - life_claim in a transaction of its own
 *
 * Returns LIFE_DONE, with all of c owned by the caller (claim_release); LIFE_PASSED, LIFE_HELD; -1
 * with err, as life_claim (EX_NOINPUT) and the store.
 */
int claim_task(struct store *s, const char *id, struct life_claim how, struct claim *c);

/* claim_held - the same of a task that has been claimed under that lease; LIFE_PASSED where it is
 * not, or not any more. */
int claim_held(struct store *s, const char *id, const char *lease, struct claim *c);
void claim_release(struct claim *c);

#endif
