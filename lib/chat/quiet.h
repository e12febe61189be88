/*
 * quiet.h - tasks that let the people of their chat finish
 *
 * A task's when_idle_s (0: it does not mind), or else its chat's policy.when_idle_s, says for how
 * many seconds no person must have spoken in the chat before the task begins.  What has begun once
 * does not wait for that, nor do subtasks, a task that was split, and what an agent has spawned.
 *
 * It waits as for a slot (limit.h), in which there is room once it is quiet: "quiet.<chat>.<ms>"
 * where the task itself says how long, "quiet.<chat>" where the chat does, so that another policy
 * counts at once for all who wait already.
 *
 * A person has spoken last where the set said.<chat> (event.h) ends: an event that is written
 * anyway is in one more set.  (A record for each chat would be one more record for each message;
 * one that is kept only while somebody waits would not know what was said before; looking back from
 * the chat's tail costs as much as tasks have said since.)
 *
 * 1. It costs the same however much was said, and however many wait.
 * 2. Nothing is written, and nobody is woken, because a person speaks: who waits for the time to
 *    come finds then that it is later by now.
 * 3. What is dated later than now, an import or before a clock was set back, is not waited for.
 */
#ifndef QUIET_H
#define QUIET_H

#include "store.h"

enum { QUIET_S_MAX = 366 * 86400 }; /* a year */

/* quiet_check - whether the when_idle_s of a spec or task (borrowed), if it has one, is a number of
 * seconds up to QUIET_S_MAX.  0, or -1 with err EX_DATAERR. */
int quiet_check(jv spec);

/* quiet_read - the milliseconds of what a person wrote: a time, or "none"; -1 with err
 * EX_DATAERR. */
int64_t quiet_read(const char *text);

/* quiet_set - how long nobody must have spoken in a chat (a whole id) before its tasks begin; 0:
 * they do not mind.  Returns the record, owned; invalid: no such chat. */
jv quiet_set(struct tx *tx, const char *chat_id, int64_t ms);

/* quiet_slot - for what such a pending task waits in its chat (both borrowed; the chat invalid: not
 * known), an owned string; invalid: it does not wait for that. */
jv quiet_slot(jv task, jv chat);

/* quiet_is - whether a slot is such a one. */
bool quiet_is(const char *slot);

/* quiet_due_ms - when it is quiet there, if nobody speaks meanwhile; 0: nobody has spoken. */
int64_t quiet_due_ms(struct tx *tx, const char *slot);

/* quiet_why - what is waited for, in words: a new string. */
char *quiet_why(struct tx *tx, const char *slot);

#endif
