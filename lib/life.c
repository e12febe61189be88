#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "assign.h"
#include "clock.h"
#include "consent.h"
#include "err.h"
#include "life.h"
#include "log.h"
#include "policy.h"
#include "settle.h"
#include "speech.h"
#include "task.h"

static jv
set_now(jv record, const char *field)
{
	char now[CLOCK_TEXT];

	return json_set_string(record, field, clock_format(clock_now_ms(), now));
}

jv
life_begin(struct tx *tx, jv task)
{
	jv culprit;
	int standing = settle_standing(tx, task, &culprit);

	if (standing < 0) {
		task = json_set(task, "error", settle_dependency_error(culprit, "dependency"));
		jv_free(culprit);
		return settle_end_alone(tx, task, "failed");
	}
	jv_free(culprit);
	if (standing == 0)
		task = json_set_string(task, "waiting", "dependencies");
	task = consent_hold(tx, task);
	task_put(tx, jv_copy(task));
	return task;
}

void
life_allow(struct tx *tx, jv task)
{
	jv culprit;
	int standing = settle_standing(tx, task, &culprit);

	task = json_drop(task, "waiting");
	if (standing == 0)
		task = json_set_string(task, "waiting", "dependencies");
	if (standing < 0) {
		task = json_set(task, "error", settle_dependency_error(culprit, "dependency"));
		settle_end(tx, task, "failed");
	} else {
		task_put(tx, task);
	}
	jv_free(culprit);
}

