/*
 * agent.h - the crew: who can do work, and with what program
 *
 * Record (key "agent/<role in lower case>", set "agents"):
 *   {"role","description","skills":[],"kind":"exec","command":[],"input":"text"|"json",
 *    "status":"active"|"proposed","created_at","updated_at"}
 */
#ifndef AGENT_H
#define AGENT_H

#include "store.h"

/* agent_check_role - 0, or -1 with err EX_DATAERR: a letter, then up to 63 letters, digits, _,
 * -. */
int agent_check_role(const char *role);

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
