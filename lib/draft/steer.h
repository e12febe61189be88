/*
 * steer.h - what people tell a chat to do with its tasks
 *
 * A command is {"name":"cancel"|"status"|"retry"|"approve","task"?,"reason"?,"by"?}; source says of
 * which chat and message it is: {"chat_id","message_id"}.
 *
 * 1. A command reaches the tasks of its own chat.
 * 2. It is obeyed once: the answer's id is made of the message's, and while the chat has it nothing
 *    is done again.
 * 3. An agent steers nothing.
 */
#ifndef STEER_H
#define STEER_H

#include "store.h"

/*
 * steer_obey - do what the command (borrowed) says, and post the answer: a status, or an error
 *
 * running  an array, to which the ids of tasks are added that run and are to end: the caller has
 *          agent-cancel see to that, behind the commit
 *
 * Returns 0, also where it was refused in the chat; or -1 with err, having changed nothing:
 * EX_DATAERR, EX_NOINPUT (no such chat), EX_NOPERM (an agent).
 */
int steer_obey(struct tx *tx, jv command, jv source, jv *running);

#endif
