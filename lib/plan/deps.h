/*
 * deps.h - dependencies between the subtasks of a plan
 *
 * Pure functions.  A plan's own subtasks count from 0; before them may stand `front` others, which
 * the plan does not know.  Errors are EX_DATAERR and name the subtask and the index as the plan has
 * them.
 */
#ifndef DEPS_H
#define DEPS_H

#include <jv.h>

/* Subtasks, and what they may be called. */
struct deps {
	int len, front;
	jv titles, roles; /* objects: by key (hire.h) the index; -1: of several */
	jv creators;      /* object: by the key of a role the subtask that creates its agent */
};

/* deps_open - read the names of subtasks (borrowed; an array).  deps_close it. */
void deps_open(struct deps *d, jv subtasks, int front);
void deps_close(struct deps *d);

/*
 * deps_normalise - the dependencies of subtask i as indices of all subtasks, each once, in order
 *
 * given  consumed; an array of whole numbers, decimal strings, titles that one subtask has, or
 *        roles that one subtask is assigned to or creates; null or invalid: none
 * i      counts those in front
 *
 * Returns an array of numbers; invalid with err where given or one in it is something else, out of
 * range, or i itself.
 */
jv deps_normalise(const struct deps *d, jv given, int i);

/*
 * deps_check - whether the subtasks can be done in some order
 *
 * subtasks  borrowed; an array of objects with normalised "dependencies"
 *
 * Returns 0, or -1 with err naming one dependency that closes a cycle.
 */
int deps_check(jv subtasks, int front);

#endif
