/*
 * access.h - chats and tasks for a user whose identity a server has fixed
 *
 * What the rules of a chat say (may.h), and what they leave open: a task without a chat is the
 * business of who has added it, and without a rule only who is asked decides.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "may.h"
#include "store.h"

/* access_chat - the chat of a whole id or unique prefix, if the user may do that there: owned;
 * invalid with err: EX_NOINPUT, EX_NOPERM. */
jv access_chat(struct tx *tx, const char *given, const char *user, enum may_what what);

/* access_task - the same of a task, as its chat says; given NULL: EX_DATAERR. */
jv access_task(struct tx *tx, const char *given, const char *user, enum may_what what);

/* access_decision - whether the user may decide what a task (borrowed) asks.  0, or -1 with err
 * EX_NOPERM. */
int access_decision(struct tx *tx, jv task, const char *user);

#endif
