#include "cancel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "life.h"
#include "proc.h"
#include "task.h"

/* How far up is looked: no tree is as high. */
enum { HEIGHT_MAX = 1000 };

/* The ids so far, and which there are. */
struct family {
	struct tx *tx;
	jv ids, has;
};

static struct family
family_of(struct tx *tx, jv *ids)
{
	struct family f = { tx, *ids, jv_object() };

	jv_array_foreach (f.ids, i, id) {
		f.has = json_set(f.has, jv_string_value(id), jv_true());
		jv_free(id);
	}
	return f;
}

static void
add(struct family *f, const char *id)
{
	if (!id || json_has(f->has, id))
		return;
	f->has = json_set(f->has, id, jv_true());
	f->ids = jv_array_append(f->ids, jv_string(id));
}

static void
add_set(struct family *f, const char *set)
{
	for (uint64_t n = 0; (n = store_next(f->tx, set, n)) != 0;) {
		jv task = store_at(f->tx, n);

		add(f, json_peek_string(task, "id"));
		jv_free(task);
	}
}

static void
add_children(struct family *f, const char *id)
{
	static const char *const kinds[] = { "parent", "spawned" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char *set = xprintf("%s.%s", kinds[i], id);

		add_set(f, set);
		free(set);
	}
}

/* What is below those from the number `from` on; the list grows while it is worked off. */
static void
add_below(struct family *f, int from)
{
	for (int i = from; i < jv_array_length(jv_copy(f->ids)); i++) {
		jv id = jv_array_get(jv_copy(f->ids), i);

		add_children(f, jv_string_value(id));
		jv_free(id);
	}
}

void
cancel_gather(struct tx *tx, jv *ids, const char *id, bool with_itself)
{
	struct family f = family_of(tx, ids);
	int from = jv_array_length(jv_copy(f.ids));

	if (with_itself)
		add(&f, id);
	else
		add_children(&f, id);
	add_below(&f, from);
	jv_free(f.has);
	*ids = f.ids;
}

void
cancel_gather_set(struct tx *tx, jv *ids, const char *set)
{
	struct family f = family_of(tx, ids);
	int from = jv_array_length(jv_copy(f.ids));

	add_set(&f, set);
	add_below(&f, from);
	jv_free(f.has);
	*ids = f.ids;
}

/* What is to be told of one. */
static jv
told(jv task, const char *id)
{
	jv line = json_set_string(jv_object(), "task_id", id);

	line = json_set(line, "was_over", jv_bool(task_is_over(task)));
	return json_set_valid(line, "waiter", json_get(task, "waiter", JV_KIND_STRING));
}

static jv
with_states(struct tx *tx, jv lines)
{
	jv out = jv_array();

	jv_array_foreach (lines, i, line) {
		jv task = task_get(tx, json_peek_string(line, "task_id"));

		out = jv_array_append(out,
		    json_set_valid(line, "state", json_get(task, "status", JV_KIND_STRING)));
		jv_free(task);
	}
	jv_free(lines);
	return out;
}

jv
cancel_tasks(struct tx *tx, jv ids, const char *by, const char *reason)
{
	jv waiting = jv_array(), lines = jv_array();
	char *why = life_why(by, reason);

	jv_array_foreach (ids, i, id) {
		jv task = task_get(tx, jv_string_value(id));

		if (jv_is_valid(task)) /* else it was deleted meanwhile */
			lines = jv_array_append(lines, told(task, jv_string_value(id)));
		if (task_is(task, "pending"))
			waiting = jv_array_append(waiting, jv_copy(task));
		else if (task_is(task, "in_progress") && !json_has(task, "cancel"))
			life_mark(tx, jv_copy(task), by, reason);
		jv_free(task);
		jv_free(id);
	}
	jv_free(ids);
	life_cancel_all(tx, waiting, why);
	free(why);
	return with_states(tx, lines);
}

jv
cancel_spawned(struct tx *tx, const char *id)
{
	jv task = task_get(tx, id), ids = jv_array(), lines, running = jv_array();
	bool has_failed = task_is(task, "failed");
	char name[9], *set = xprintf("spawned.%s", id),
		      *by = xprintf("task %s", task_short(id, name));

	jv_free(task);
	if (has_failed)
		cancel_gather_set(tx, &ids, set);
	lines = cancel_tasks(tx, ids, by, "it has failed, and nobody waits for this any more");
	jv_array_foreach (lines, i, line) {
		const char *state = json_peek_string(line, "state");

		if (state && !strcmp(state, "in_progress"))
			running =
			    jv_array_append(running, json_get(line, "task_id", JV_KIND_STRING));
		jv_free(line);
	}
	jv_free(lines);
	free(set);
	free(by);
	return running;
}

int
cancel_start(jv ids)
{
	size_t len = (size_t)jv_array_length(jv_copy(ids)), n = 0;
	char **argv = xmalloc((len + 2) * sizeof *argv);
	int rc = 0;

	argv[n++] = dir_bin_path("agent-cancel");
	jv_array_foreach (ids, i, id) {
		argv[n++] = xstrdup(jv_string_value(id));
		jv_free(id);
	}
	argv[n] = NULL;
	if (len > 0 && proc_spawn(argv, NULL, (const int[]){ -1, -1, STDERR_FILENO }) < 0)
		rc = -1;
	while (n > 0)
		free(argv[--n]);
	free(argv);
	jv_free(ids);
	return rc;
}

/* The task above one (consumed), owned; invalid: there is none. */
static jv
above(struct tx *tx, jv task)
{
	const char *id = json_peek_string(task, "parent_id");
	jv up;

	if (!id)
		id = json_peek_string(task, "spawned_by");
	up = id ? task_get(tx, id) : jv_invalid();
	jv_free(task);
	return up;
}

bool
cancel_is_below(struct tx *tx, jv task, const char *id)
{
	bool is = false;

	task = jv_copy(task);
	for (int i = 0; i < HEIGHT_MAX && !is && jv_is_valid(task = above(tx, task)); i++)
		is = !strcmp(json_peek_string(task, "id"), id);
	jv_free(task);
	return is;
}
