/*
 * program.h - run an agent's program on a task, and see what it says
 *
 * The program reads the task on its stdin; hear.h says what its lines are.  Exit 0 completes, 75
 * asks for another try, anything else fails.
 *
 * An answer that does not keep the task's contract (answer.h) fails, too, with category validation
 * and code contract.  A program that can be told why (it reads JSON, or has an adapter) is run
 * again before, as often as the contract says, within the time of the one attempt.
 *
 * Afterwards nothing that it started is left: its process group and everything that carries its
 * LEGWORK_RUN are ended.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "work.h"

/*
 * program_run - run it to its end, or until stop_signal
 *
 * result is set in every case.  WORK_STOPPED: a signal asked us to stop, its processes are gone.
 * WORK_BROKEN: as WORK_FAILED, because the log cannot be written.
 */
enum work_end program_run(struct work *w, struct work_result *result);

#endif
