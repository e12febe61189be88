/*
 * bequest.h - what an agent hands down to one that it asks for: less than it has, or the same
 *
 *   scope         within its own, which it is if nothing else is said
 *   tools         of its own; what it must ask for, the other must ask for
 *   MCP servers   a new agent has its own, where it is given all tools or some of theirs; a
 *                 member of the crew loses those that it has
 *   sandbox       as it is itself; a model also works in its folder
 *   tokens        what it has left, and has not handed to others that are not over
 *   turns, time   what it has left
 *   depth, breadth        limits.max_depth, max_children (all that it ever spawns), or the usual
 */
#ifndef BEQUEST_H
#define BEQUEST_H

#include "creation.h"
#include "store.h"

enum { BEQUEST_DEPTH = 3, BEQUEST_CHILDREN = 16 };

/* Who asks. */
struct bequest {
	const char *task_id;   /* borrowed */
	int64_t turns, tokens; /* used up, with those of the children that are told */
	jv told;               /* owned: an object, with their ids as names; invalid: none are */
	int64_t began_ms;      /* of its attempt, wall clock; 0: that is not known */
	int64_t retries;       /* how often task-retry has put it back */
};

/* bequest_open - who asks, as LEGWORK_TASK_ID says: 1; 0: no agent does; -1 with err.  Release it
 * in any case. */
int bequest_open(struct bequest *b, struct store *s);
void bequest_release(struct bequest *b);

/*
 * bequest_apply - narrow what is wanted
 *
 * spec    in and out: its scope, limits, chat and model; "tools" goes
 * worker  in and out: in, the member of the crew that is named, or invalid: a new agent.  Out, what
 *         the task's own agent has, as far as that is limited; invalid: not at all
 *
 * Returns 0, or -1 with err EX_NOPERM: what it may not, and what it may; EX_NOINPUT: it is no task.
 */
int bequest_apply(const struct bequest *b, struct tx *tx, jv *spec, jv *worker);

#endif
