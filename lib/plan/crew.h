/*
 * crew.h - who could do a piece of work
 *
 * A crew is an array of agent records in the order in which they were added.  Everything
 * here is a pure function on it; crew, agent and text are borrowed, and agents that are
 * returned are owned copies, invalid where there is none.
 *
 * 1. An agent whose status is "proposed", or that has no role, is passed over everywhere.
 * 2. Roles and words are compared whole; ASCII case does not matter.
 */
#ifndef CREW_H
#define CREW_H

#include <jv.h>

/* crew_role - an agent's role, borrowed from it, or NULL where it must be passed over. */
const char *crew_role(jv agent);

enum { CREW_ROLE_MAX = 64 };

/* crew_role_of - a name as a role that an agent may have: "_" stands for what is no ASCII letter or
 * digit, "-" or "_", and once for several of these; a jv string, invalid: it cannot be made one. */
jv crew_role_of(const char *name);

/* crew_find - the agent that has the role `wanted`; the first one where that is NULL. */
jv crew_find(jv crew, const char *wanted);

/*
 * crew_choose - the agent most of whose skills' words occur among text's words
 *
 * Each word counts once; a tie goes to the earlier agent, no match to the first.
 */
jv crew_choose(jv crew, const char *text);

/* crew_score - how many words of the agent's skills occur in text. */
int crew_score(jv agent, const char *text);

/* crew_mentioned - the agent whose "@role" comes first in the text; invalid: none. */
jv crew_mentioned(jv crew, const char *text);

/*
 * crew_take - the same; its "@role" is taken out of the text (rules.h) unless nothing would be left
 *
 * text  *text is replaced; malloc'd
 */
jv crew_take(jv crew, char **text);

/* crew_skills_in - the agent's skills all of whose words occur in text: a new array. */
jv crew_skills_in(jv agent, const char *text);

/* crew_add - a name added to an array of strings (consumed), unless it is there in any case. */
jv crew_add(jv list, const char *name);

/* crew_strings - the strings of an array member of a record: a new array, maybe empty. */
jv crew_strings(jv record, const char *name);

#endif
