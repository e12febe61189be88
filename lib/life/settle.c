#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "limit.h"
#include "log.h"
#include "settle.h"
#include "speech.h"
#include "task.h"

static const char *
id_of(jv task)
{
	return json_peek_string(task, "id");
}

/* Where it began: the task that failed by itself, and why. */
static jv
cause_of(jv culprit)
{
	jv error = json_get(culprit, "error", JV_KIND_OBJECT), cause;

	cause = jv_is_valid(error) ? json_get(error, "cause", JV_KIND_OBJECT) : jv_invalid();
	if (!jv_is_valid(cause) || !json_peek_string(cause, "task_id")) {
		jv_free(cause);
		cause = json_set_string(jv_object(), "task_id", id_of(culprit));
		if (jv_is_valid(error) && json_peek_string(error, "message"))
			cause =
			    json_set_string(cause, "message", json_peek_string(error, "message"));
	}
	jv_free(error);
	return cause;
}

jv
settle_dependency_error(jv culprit, const char *what)
{
	const char *how = task_is(culprit, "cancelled") ? "was cancelled" : "failed", *root, *why;
	char name[9], because[40] = "", *message;
	jv error, cause = cause_of(culprit);

	root = json_peek_string(cause, "task_id");
	why = json_peek_string(cause, "message");
	if (strcmp(root, id_of(culprit)) != 0)
		snprintf(because, sizeof because, " because of %.8s", root);
	message = xprintf("%s %s %s%s%s%s", what, task_short(id_of(culprit), name), how, because,
	    why ? ": " : "", why ? why : "");
	error = task_error("dependency", "dependency_failed", message, false);
	free(message);
	return json_set(error, "cause", cause);
}

jv
settle_end_alone(struct tx *tx, jv task, const char *status)
{
	int64_t events = json_peek_int(task, "posted", 0);
	char now[CLOCK_TEXT];

	/* what was begun, also uncounted, has words in the log; what was put back, its last */
	if (json_has(task, "started_at") || json_peek_int(task, "attempt", 0) > 0 ||
	    json_peek_int(task, "retries", 0) > 0) {
		int64_t logged = log_last(store_logs_fd(store_of(tx)), id_of(task));

		events = logged > events ? logged : events;
	}
	/* whoever ran it once has long let go of it: its last words are anybody's to print */
	if (task_is(task, "pending"))
		task = json_drop(task, "runner");
	else /* and they are those of the run */
		task = json_set_valid(task, "session_id", json_get(task, "lease", JV_KIND_STRING));
	task = json_set_string(task, "status", status);
	task = json_drop(json_drop(limit_forget(task), "not_before"), "reservation");
	task = json_drop(json_drop(json_drop(task, "waiting"), "lease"), "waiter");
	task = json_set_string(task, "finished_at", clock_format(clock_now_ms(), now));
	task = json_set_int(task, "events", events + speech_closing_count(task));
	task_put(tx, jv_copy(task));
	return task;
}

/* Fails a task (consumed) for good, adding its id to todo. */
static jv
fail_for_good(struct tx *tx, jv task, jv error, jv todo)
{
	task = settle_end_alone(tx, json_set(task, "error", error), "failed");
	todo = jv_array_append(todo, jv_string(id_of(task)));
	jv_free(task);
	return todo;
}

int
settle_standing(struct tx *tx, jv task, jv *culprit)
{
	jv deps = json_get(task, "depends_on", JV_KIND_ARRAY);
	int standing = 1;

	*culprit = jv_invalid();
	if (!jv_is_valid(deps)) {
		jv_free(deps);
		return 1;
	}
	jv_array_foreach (deps, i, id) {
		jv dep = task_get(tx, jv_string_value(id));

		if (standing >= 0 && jv_is_valid(dep) && task_has_failed(dep)) {
			standing = -1;
			*culprit = jv_copy(dep);
		} else if (standing > 0 && jv_is_valid(dep) && !task_is_over(dep)) {
			standing = 0;
		}
		jv_free(dep);
		jv_free(id);
	}
	jv_free(deps);
	return standing;
}

