#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "sight.h"
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

/* The title of a record (consumed) behind its branch; before: the branches that pass by. */
static jv
draw(jv record, const char *before, bool is_last)
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

/* What stands below a task: its subtasks, then those that its agent has spawned. */
struct below {
	char *set[2];
	int at;
	uint64_t n;
};

/* The next of them that is shown; 0: none. */
static uint64_t
next_below(struct tx *tx, struct below *below)
{
	do
		while (below->at < 2 &&
		       (below->n = store_next(tx, below->set[below->at], below->n)) == 0)
			below->at++;
	while (below->n && !sight_has_at(tx, below->n));
	return below->n;
}

static struct below
below_of(const char *id)
{
	return (struct below){ { xprintf("parent.%s", id), xprintf("spawned.%s", id) }, 0, 0 };
}

static void
below_release(struct below *below)
{
	free(below->set[0]);
	free(below->set[1]);
}

/* Adds a task (consumed), and what is below it. */
static void
add(const struct branch *b, struct tx *tx, jv task)
{
	const char *id = jv_is_valid(task) ? json_peek_string(task, "id") : NULL;
	struct below below = below_of(id ? id : "");
	uint64_t child = id && b->depth < DEPTH_MAX ? next_below(tx, &below) : 0, next;
	char *before;

	before = xprintf("%s%s", b->before, b->depth == 0 ? "" : b->is_last ? "   " : "│  ");
	if (jv_is_valid(task) && b->depth > 0 && is_drawn(b->view))
		task = draw(task, b->before, b->is_last);
	if (jv_is_valid(task))
		view_add(b->view, tx, task);
	else
		jv_free(task);
	for (; child; child = next) {
		struct branch of_child = { b->view, before, false, b->depth + 1 };

		next = next_below(tx, &below);
		of_child.is_last = next == 0;
		add(&of_child, tx, store_at(tx, child));
	}
	free(before);
	below_release(&below);
}

/* A task (consumed) that stands at the top, with its subtasks. */
static void
add_top(struct view *view, struct tx *tx, jv task)
{
	struct branch top = { view, "", true, 0 };

	add(&top, tx, task);
}

/* Whether it was spawned by an agent whose task is shown, and so stands below that one. */
static bool
is_spawned_below(struct tx *tx, struct scan_text record)
{
	struct scan_text by;
	uint64_t n;
	char *key;

	if (!scan_member(record, "spawned_by", &by) || by.len < 2)
		return false;
	key = xprintf("task/%.*s", (int)by.len - 2, by.p + 1); /* without its quotes */
	n = store_number(tx, key);
	free(key);
	return n && sight_has_at(tx, n);
}

static bool
stands_at_top(struct tx *tx, const struct show *show, uint64_t n)
{
	struct scan_text record;

	return sight_has_at(tx, n) && store_peek(tx, n, &record) &&
	       (!show->wants || show->wants(record, show->arg)) && !is_spawned_below(tx, record);
}

/* The next task that stands at the top, with its subtasks.  0, or -1 with err. */
static int
add_next(struct tx *tx, const struct show *show, uint64_t *n, long *count)
{
	do
		*n =
		    show->is_newest ? store_prev(tx, show->set, *n) : store_next(tx, show->set, *n);
	while (*n && !stands_at_top(tx, show, *n));
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
		view_add(view, NULL, is_drawn(view) ? draw(one, "", i + 1 == len) : one);
	}
	jv_free(subtasks);
}
