#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "consent.h"
#include "edit.h"
#include "err.h"
#include "limit.h"
#include "may.h"
#include "settle.h"
#include "spec.h"
#include "task.h"

/* How many tasks a cycle is named by. */
enum { CYCLE_NAMES = 8 };

static const char *
id_of(jv task)
{
	return json_peek_string(task, "id");
}

static bool
changes_dependencies(const struct edit *e)
{
	return e->drops_dependencies || jv_array_length(jv_copy(e->depends_on)) > 0;
}

/* Whether an object of an edit (borrowed) says anything. */
static bool
says(jv object)
{
	return jv_get_kind(object) == JV_KIND_OBJECT && jv_object_length(jv_copy(object)) > 0;
}

static int
check_state(jv task, const struct edit *e)
{
	char name[9];

	task_short(id_of(task), name);
	if (task_is(task, "in_progress"))
		return err_set(EX_TEMPFAIL, "task %s: is running: edit it when it has ended", name);
	if (task_is(task, "completed"))
		return err_set(EX_DATAERR, "task %s: has completed", name);
	if (task_has_subtasks(task) && (e->instruction || e->agent || says(e->limits) ||
					   says(e->rules) || changes_dependencies(e)))
		return err_set(EX_DATAERR, "task %s: was split: edit its subtasks", name);
	return 0;
}

/* --- fields */

static jv
set_instruction(jv task, const char *instruction)
{
	const char *old = json_peek_string(task, "instruction"),
		   *title = json_peek_string(task, "title");
	jv derived = task_title(old ? old : "");
	bool follows = title && !strcmp(title, jv_string_value(derived));

	jv_free(derived);
	task = json_set(task, "instruction", json_utf8(instruction, strlen(instruction)));
	if (follows)
		task = json_set(task, "title", task_title(json_peek_string(task, "instruction")));
	return task;
}

static int
set_agent(struct tx *tx, jv *task, const char *role)
{
	jv agent = agent_get(tx, role);
	bool is_there = jv_is_valid(agent);

	if (is_there)
		*task = json_set_string(json_drop(json_drop(*task, "worker"), "instead_of"),
		    "agent", json_peek_string(agent, "role"));
	jv_free(agent);
	return is_there ? 0 : err_set(EX_NOINPUT, "agent %.80s: no such role", role);
}

/* Joins what an edit says with the task's own member; task is consumed. */
static jv
join(jv task, const char *name, jv more)
{
	jv own = json_get(task, name, JV_KIND_OBJECT);

	if (!says(more)) {
		jv_free(own);
		return task;
	}
	if (!jv_is_valid(own)) {
		jv_free(own);
		own = jv_object();
	}
	return json_set(task, name, jv_object_merge(own, jv_copy(more)));
}

static int
set_fields(struct tx *tx, jv *task, const struct edit *e)
{
	if (e->priority)
		*task = json_set_string(*task, "priority", e->priority);
	if (e->agent && set_agent(tx, task, e->agent) < 0)
		return -1;
	if (e->instruction)
		*task = set_instruction(*task, e->instruction);
	if (!may_trusts_in(tx, json_peek_string(*task, "chat_id"), id_user(NULL)))
		*task = json_set(*task, "untrusted", jv_true());
	if (e->instruction || e->agent) /* it may need subtasks now, or others */
		*task = task_has_subtasks(*task) ? *task : json_drop(*task, "decision");
	*task = join(*task, "metadata", e->metadata);
	*task = join(*task, "limits", e->limits);
	*task = join(*task, "output", e->output);
	if (says(e->rules))
		*task = jv_object_merge(*task, jv_copy(e->rules));
	return spec_check(*task);
}

/* --- dependencies */

/* A walk from one task to all for which it waits. */
struct walk {
	struct tx *tx;
	jv ids;  /* seen; grows while it is worked off */
	jv from; /* id -> who waits for it; of the first: null */
};