bool
life_is_ready(jv task, int64_t now_ms)
{
	const char *waiting = json_peek_string(task, "waiting");
	int64_t due;

	if (!task_is(task, "pending") || json_has(task, "cancel"))
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

/* Who makes a split task's answer of its subtasks': a model; invalid: nobody has to. */
static jv
choose_joiner(struct tx *tx, jv task)
{
	jv choice = assign_choose(tx, task), agent;
	const char *role = json_peek_string(choice, "role");
	bool is_llm;

	agent = role ? agent_get(tx, role) : jv_invalid();
	is_llm = agent_is_llm(agent);
	jv_free(agent);
	if (is_llm)
		return choice;
	jv_free(choice);
	return jv_invalid();
}

/* The agent that was made for this task alone. */
static jv
choose_worker(jv task)
{
	jv worker = json_get(task, "worker", JV_KIND_OBJECT), choice = jv_object();

	choice = json_set_valid(choice, "role", json_get(worker, "role", JV_KIND_STRING));
	jv_free(worker);
	return json_set_string(choice, "reason", "it was made for this task");
}

/* Who does the task, as assign_choose; invalid: nobody has to. */
static jv
choose(struct tx *tx, jv task)
{
	if (json_has(task, "creates"))
		return jv_invalid(); /* whoever runs it does it */
	if (json_has(task, "worker"))
		return choose_worker(task);
	return task_has_subtasks(task) ? choose_joiner(tx, task) : assign_choose(tx, task);
}

/* Sets who does a task (consumed), and why it (choice, consumed). */
static jv
assigned(jv task, jv choice)
{
	task = json_set_string(task, "agent", json_peek_string(choice, "role"));
	return json_set(task, "assignment", choice);
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

/* Ends a task whose planner says so in its decision (borrowed), and consumes it; false: it does
 * not. */
static bool
fail_as_planned(struct tx *tx, jv task, jv decision)
{
	const char *then = json_peek_string(decision, "on_error"), *category, *code, *message;
	jv error = json_get(decision, "error", JV_KIND_OBJECT);

	if (!then || strcmp(then, "fail") != 0 || !jv_is_valid(error)) {
		jv_free(error);
		return false;
	}
	category = json_peek_string(error, "category");
	code = json_peek_string(error, "code");
	message = json_peek_string(error, "message");
	task = json_set(task, "error",
	    task_error(category ? category : "internal", code ? code : "no_plan",
		message ? message : "it could not be planned", false));
	settle_end(tx, task, "failed");
	jv_free(error);
	return true;
}

int
life_claim(struct tx *tx, const char *id, struct life_claim claim, jv *task)
{
	jv found = task_get(tx, id), choice;

	*task = jv_invalid();
	if (!life_is_ready(found, clock_now_ms()) ||
	    (claim.revision >= 0 && claim.revision != json_peek_int(found, "revision", 0))) {
		bool is_there = jv_is_valid(found);

		jv_free(claim.decision);
		jv_free(found);
		return is_there ? LIFE_PASSED : err_set(EX_NOINPUT, "task %s: no such task", id);
	}
	found = speech_in_chat(tx, take(found, &claim));
	if (fail_as_planned(tx, found, claim.decision)) {
		jv_free(claim.decision);
		return LIFE_PASSED;
	}
	if (jv_is_valid(claim.decision) && !json_has(found, "decision"))
		found = json_set(found, "decision", claim.decision);
	else
		jv_free(claim.decision);
	choice = choose(tx, found);
	if (jv_is_valid(choice) && !json_has(choice, "role")) {
		found = json_set(found, "error",
		    task_error("configuration", "no_agent", json_peek_string(choice, "reason"),
			false));
		jv_free(choice);
		settle_end(tx, found, "failed");
		return LIFE_PASSED;
	}
	if (jv_is_valid(choice))
		found = assigned(found, choice);
	else
		jv_free(choice);
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
	settle_end(tx, json_set(task, "response", response), "completed");
}

int64_t
life_will_retry(jv task, jv error)
{
	return policy_delay_ms(task, error);
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

	task = json_set(policy_note(task, error), "error", error);
	if (delay_ms < 0) {
		settle_end(tx, task, "failed");
		return;
	}
	task = json_set_string(put_down(task), "waiting", "time");
	task_put(tx,
	    json_set_string(task, "not_before", clock_format(clock_now_ms() + delay_ms, due)));
}

void
life_lost(struct tx *tx, jv task)
{
	jv error = task_error("internal", "runner_died", "the process that ran it died", true);
	bool has_left = policy_attempts(task) < policy_most(task, error);

	task = json_drop(task, "runner"); /* who was to print what it said has let go of it */
	if (json_has(task, "cancel")) {
		jv_free(error);
		life_end_marked(tx, task);
		return;
	}
	task = json_set(policy_note(task, error), "error", error);
	if (has_left)
		task_put(tx, put_down(task));
	else
		settle_end(tx, task, "failed");
}

/* The same, as if the attempt had not been begun. */
static jv
give_back(jv task)
{
	return put_down(json_set_int(task, "attempt", json_peek_int(task, "attempt", 1) - 1));
}

void
life_return(struct tx *tx, jv task)
{
	task_put(tx, give_back(task));
}

void
life_ask(struct tx *tx, jv task, jv request)
{
	int64_t said = log_last(store_logs_fd(store_of(tx)), json_peek_string(task, "id"));

	if (!json_has(request, "asked_at"))
		request = set_now(request, "asked_at");
	task = json_set_string(give_back(task), "waiting", "approval");
	if (said > 0)
		task = json_set_int(task, "events", said);
	task_put(tx, json_set(task, "approval", request));
}

static jv
with_reason(jv task, const char *why)
{
	return json_set(task, "error", task_error("cancelled", "cancelled", why, false));
}

void
life_cancel(struct tx *tx, jv task, const char *why)
{
	settle_end(tx, with_reason(task, why), "cancelled");
}

void
life_cancel_all(struct tx *tx, jv tasks, const char *why)
{
	jv ready = jv_array();

	jv_array_foreach (tasks, i, task)
		ready = jv_array_append(ready, with_reason(task, why));
	jv_free(tasks);
	settle_end_all(tx, ready, "cancelled");
}

char *
life_why(const char *by, const char *reason)
{
	return xprintf("%s has cancelled it%s%s", by, reason ? ": " : "", reason ? reason : "");
}

void
life_mark(struct tx *tx, jv task, const char *by, const char *reason)
{
	jv mark = set_now(jv_object(), "at");

	mark = json_set_string(mark, "by", by);
	if (reason)
		mark = json_set_string(mark, "reason", reason);
	task_put(tx, json_set(task, "cancel", mark));
}

void
life_end_marked(struct tx *tx, jv task)
{
	jv mark = json_get(task, "cancel", JV_KIND_OBJECT);
	const char *by = json_peek_string(mark, "by");
	char *why = life_why(by ? by : "somebody", json_peek_string(mark, "reason"));

	life_cancel(tx, task, why);
	free(why);
	jv_free(mark);
}
