/*
 * loop.h - the agent loop: ask the model, call the tools that it wants, until it has an answer
 *
 * What happened is in the task's log before anything follows from it (transcript.h), and an
 * attempt begins where the one before it ended:
 *
 * 1. A turn that the model has finished is not asked for again, a tool call that has ended not made
 *    again.  One that was begun and has no end is made again only where the tool says that this
 *    does no harm; else the model is told that nobody knows.
 * 2. Budgets are looked at before each question to the model.
 * 3. Nothing that a model or a tool says ends this process.
 */
#ifndef LOOP_H
#define LOOP_H

#include "work.h"

/*
 * loop_run - as program_run (program.h), for an agent of kind llm
 *
 * Of w, chat and logs_fd count, too.  WORK_ASKED: result->approval says what a person has to allow
 * first; the task is to wait for that, and to be run again then.
 */
enum work_end loop_run(struct work *w, struct work_result *result);

#endif