static void
see(struct walk *w, const char *id, const char *from)
{
	if (json_has(w->from, id))
		return;
	w->ids = jv_array_append(w->ids, jv_string(id));
	w->from = json_set_string(w->from, id, from);
}

/* Whom a task (borrowed) waits for, or might after a task-retry. */
static void
see_next(struct walk *w, jv task)
{
	jv deps = json_get(task, "depends_on", JV_KIND_ARRAY), child;

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, id) {
			see(w, jv_string_value(id), id_of(task));
			jv_free(id);
		}
	for (uint64_t n = 0; task_has_subtasks(task) &&
			     jv_is_valid(child = task_next_child(w->tx, id_of(task), &n));
	     jv_free(child))
		if (!task_is(child, "completed"))
			see(w, id_of(child), id_of(task));
	jv_free(deps);
}

/* Says by whom the task waits for itself. */
static int
name_cycle(struct walk *w, const char *id)
{
	const char *at = id;
	char name[9], *path = xstrdup(task_short(id, name));
	int names = 0, rc;

	while ((at = json_peek_string(w->from, at)) != NULL) {
		char *longer =
		    xprintf("%s -> %s", names < CYCLE_NAMES ? task_short(at, name) : "...", path);

		if (names++ <= CYCLE_NAMES) {
			free(path);
			path = longer;
		} else {
			free(longer);
		}
	}
	task_short(id, name);
	rc = err_set(EX_DATAERR, "task %s: would wait for itself: %s -> %s", name, name, path);
	free(path);
	return rc;
}

/* Whether the task may wait for the other. */
static int
check_cycle(struct tx *tx, const char *id, const char *other)
{
	struct walk w = { .tx = tx, .ids = jv_array(), .from = jv_object() };
	int rc = 0;

	see(&w, other, NULL);
	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(w.ids)); i++) {
		jv at = jv_array_get(jv_copy(w.ids), i), task = task_get(tx, jv_string_value(at));

		if (!strcmp(jv_string_value(at), id))
			rc = name_cycle(&w, id);
		else if (jv_is_valid(task) && !task_is(task, "completed"))
			see_next(&w, task);
		jv_free(task);
		jv_free(at);
	}
	jv_free(w.ids);
	jv_free(w.from);
	return rc;
}

/* Adds one more, unless it is there; task is borrowed. */
static int
add_dependency(struct tx *tx, jv task, const char *prefix, jv *deps)
{
	char id[ID_TEXT], name[9], of[9];
	bool is_known = false;
	int rc = 0;
	jv dep;

	if (spec_dependency(tx, task, id_user(NULL), prefix, id) < 0)
		return -1;
	jv_array_foreach (*deps, i, each) {
		is_known |= !strcmp(jv_string_value(each), id);
		jv_free(each);
	}
	if (is_known)
		return 0;
	dep = task_get(tx, id);
	if (task_has_failed(dep) && strcmp(id, id_of(task)) != 0)
		rc = err_set(EX_TEMPFAIL, "task %s: dependency %s %s: task-retry it first",
		    task_short(id_of(task), name), task_short(id, of),
		    task_is(dep, "failed") ? "failed" : "was cancelled");
	else if ((rc = check_cycle(tx, id_of(task), id)) == 0)
		*deps = jv_array_append(*deps, jv_string(id));
	jv_free(dep);
	return rc;
}

static int
set_dependencies(struct tx *tx, jv *task, const struct edit *e)
{
	jv deps =
	    e->drops_dependencies ? jv_invalid() : json_get(*task, "depends_on", JV_KIND_ARRAY);
	int rc = 0;

	if (!changes_dependencies(e)) {
		jv_free(deps);
		return 0;
	}
	if (!jv_is_valid(deps)) {
		jv_free(deps);
		deps = jv_array();
	}
	jv_array_foreach (e->depends_on, i, prefix) {
		if (rc == 0)
			rc = add_dependency(tx, *task, jv_string_value(prefix), &deps);
		jv_free(prefix);
	}
	if (jv_array_length(jv_copy(deps)) > 0)
		*task = json_set(*task, "depends_on", deps);
	else
		*task = (jv_free(deps), json_drop(*task, "depends_on"));
	return rc;
}

