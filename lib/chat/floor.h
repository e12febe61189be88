/*
 * floor.h - whether a person may speak in a chat while its tasks run
 *
 * A task with "lock":true has the floor while it runs, and so has any task of a chat whose
 * policy.lock is true, but for what an agent has spawned.  What people write then is refused.
 *
 * 1. What tasks and bots say goes through, and so does whatever is no message.
 * 2. Who has to steer a task can: a message that begins with /cancel, /status, /retry or /approve
 *    goes through, and so does a reply to what a task of the chat has asked.
 * 3. A task whose runner is dead has no floor, also where nobody has put it back yet.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include "store.h"

/* floor_is_person - whether the event is what a person says in the chat (both borrowed): a message,
 * no task's, and not from a member that is a bot or an agent. */
bool floor_is_person(jv chat, jv event);

/* floor_check - whether the event, which has its id and chat_id, may be said in the chat now (both
 * borrowed).  0, or -1 with err EX_TEMPFAIL, which names chat and task; that it was refused is in
 * the audit then. */
int floor_check(struct tx *tx, jv chat, jv event);

#endif
