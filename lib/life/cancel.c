#include "cancel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "life.h"
#include "proc.h"
#include "task.h"

/* How far up is looked: no tree is as high. */
enum { HEIGHT_MAX = 1000 };

struct cancel_family
cancel_family(void)
{
	return (struct cancel_family){ jv_array(), jv_object() };
}

jv
cancel_family_ids(struct cancel_family f)
{
	jv_free(f.has);
	return f.ids;
}

static void
add(struct cancel_family *f, const char *id)
{
	if (!id || json_has(f->has, id))
		return;
	f->has = json_set(f->has, id, jv_true());
	f->ids = jv_array_append(f->ids, jv_string(id));
}

static void
add_set(struct tx *tx, struct cancel_family *f, const char *set)
{
	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;) {
		jv task = store_at(tx, n);

		add(f, json_peek_string(task, "id"));
		jv_free(task);
	}
}

static void
add_children(struct tx *tx, struct cancel_family *f, const char *id)
{
	static const char *const kinds[] = { "parent", "spawned" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char *set = xprintf("%s.%s", kinds[i], id);

		add_set(tx, f, set);
		free(set);
	}
}

/* What is below those from the number `from` on; the list grows while it is worked off. */
static void
add_below(struct tx *tx, struct cancel_family *f, int from)
{
	for (int i = from; i < jv_array_length(jv_copy(f->ids)); i++) {
		jv id = jv_array_get(jv_copy(f->ids), i);

		add_children(tx, f, jv_string_value(id));
		jv_free(id);
	}
}

void
cancel_gather(struct tx *tx, struct cancel_family *f, const char *id, bool with_itself)
{
	int from = jv_array_length(jv_copy(f->ids));

	if (with_itself)
		add(f, id);
	else
		add_children(tx, f, id);
	add_below(tx, f, from);
}

void
cancel_gather_set(struct tx *tx, struct cancel_family *f, const char *set)
{
	int from = jv_array_length(jv_copy(f->ids));

	add_set(tx, f, set);
	add_below(tx, f, from);
}

/* The process that holds a lease; 0: none does. */
static pid_t
holder_of(struct tx *tx, const char *lease)
{
	pid_t pid = 0;
	int pidfd = proc_lease_pidfd(store_run_fd(store_of(tx)), lease, &pid);

	if (pidfd >= 0)
		close(pidfd);
	return pidfd >= 0 ? pid : 0;
}

/* What is to be told of one. */
static jv
told(struct tx *tx, jv task, const char *id)
{
	jv line = json_set_string(jv_object(), "task_id", id);
	const char *waiter = json_peek_string(task, "waiter");

	line = json_set(line, "was_over", jv_bool(task_is_over(task)));
	if (waiter) {
		line = json_set_string(line, "waiter", waiter);
		line = json_set_int(line, "waiter_pid", holder_of(tx, waiter));
	}
	return line;
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
			lines = jv_array_append(lines, told(tx, task, jv_string_value(id)));
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
	jv task = task_get(tx, id), lines, running = jv_array();
	struct cancel_family f = cancel_family();
	bool has_failed = task_is(task, "failed");
	char name[9], *set = xprintf("spawned.%s", id),
		      *by = xprintf("task %s", task_short(id, name));

	jv_free(task);
	if (has_failed)
		cancel_gather_set(tx, &f, set);
	lines = cancel_tasks(tx, cancel_family_ids(f), by,
	    "it has failed, and nobody waits for this any more");
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

/* Whether the task (borrowed) is below the one with the id. */
static bool
is_below(struct tx *tx, jv task, const char *id)
{
	bool is = false;

	task = jv_copy(task);
	for (int i = 0; i < HEIGHT_MAX && !is && jv_is_valid(task = above(tx, task)); i++)
		is = !strcmp(json_peek_string(task, "id"), id);
	jv_free(task);
	return is;
}

int
cancel_check_below(struct tx *tx, const char *id, const char *does)
{
	jv task = id_is_agent() ? task_get(tx, id) : jv_invalid();
	char name[9];
	int rc = 0;

	if (id_is_agent() && !is_below(tx, task, getenv("LEGWORK_TASK_ID")))
		rc = err_set(EX_NOPERM,
		    "task %s: LEGWORK_TASK_ID is set: an agent %s only what is below its task",
		    task_short(id, name), does);
	jv_free(task);
	return rc;
}
