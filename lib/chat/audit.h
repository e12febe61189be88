/*
 * audit.h - what was refused, how chats were changed, and who wanted it: records that nothing
 * changes any more
 *
 *   "audit/<id>": {"id","at","kind","task_id"?,"chat_id"?,"user_id"?,"agent"?,...}
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <jv.h>

#include "store.h"

/* audit_entry - an entry of that kind, with a new id, about a chat and a user (NULL: none). */
jv audit_entry(const char *kind, const char *chat_id, const char *user);

/* audit_put - store an entry (consumed), which has an id and a kind; one that is there stays as it
 * is. */
void audit_put(struct tx *tx, jv entry);

/* audit_add - the same, in a transaction of its own, however long that has to wait, unless
 * stop_signal comes.  entry is consumed.  0, or -1 with err. */
int audit_add(struct store *s, jv entry);

#endif
