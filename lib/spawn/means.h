/*
 * means.h - what an agent has left of its limits, and what of that one has whom it asks for
 *
 *   tokens        what it has left, and has not handed to others that are not over
 *   turns, time   what it has left
 *   depth, breadth        limits.max_depth, max_children (all that it ever spawns), or the usual
 */
#ifndef MEANS_H
#define MEANS_H

#include "store.h"

enum { MEANS_DEPTH = 3, MEANS_CHILDREN = 16 };

/* Who asks. */
struct means {
	const char *task_id;   /* borrowed */
	int64_t turns, tokens; /* used up, with those of the children that are told */
	jv told;               /* owned: an object, with their ids as names; invalid: none are */
	int64_t began_ms;      /* of its attempt, wall clock; 0: that is not known */
	int64_t retries;       /* how often task-retry has put it back */
};

/* means_open - who asks, as LEGWORK_TASK_ID says: 1; 0: no agent does; -1 with err.  Release it in
 * any case. */
int means_open(struct means *m, struct store *s);
void means_release(struct means *m);

/*
 * means_cap - have the limits of a new task no wider than what is left
 *
 * task, agent  borrowed: of who asks; agent invalid: none is known
 * spec         in and out: its limits, and its depth
 *
 * Returns 0, or -1 with err EX_NOPERM: what is used up.
 */
int means_cap(const struct means *m, struct tx *tx, jv task, jv agent, jv *spec);

#endif
