/*
 * edit.h - other fields for a task that has not begun
 *
 * 1. An edited task has another `revision`.  What a pipeline was told of an older one, a plan or a
 *    decision, no longer counts; a reservation is taken back, so that the task is handed out anew.
 *    An approval that it waits for is taken back, unless only the priority or the rules are others.
 * 2. What somebody edits whom its chat does not trust (may.h) is marked as untrusted.
 * 3. Nobody waits for himself, by way of however many others.
 */
#ifndef EDIT_H
#define EDIT_H

#include "store.h"

struct edit {
	const char *priority, *agent, *instruction; /* NULL: as it is */
	jv metadata, limits, output; /* borrowed: objects, joined with its own; invalid: none */
	jv rules;                    /* likewise: when_idle_s and lock, for its own */
	jv depends_on;               /* borrowed: an array of ids or prefixes, added */
	bool drops_dependencies;     /* the old ones */
};

/*
 * edit_task - change fields of a task
 *
 * id    a whole one
 * task  set to the task as stored, owned
 *
 * A title that was made of the instruction follows it.  The priority of a task that was split is
 * also that of its subtasks that have neither begun nor completed, and of theirs.
 * Of one that was split only priority, metadata and output can be changed.
 * Returns 0, or -1 with err, having changed nothing: EX_NOINPUT (no such task or role), EX_DATAERR
 * (completed; split; a field is malformed; it would wait for itself), EX_TEMPFAIL (it is running; a
 * new dependency has failed).
 */
int edit_task(struct tx *tx, const char *id, const struct edit *edit, jv *task);

#endif
