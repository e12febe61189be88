/*
 * minutes.h - what a task's log says of an attempt's beginning and of its end
 *
 *   create_task_start  what a task that was spawned is to do, and where; before its first attempt
 *   start              an attempt begins: who, with what, where
 *   end                it has ended: why, and what it has cost
 *
 * legwork-record(5) says what is in them.
 */
#ifndef MINUTES_H
#define MINUTES_H

#include "work.h"

/* minutes_begin - agent is invalid where none is wanted.  0, or -1 with err EX_IOERR. */
int minutes_begin(struct log *log, jv task, jv agent, const char *lease);

/* minutes_reason - why an attempt at the task (as it is before that) ends: "completed", "failed",
 * "cancelled", "stopped", "asked". */
const char *minutes_reason(jv task, enum work_end end);

/*
 * minutes_end - the same, with what became of the attempt
 *
 * ms  how long it took
 *
 * Returns 0, or -1 with err EX_IOERR.
 */
int minutes_end(struct log *log, jv task, enum work_end end, const struct work_result *result,
    int64_t ms);

#endif
