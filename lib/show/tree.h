/*
 * tree.h - print tasks with their subtasks, and what their agents have spawned, below them
 *
 * What the user who acts is not shown (sight.h) is left out, wherever it would stand.
 *
 * In a table, titles stand behind the branches of a tree.  Each top with its subtasks is one moment
 * of the store.
 */
#ifndef TREE_H
#define TREE_H

#include "show.h"

/*
 * tree_show - print the wanted tasks of a set, each followed by its subtasks and theirs
 *
 * show  as for show_set: which tasks stand at the top, of those that were not spawned by an agent
 *       whose task is there; limit counts these
 *
 * 0, or -1 with err.
 */
int tree_show(struct store *s, const struct show *show);

/* tree_show_task - the same for one task, by its whole id.  0, or -1 with err: EX_NOINPUT, or as
 * above. */
int tree_show_task(struct store *s, struct view *view, const char *id);

/* tree_add_plan - a task and below it the subtasks of its plan, in its normal form (both borrowed),
 * for a view of rows_plan. */
void tree_add_plan(struct view *view, jv task, jv plan);

#endif
