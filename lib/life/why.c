#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approve.h"
#include "assign.h"
#include "clock.h"
#include "life.h"
#include "limit.h"
#include "proc.h"
#include "quiet.h"
#include "task.h"
#include "why.h"

/* The dependencies, or subtasks, that have not ended: what a waiting task waits for. */
static jv
unfinished(struct tx *tx, jv task)
{
	jv out = jv_array(), deps = json_get(task, "depends_on", JV_KIND_ARRAY), child;

	if (task_has_subtasks(task)) {
		for (uint64_t n = 0;
		     jv_is_valid(child = task_next_child(tx, json_peek_string(task, "id"), &n));
		     jv_free(child))
			if (!task_is_over(child))
				out = jv_array_append(out, json_get(child, "id", JV_KIND_STRING));
	} else if (jv_is_valid(deps)) {
		jv_array_foreach (deps, i, id) {
			jv dep = jv_get_kind(id) == JV_KIND_STRING
			             ? task_get(tx, jv_string_value(id))
			             : jv_invalid();

			if (jv_is_valid(dep) && !task_is_over(dep))
				out = jv_array_append(out, jv_copy(id));
			jv_free(dep);
			jv_free(id);
		}
	}
	jv_free(deps);
	return out;
}

static char *
waits_for_approval(jv task)
{
	const char *who = approve_asked(task);
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *question = json_peek_string(approval, "question");
	char *text = xprintf("it waits for %s%sapproval%s%s", who ? who : "", who ? "'s " : "",
	    question ? ": " : "", question ? question : "");

	jv_free(approval);
	return text;
}

/* What has to be known of a task (borrowed) that is waited for: " (creates the agent smith)". */
static char *
add_known(jv task)
{
	jv creates = json_get(task, "creates", JV_KIND_OBJECT);
	const char *role = json_peek_string(creates, "role");
	char *asks = task_waits_for(task, "approval") ? waits_for_approval(task) : NULL,
	     *text = role || asks ? xprintf(" (%s%s%s%s)", role ? "creates the agent " : "",
					role ? role : "", role && asks ? "; " : "",
					asks ? asks + strlen("it ") : "")
	                          : xstrdup("");

	free(asks);
	jv_free(creates);
	return text;
}

/* "it waits for 1f3c9a2b and 2 more"; ids is borrowed. */
static char *
waits_for_tasks(struct tx *tx, jv ids)
{
	int len = jv_array_length(jv_copy(ids));
	jv first = len > 0 ? jv_array_get(jv_copy(ids), 0) : jv_invalid(), task;
	char name[9], more[32] = "", *text, *known;

	if (!jv_is_valid(first)) {
		jv_free(first);
		return xstrdup("it waits for other tasks");
	}
	if (len > 1)
		snprintf(more, sizeof more, " and %d more", len - 1);
	task = task_get(tx, jv_string_value(first));
	known = add_known(task);
	text =
	    xprintf("it waits for %s%s%s", task_short(jv_string_value(first), name), known, more);
	free(known);
	jv_free(task);
	jv_free(first);
	return text;
}

static char *
waits_for_subtasks(jv task)
{
	jv counts = json_get(task, "subtasks", JV_KIND_OBJECT);
	char *text = xprintf("it waits for its subtasks: %" PRId64 " of %" PRId64 " have ended",
	    json_peek_int(counts, "done", 0) + json_peek_int(counts, "failed", 0),
	    json_peek_int(counts, "total", 0));

	jv_free(counts);
	return text;
}

static jv
why_waiting(struct tx *tx, jv task, jv answer)
{
	const char *waiting = json_peek_string(task, "waiting");
	char *text;
	jv ids;

	if (!strcmp(waiting, "time")) {
		answer = json_set_string(answer, "why", "it waits before it is tried again");
		return json_set_string(answer, "not_before", json_peek_string(task, "not_before"));
	}
	if (!strcmp(waiting, "approval")) {
		text = waits_for_approval(task);
		answer = json_set_string(answer, "why", text);
		free(text);
		return answer;
	}
	ids = unfinished(tx, task);
	text = !strcmp(waiting, "subtasks") && task_has_subtasks(task) ? waits_for_subtasks(task)
	                                                               : waits_for_tasks(tx, ids);
	answer = json_set_string(answer, "why", text);
	free(text);
	return json_set(answer, "waiting_for", ids);
}

