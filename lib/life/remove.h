/*
 * remove.h - tasks and chats are deleted
 *
 * 1. What runs is not deleted.
 * 2. A task goes with its subtasks, and theirs.  Who waits for one of them learns of it: he fails.
 * 3. A chat with many events goes piece by piece, oldest first and its record last: what is left
 *    in between is a chat that has fewer old events.
 */
#ifndef REMOVE_H
#define REMOVE_H

#include "store.h"

/* How many records of a chat one transaction deletes. */
enum { REMOVE_AT_ONCE = 4096 };

/*
 * remove_tasks - delete tasks with all their subtasks
 *
 * ids       borrowed: an array of whole ids
 * is_force  also where others wait for one of them: those fail (category "dependency")
 * removed   set to an array of the ids of all that were deleted, owned: their logs and
 *           folders are the caller's to remove (log_remove, work_folder_remove) once the commit
 *           has succeeded
 *
 * Returns 0, or -1 with err, having changed nothing: EX_NOINPUT, EX_TEMPFAIL (one is running, or
 * somebody waits).
 */
int remove_tasks(struct tx *tx, jv ids, bool is_force, jv *removed);

/* remove_check_chat - whether a chat may be deleted: no task of it is running, and, unless
 * is_force, none has not ended.  -1 with err: EX_NOINPUT, EX_TEMPFAIL. */
int remove_check_chat(struct tx *tx, const char *id, bool is_force);

/*
 * remove_chat_some - delete the oldest events of a chat, and with the last ones the chat
 *
 * Its readers' cursors go with it.  Its tasks stay; what they said and nobody has posted is
 * forgotten, and those that run yet get a chat of their own.
 * Returns 1 where nothing of the chat is left, 0 where there is more to delete, in another
 * transaction; -1 with err, as remove_check_chat, where only the last step was left: then this
 * transaction must not be made.
 */
int remove_chat_some(struct tx *tx, const char *id, bool is_force);

#endif
