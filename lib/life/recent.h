/*
 * recent.h - what was said in a chat lately, as an agent is told it
 */
#ifndef RECENT_H
#define RECENT_H

#include "store.h"

enum { RECENT_EVENTS = 200 };

/*
 * recent_messages - the last messages of a chat that fit into max_bytes, the oldest first
 *
 * task  borrowed: what was said by it, and the message that it was made of, are left out
 *
 * Looks at the last RECENT_EVENTS events only.  Returns an owned array of {from, kind, trusted,
 * text}; kind is "task" where a task has said it (from is then its short id), else what kind of a
 * member of the chat has, or "person"; trusted is there, and false, where the chat does not trust
 * whoever it was (may.h), or the task.
 */
jv recent_messages(struct tx *tx, jv task, size_t max_bytes);

#endif
