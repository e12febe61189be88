/*
 * graph.h - tasks and what they wait for, in the language of dot(1)
 *
 * A view's form: a node for each task that is added, and edges from the task that was split into
 * it, and from those that it comes after.  The view's state is the id of the task at the top, or
 * NULL: all tasks are added.
 *
 * Whatever a record says is inside quotes.
 */
#ifndef GRAPH_H
#define GRAPH_H

#include "view.h"

extern const struct view_form graph_dot;

/* graph_begin, graph_end - what stands before the first task and behind the last. */
void graph_begin(struct view *v);
void graph_end(struct view *v);

#endif