/* Takes back what is asked, or was allowed: it may be another question now.  Whether the task may
 * begin is asked anew; of one that has begun already, where it is put back (retry.h). */
static jv
take_back_approval(struct tx *tx, jv task, const struct edit *e)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *about = json_peek_string(approval, "about");
	bool is_beginning = about && !strcmp(about, "task"),
	     waits = task_waits_for(task, "approval");
	bool is_same = !e->agent && !e->instruction && !says(e->metadata) && !says(e->limits) &&
	               !says(e->output) && !changes_dependencies(e);

	jv_free(approval);
	if (is_same || (!waits && !is_beginning))
		return task;
	if (waits)
		task = json_drop(json_drop(task, "waiting"), "events");
	task = json_drop(task, "approval");
	return is_beginning && task_is(task, "pending") ? consent_hold(tx, task) : task;
}

/* A pending task (consumed) waits for its dependencies, or no longer. */
static jv
let_wait(struct tx *tx, jv task)
{
	const char *waiting = json_peek_string(task, "waiting");
	jv culprit;
	int standing;

	if (task_waits_for(task, "approval"))
		return task;
	standing = settle_standing(tx, task, &culprit);
	jv_free(culprit);
	if (standing == 0)
		return json_set_string(json_drop(task, "not_before"), "waiting", "dependencies");
	return waiting && !strcmp(waiting, "dependencies") ? json_drop(task, "waiting") : task;
}

/* --- the whole */

/* Stores an edited task (consumed). */
static void
store(struct tx *tx, jv task)
{
	task = limit_forget(json_drop(task, "reservation"));
	if (task_is(task, "pending"))
		task = limit_hush(tx, task);
	task = json_set_int(task, "revision", json_peek_int(task, "revision", 0) + 1);
	task_put(tx, task);
}

/* Gives the priority to those who make up the task, and have not begun. */
static void
pass_priority(struct tx *tx, const char *id, const char *priority)
{
	/* a task that was loaded may be its own ancestor */
	jv parents = JV_ARRAY(jv_string(id)), seen = json_set(jv_object(), id, jv_true());

	for (int i = 0; i < jv_array_length(jv_copy(parents)); i++) {
		jv parent = jv_array_get(jv_copy(parents), i), child;

		for (uint64_t n = 0;
		     jv_is_valid(child = task_next_child(tx, jv_string_value(parent), &n));
		     jv_free(child))
			if ((task_is(child, "pending") || task_has_failed(child)) &&
			    !json_has(seen, id_of(child))) {
				if (task_has_subtasks(child))
					parents = jv_array_append(parents, jv_string(id_of(child)));
				seen = json_set(seen, id_of(child), jv_true());
				store(tx, json_set_string(jv_copy(child), "priority", priority));
			}
		jv_free(parent);
	}
	jv_free(seen);
	jv_free(parents);
}

int
edit_task(struct tx *tx, const char *id, const struct edit *e, jv *task)
{
	jv t = task_get(tx, id);

	*task = jv_invalid();
	if (!jv_is_valid(t))
		return err_set(EX_NOINPUT, "task %s: no such task", id);
	if (check_state(t, e) < 0 || set_fields(tx, &t, e) < 0 || set_dependencies(tx, &t, e) < 0) {
		jv_free(t);
		return -1;
	}
	t = take_back_approval(tx, t, e);
	if (task_is(t, "pending") && changes_dependencies(e))
		t = let_wait(tx, t);
	store(tx, t);
	*task = task_get(tx, id);
	if (e->priority && task_has_subtasks(*task))
		pass_priority(tx, id, e->priority);
	return 0;
}
