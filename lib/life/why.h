/*
 * why.h - why a task is not running, or why it ended as it did
 */
#ifndef WHY_H
#define WHY_H

#include "store.h"

/*
 * why_task - the reasons of a task (borrowed)
 *
 * Returns an owned object: {"id","status","why",...} with what the task says of it (waiting,
 * waiting_for, not_before, reserved_until, agent, attempt, error, failures, approval, decision,
 * subtasks), as task-why(1) tells.
 */
jv why_task(struct tx *tx, jv task);

/* why_agent - who does a task (borrowed), or would now, and why it: an owned object
 * {"id","status","agent"?,"why"}. */
jv why_agent(struct tx *tx, jv task);

#endif
