/*
 * deps.h - dependencies between the subtasks of a plan, which are indices from 0
 *
 * Pure functions.  Errors are EX_DATAERR and name the subtask and the index.
 */
#ifndef DEPS_H
#define DEPS_H

#include <jv.h>

/*
 * deps_normalise - the dependencies of subtask i as whole numbers, each once, in order
 *
 * given  consumed; an array of whole numbers or decimal strings; null or invalid: none
 * len    how many subtasks the plan has
 *
 * Returns an array; invalid with err where given or one in it is something else, out of
 * range, or i itself.
 */
jv deps_normalise(jv given, int i, int len);

/*
 * deps_check - whether the subtasks can be done in some order
 *
 * subtasks  borrowed; an array of objects with normalised "dependencies"
 *
 * Returns 0, or -1 with err naming one dependency that closes a cycle.
 */
int deps_check(jv subtasks);

#endif
