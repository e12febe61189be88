#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "task.h"
#include "tree.h"

/* No task that was split by these commands is deeper; a loaded one may be its own ancestor. */
enum { DEPTH_MAX = 64 };

/* Where a branch of the tree ends: in a record, or with what stands before its subtasks. */
struct branch {
	struct view *view;
	const char *before; /* the lines of its ancestors */
	bool is_last;
	int depth;
};

jv
tree_draw(jv record, const char *before, bool is_last)
{
	const char *title = json_peek_string(record, "title");
	char *text = xprintf("%s%s%s", before, is_last ? "└─ " : "├─ ", title ? title : "");

	record = json_set_string(record, "title", text);
	free(text);
	return record;
}

/* Whether titles stand behind branches. */
static bool
is_drawn(const struct view *v)
{
	return v->kind == VIEW_TEXT && v->form->row && !v->table.is_tsv;
}

/* Adds a task (consumed), and what is below it. */
static void
add(const struct branch *b, struct tx *tx, jv task)
{
	const char *id = jv_is_valid(task) ? json_peek_string(task, "id") : NULL;
	char *set = xprintf("parent.%s", id ? id : ""), *before;
	uint64_t child = id && b->depth < DEPTH_MAX ? store_next(tx, set, 0) : 0, next;

	before = xprintf("%s%s", b->before, b->depth == 0 ? "" : b->is_last ? "   " : "│  ");
	if (jv_is_valid(task) && b->depth > 0 && is_drawn(b->view))
		task = tree_draw(task, b->before, b->is_last);
	if (jv_is_valid(task))
		view_add(b->view, tx, task);
	else
		jv_free(task);
	for (; child; child = next) {
		struct branch of_child = { b->view, before, false, b->depth + 1 };

		next = store_next(tx, set, child);
		of_child.is_last = next == 0;
		add(&of_child, tx, store_at(tx, child));
	}
	free(before);
	free(set);
}

/* A task (consumed) that stands at the top, with its subtasks. */
static void
add_top(struct view *view, struct tx *tx, jv task)
{
	struct branch top = { view, "", true, 0 };

	add(&top, tx, task);
}

/* The next task that stands at the top, with its subtasks.  0, or -1 with err. */
static int
add_next(struct tx *tx, const struct show *show, uint64_t *n, long *count)
{
	struct scan_text record;

	do
		*n =
		    show->is_newest ? store_prev(tx, show->set, *n) : store_next(tx, show->set, *n);
	while (*n &&
	       (!store_peek(tx, *n, &record) || (show->wants && !show->wants(record, show->arg))));
	if (*n) {
		add_top(show->view, tx, store_at(tx, *n));
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

int
tree_show_task(struct store *s, struct view *view, const char *id)
{
	struct tx *tx = store_read(s);
	jv task;

	if (!tx)
		return -1;
	task = task_get(tx, id);
	if (!jv_is_valid(task)) {
		jv_free(task);
		store_end(tx);
		return err_set(EX_NOINPUT, "task %s: no such task", id);
	}
	add_top(view, tx, task);
	return store_end(tx) < 0 ? -1 : view_flush(view);
}

void
tree_add_plan(struct view *view, jv task, jv plan)
{
	jv subtasks = json_get(plan, "subtasks", JV_KIND_ARRAY);
	int len = jv_is_valid(subtasks) ? jv_array_length(jv_copy(subtasks)) : 0;

	view_add(view, NULL,
	    json_set_valid(jv_copy(task), "estimated_hours",
		json_get(plan, "computed_total_hours", JV_KIND_NUMBER)));
	for (int i = 0; i < len; i++) {
		jv one = jv_array_get(jv_copy(subtasks), i);

		one = json_set(one, "id", jv_string_fmt("%d", i));
		view_add(view, NULL, is_drawn(view) ? tree_draw(one, "", i + 1 == len) : one);
	}
	jv_free(subtasks);
}
