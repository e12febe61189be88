/*
 * cancel.h - tasks that somebody wants ended, with all that is below them
 *
 * Below a task are its subtasks and what its agent has spawned, and what is below those.  What does
 * not run ends in the transaction; what runs is marked (life_mark), and halt.h sees to its end.
 */
#ifndef CANCEL_H
#define CANCEL_H

#include "store.h"

/* cancel_gather - add a task's id, if that is wanted, and those of all below it to ids, an array in
 * which each is named once. */
void cancel_gather(struct tx *tx, jv *ids, const char *id, bool with_itself);

/* cancel_gather_set - the same of all tasks in a set, and below them. */
void cancel_gather_set(struct tx *tx, jv *ids, const char *set);

/*
 * cancel_tasks - end those of ids (consumed) that do not run, and mark those that do
 *
 * Of one that is marked already the first mark stays.  Those that end here end together: none fails
 * because of another.
 *
 * Returns an array of {"task_id","state","was_over","waiter"?}: the status that each has now,
 * `in_progress` where it is still to end, and whether it had ended before; waiter is the lease of
 * the process that was to go on with it, for halt_waiter.
 */
jv cancel_tasks(struct tx *tx, jv ids, const char *by, const char *reason);

/*
 * cancel_spawned - where a task (a whole id) has failed for good: end what its agent has spawned,
 * for which nobody waits any more, and what is below that, as cancel_tasks does
 *
 * Returns the ids of those that run yet, an owned array, for cancel_start.
 */
jv cancel_spawned(struct tx *tx, const char *id);

/* cancel_start - have agent-cancel see to the end of tasks (consumed: their ids) that run and are
 * marked, while we go on.  It is a child of ours.  0, or -1 with err; nothing where there are
 * none. */
int cancel_start(jv ids);

/* cancel_is_below - whether the task is below the one with the id. */
bool cancel_is_below(struct tx *tx, jv task, const char *id);

#endif
