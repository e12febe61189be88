/*
 * cancel.h - tasks that somebody wants ended, with all that is below them
 *
 * Below a task are its subtasks and what its agent has spawned, and what is below those.  What does
 * not run ends in the transaction; what runs is marked (life_mark), and halt.h sees to its end.
 */
#ifndef CANCEL_H
#define CANCEL_H

#include "store.h"

/* Ids, each once. */
struct cancel_family {
	jv ids; /* an array, as they were found */
	jv has; /* an object: which there are */
};

/* cancel_family - one that is empty.  cancel_family_ids - its ids, owned; nothing is left of it. */
struct cancel_family cancel_family(void);
jv cancel_family_ids(struct cancel_family f);

/* cancel_gather - add a task's id, if that is wanted, and those of all below it. */
void cancel_gather(struct tx *tx, struct cancel_family *f, const char *id, bool with_itself);

/* cancel_gather_set - the same of all tasks in a set, and below them. */
void cancel_gather_set(struct tx *tx, struct cancel_family *f, const char *set);

/*
 * cancel_tasks - end those of ids (consumed) that do not run, and mark those that do
 *
 * Of one that is marked already the first mark stays.  Those that end here end together: none fails
 * because of another.
 *
 * Returns an array of {"task_id","state","was_over","waiter"?,"waiter_pid"?}: the status that each
 * has now, `in_progress` where it is still to end, and whether it had ended before; waiter is the
 * lease of the process that was to go on with it, for halt_waiter, and waiter_pid who held it.
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

/* cancel_check_below - that a task (a whole id) is below that of the agent that acts, where one
 * does; does: what an agent does with no other, "ends".  0, or -1 with err EX_NOPERM. */
int cancel_check_below(struct tx *tx, const char *id, const char *does);

#endif
