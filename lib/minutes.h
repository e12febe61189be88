/*
 * minutes.h - what a task's log says of an attempt's beginning and of its end
 *
 *   create_task_start       what a task that was spawned is to do, and where; before its first attempt
 *   agent_creation_metrics  how long it took to spawn it, by phases
 *   slow                    that a phase, or all of it, took too long
 *   start                   an attempt begins: who, with what, where
 *   end                     it has ended: why, and what it has cost
 *
 * legwork-record(5) says what is in them.
 */
#ifndef MINUTES_H
#define MINUTES_H

#include "work.h"

/* From when on a phase of spawning, and all of it, is slow; from which part of the whole on it is
 * to blame. */
enum { MINUTES_PHASE_US = 100000, MINUTES_TOTAL_US = 500000, MINUTES_BLAME_PERCENT = 30 };

/* minutes_begin - agent is invalid where none is wanted.  0, or -1 with err EX_IOERR. */
int minutes_begin(struct log *log, jv task, jv agent, const char *lease);

/* minutes_metrics - the times of a spawning: {"validation_us",...,"total_us"} (borrowed).  0, or -1
 * with err EX_IOERR. */
int minutes_metrics(struct log *log, jv performance);

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
