#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "clock.h"
#include "task.h"

/* What stands at a place: an event of nobody's task, or a task by its id; neither: something that
 * has moved on. */
struct gather_item {
	jv event;
	char *task;
};

static struct gather_item *
push(struct gather *g)
{
	if ((g->len & (g->len - 1)) == 0) /* full, where that is a power of two */
		g->item = xrealloc(g->item, (g->len ? 2 * g->len : 1) * sizeof *g->item);
	g->item[g->len] = (struct gather_item){ .event = jv_invalid() };
	return &g->item[g->len++];
}

/* The place of a task that was noted before is empty now. */
static void
move_on(struct gather *g, const char *task, int64_t at)
{
	char *there = at >= 0 && at < (int64_t)g->len ? g->item[at].task : NULL;

	if (there && !strcmp(there, task)) {
		free(there);
		g->item[at].task = NULL;
	}
}

void
gather_add(struct gather *g, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT), before, bundle;
	const char *task = json_peek_string(data, "task_id");

	if (g->len == 0 && !g->item)
		g->open = jv_object();
	if (!task) {
		push(g)->event = event;
	} else {
		before = json_get(g->open, task, JV_KIND_OBJECT);
		bundle = json_get(before, "bundle", JV_KIND_OBJECT);
		move_on(g, task, json_peek_int(before, "at", -1));
		push(g)->task = xstrdup(task);
		jv_free(before);
		g->open = json_set(g->open, task, jv_null()); /* so that it is changed in place */
		before = json_set(jv_object(), "bundle", bundle_add(bundle, event));
		before = json_set_int(before, "at", (int64_t)g->len - 1);
		g->open = json_set(g->open, task, before);
	}
	jv_free(data);
}

static jv
bundle_of(const struct gather *g, const char *task)
{
	jv entry = json_get(g->open, task, JV_KIND_OBJECT),
	   bundle = json_get(entry, "bundle", JV_KIND_OBJECT);

	jv_free(entry);
	return bundle;
}

/* Whether the record of the task at an item matters. */
static bool
is_to_look_up(const struct gather *g, const struct gather_item *item, int which)
{
	jv bundle, last;
	bool is;

	if (!item->task || which == GATHER_ALL)
		return item->task != NULL;
	bundle = bundle_of(g, item->task);
	last = json_get(bundle, "last", JV_KIND_OBJECT);
	is = bundle_may_stop(last);
	jv_free(last);
	jv_free(bundle);
	return is;
}

/* Makes an item of a task its bundle, or nothing where that is not wanted yet. */
static void
close_item(struct gather *g, struct tx *tx, struct gather_item *item, int which)
{
	jv bundle = bundle_of(g, item->task), task = task_get(tx, item->task);

	if (which == GATHER_ALL || bundle_has_stopped(bundle, task)) {
		item->event = bundle_close(bundle, task, clock_now_ms());
		g->open = json_drop(g->open, item->task);
	} else {
		jv_free(bundle);
	}
	jv_free(task);
}

static int
close_items(struct gather *g, struct store *s, int which)
{
	struct tx *tx = NULL;

	for (size_t i = 0; i < g->len; i++) {
		if (!is_to_look_up(g, &g->item[i], which))
			continue;
		if (!tx && !(tx = store_read(s)))
			return -1;
		close_item(g, tx, &g->item[i], which);
	}
	return tx ? store_end(tx) : 0;
}

/* How many of the items come before those that are wanted. */
static size_t
count_before(const struct gather *g, const struct gather_wish *wish)
{
	size_t all = 0;

	for (size_t i = 0; i < g->len; i++)
		all += jv_is_valid(g->item[i].event);
	return wish->is_tail && wish->limit >= 0 && all > (size_t)wish->limit
	           ? all - (size_t)wish->limit
	           : 0;
}

int
gather_settle(struct gather *g, struct store *s, const struct gather_wish *wish)
{
	size_t before;
	long left = wish->limit;

	if (close_items(g, s, wish->which) < 0)
		return -1;
	before = count_before(g, wish);
	for (size_t i = 0; i < g->len; i++) {
		jv record = g->item[i].event;

		free(g->item[i].task);
		if (!jv_is_valid(record) || before > 0 || left == 0) {
			before -= jv_is_valid(record) && before > 0;
			jv_free(record);
			continue;
		}
		left -= left > 0;
		wish->take(wish->arg, record);
	}
	g->len = 0;
	return 0;
}

void
gather_release(struct gather *g)
{
	for (size_t i = 0; i < g->len; i++) {
		jv_free(g->item[i].event);
		free(g->item[i].task);
	}
	if (g->item)
		jv_free(g->open);
	free(g->item);
	*g = (struct gather){ .len = 0 };
}
