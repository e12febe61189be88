/*
 * errand.h - the agents that an agent has asked for: it hears of their ends
 *
 * session.h tells what these return.  What the model has heard is in the log (transcript.h), and
 * heard once: a result that a tool call has waited for is not told again.  What they have cost
 * counts against the task's max_tokens.
 */
#ifndef ERRAND_H
#define ERRAND_H

#include "session.h"

/* errand_tell - tell the model, in a message, what those have answered that have ended since.
 * SESSION_AGAIN, WORK_BROKEN. */
int errand_tell(struct session *s);

/*
 * errand_finish - the model has given what it takes for its answer (borrowed; a string)
 *
 * While others still run, or have ended without its knowing, that is only said in the chat: they
 * are waited for, and told.  Returns WORK_DONE: there is nothing to wait for; SESSION_AGAIN: ask
 * the model again; WORK_STOPPED, WORK_BROKEN.
 */
int errand_finish(struct session *s, jv answer);

#endif
