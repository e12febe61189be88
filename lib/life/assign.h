/*
 * assign.h - which agent does a task, and why it
 *
 * The role that the task names; else the one that its instruction mentions; else the agent that
 * has most of the words of its required_skills; else the one most of whose skills' words are in the
 * instruction, of equals the one that runs the fewest tasks (who has no room for more comes last),
 * then the earlier one; else the first.
 * A task that is a crew's, or below one that is, or in a chat that is tied to one, has only that
 * crew's agents.
 */
#ifndef ASSIGN_H
#define ASSIGN_H

#include "store.h"

/* assign_crew_name - the crew whose agents do a task (borrowed): its own, that of a task above it,
 * or its chat's; a new string, NULL: there is none. */
char *assign_crew_name(struct tx *tx, jv task);

/* assign_crew - the agents that may do a task (borrowed), or what is said in a chat: an owned
 * array, in the order in which they were added.  Only `chat_id`, `crew` and `parent_id` matter. */
jv assign_crew(struct tx *tx, jv task);

/*
 * assign_choose - the agent for a task (borrowed)
 *
 * Returns an owned object {"role","reason"}, with "named":true where the task names it; without
 * role where there is nobody.
 */
jv assign_choose(struct tx *tx, jv task);

#endif
