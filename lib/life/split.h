/*
 * split.h - a task becomes several: its subtasks, made as a plan says
 *
 * 1. Together they may cost no more than what the parent has left: each has an equal part of its
 *    max_turns and max_tokens, but at least 1; and one less of its max_depth.
 * 2. `descendants` of the task at the top counts the subtasks that its tree has ever had.
 */
#ifndef SPLIT_H
#define SPLIT_H

#include "store.h"

enum { SPLIT_EDITED = 2, SPLIT_TOO_DEEP = 3 };

/* How deep a tree may be, whatever limits say, and how many subtasks it may have in its life. */
enum { SPLIT_DEPTH_MAX = 8, SPLIT_TREE_MAX = 10000 };

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
 * Returns LIFE_DONE; LIFE_PASSED (not ready, or split already); or, having changed nothing:
 * SPLIT_EDITED where the task has another revision by now, SPLIT_TOO_DEEP where its max_depth is 0
 * or its tree is too deep, -1 with err: EX_NOINPUT; EX_DATAERR (more subtasks than its
 * max_children, or than a tree may have).
 */
int split_task(struct tx *tx, const char *id, struct split_order order, jv *children);

#endif
