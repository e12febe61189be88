/*
 * ending.h - the end of a task, or of all tasks of a chat, for somebody who goes on meanwhile
 *
 * cancel.h and halt.h in turn: what does not run ends at once, what runs is marked; then it is seen
 * to the end, and to that of what was spawned meanwhile, until nothing is left.
 */
#ifndef ENDING_H
#define ENDING_H

#include "store.h"

struct ending {
	char id[ID_TEXT]; /* the task's, or the chat's */
	bool is_chat;
	char *by, *reason; /* reason NULL: none; freed by ending_release */
	/* the rest is ending.c's */
	jv told; /* what became of each, by id */
	size_t running;
};

/* ending_open - by and reason (NULL: none) are copied. */
void ending_open(struct ending *e, const char *id, bool is_chat, const char *by,
    const char *reason);
void ending_release(struct ending *e);

/* ending_mark - the first step, in the caller's transaction, which may be run again.  Returns how
 * many tasks still run. */
size_t ending_mark(struct ending *e, struct tx *tx);

/*
 * ending_run - see to the end of those
 *
 * step  called some twenty times a second; it may use s
 *
 * Returns 0, or -1 with err as halt_run.  What has survived is in_progress still.
 */
int ending_run(struct ending *e, struct store *s, void (*step)(void *arg, size_t gone), void *arg);

/* ending_tasks - an owned array of {"task_id","state","left"?}: the status that each has now, and
 * the processes that have survived.  What had ended before is told only where it was asked for by
 * id. */
jv ending_tasks(const struct ending *e);

#endif
