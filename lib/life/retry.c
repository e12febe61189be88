#include <stdlib.h>
#include <string.h>

#include "consent.h"
#include "err.h"
#include "log.h"
#include "retry.h"
#include "settle.h"
#include "speech.h"
#include "task.h"

/* Whom a retry concerns. */
struct family {
	struct tx *tx;
	jv ids;   /* of those to put back; grows while it is worked off */
	jv whole; /* id -> whether all subtasks that failed go with it */
};

static const char *
id_of(jv task)
{
	return json_peek_string(task, "id");
}

static bool
is_in(const struct family *f, const char *id)
{
	return json_has(f->whole, id);
}

static void
add(struct family *f, jv task, bool is_whole)
{
	if (is_in(f, id_of(task)))
		return;
	f->ids = jv_array_append(f->ids, jv_string(id_of(task)));
	f->whole = json_set(f->whole, id_of(task), jv_bool(is_whole));
}

/* The parent of a task (borrowed), owned; invalid: none. */
static jv
parent_of(struct tx *tx, jv task)
{
	const char *id = json_peek_string(task, "parent_id");

	return id ? task_get(tx, id) : jv_invalid();
}

static int
add_parent(struct family *f, jv task)
{
	jv parent = parent_of(f->tx, task);
	char name[9], of[9];
	int rc = 0;

	if (task_has_failed(parent))
		add(f, parent, false);
	else if (task_is(parent, "in_progress"))
		rc = err_set(EX_TEMPFAIL,
		    "task %s: its parent %s is running: retry it when that has ended",
		    task_short(id_of(task), name), task_short(id_of(parent), of));
	jv_free(parent);
	return rc;
}

/* Whether the parent ended the task, and not it the parent. */
static bool
was_ended_by_parent(jv task)
{
	jv error = json_get(task, "error", JV_KIND_OBJECT);
	const char *code = jv_is_valid(error) ? json_peek_string(error, "code") : NULL;
	bool was = code && !strcmp(code, "parent_ended");

	jv_free(error);
	return was;
}

static void
add_subtasks(struct family *f, jv parent)
{
	/* a parent that does not keep going cannot complete without each of them */
	bool is_whole =
	    json_peek_bool(f->whole, id_of(parent)) || !json_peek_bool(parent, "keep_going");
	jv child;

	for (uint64_t n = 0; jv_is_valid(child = task_next_child(f->tx, id_of(parent), &n));
	     jv_free(child))
		if (task_has_failed(child) && (is_whole || was_ended_by_parent(child)))
			add(f, child, true);
}

/* The first dependency of a task that has failed and is not put back, owned; invalid: none. */
static jv
stopped_by(const struct family *f, jv task)
{
	jv deps = json_get(task, "depends_on", JV_KIND_ARRAY), culprit = jv_invalid();

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, id) {
			jv dep = task_get(f->tx, jv_string_value(id));

			if (!jv_is_valid(culprit) && task_has_failed(dep) &&
			    !is_in(f, id_of(dep))) {
				jv_free(culprit);
				culprit = jv_copy(dep);
			}
			jv_free(dep);
			jv_free(id);
		}
	jv_free(deps);
	return culprit;
}

/* Who failed because the task did, and because of nobody else: with the last of several who
 * stopped it, it follows. */
static void
add_stopped(struct family *f, jv task)
{
	char *set = xprintf("stopped.%s", id_of(task));

	for (uint64_t n = 0; (n = store_next(f->tx, set, n)) != 0;) {
		jv dependent = store_at(f->tx, n), culprit = stopped_by(f, dependent);
		jv parent = parent_of(f->tx, dependent);

		if (!jv_is_valid(culprit) && !task_is(parent, "in_progress"))
			add(f, dependent, true);
		jv_free(parent);
		jv_free(culprit);
		jv_free(dependent);
	}
	free(set);
}

static int
gather(struct family *f)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(f->ids)); i++) {
		jv id = jv_array_get(jv_copy(f->ids), i),
		   task = task_get(f->tx, jv_string_value(id));

		rc = add_parent(f, task);
		if (task_has_subtasks(task))
			add_subtasks(f, task);
		add_stopped(f, task);
		jv_free(task);
		jv_free(id);
	}
	return rc;
}

/* Whether nobody of them would fail at once.  -1 with err. */
static int
check_dependencies(struct family *f)
{
	char name[9], of[9];
	int rc = 0;

	jv_array_foreach (f->ids, i, id) {
		jv task = task_get(f->tx, jv_string_value(id)), culprit = stopped_by(f, task);

		if (rc == 0 && jv_is_valid(culprit))
			rc = err_set(EX_TEMPFAIL,
			    "task %s: dependency %s %s: task-retry it, this one follows",
			    task_short(id_of(task), name), task_short(id_of(culprit), of),
			    task_is(culprit, "failed") ? "failed" : "was cancelled");
		jv_free(culprit);
		jv_free(task);
		jv_free(id);
	}
	return rc;
}

