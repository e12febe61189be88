/*
 * split.h - a task becomes several: its subtasks, made as a plan says
 */
#ifndef SPLIT_H
#define SPLIT_H

#include "store.h"

enum { SPLIT_EDITED = 2 };

/* What is to become of a task. */
struct split_order {
	jv decision, plan; /* consumed; the plan is normalised (plan.h), decision invalid: none */
	int64_t revision;  /* of the task that was planned; -1: any */
	bool keep_going;   /* a failed subtask does not end the others */
};

/*
 * split_task - give a pending task subtasks
 *
 * children  set to the array of subtasks as stored, owned
 *
 * Returns LIFE_DONE; LIFE_PASSED (not ready, or split already); SPLIT_EDITED, having changed
 * nothing, where the task has another revision by now; -1 with err EX_NOINPUT.
 */
int split_task(struct tx *tx, const char *id, struct split_order order, jv *children);

#endif
