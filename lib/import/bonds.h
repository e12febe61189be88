/*
 * bonds.h - what the edges of a drawn crew (drawing.h) mean: who belongs where, and does what
 *
 *     crew and agent, task    it belongs to the crew
 *     agent and task          the agent does it; the first edge counts
 *     agent and tool          it may use it
 *     task to task            the second waits for the first
 *     agent to agent          the first leads the second
 *
 * A node may name nodes instead: a crew its agents, tasks and manager_agent, a task its agent and
 * context.
 *
 * 1. Where there is one crew, all belongs to it.
 * 2. Who does a task of a crew belongs to the crew.
 */
#ifndef BONDS_H
#define BONDS_H

#include <jv.h>
#include <stdbool.h>

#include "drawing.h"

/* What is known of a node by its edges; numbers are places of nodes, -1: none. */
struct bond {
	jv tools;        /* of an agent: their names */
	jv crews;        /* of an agent: their names */
	jv after;        /* of a task: the ids of those that it waits for */
	int agent, crew; /* of a task */
	int manager;     /* of a hierarchical crew */
	bool leads, is_led, is_tied;
};

struct bonds {
	struct drawing g;
	struct bond *at; /* of each node */
	struct profile *profile;
	const char
	    *given; /* borrowed: what the crew is called, instead of its own name; NULL: that */
	const char *process; /* borrowed: how crews work that do not say; NULL: it is not said */
	int crews, crew;     /* how many there are, and the last one */
};

/*
 * bonds_open - read a graph (borrowed, and for as long as b is open)
 *
 * Returns 0; -1 with err EX_DATAERR, which names the node or edge: as drawing_open; a name of a
 * node that is not there; a crew without agents, or of another's name; two, where one name is
 * given. bonds_close it in both cases.
 */
int bonds_open(struct bonds *b, jv document, const char *given, struct profile *p);
void bonds_close(struct bonds *b);

/* bonds_crew - what a crew is called; NULL for -1, unless a name is given.  Borrowed. */
const char *bonds_crew(const struct bonds *b, int crew);

/* bonds_process - how a crew works: "sequential"; NULL: it is not said.  Borrowed. */
const char *bonds_process(const struct bonds *b, int crew);

/* bonds_wait - have a task wait for another. */
void bonds_wait(struct bonds *b, int task, int other);

/* bonds_name - what a node is called: its name or label, or NULL.  Borrowed. */
const char *bonds_name(jv data);

#endif
