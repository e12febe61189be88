#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "assign.h"
#include "clock.h"
#include "consent.h"
#include "crew.h"
#include "err.h"
#include "life.h"
#include "limit.h"
#include "log.h"
#include "policy.h"
#include "proc.h"
#include "quiet.h"
#include "settle.h"
#include "speech.h"
#include "task.h"
#include "usage.h"

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
	task = limit_hush(tx, consent_hold(tx, task));
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
		task_put(tx, limit_hush(tx, task));
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
	if (!strcmp(waiting, "slot") || !strcmp(waiting, "chat_idle"))
		return true;
	return !strcmp(waiting, "time") && json_peek_string(task, "not_before") &&
	       clock_parse(json_peek_string(task, "not_before"), &due) && due <= now_ms;
}

bool
life_has_waiter(struct tx *tx, jv task)
{
	const char *waiter = json_peek_string(task, "waiter");

	return waiter && proc_lease_is_live(store_run_fd(store_of(tx)), waiter);
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
	if (task_has_own_agent(task))
		return choose_worker(task);
	return task_has_subtasks(task) ? choose_joiner(tx, task) : assign_choose(tx, task);
}

/* The slots that bind a task if it is done as was chosen (borrowed). */
static jv
slots_of(struct tx *tx, jv task, jv chosen)
{
	return limit_slots(tx, task, json_peek_string(chosen, "role"));
}

/* The same, of what is chosen now. */
static jv
slots_now(struct tx *tx, jv task)
{
	jv chosen, slots;

	if (store_count(tx, "agents.limited") == 0)
		return limit_slots(tx, task, NULL);
	chosen = choose(tx, task);
	slots = slots_of(tx, task, chosen);
	jv_free(chosen);
	return slots;
}

/* Those of them that are taken while it runs, slots consumed.  (That it is quiet is asked for
 * first.) */
static jv
taken(jv slots)
{
	int len = jv_array_length(jv_copy(slots));
	jv first = len > 0 ? jv_array_get(jv_copy(slots), 0) : jv_invalid();

	if (len > 0 && quiet_is(jv_string_value(first)))
		slots = jv_array_slice(slots, 1, len);
	jv_free(first);
	return slots;
}

jv
life_full(struct tx *tx, jv task)
{
	jv slots = slots_now(tx, task), full = limit_full(tx, slots, LIMIT_RUNNING);

	jv_free(slots);
	return full;
}

jv
life_reserve(struct tx *tx, jv task, const char *lease, int64_t until_ms)
{
	char until[CLOCK_TEXT];
	jv reservation = json_set_string(jv_object(), "lease", lease), slots = slots_now(tx, task),
	   full = limit_full(tx, slots, LIMIT_RESERVED);

	if (jv_is_valid(full)) {
		task_put(tx, limit_wait(tx, task, jv_string_value(full)));
		jv_free(full);
		jv_free(slots);
		jv_free(reservation);
		return jv_invalid();
	}
	slots = taken(slots);
	reservation = json_set_string(reservation, "until", clock_format(until_ms, until));
	if (jv_array_length(jv_copy(slots)) > 0)
		reservation = json_set(reservation, "slots", jv_copy(slots));
	jv_free(slots);
	task = json_set(limit_forget(task), "reservation", reservation);
	task = json_drop(json_drop(task, "waiting"), "not_before");
	task_put(tx, jv_copy(task));
	return task;
}

/* Sets who does a task (consumed), and why it (choice, consumed; without role: nobody). */
static jv
assigned(struct tx *tx, jv task, jv choice)
{
	const char *role = json_peek_string(choice, "role");
	jv agent = role && !task_has_own_agent(task) ? agent_get(tx, role) : jv_invalid(),
	   crews = crew_strings(agent, "crews");

	jv_free(agent);
	task = json_drop(task, "crews");
	if (jv_array_length(jv_copy(crews)) > 0)
		task = json_set(task, "crews", crews);
	else
		jv_free(crews);
	if (!jv_is_valid(choice)) {
		jv_free(choice);
		return task;
	}
	task = json_set_string(task, "agent", role);
	return json_set(task, "assignment", choice);
}