/* "it is ready", or else what its agent, crew or chat does meanwhile. */
static jv
why_ready(struct tx *tx, jv task, jv answer)
{
	jv full = life_full(tx, task);
	const char *slot = jv_is_valid(full) ? jv_string_value(full) : NULL;
	char *text =
		 slot ? limit_why(tx, slot)
		      : xstrdup(
			    life_has_waiter(tx, task)
				? "it is ready: the agent that was spawned for it goes on with it"
				: "it is ready: no pipeline has taken it yet"),
	     due[CLOCK_TEXT];

	if (slot && quiet_is(slot))
		answer = json_set_string(answer, "not_before",
		    clock_format(quiet_due_ms(tx, slot), due));
	jv_free(full);
	answer = json_set_string(answer, "why", text);
	free(text);
	return answer;
}

static jv
why_pending(struct tx *tx, jv task, jv answer)
{
	jv reservation = json_get(task, "reservation", JV_KIND_OBJECT);
	const char *holder = json_peek_string(reservation, "lease");

	if (limit_waits(task)) {
		answer = why_ready(tx, task,
		    json_set_string(answer, "waiting", json_peek_string(task, "waiting")));
	} else if (json_peek_string(task, "waiting")) {
		answer = why_waiting(tx, task,
		    json_set_string(answer, "waiting", json_peek_string(task, "waiting")));
	} else if (holder && proc_lease_is_live(store_run_fd(store_of(tx)), holder)) {
		answer = json_set_string(answer, "why",
		    "it was handed to a pipeline that has not begun it");
		answer = json_set(answer, "reserved_until",
		    json_get(reservation, "until", JV_KIND_STRING));
	} else {
		answer = why_ready(tx, task, answer);
	}
	jv_free(reservation);
	return answer;
}

static jv
why_running(struct tx *tx, jv task, jv answer)
{
	const char *lease = json_peek_string(task, "lease");

	if (lease && proc_lease_is_live(store_run_fd(store_of(tx)), lease))
		return json_set_string(answer, "why", "it is running");
	return json_set_string(answer, "why", "its runner died; the next task-watch puts it back");
}

jv
why_task(struct tx *tx, jv task)
{
	static const char *const copied[] = { "agent", "attempt", "error", "failures", "approval",
		"decision", "subtasks" };
	jv answer = json_set_string(jv_object(), "id", json_peek_string(task, "id"));

	answer = json_set_string(answer, "status", json_peek_string(task, "status"));
	if (task_is(task, "pending"))
		answer = why_pending(tx, task, answer);
	else if (task_is(task, "in_progress"))
		answer = why_running(tx, task, answer);
	else
		answer = json_set_string(answer, "why",
		    task_is(task, "completed") ? "it completed" : "it ended with an error");
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		jv value = jv_object_get(jv_copy(task), jv_string(copied[i]));

		if (jv_is_valid(value))
			answer = json_set(answer, copied[i], value);
		else
			jv_free(value);
	}
	return answer;
}

jv
why_agent(struct tx *tx, jv task)
{
	jv answer = json_set_string(jv_object(), "id", json_peek_string(task, "id")),
	   choice = json_get(task, "assignment", JV_KIND_OBJECT);

	answer = json_set_string(answer, "status", json_peek_string(task, "status"));
	if (!task_is_over(task) && !jv_is_valid(choice)) {
		jv_free(choice);
		choice = assign_choose(tx, task);
	}
	if (!jv_is_valid(choice)) {
		jv_free(choice);
		return json_set_string(answer, "why", "no agent has done it");
	}
	answer = json_set_valid(answer, "agent", json_get(choice, "role", JV_KIND_STRING));
	answer = json_set_valid(answer, "why", json_get(choice, "reason", JV_KIND_STRING));
	jv_free(choice);
	return answer;
}
