#include <stdlib.h>
#include <string.h>

#include "task.h"
#include "tree.h"

/* No task that was split by these commands is deeper; a loaded one may be its own ancestor. */
enum { DEPTH_MAX = 64 };

/* Where a branch of the tree ends: in a record, or with what stands before its subtasks. */
struct branch {
	const struct show *show;
	const char *before; /* the lines of its ancestors */
	bool is_last;
	int depth;
};

/* The task (consumed) with its branch before its title. */
static jv
drawn(const struct branch *b, jv task)
{
	const char *title = json_peek_string(task, "title");
	char *text;

	if (b->depth == 0)
		return task;
	text = xprintf("%s%s%s", b->before, b->is_last ? "└─ " : "├─ ", title ? title : "");
	task = json_set_string(task, "title", text);
	free(text);
	return task;
}

static void
add(const struct branch *b, struct tx *tx, uint64_t n)
{
	struct view *view = b->show->view;
	jv task = store_at(tx, n);
	const char *id = jv_is_valid(task) ? json_peek_string(task, "id") : NULL;
	char *set = xprintf("parent.%s", id ? id : ""), *before;
	uint64_t child = id && b->depth < DEPTH_MAX ? store_next(tx, set, 0) : 0, next;

	before = xprintf("%s%s", b->before, b->depth == 0 ? "" : b->is_last ? "   " : "│  ");
	if (jv_is_valid(task))
		view_add(view, tx,
		    view->kind == VIEW_TEXT && !view->table.is_tsv ? drawn(b, task) : task);
	for (; child; child = next) {
		struct branch of_child = { b->show, before, false, b->depth + 1 };

		next = store_next(tx, set, child);
		of_child.is_last = next == 0;
		add(&of_child, tx, child);
	}
	free(before);
	free(set);
}

/* The next task that stands at the top, with its subtasks.  0, or -1 with err. */
static int
add_next(struct tx *tx, const struct show *show, uint64_t *n, long *count)
{
	struct branch top = { show, "", true, 0 };
	struct scan_text record;

	do
		*n =
		    show->is_newest ? store_prev(tx, show->set, *n) : store_next(tx, show->set, *n);
	while (*n &&
	       (!store_peek(tx, *n, &record) || (show->wants && !show->wants(record, show->arg))));
	if (*n) {
		add(&top, tx, *n);
		++*count;
	}
	return store_end(tx);
}

int
tree_show(struct store *s, const struct show *show)
{
	uint64_t n = 0;
	long count = 0;

	bool is_over = false;

	while (!is_over && (show->limit < 0 || count < show->limit)) {
		struct tx *tx = store_read(s);

		if (!tx || add_next(tx, show, &n, &count) < 0)
			return -1;
		is_over = n == 0;
		if (view_len(show->view) > 1 << 16)
			if (view_flush(show->view) < 0)
				return -1;
	}
	return view_flush(show->view);
}
