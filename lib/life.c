#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent.h"
#include "chat.h"
#include "clock.h"
#include "err.h"
#include "life.h"
#include "log.h"
#include "plan.h"
#include "task.h"

enum { RETRY_MAX_MS = 60000 };

static const char *
id_of(jv task)
{
	return json_peek_string(task, "id");
}

static jv
set_now(jv task, const char *field)
{
	char now[CLOCK_TEXT];

	return json_set_string(task, field, clock_format(clock_now_ms(), now));
}

jv
life_error(const char *category, const char *code, const char *message, bool retryable)
{
	jv error = json_set_string(jv_object(), "category", category);

	error = json_set_string(error, "code", code);
	error = json_set(error, "message", json_utf8(message, strlen(message)));
	return json_set(error, "retryable", jv_bool(retryable));
}

static jv
dependency_error(jv culprit, const char *what)
{
	char name[9], *message;
	jv error;

	message = xprintf("%s %s %s", what, task_short(id_of(culprit), name),
	    task_is(culprit, "cancelled") ? "was cancelled" : "failed");
	error = life_error("dependency", "dependency_failed", message, false);
	free(message);
	return error;
}

/* How many closing events an ended task has; none without a chat to show them in. */
static int
closing_count(jv task)
{
	const char *response = json_peek_string(task, "response");

	if (!json_has(task, "chat_id"))
		return 0;
	return task_is(task, "completed") && response && *response ? 2 : 1;
}

/* Gives a task (consumed) its final status.  Returns it as stored. */
static jv
end_task(struct tx *tx, jv task, const char *status)
{
	int64_t events = json_peek_int(task, "posted", 0);

	if (json_peek_int(task, "attempt", 0) > 0) {
		int64_t logged = log_last(store_logs_fd(store_of(tx)), id_of(task));

		events = logged > events ? logged : events;
	}
	task = json_set_string(task, "status", status);
	task = json_drop(json_drop(json_drop(task, "waiting"), "not_before"), "reservation");
	task = set_now(json_drop(task, "lease"), "finished_at");
	task = json_set_int(task, "events", events + closing_count(task));
	task_put(tx, jv_copy(task));
	return task;
}

/* Fails a task (consumed) for good, adding its id to todo. */
static jv
fail_for_good(struct tx *tx, jv task, jv error, jv todo)
{
	task = end_task(tx, json_set(task, "error", error), "failed");
	todo = jv_array_append(todo, jv_string(id_of(task)));
	jv_free(task);
	return todo;
}

/* How the task's dependencies stand: 1 all completed, 0 some have not ended, -1 one failed
 * (*culprit, owned). */
static int
look_at_dependencies(struct tx *tx, jv task, jv *culprit)
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

		if (standing >= 0 && jv_is_valid(dep) && task_is_over(dep) &&
		    !task_is(dep, "completed")) {
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
		int standing = look_at_dependencies(tx, dependent, &culprit);

		if (standing > 0)
			task_put(tx, json_drop(jv_copy(dependent), "waiting"));
		else if (standing < 0)
			todo = fail_for_good(tx, jv_copy(dependent),
			    dependency_error(culprit, "dependency"), todo);
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
	char *set = xprintf("parent.%s", id_of(parent));

	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;) {
		jv child = store_at(tx, n);

		if (task_is(child, "pending")) {
			child = json_set(child, "error",
			    life_error("cancelled", "parent_ended", why, false));
			child = end_task(tx, child, "cancelled");
			todo = jv_array_append(todo, jv_string(id_of(child)));
		}
		jv_free(child);
	}
	free(set);
	return todo;
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
		todo = fail_for_good(tx, parent, dependency_error(task, "subtask"), todo);
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

static void
end_and_settle(struct tx *tx, jv task, const char *status)
{
	jv todo;

	task = end_task(tx, task, status);
	todo = JV_ARRAY(jv_string(id_of(task)));
	jv_free(task);
	settle(tx, todo);
}

jv
life_begin(struct tx *tx, jv task)
{
	jv culprit;
	int standing = look_at_dependencies(tx, task, &culprit);

	if (standing < 0) {
		task = json_set(task, "error", dependency_error(culprit, "dependency"));
		jv_free(culprit);
		return end_task(tx, task, "failed");
	}
	jv_free(culprit);
	if (standing == 0)
		task = json_set_string(task, "waiting", "dependencies");
	task_put(tx, jv_copy(task));
	return task;
}

