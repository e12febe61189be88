/*
 * handle.h - MCP's tasks extension (SEP-2663): a client that declares it gets a handle for a task
 * that it has made, and asks how that stands
 *
 * A handle is the task's id.  A task that has failed is one whose call has completed, with a result
 * that tells of an error.  What it asks a person for is an input that it requires, of clients that
 * can ask one.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include "desk.h"

enum { HANDLE_POLL_MS = 1000 };

/* handle_new - the handle of the task that a result (consumed) names: {"resultType":"task",...}. */
jv handle_new(jv result);

/* handle_get, handle_update, handle_cancel - the methods tasks/get, tasks/update, tasks/cancel, as
 * tools (order.h); -1 with err: EX_DATAERR, EX_NOINPUT, EX_NOPERM. */
int handle_get(struct desk *d, struct order *o);
int handle_update(struct desk *d, struct order *o);
int handle_cancel(struct desk *d, struct order *o);

#endif
