/*
 * bequest.h - what an agent hands down to one that it asks for: less than it has, or the same
 *
 *   scope         within its own, which it is if nothing else is said
 *   tools         of its own; what it must ask for, the other must ask for
 *   MCP servers   a new agent has its own, where it is given all tools or some of theirs; a
 *                 member of the crew loses those that it has
 *   sandbox       as it is itself; a model also works in its folder
 *   limits        out of what is left of its own (means.h)
 */
#ifndef BEQUEST_H
#define BEQUEST_H

#include "creation.h"
#include "means.h"

/*
 * bequest_apply - narrow what is wanted
 *
 * spec    in and out: its scope, limits, chat and model; "tools" goes
 * worker  in and out: in, the member of the crew that is named, or invalid: a new agent.  Out, what
 *         the task's own agent has, as far as that is limited; invalid: not at all
 *
 * Returns 0, or -1 with err EX_NOPERM: what it may not, and what it may; EX_NOINPUT: it is no task.
 */
int bequest_apply(const struct means *m, struct tx *tx, jv *spec, jv *worker);

#endif
