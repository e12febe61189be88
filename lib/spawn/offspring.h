/*
 * offspring.h - tasks that were spawned: how they stand, and waiting for them
 */
#ifndef OFFSPRING_H
#define OFFSPRING_H

#include "bell.h"
#include "store.h"

/* offspring_of - the records of all that the agent of a task has spawned, oldest first; an owned
 * array; invalid with err. */
jv offspring_of(struct store *s, const char *task_id);

/*
 * offspring_put_back - put back tasks whose runners are dead (life_lost)
 *
 * lost  consumed: an array of {"id","lease"}, or records.  What was left running of them is ended
 *       first; who cannot be ended, and what somebody else has by now, is left alone.
 *
 * Returns 0, or -1 with err.
 */
int offspring_put_back(struct store *s, jv lost);

/* offspring_bell - the bell that rings when one of these tasks (ids borrowed: whole ids) changes,
 * and at times for others; NULL with err as bell_open. */
struct bell *offspring_bell(struct store *s, jv ids);

/*
 * offspring_tend - look once how tasks stand: whether all have ended, or are gone
 *
 * ids    borrowed: an array of whole ids
 * tasks  set to an owned array of those records that there are, in the same order, as they are then
 *
 * One whose runner has died, and which may be tried again, is started again as soon as there is
 * room for it, unless a pipeline is quicker.  Returns whether all have ended (1) or not (0); -1
 * with err.
 */
int offspring_tend(struct store *s, jv ids, jv *tasks);

/*
 * offspring_await - do so until all have ended, or are gone
 *
 * ids       consumed
 * until_ms  monotonic; INT64_MAX: as long as it takes
 *
 * As offspring_tend; 0 also where stop_signal came before.
 */
int offspring_await(struct store *s, jv ids, int64_t until_ms, jv *tasks);

#endif
