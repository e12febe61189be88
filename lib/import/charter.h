/*
 * charter.h - what a drawn crew (bonds.h) comes to: agents, and tasks that wait for each other
 *
 * 1. The tasks of a sequential crew are done one after the other; so are those of a crew that does
 *    not say how it works, unless some of them are tied by edges.
 * 2. Tasks of a hierarchical crew that have no agent are its manager's: manager_agent, else who
 *    leads and is not led.
 */
#ifndef CHARTER_H
#define CHARTER_H

#include <jv.h>

#include "profile.h"

/*
 * charter_read - the roster of a graph (borrowed)
 *
 * crew  what its crew is called, instead of its own name; NULL: that
 *
 * Returns an owned object {"agents":[records of agents],"tasks":[specs]}, the tasks in an order in
 * which none waits for a later one.  A spec has "node", its id in the graph, "after", the nodes
 * that it waits for, and "crew", unless it has none; and no instruction where the graph has none.
 * Invalid with err EX_DATAERR, which names the node or edge: as bonds_open; a cycle, of tasks or of
 * who leads whom; no agents; an agent without a role, or with another's.
 */
jv charter_read(jv document, const char *crew, struct profile *p);

#endif
