/*
 * recruit.h - a task that creates an agent, done by the kit itself
 *
 * Its "creates" is the proposal: {role, skills, description, justification}.  The agent is a model;
 * its instructions are those of share/prompts/new-agent.md, or what the usual model, where one is
 * configured, writes when it is asked new-agent-ask.md.  It has no tools: that is for a person to
 * say.
 */
#ifndef RECRUIT_H
#define RECRUIT_H

#include "work.h"

/* recruit_run - make the agent's record, which becomes result->agent, as work_run does its work. */
enum work_end recruit_run(struct work *w, struct work_result *result);

#endif
