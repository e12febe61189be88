/*
 * choice.h - which events of chats somebody wants to see
 *
 * What a task says is chosen by the task's record, which is looked at once: who has asked for a
 * task, and what it is a part of, never changes.
 */
#ifndef CHOICE_H
#define CHOICE_H

#include "store.h"

struct choice {
	bool is_mine;      /* only a user's messages, and tasks that he has asked for */
	bool has_no_tasks; /* nothing that a task has said */
	const char *task;  /* an id, or its beginning: only that task and its subtasks */
	/* the rest is choice_open's */
	struct store *s;
	char task_id[ID_TEXT];
	jv known; /* by task: whether it is wanted */
};

/* clang-format off */
#define CHOICE_OPTIONS(c) \
	{ 0, "mine", NULL, "only your messages, and what tasks say that you asked for", \
	    .set = &(c).is_mine }, \
	{ 0, "no-tasks", NULL, "nothing that tasks say", .set = &(c).has_no_tasks }, \
	{ 0, "task", "task", "only what this task and its subtasks say", .str = &(c).task }
/* clang-format on */

/*
 * choice_open - get ready to choose
 *
 * Returns 0, or -1 with err: EX_USAGE (options that exclude each other), EX_NOINPUT (no such task).
 */
int choice_open(struct choice *c, struct store *s);
void choice_close(struct choice *c);

/* choice_is_all - whether everything is wanted. */
bool choice_is_all(const struct choice *c);

/*
 * choice_wants - whether an event (borrowed) is wanted
 *
 * tx  the transaction that is open; NULL: there is none, so one may be made here
 *
 * Returns 1 or 0, or -1 with err.
 */
int choice_wants(struct choice *c, struct tx *tx, jv event);

/* choice_wants_task - the same of what a task says, by its whole id. */
int choice_wants_task(struct choice *c, struct tx *tx, const char *id);

/* choice_has_task - the same, though nothing is wanted that tasks say. */
int choice_has_task(struct choice *c, struct tx *tx, const char *id);

#endif
