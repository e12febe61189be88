/*
 * demand.h - a request for an agent, and the spec of a task that it becomes
 *
 *   {"task_description","account_ids"?,"regions"?,"model_id"?,"agent"?,"chat_id"?,"tools"?,
 *    "limits"?,"output"?}
 *
 * Errors say what to do next: a model reads them.
 */
#ifndef DEMAND_H
#define DEMAND_H

#include <jv.h>
#include <stdbool.h>

enum { DEMAND_CHARS_MIN = 10 }; /* of a description */

/*
 * demand_spec - look at a request (consumed), and make a spec of it (spec.h)
 *
 * is_any  accounts and regions are of another world than AWS
 *
 * It has "tools" (array), if any are named, beside what belongs to a spec.  Invalid with err
 * EX_DATAERR.
 */
jv demand_spec(jv request, bool is_any);

#endif