bool
life_is_ready(jv task, int64_t now_ms)
{
	const char *waiting = json_peek_string(task, "waiting");
	int64_t due;

	if (!task_is(task, "pending"))
		return false;
	if (!waiting)
		return true;
	return !strcmp(waiting, "time") && json_peek_string(task, "not_before") &&
	       clock_parse(json_peek_string(task, "not_before"), &due) && due <= now_ms;
}

jv
life_reserve(struct tx *tx, jv task, const char *lease, int64_t until_ms)
{
	char until[CLOCK_TEXT];
	jv reservation = json_set_string(jv_object(), "lease", lease);

	reservation = json_set_string(reservation, "until", clock_format(until_ms, until));
	task = json_set(task, "reservation", reservation);
	task = json_drop(json_drop(task, "waiting"), "not_before");
	task_put(tx, jv_copy(task));
	return task;
}

void
life_unreserve(struct tx *tx, jv task)
{
	task_put(tx, json_drop(task, "reservation"));
}

/* The task's chat, made where it has none or it is gone; and its owner as the task's user. */
static jv
settle_in_chat(struct tx *tx, jv task)
{
	const char *chat_id = json_peek_string(task, "chat_id");
	jv chat = chat_id ? chat_get(tx, chat_id) : jv_invalid();

	if (!jv_is_valid(chat)) {
		char name[9], *title = xprintf("Task: %s", task_short(id_of(task), name));

		jv_free(chat);
		chat = chat_add(tx, title, "agent", jv_array());
		free(title);
		task = json_set(task, "own_chat", jv_true());
	}
	task = json_set_string(task, "chat_id", json_peek_string(chat, "id"));
	task = json_set_string(task, "user_id", json_peek_string(chat, "user_id"));
	jv_free(chat);
	return task;
}

/* The role that will do the task; invalid: nobody. */
static jv
choose_agent(struct tx *tx, jv task)
{
	jv crew = agent_crew(tx), role;

	role = plan_choose_agent(crew, json_peek_string(task, "agent"),
	    json_peek_string(task, "instruction"));
	jv_free(crew);
	return role;
}

static jv
take(jv task, struct life_claim *claim)
{
	task = json_drop(json_drop(json_drop(task, "waiting"), "not_before"), "reservation");
	task = json_set_string(task, "status", "in_progress");
	task = json_set_int(task, "attempt", json_peek_int(task, "attempt", 0) + 1);
	task = json_set_string(task, "lease", claim->lease);
	task = json_set_string(task, "runner", claim->runner ? claim->runner : claim->lease);
	task = json_drop(task, "error");
	return json_has(task, "started_at") ? task : set_now(task, "started_at");
}

int
life_claim(struct tx *tx, const char *id, struct life_claim claim, jv *task)
{
	jv found = task_get(tx, id), role;

	*task = jv_invalid();
	if (!life_is_ready(found, clock_now_ms())) {
		bool is_there = jv_is_valid(found);

		jv_free(claim.decision);
		jv_free(found);
		return is_there ? LIFE_PASSED : err_set(EX_NOINPUT, "task %s: no such task", id);
	}
	found = settle_in_chat(tx, take(found, &claim));
	if (jv_is_valid(claim.decision) && !json_has(found, "decision"))
		found = json_set(found, "decision", claim.decision);
	else
		jv_free(claim.decision);
	role = task_has_subtasks(found) ? jv_null() : choose_agent(tx, found);
	if (!jv_is_valid(role)) {
		const char *wanted = json_peek_string(found, "agent");
		char *why = wanted ? xprintf("no agent has the role %s", wanted)
		                   : xstrdup("there are no agents; add one with agent-add");

		found =
		    json_set(found, "error", life_error("configuration", "no_agent", why, false));
		free(why);
		end_and_settle(tx, found, "failed");
		return LIFE_PASSED;
	}
	if (jv_get_kind(role) == JV_KIND_STRING)
		found = json_set(found, "agent", role);
	task_put(tx, jv_copy(found));
	*task = found;
	return LIFE_DONE;
}

bool
life_is_mine(jv task, const char *lease)
{
	const char *held = jv_is_valid(task) ? json_peek_string(task, "lease") : NULL;

	return held && task_is(task, "in_progress") && !strcmp(held, lease);
}

void
life_complete(struct tx *tx, jv task, jv response)
{
	end_and_settle(tx, json_set(task, "response", response), "completed");
}

