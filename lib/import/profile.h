/*
 * profile.h - an agent as others describe it becomes an agent's record
 *
 * Pure functions on JSON.  What others call it, and what it is here:
 *
 *     role, name, label               role: the first that is there, "_" for what none may have
 *     description, goal               description
 *     system_prompt; backstory, goal  system_prompt
 *     model_id, model, llm            model_id; "inherit" is none
 *     max_turns, maxTurns, max_iter   max_turns
 *     tools, disallowedTools          tools (toolbox.h)
 *     skills, crews                   a list, or a text with commas
 *
 * The other members of an agent's record (agent.h) stay as they are.  What is left out, or unknown,
 * is named in a warning.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <jv.h>
#include <stdbool.h>

#include "verdict.h"

/* What there is to know, and where to say what is odd. */
struct profile {
	bool (*has_tool)(const char *name); /* whether this kit or its user has it */
	bool keeps_unknown;                 /* members that are unknown are kept, not left out */
	struct verdict *verdict;
};

/*
 * profile_record - the record of an agent
 *
 * given  consumed
 * what   names it in warnings: "node a1"
 *
 * Returns it, owned, as agent_check wants it, active unless it says otherwise; invalid with err
 * EX_DATAERR, which does not name it.
 */
jv profile_record(struct profile *p, jv given, const char *what);

/* profile_unknown - warn of the members of given (borrowed) that are none of known, a list that
 * ends with NULL. */
void profile_unknown(struct profile *p, jv given, const char *const *known, const char *what);

/* profile_name - the first of those members of object (borrowed) that is a string, and more than
 * blanks: borrowed; NULL: none.  The list ends with NULL. */
const char *profile_name(jv object, const char *const *members);

/* profile_note_role - note in an object, by role in lower case, who has a record's role.  0, or -1
 * with err EX_DATAERR where another has it; what names who. */
int profile_note_role(jv *seen, jv record, const char *what);

#endif
