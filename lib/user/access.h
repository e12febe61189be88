/*
 * access.h - chats and tasks for a user whose identity a server has fixed
 *
 * What the rules of a chat say (may.h), and what they leave open: a task without a chat is the
 * business of who has added it, and without a rule only who is asked decides.  What is refused is
 * in the audit, as with may.h.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "may.h"
#include "store.h"

/* access_chat - the chat of a whole id or unique prefix, if the user may do that there: owned;
 * invalid with err: EX_NOINPUT, EX_NOPERM. */
jv access_chat(struct tx *tx, const char *given, const char *user, enum may_what what);

/* access_may - whether the user may do that with a task (borrowed), as its chat says.  0, or -1
 * with err EX_NOPERM. */
int access_may(struct tx *tx, jv task, const char *user, enum may_what what);

/* access_task - as access_chat, of a task; given NULL: EX_DATAERR. */
jv access_task(struct tx *tx, const char *given, const char *user, enum may_what what);

/* access_has - whether the user may do that to a task (borrowed), MAY_APPROVE: decide what it asks;
 * only asked, so that no refusal is in the audit. */
bool access_has(struct tx *tx, jv task, const char *user, enum may_what what);

/* access_approves - whether the user may decide what tasks of a chat (borrowed) ask its owner; only
 * asked. */
bool access_approves(jv chat, const char *user);

#endif
