/*
 * settle.h - the end of a task, and what it means for those who wait for it
 *
 * 1. A task that ends releases those who wait for it, in the same transaction: dependents run, or
 *    fail with category "dependency"; the parent of a last subtask becomes ready; the parent of a
 *    failed one fails and its pending siblings are cancelled, unless it was split to keep going.
 * 2. `events` is set when a task ends: how many it has, the closing ones included.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include "store.h"

/* settle_end - end a task (consumed, with its response or error) in that status, and settle what
 * follows. */
void settle_end(struct tx *tx, jv task, const char *status);

/* settle_end_all - end tasks (consumed, an array of those), and only then settle what follows: none
 * of them is told that another has ended. */
void settle_end_all(struct tx *tx, jv tasks, const char *status);

/* settle_end_alone - the same for a task for which nobody can wait yet.  Returns it as stored. */
jv settle_end_alone(struct tx *tx, jv task, const char *status);

/*
 * settle_standing - how the dependencies of a task (borrowed) stand
 *
 * Returns 1 where all have completed (or are gone), 0 where some have not ended, -1 where one has
 * failed or was cancelled: *culprit is that task, owned (invalid otherwise).
 */
int settle_standing(struct tx *tx, jv task, jv *culprit);

/* settle_recount - count the subtasks of a pending parent (consumed) anew: it waits for those that
 * have not ended, and without any it is ready. */
void settle_recount(struct tx *tx, jv parent);

/* settle_dependency_error - the error of who waited in vain for culprit (borrowed), a "dependency"
 * or "subtask"; its `cause` is the task where it began, and why. */
jv settle_dependency_error(jv culprit, const char *what);

#endif
