/*
 * consent.h - what the owner of a chat wants to be asked
 *
 * A chat's "policy":{"approve":["agents","tasks"]}: before an agent that a plan proposes joins the
 * crew, before a task of the chat begins.  approve.h says how it is answered.
 */
#ifndef CONSENT_H
#define CONSENT_H

#include "store.h"

/*
 * consent_read - what a person wrote: "agents", "tasks", both with a comma between them, or "none"
 *
 * Sets *what to an array, owned.  0, or -1 with err EX_DATAERR.
 */
int consent_read(const char *text, jv *what);

/* consent_set - that a chat (a whole id) is so; what is consumed, empty: nothing.  Returns the
 * record, owned; invalid with err EX_NOINPUT (no such chat). */
jv consent_set(struct tx *tx, const char *chat_id, jv what);

/* consent_is_wanted - whether the owner of a task's chat wants to be asked about "agents",
 * "tasks"; task is borrowed. */
bool consent_is_wanted(struct tx *tx, jv task, const char *what);

/*
 * consent_hold - a task (consumed) that may begin, or begin again, as it waits for its owner's
 * approval
 *
 * Asks in its chat, where that wants to be asked; else, of a subtask, and of one that was allowed,
 * the task is as it was.  It is not stored.
 */
jv consent_hold(struct tx *tx, jv task);

#endif
