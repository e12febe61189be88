/*
 * prune.h - old logs are deleted
 *
 * 1. The log of a task that has not ended, or has events that are not in its chat yet, stays: its
 *    next attempt, or who posts them, needs it.
 * 2. So does one of a task that the user is not shown (sight.h).
 * 3. It is looked at and deleted within a transaction, in which nobody can claim the task.
 */
#ifndef PRUNE_H
#define PRUNE_H

#include "store.h"

/*
 * prune_logs - delete the logs of the tasks that ended at before_ms or earlier, and those that
 * belong to no task and were written last then
 *
 * is_dry  do not delete them
 * take    is called with the id of each, when it is gone
 *
 * Returns 0, or -1 with err: what was taken is deleted all the same.
 */
int prune_logs(struct store *s, int64_t before_ms, bool is_dry,
    void (*take)(void *arg, const char *id), void *arg);

#endif
