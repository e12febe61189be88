/*
 * drawing.h - a drawn crew: nodes of the kinds agent, task, crew and tool, and edges between them
 *
 * A pure reader of JSON: {"nodes":[{"id","type","data":{...}}],"edges":[{"source","target"}]}.
 * What says only how it is drawn is passed over.
 *
 * 1. Every edge that is kept is between two nodes that are kept.
 * 2. Nodes of other kinds are left out, with their edges, and named in a warning.
 */
#ifndef DRAWING_H
#define DRAWING_H

#include <jv.h>

#include "profile.h"

enum drawing_kind { DRAWING_AGENT, DRAWING_TASK, DRAWING_CREW, DRAWING_TOOL, DRAWING_OTHER };

struct drawing_node {
	const char *id; /* borrowed from data */
	enum drawing_kind kind;
	jv data; /* its members, and "id" */
};

struct drawing_edge {
	int from, to; /* of node */
};

struct drawing {
	struct drawing_node *node; /* in the order in which they stand */
	int nodes;
	struct drawing_edge *edge;
	int edges;
	jv index; /* object: the node's place by its id */
};

/*
 * drawing_open - read a graph (borrowed)
 *
 * Returns 0; -1 with err EX_DATAERR, which names the node or edge: it is malformed, a node has no
 * id or one that another has, an edge leads to a node that is not there.  drawing_close it in both
 * cases.
 */
int drawing_open(struct drawing *g, jv document, struct profile *p);
void drawing_close(struct drawing *g);

/* drawing_find - the place of the node of that id, if it is of the kind; -1: there is none. */
int drawing_find(const struct drawing *g, const char *id, enum drawing_kind kind);

/* drawing_word - what a kind is called: "agent". */
const char *drawing_word(enum drawing_kind kind);

/* drawing_join - one more edge. */
void drawing_join(struct drawing *g, int from, int to);

/*
 * drawing_order - the nodes of a kind, each behind those of its kind from which edges lead to it,
 * else in the order in which they stand
 *
 * order  room for g->nodes; set to places
 *
 * Returns how many there are; -1 with err EX_DATAERR, which names the nodes of a cycle.
 */
int drawing_order(const struct drawing *g, enum drawing_kind kind, int *order);

#endif