static double
limit_of(jv task, const char *name, double or)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT), value = jv_invalid();

	if (jv_is_valid(limits))
		value = jv_object_get(jv_copy(limits), jv_string(name));
	if (jv_get_kind(value) == JV_KIND_NUMBER)
		or = jv_number_value(value);
	jv_free(value);
	jv_free(limits);
	return or ;
}

static bool
has_attempts_left(jv task)
{
	return (double)json_peek_int(task, "attempt", 0) <
	       limit_of(task, "max_attempts", LIFE_ATTEMPTS);
}

int64_t
life_will_retry(jv task, jv error)
{
	int64_t attempt = json_peek_int(task, "attempt", 1);
	double delay = 1000 * limit_of(task, "retry_delay_s", 1);
	unsigned char dice = 128;

	if (!json_peek_bool(error, "retryable") || !has_attempts_left(task))
		return -1;
	if (getrandom(&dice, 1, GRND_NONBLOCK) != 1)
		dice = 128;
	delay = ldexp(delay, attempt < 32 ? (int)attempt - 1 : 31);
	if (delay > RETRY_MAX_MS)
		delay = RETRY_MAX_MS;
	return (int64_t)(delay * (0.75 + dice / 510.0));
}

/* Back to pending, nobody's any more. */
static jv
put_down(jv task)
{
	return json_set_string(json_drop(task, "lease"), "status", "pending");
}

void
life_fail(struct tx *tx, jv task, jv error)
{
	int64_t delay_ms = life_will_retry(task, error);
	char due[CLOCK_TEXT];

	task = json_set(task, "error", error);
	if (delay_ms < 0) {
		end_and_settle(tx, task, "failed");
		return;
	}
	task = json_set_string(put_down(task), "waiting", "time");
	task_put(tx,
	    json_set_string(task, "not_before", clock_format(clock_now_ms() + delay_ms, due)));
}

void
life_lost(struct tx *tx, jv task)
{
	task = json_set(task, "error",
	    life_error("internal", "runner_died", "the process that ran it died", true));
	if (has_attempts_left(task))
		task_put(tx, put_down(task));
	else
		end_and_settle(tx, task, "failed");
}

void
life_return(struct tx *tx, jv task)
{
	task = json_set_int(task, "attempt", json_peek_int(task, "attempt", 1) - 1);
	task_put(tx, put_down(task));
}

void
life_cancel(struct tx *tx, jv task, const char *why)
{
	task = json_set(task, "error", life_error("cancelled", "cancelled", why, false));
	end_and_settle(tx, task, "cancelled");
}

/* What a subtask has from its parent. */
static jv
inherit(jv child, jv parent)
{
	static const char *const fields[] = { "chat_id", "user_id", "created_by", "scope",
		"metadata", "limits" };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		jv value = jv_object_get(jv_copy(parent), jv_string(fields[i]));

		if (jv_is_valid(value))
			child = json_set(child, fields[i], value);
		else
			jv_free(value);
	}
	return json_set_string(child, "parent_id", id_of(parent));
}

/* Moves a member of the plan's subtask under the task's name for it, unless it is null. */
static jv
take_over(jv child, jv item, const char *from, const char *to)
{
	jv value = jv_object_get(jv_copy(item), jv_string(from));

	if (jv_is_valid(value) && jv_get_kind(value) != JV_KIND_NULL)
		return json_set(child, to, value);
	jv_free(value);
	return child;
}

/* Indices into the plan's subtasks become ids. */
static jv
ids_of_dependencies(jv item, jv ids)
{
	jv given = json_get(item, "dependencies", JV_KIND_ARRAY), out = jv_array();

	if (jv_is_valid(given))
		jv_array_foreach (given, i, index)
			out = jv_array_append(out,
			    jv_array_get(jv_copy(ids), (int)jv_number_value(index)));
	jv_free(given);
	return out;
}

static jv
new_child(jv parent, jv item, jv ids, int i)
{
	static const char *const members[][2] = { { "title", "title" },
		{ "description", "instruction" }, { "priority", "priority" },
		{ "assigned_to", "agent" }, { "required_skills", "required_skills" },
		{ "estimated_hours", "estimated_hours" }, { "context", "context" } };
	jv id = jv_array_get(jv_copy(ids), i), deps, child = json_set(jv_object(), "id", id);

	child = json_set_string(child, "status", "pending");
	for (size_t m = 0; m < sizeof members / sizeof *members; m++)
		child = take_over(child, item, members[m][0], members[m][1]);
	deps = ids_of_dependencies(item, ids);
	if (jv_array_length(jv_copy(deps)) > 0)
		child = json_set(child, "depends_on", deps);
	else
		jv_free(deps);
	child = json_set_int(json_set_int(inherit(child, parent), "attempt", 0), "posted", 0);
	return set_now(child, "created_at");
}