/* Appends what the task (borrowed) said at its end to its log, unless the chat has it. */
static int
keep_words(struct tx *tx, jv task)
{
	int64_t posted = json_peek_int(task, "posted", 0),
		events = json_peek_int(task, "events", 0);
	int64_t before = events - speech_closing_count(task);
	jv closing = speech_closing(task);
	struct log *log;
	int rc = 0;

	if (events <= posted || events == before) {
		jv_free(closing);
		return 0;
	}
	log = log_open(store_logs_fd(store_of(tx)), id_of(task), posted > before ? posted : before);
	jv_array_foreach (closing, i, event) {
		/* not those of a retry that went no further */
		if (log && rc == 0 && json_peek_int(event, "n", 0) > log_count(log))
			rc = log_event(log, json_drop(jv_copy(event), "n"));
		jv_free(event);
	}
	if (!log || rc < 0 || log_sync(log) < 0)
		rc = -1;
	log_close(log);
	jv_free(closing);
	return rc;
}

/* Whether what the task has asked, if anything, was answered. */
static bool
is_decided(jv task)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	bool is = json_has(approval, "decision");

	jv_free(approval);
	return is;
}

/* Makes a task (consumed) what it was before it was begun, but for what it counts on. */
static void
put_back(struct tx *tx, jv task)
{
	static const char *const ends[] = { "error", "response", "finished_at", "session_id",
		"events", "cancel" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		task = json_drop(task, ends[i]);
	if (!is_decided(task))
		task = json_drop(task, "approval");
	task = json_set_string(task, "status", "pending");
	task =
	    json_drop(consent_hold(tx, task), "started_at"); /* of its first attempt from now on */
	task = json_set_int(task, "attempts_forgiven", json_peek_int(task, "attempt", 0));
	task = json_set_int(task, "retries", json_peek_int(task, "retries", 0) + 1);
	task_put(tx, task);
}

/* Lets a task that was put back wait for its dependencies; notes in parents who has to count its
 * subtasks anew. */
static void
let_wait(struct tx *tx, const char *id, jv *parents)
{
	jv task = task_get(tx, id), parent = parent_of(tx, task), culprit;

	if (task_is(parent, "pending") && task_has_subtasks(parent))
		*parents = json_set(*parents, id_of(parent), jv_true());
	if (task_has_subtasks(task)) {
		*parents = json_set(*parents, id, jv_true());
	} else {
		if (settle_standing(tx, task, &culprit) == 0 && !task_waits_for(task, "approval"))
			task_put(tx, json_set_string(jv_copy(task), "waiting", "dependencies"));
		jv_free(culprit);
	}
	jv_free(parent);
	jv_free(task);
}

/* Now that all are pending it can be seen who waits for whom. */
static void
let_all_wait(struct family *f)
{
	jv parents = jv_object();

	jv_array_foreach (f->ids, i, id) {
		let_wait(f->tx, jv_string_value(id), &parents);
		jv_free(id);
	}
	jv_object_foreach (parents, id, yes) {
		settle_recount(f->tx, task_get(f->tx, jv_string_value(id)));
		jv_free(yes);
		jv_free(id);
	}
	jv_free(parents);
}

static int
put_all_back(struct family *f)
{
	int rc = 0;

	jv_array_foreach (f->ids, i, id) {
		jv task = task_get(f->tx, jv_string_value(id));

		if (rc == 0 && (rc = keep_words(f->tx, task)) == 0)
			put_back(f->tx, task);
		else
			jv_free(task);
		jv_free(id);
	}
	if (rc < 0) {
		store_fail(f->tx);
		return rc;
	}
	let_all_wait(f);
	return RETRY_DONE;
}

/* A pending task (consumed). */
static int
hasten(struct tx *tx, jv task)
{
	const char *waiting = json_peek_string(task, "waiting");

	if (!waiting || strcmp(waiting, "time") != 0) {
		jv_free(task);
		return RETRY_KEPT;
	}
	task_put(tx, json_drop(json_drop(task, "waiting"), "not_before"));
	return RETRY_DONE;
}

int
retry_task(struct tx *tx, const char *id)
{
	struct family f = { .tx = tx, .ids = jv_array(), .whole = jv_object() };
	jv task = task_get(tx, id);
	char name[9];
	int rc;

	task_short(id, name);
	if (!jv_is_valid(task))
		rc = err_set(EX_NOINPUT, "task %s: no such task", id);
	else if (task_is(task, "in_progress"))
		rc = err_set(EX_DATAERR, "task %s: is running", name);
	else if (task_is(task, "completed"))
		rc = err_set(EX_DATAERR, "task %s: has completed", name);
	else if (task_is(task, "pending"))
		rc = hasten(tx, jv_copy(task));
	else {
		add(&f, task, true);
		if ((rc = gather(&f)) == 0 && (rc = check_dependencies(&f)) == 0)
			rc = put_all_back(&f);
	}
	jv_free(task);
	jv_free(f.ids);
	jv_free(f.whole);
	return rc;
}
