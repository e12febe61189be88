/*
 * launch.h - agents in processes of their own, which outlive whoever started them
 *
 *   us -fork-> a new session: lease, claim, chat-post -exec-> agent-run --claimed
 *                                              ^-- its events --'
 *
 * 1. The process that becomes agent-run locks the lease before it claims the task: whenever it
 *    dies, the task is put back.
 * 2. When launch_agent returns nothing that ends us ends it: it has none of our descriptors, is in
 *    no group of ours, and where our environment says who is to be ended with whom (LEGWORK_RUN,
 *    LEGWORK_CALL) it has become agent-run, of which that is not said.
 * 3. Events that chat-post cannot take stay in the outbox.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "engage.h"

enum { LAUNCH_LEASE_FD = 3 }; /* on which agent-run finds its lease */

struct launch {
	jv spec;             /* consumed: a task for a new agent (demand_spec) */
	const char *again;   /* or a task that is there and ready, by its id; NULL: the spec */
	const char *call_id; /* of the tool call that asks for it: asked again, it has the same
	                      * task; NULL: none */
	long max_running;
	bool is_unscoped;
	struct creation creation; /* the clock runs */
};

/*
 * launch_agent - start it
 *
 * result  set to {"success":true,"task_id","agent_id","chat_id","log","created_at","performance"},
 *         owned; with "again":true where the task was there
 * lost    set to an array, owned: as engage_begin
 *
 * Returns 0, or -1 with err: as engage_begin, the store's, or EX_OSERR; EX_TEMPFAIL also where
 * somebody else has claimed `again`.
 */
int launch_agent(struct launch *l, jv *result, jv *lost);

#endif
