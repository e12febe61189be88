/*
 * tree.h - print tasks with their subtasks below them
 */
#ifndef TREE_H
#define TREE_H

#include "show.h"

/*
 * tree_show - print the wanted tasks of a set, each followed by its subtasks and theirs
 *
 * show  as for show_set: which tasks stand at the top; limit counts these
 *
 * As text, titles stand behind the branches of a tree.  Each top with its subtasks is one moment of
 * the store.  0, or -1 with err.
 */
int tree_show(struct store *s, const struct show *show);

#endif
