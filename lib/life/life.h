/*
 * life.h - the states of a task, and who changes them
 *
 *   life_begin --> pending --life_claim--> in_progress --life_complete--> completed
 *                   ^  \                     |    \-----life_fail-------> failed
 *                   |   \--life_cancel-------+--------------------------> cancelled
 *                   +-- life_fail with tries left (waiting: time), life_lost, life_return
 *                   +-- life_ask, consent_hold (waiting: approval)
 *                   \-- failed, cancelled: retry_task
 *
 * A running task that is to end has `cancel` (life_mark): whoever runs it, or finds its runner
 * dead, ends it by life_end_marked, and nobody claims it.
 *
 *   waiting: dependencies | subtasks | approval | time | slot | chat_idle (absent: ready)
 *
 * split_task makes a pending task wait for the subtasks that it begins, edit_task one for other
 * dependencies.  approve_task decides what was asked, edit_task takes it back.  An end is
 * settle_end's, which also ends or releases who waits for the task.  remove_tasks deletes what does
 * not run.
 *
 * 1. A claim's lease is its token: who ends a task must show it (life_is_mine).
 */
#ifndef LIFE_H
#define LIFE_H

#include "store.h"

enum { LIFE_PASSED = 0, LIFE_DONE = 1, LIFE_HELD = 2 };

/* life_begin - store a new task (consumed, complete but for `waiting`).  Returns it as stored. */
jv life_begin(struct tx *tx, jv task);

/* life_allow - a task (consumed) that has never begun need not wait for approval any more: for its
 * dependencies it may, or fail with them. */
void life_allow(struct tx *tx, jv task);

/* life_is_ready - whether the task is pending and may run at now_ms, if there is room (limit.h):
 * not waiting, or for a time that has come, or for a slot or a quiet chat. */
bool life_is_ready(jv task, int64_t now_ms);

/* life_has_waiter - whether the agent that was spawned for a task (borrowed) lives and waits until
 * it is ready: that one goes on with it, and nobody else. */
bool life_has_waiter(struct tx *tx, jv task);

/* life_full - the slot (limit.h) without room for which a ready task (borrowed) would have to wait,
 * an owned string; invalid: there is none. */
jv life_full(struct tx *tx, jv task);

/* life_reserve - hand a ready task (consumed) to the pipeline whose task-watch holds lease.
 * Returns it as stored; invalid: it waits for a slot (limit.h) instead.  life_unreserve takes it
 * back. */
jv life_reserve(struct tx *tx, jv task, const char *lease, int64_t until_ms);
void life_unreserve(struct tx *tx, jv task);

/* Who claims. */
struct life_claim {
	const char *lease; /* locked by the claimer for as long as it lives */
	/* lease of the task-run that will print its events; NULL: the claimer */
	const char *runner;
	jv decision;      /* consumed; invalid: none */
	int64_t revision; /* of the task as it was handed out: another is passed; -1: any */
};

/*
 * life_claim - take a ready task
 *
 * Chooses the agent, and makes a chat where the task has none.
 *
 * task  set to the claimed task, owned
 *
 * Returns LIFE_DONE; LIFE_PASSED where the task is not ready (claimed, ended, waiting), is for
 * another one who waits for it (life_has_waiter), or no agent can do it, which fails it at once;
 * LIFE_HELD where its agent, crew or chat has no room: it waits for that slot; -1 with err
 * EX_NOINPUT (no such task).
 */
int life_claim(struct tx *tx, const char *id, struct life_claim claim, jv *task);

/* life_is_mine - whether the task (borrowed) is in progress under that lease. */
bool life_is_mine(jv task, const char *lease);

/* life_complete - a task (consumed) has its answer; response is consumed, a string. */
void life_complete(struct tx *tx, jv task, jv response);

/*
 * life_fail - an attempt failed; task and error are consumed
 *
 * It is put back with a delay while policy.h gives it another attempt.  The reason is kept among
 * the task's `failures` in any case.
 */
void life_fail(struct tx *tx, jv task, jv error);

/* life_will_retry - the delay in ms before another attempt, or -1: life_fail would be final. */
int64_t life_will_retry(jv task, jv error);

/* life_lost - its runner died: put back without delay, or failed, as life_fail; task consumed. */
void life_lost(struct tx *tx, jv task);

/* life_return - a runner that must stop gives it back, uncounted; task consumed. */
void life_return(struct tx *tx, jv task);

/*
 * life_ask - its runner lets a task (consumed) wait for a person's decision, and gives it back
 * uncounted
 *
 * request  consumed: {"request_id" (at most ASKER_ID_MAX bytes),"question","call_id"?,"tool"?,
 *          "args"?,"asked_at"?}; becomes the task's `approval`
 *
 * What it has said so far must be in its log: who prints it finds it there.
 */
void life_ask(struct tx *tx, jv task, jv request);

/* life_cancel - end a task that nobody runs; task consumed. */
void life_cancel(struct tx *tx, jv task, const char *why);

/* life_cancel_all - end tasks that nobody runs (consumed, an array) together: none of them fails
 * because of another. */
void life_cancel_all(struct tx *tx, jv tasks, const char *why);

/* life_why - why a task ends that somebody has cancelled; reason NULL: not told.  A new string. */
char *life_why(const char *by, const char *reason);

/* life_mark - somebody wants a running task (consumed) to end: `cancel` is {at, by, reason?}. */
void life_mark(struct tx *tx, jv task, const char *by, const char *reason);

/* life_end_marked - end such a task, as cancelled; consumed, with the response and usage that there
 * are. */
void life_end_marked(struct tx *tx, jv task);

#endif
