/*
 * planner.h - a model decides whether a task needs subtasks, and says which
 *
 * Two questions: for a decision, and where that is yes for a plan.  What cannot be read goes back
 * with the reason, PLANNER_REPAIRS times.  A server that refuses the question because of its schema
 * is asked without.  The words are in share/prompts (prompt.h), plan-*.
 *
 * 1. A planner does one task at a time, and never waits: who has begun polls, as with llm.h.
 * 2. Without a plan that was read whole there is none.
 */
#ifndef PLANNER_H
#define PLANNER_H

#include "llm.h"

enum { PLANNER_REPAIRS = 2 };

/* How it plans. */
struct planner_terms {
	const char *model; /* NULL: the usual one */
	long threshold;    /* from this score on a task is divided; 0: as the model says */
	bool fails;        /* a task whose plan fails is to fail */
};

struct planner;

/* planner_open - terms are borrowed until planner_close (NULL is fine). */
struct planner *planner_open(const struct planner_terms *terms);
void planner_close(struct planner *p);

/* planner_begin - ask about a task; task and crew are borrowed.  0, or -1 with err EX_CONFIG: the
 * words are missing, or broken. */
int planner_begin(struct planner *p, jv task, jv crew);

/* planner_poll_fds, planner_go_on - as llm_poll_fds and llm_go_on: true when all is said.  -1 with
 * err EX_CONFIG, as planner_begin. */
void planner_poll_fds(const struct planner *p, struct pollfd fds[LLM_FDS]);
int planner_go_on(struct planner *p, const struct pollfd fds[LLM_FDS]);

/*
 * planner_answer - when all is said: {"decision"} or {"decision","plan"}, owned
 *
 * The decision is as the model gave it, with "usage" (usage.h), where that is known, of all
 * questions, and with "threshold" where that has decided.  Where there is no
 * decision, or no plan, it has "error" (task.h); and "on_error":"fail" where the task is to fail
 * then, or when its plan is refused.
 */
jv planner_answer(const struct planner *p);

#endif