static jv
settle_dependents(struct tx *tx, jv task, jv todo)
{
	char *set = xprintf("dependents.%s", id_of(task));

	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;) {
		jv dependent = store_at(tx, n), culprit;
		int standing = settle_standing(tx, dependent, &culprit);

		if (standing > 0)
			task_put(tx, json_drop(jv_copy(dependent), "waiting"));
		else if (standing < 0)
			todo = fail_for_good(tx, jv_copy(dependent),
			    settle_dependency_error(culprit, "dependency"), todo);
		jv_free(culprit);
		jv_free(dependent);
	}
	free(set);
	return todo;
}

/* The tree of a task that ended without its answer ends too: what has not begun is not begun. */
static jv
drop_subtasks(struct tx *tx, jv parent, jv todo)
{
	const char *why =
	    task_is(parent, "cancelled") ? "its parent was cancelled" : "a sibling failed";
	jv child;

	for (uint64_t n = 0; jv_is_valid(child = task_next_child(tx, id_of(parent), &n));
	     jv_free(child))
		if (task_is(child, "pending")) {
			child = json_set(child, "error",
			    task_error("cancelled", "parent_ended", why, false));
			child = settle_end_alone(tx, child, "cancelled");
			todo = jv_array_append(todo, jv_string(id_of(child)));
		}
	return todo;
}

void
settle_recount(struct tx *tx, jv parent)
{
	int64_t total = 0, done = 0, failed = 0;
	jv counts = jv_object(), child;

	for (uint64_t n = 0; jv_is_valid(child = task_next_child(tx, id_of(parent), &n)); total++) {
		done += task_is(child, "completed");
		failed += task_has_failed(child);
		jv_free(child);
	}
	counts = json_set_int(json_set_int(counts, "total", total), "done", done);
	parent = json_set(parent, "subtasks", json_set_int(counts, "failed", failed));
	if (total == 0) /* nothing that it could be made of: an ordinary task again */
		parent = json_drop(json_drop(parent, "subtasks"), "plan");
	if (done + failed < total)
		parent = json_set_string(json_drop(parent, "reservation"), "waiting", "subtasks");
	else
		parent = json_drop(parent, "waiting");
	task_put(tx, parent);
}

static jv
settle_parent(struct tx *tx, jv task, jv todo)
{
	const char *parent_id = json_peek_string(task, "parent_id");
	jv parent = parent_id ? task_get(tx, parent_id) : jv_invalid(), counts;
	const char *count = task_is(task, "completed") ? "done" : "failed";

	if (!jv_is_valid(parent) || task_is_over(parent) || !task_has_subtasks(parent)) {
		jv_free(parent);
		return todo;
	}
	counts = json_get(parent, "subtasks", JV_KIND_OBJECT);
	counts = json_set_int(counts, count, json_peek_int(counts, count, 0) + 1);
	parent = json_set(parent, "subtasks", jv_copy(counts));
	if (json_peek_int(counts, "failed", 0) > 0 && !json_peek_bool(parent, "keep_going")) {
		todo = fail_for_good(tx, parent, settle_dependency_error(task, "subtask"), todo);
	} else {
		if (json_peek_int(counts, "done", 0) + json_peek_int(counts, "failed", 0) >=
		    json_peek_int(counts, "total", 0))
			parent = json_drop(parent, "waiting");
		task_put(tx, parent);
	}
	jv_free(counts);
	return todo;
}

/* Lets everyone know whom the end of a task concerns: the list grows while it is worked off. */
static void
settle(struct tx *tx, jv todo)
{
	for (int i = 0; i < jv_array_length(jv_copy(todo)); i++) {
		jv id = jv_array_get(jv_copy(todo), i), task = task_get(tx, jv_string_value(id));

		if (jv_is_valid(task)) {
			todo = settle_dependents(tx, task, todo);
			if (task_has_subtasks(task) && !task_is(task, "completed"))
				todo = drop_subtasks(tx, task, todo);
			todo = settle_parent(tx, task, todo);
		}
		jv_free(task);
		jv_free(id);
	}
	jv_free(todo);
}

void
settle_end_all(struct tx *tx, jv tasks, const char *status)
{
	jv todo = jv_array();

	jv_array_foreach (tasks, i, task) {
		task = settle_end_alone(tx, task, status);
		todo = jv_array_append(todo, jv_string(id_of(task)));
		jv_free(task);
	}
	jv_free(tasks);
	settle(tx, todo);
}

void
settle_end(struct tx *tx, jv task, const char *status)
{
	settle_end_all(tx, JV_ARRAY(task), status);
}