static jv
take(jv task, struct life_claim *claim)
{
	task = json_drop(json_drop(limit_forget(task), "not_before"), "reservation");
	task = json_set_string(json_drop(task, "waiting"), "status", "in_progress");
	task = json_set_int(task, "attempt", json_peek_int(task, "attempt", 0) + 1);
	task = json_set_string(task, "lease", claim->lease);
	task = json_set_string(task, "runner", claim->runner ? claim->runner : claim->lease);
	task = json_drop(json_drop(task, "error"), "waiter");
	return json_has(task, "started_at") ? task : set_now(task, "started_at");
}

/* Whether a planner says in its decision (borrowed) that the task is to fail. */
static bool
is_failed_plan(jv decision)
{
	const char *then = json_peek_string(decision, "on_error");
	jv error = json_get(decision, "error", JV_KIND_OBJECT);
	bool is = then && !strcmp(then, "fail") && jv_is_valid(error);

	jv_free(error);
	return is;
}

/* Ends a task (consumed) with the error of such a decision. */
static void
fail_as_planned(struct tx *tx, jv task, jv decision)
{
	jv error = json_get(decision, "error", JV_KIND_OBJECT);
	const char *category = json_peek_string(error, "category"),
		   *code = json_peek_string(error, "code"),
		   *message = json_peek_string(error, "message");

	task = json_set(task, "error",
	    task_error(category ? category : "internal", code ? code : "no_plan",
		message ? message : "it could not be planned", false));
	settle_end(tx, usage_charge(task, decision), "failed");
	jv_free(error);
}

/* Fails a task (consumed) that nobody can do, as was found (choice, consumed). */
static void
fail_unassigned(struct tx *tx, jv task, jv choice)
{
	const char *why = json_peek_string(choice, "reason");

	task = json_set(task, "error", task_error("configuration", "no_agent", why, false));
	jv_free(choice);
	settle_end(tx, task, "failed");
}

/* Gives a ready task (consumed), with who does it (consumed), to the claimer.  A result of
 * life_claim. */
static int
hand_over(struct tx *tx, jv found, jv choice, struct life_claim *claim, jv *task)
{
	jv slots = slots_of(tx, found, choice), full = limit_full(tx, slots, LIMIT_RUNNING);

	jv_free(slots);
	if (jv_is_valid(full)) {
		task_put(tx, limit_wait(tx, found, jv_string_value(full)));
		jv_free(full);
		jv_free(choice);
		return LIFE_HELD;
	}
	found = speech_in_chat(tx, take(found, claim));
	if (jv_is_valid(claim->decision) && !json_has(found, "decision"))
		found = usage_charge(json_set(found, "decision", jv_copy(claim->decision)),
		    claim->decision);
	if (jv_is_valid(choice) && !json_has(choice, "role")) {
		fail_unassigned(tx, found, choice);
		return LIFE_PASSED;
	}
	*task = assigned(tx, found, choice);
	task_put(tx, jv_copy(*task));
	return LIFE_DONE;
}

/* Whether it may be claimed as wanted. */
static bool
may_claim(struct tx *tx, jv task, const struct life_claim *claim)
{
	const char *waiter = json_peek_string(task, "waiter");

	if (claim->revision >= 0 && claim->revision != json_peek_int(task, "revision", 0))
		return false;
	return life_is_ready(task, clock_now_ms()) &&
	       ((waiter && !strcmp(waiter, claim->lease)) || !life_has_waiter(tx, task));
}

int
life_claim(struct tx *tx, const char *id, struct life_claim claim, jv *task)
{
	jv found = task_get(tx, id);
	bool is_there = jv_is_valid(found);
	int rc = LIFE_PASSED;

	*task = jv_invalid();
	if (!is_there)
		rc = err_set(EX_NOINPUT, "task %s: no such task", id);
	if (!is_there || !may_claim(tx, found, &claim))
		jv_free(found);
	else if (is_failed_plan(claim.decision))
		fail_as_planned(tx, speech_in_chat(tx, take(found, &claim)), claim.decision);
	else
		rc = hand_over(tx, found, choose(tx, found), &claim, task);
	jv_free(claim.decision);
	return rc;
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
	const char *lease = json_peek_string(task, "lease"),
		   *runner = json_peek_string(task, "runner");

	/* who was spawned for it stays, and goes on with it */
	if (json_has(task, "spawned") && lease && runner && !strcmp(lease, runner))
		task = json_set_string(task, "waiter", lease);
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
