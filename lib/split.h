/*
 * split.h - a task becomes several: its subtasks, made as a plan says
 */
#ifndef SPLIT_H
#define SPLIT_H

#include "store.h"

/*
 * split_task - give a pending task subtasks
 *
 * decision, plan  consumed; the plan is normalised (plan.h)
 * children        set to the array of subtasks as stored, owned
 *
 * Returns LIFE_DONE, LIFE_PASSED (not ready, or split already), -1 with err EX_NOINPUT.
 */
int split_task(struct tx *tx, const char *id, jv decision, jv plan, bool keep_going, jv *children);

#endif
