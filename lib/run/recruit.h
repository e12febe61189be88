/*
 * recruit.h - a task that creates an agent, done by the kit itself
 *
 * Its "creates" is the proposal: {role, skills, description, justification}.  The agent is a model;
 * its instructions are those of share/prompts/new-agent.md, or what the usual model, where one is
 * configured, writes when it is asked new-agent-ask.md.  It has no tools: that is for a person to
 * say.  Where the owner of the task's chat wants to be asked (consent.h), it is proposed until that
 * one has decided (approve.h).
 */
#ifndef RECRUIT_H
#define RECRUIT_H

#include "store.h"
#include "work.h"

/* recruit_run - make the agent's record, which becomes result->agent; WORK_DONE, or WORK_ASKED
 * where the owner of the chat wants to be asked (w->wants_consent): the agent is proposed then. */
enum work_end recruit_run(struct work *w, struct work_result *result);

/* recruit_store - an agent that was made joins the crew, which is the task's where that has one,
 * unless somebody was quicker; both are borrowed. */
void recruit_store(struct tx *tx, jv task, jv agent);

#endif
