/*
 * hire.h - the agents that a plan proposes, and the subtasks that create them
 *
 * Pure functions on JSON.  A crew is that of crew.h; names are compared by hire_key,
 * roles by hire_role_key.
 */
#ifndef HIRE_H
#define HIRE_H

#include <jv.h>

/* Who creates agents: nobody in the crew has to have this role, as the kit does it itself. */
#define HIRE_BY "ceo"

/* What became of a plan's proposals. */
struct hire {
	jv kept; /* array: those that are created, in their order; roles as agents may have them */
	jv instead; /* object: by the key of each role proposed, the role that has its work */
};

/*
 * hire_open - read a plan's agent_creations
 *
 * plan, crew  borrowed
 * made        borrowed; an object that has the keys of roles for which there is a subtask already
 * warnings    an array that sentences are appended to
 *
 * A role is made what an agent may have (crew_role_of).  Kept is not: a role that the crew has, one
 * that was proposed before, and one all of whose skills (there are some) one agent of the crew has;
 * but for those in made.
 * Returns 0; -1 with err EX_DATAERR where they are no array, or one has no role that can be one.
 * hire_close it in both cases.
 */
int hire_open(struct hire *h, jv plan, jv crew, jv made, jv *warnings);
void hire_close(struct hire *h);

/* hire_subtask - the subtask that creates the agent of a proposal (consumed), which becomes its
 * "creates". */
jv hire_subtask(jv creation);

/* hire_creates - the key of the role that a subtask (borrowed) creates, an owned string; invalid:
 * none. */
jv hire_creates(jv subtask);

/* hire_answer - what such a subtask answers when the agent is there, an owned string. */
jv hire_answer(const char *role);

/* hire_key - a name in the form in which it is compared, an owned string: lower case, and "_" for
 * what is no ASCII letter or digit; blanks around it do not count. */
jv hire_key(const char *name);

/* hire_role_key - the same of the role that a name is as an agent has it, where it can be one. */
jv hire_role_key(const char *name);

/* hire_find - the role of the agent in a crew (borrowed) that is meant by a name, however it spells
 * it; a jv string, invalid: none. */
jv hire_find(jv crew, const char *name);

#endif
