/*
 * roster.h - a file that brings agents: a drawn crew, records, or a role with its prompt
 *
 * Which of these it is, is seen by how it begins:
 *
 *     ---      front matter (matter.h), which describes one agent; what follows is its prompt
 *     [        a JSON array of agents
 *     {        one JSON object: a drawn crew (charter.h) where it has "nodes", else an agent; or
 *              JSON lines, each an agent
 */
#ifndef ROSTER_H
#define ROSTER_H

#include <jv.h>

#include "profile.h"

/*
 * roster_read - the agents and tasks in a text
 *
 * crew  which all of them belong to; of a drawn crew, its name; NULL: what the text says
 *
 * Returns {"agents":[records],"tasks":[specs]}, owned, as charter_read does; invalid with err
 * EX_DATAERR, which names the line, agent, node or edge.
 */
jv roster_read(const char *text, size_t len, const char *crew, struct profile *p);

#endif
