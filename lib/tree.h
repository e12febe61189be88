/*
 * tree.h - print tasks with their subtasks below them
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
 * show  as for show_set: which tasks stand at the top; limit counts these
 *
 * 0, or -1 with err.
 */
int tree_show(struct store *s, const struct show *show);

/* tree_show_task - the same for one task, by its whole id.  0, or -1 with err: EX_NOINPUT, or as
 * above. */
int tree_show_task(struct store *s, struct view *view, const char *id);

/*
 * tree_draw - the title of a record (consumed) behind its branch
 *
 * before  the lines of the branches that pass by
 */
jv tree_draw(jv record, const char *before, bool is_last);

/* tree_add_plan - a task and below it the subtasks of its plan, in its normal form (both borrowed),
 * for a view of rows_plan. */
void tree_add_plan(struct view *view, jv task, jv plan);

#endif