/* Subtasks are born in the plan's order; one that waits for a later one is found to do so
 * because that one's id is known to be unfinished. */
static jv
begin_children(struct tx *tx, jv parent, jv items)
{
	jv ids = jv_array(), children = jv_array();
	int count = jv_array_length(jv_copy(items));
	char id[ID_TEXT];

	for (int i = 0; i < count; i++)
		ids = jv_array_append(ids, jv_string(id_new(id)));
	jv_array_foreach (items, i, item) {
		jv child = new_child(parent, item, ids, i);

		if (json_has(child, "depends_on"))
			child = json_set_string(child, "waiting", "dependencies");
		task_put(tx, jv_copy(child));
		children = jv_array_append(children, child);
		jv_free(item);
	}
	jv_free(items);
	jv_free(ids);
	return children;
}

int
life_split(struct tx *tx, const char *id, jv decision, jv plan, bool keep_going, jv *children)
{
	jv parent = task_get(tx, id), items, counts;

	*children = jv_array();
	if (!task_is(parent, "pending") || task_has_subtasks(parent) ||
	    json_peek_string(parent, "waiting")) {
		bool is_there = jv_is_valid(parent);

		jv_free(parent);
		jv_free(decision);
		jv_free(plan);
		return is_there ? LIFE_PASSED : err_set(EX_NOINPUT, "task %s: no such task", id);
	}
	items = json_get(plan, "subtasks", JV_KIND_ARRAY);
	parent = settle_in_chat(tx, parent);
	*children = (jv_free(*children), begin_children(tx, parent, jv_copy(items)));
	counts = json_set_int(jv_object(), "total", jv_array_length(items));
	counts = json_set_int(json_set_int(counts, "done", 0), "failed", 0);
	parent = json_set_string(json_drop(parent, "reservation"), "waiting", "subtasks");
	parent = json_set(json_set(parent, "subtasks", counts), "plan", plan);
	if (jv_is_valid(decision))
		parent = json_set(parent, "decision", decision);
	if (keep_going)
		parent = json_set(parent, "keep_going", jv_true());
	task_put(tx, parent);
	return LIFE_DONE;
}

jv
life_event(jv task, const char *type, jv data, const char *session)
{
	jv event;

	data = json_set_string(data, "task_id", id_of(task));
	event = chat_event(type, data, json_peek_string(task, "user_id"),
	    json_peek_string(task, "chat_id"));
	return session ? json_set_string(event, "session_id", session) : event;
}

/* One closing event: its id and time are the same whenever it is made. */
static jv
closing_event(jv task, const char *type, jv data, int i)
{
	char id[ID_TEXT], name[64];
	jv event = life_event(task, type, data, NULL);

	snprintf(name, sizeof name, "closing/%" PRId64 "/%d", json_peek_int(task, "attempt", 0), i);
	event = json_set_string(event, "id", id_derive(id_of(task), name, id));
	event = json_set_string(event, "at", json_peek_string(task, "finished_at"));
	return json_set_int(event, "n",
	    json_peek_int(task, "events", 0) - closing_count(task) + 1 + i);
}

static jv
message_of_end(jv task)
{
	jv error = json_get(task, "error", JV_KIND_OBJECT);
	const char *why = jv_is_valid(error) ? json_peek_string(error, "message") : NULL;
	char name[9];
	jv text;

	task_short(id_of(task), name);
	if (task_is(task, "completed"))
		text = jv_string_fmt("Task %s completed successfully", name);
	else if (task_is(task, "cancelled"))
		text = jv_string_fmt("Task %s cancelled: %s", name, why ? why : "no reason given");
	else
		text = jv_string_fmt("Task %s failed: %s", name, why ? why : "no reason given");
	jv_free(error);
	return json_set(jv_object(), "message", text);
}

jv
life_closing(jv task)
{
	jv events = jv_array();
	int count = closing_count(task);
	const char *type = task_is(task, "failed") ? "error" : "status";

	if (count == 2)
		events = jv_array_append(events,
		    closing_event(task, "message",
			json_set(jv_object(), "text", json_get(task, "response", JV_KIND_STRING)),
			0));
	if (count > 0)
		events = jv_array_append(events,
		    closing_event(task, type, message_of_end(task), count - 1));
	return events;
}
