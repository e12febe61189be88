/*
 * jobs.h - tools of mcp-serve that take their time: an agent does a task, tasks end
 *
 * As docket.h.
 *
 * 1. Giving up a wait ends no task; giving up the call that has made a task and waits for it does,
 *    also where the client is gone.
 * 2. A wait has an end, for clients that wait for no answer for ever: then it is told how the tasks
 *    stand.
 * 3. Once a task has begun its call tells its id, whatever else fails.
 * 4. Who waits for a spawned agent sees to it that it goes on when its process dies.
 */
#ifndef JOBS_H
#define JOBS_H

#include "desk.h"

enum { JOBS_WAIT_S = 50, JOBS_WAIT_S_MAX = 86400, JOBS_IDS_MAX = 100 };

/* jobs_create - an agent does a task, at once: {"task_id",...}; with `wait`, its end, too. */
int jobs_create(struct desk *d, struct order *o);

/* jobs_wait - {"all_ended","tasks":[...]}. */
int jobs_wait(struct desk *d, struct order *o);

/* jobs_cancel - {"tasks":[...]}, once nothing is left of them; else a failure, with "why". */
int jobs_cancel(struct desk *d, struct order *o);

#endif
