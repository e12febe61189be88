/*
 * agent.h - the crew: who can do work, and with what program or model
 *
 * Record (key "agent/<role in lower case>", set "agents"; with a limit
 * (limit.h) also "agents.limited", and where it is one_at_a_time "limited.crew.<name in lower
 * case>" of each of its crews):
 *   {"role","description","skills":[],"crews":[]?,"kind":"exec"|"llm","status":"active"|"proposed",
 *    "max_running"?,"one_at_a_time"?,"created_at","updated_at", and
 *    exec: "command":[]?,"input":"text"|"json","adapter"?
 *    llm:  "model_id"?,"provider"?,"system_prompt"?,"tools":{"allow":[],"deny":[],"ask":[]}?,
 *          "mcp":[{"name","command"}|{"file"}]?,
 *          "max_turns"?,"effort"?,"sandbox"?,"network"?,"allow_unscoped"?,"folder"?}
 */
#ifndef AGENT_H
#define AGENT_H

#include "store.h"

/* agent_check_role - 0, or -1 with err EX_DATAERR: a letter, then up to 63 letters, digits, _,
 * -. */
int agent_check_role(const char *role);

/* The most bytes of a text, of the path of a folder, and of a crew's name. */
enum {
	AGENT_CONTEXT_MAX = 1000000,
	AGENT_PROMPT_MAX = 1 << 20,
	AGENT_FOLDER_MAX = 4096,
	AGENT_CREW_MAX = 100,
	AGENT_RUNNING_MAX = 1000000 /* max_running */
};

/*
 * agent_check - whether a record (borrowed) has the members above, of the right kinds
 *
 * Members may be missing, but the role, and a command where the kind is exec without an adapter.
 * Returns 0, or -1 with err EX_DATAERR naming the member and what was expected.
 */
int agent_check(jv agent);

/* agent_put - add or replace the agent of that role; agent (a record) is consumed.
 * Returns the record as stored, owned; invalid with err EX_DATAERR. */
jv agent_put(struct tx *tx, jv agent);

/* agent_get - by role, in any case; invalid: none. */
jv agent_get(struct tx *tx, const char *role);

/* agent_is_llm - whether the agent (invalid: no) is a model, not a program. */
bool agent_is_llm(jv agent);

/* agent_remove - 0, or -1 with err EX_NOINPUT. */
int agent_remove(struct tx *tx, const char *role);

/* agent_crew - all agents, in the order in which they were added; an owned array. */
jv agent_crew(struct tx *tx);

#endif
