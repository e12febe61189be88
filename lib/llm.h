/*
 * llm.h - a model at the other end of a pipe: llm-chat(1) as a co-process
 *
 * It is started at the first question and kept, and its connection with it, until llm_close.
 * LEGWORK_LLM names a program that stands in for it.
 *
 * 1. A question has exactly one last event, whatever becomes of the process: "stop" or "error", as
 *    llm-chat prints them; where it ended before, or said what is no event, one is made here.
 * 2. One question at a time; what is left of an earlier one is passed over.  An event without an id
 *    is of this one: so llm-chat refuses what is no request.
 * 3. A process that has ended between two questions is started anew.
 */
#ifndef LLM_H
#define LLM_H

#include <jv.h>
#include <stdint.h>

struct llm;

/* llm_open - mark (copied) is a "NAME=value" for its environment, by which it is found (proc.h). */
struct llm *llm_open(const char *mark);

/* llm_close - end it, if it runs.  NULL is fine. */
void llm_close(struct llm *llm);

/*
 * llm_ask - put a question, and hand each event but the last to take, which consumes it
 *
 * request   consumed; its id is set here
 * until_ms  of the monotonic clock: then the process is ended, and the error's category is
 *           "timeout"; INT64_MAX: never
 *
 * Returns the last event, owned; invalid where a signal asks us to stop (the process is ended).
 */
jv llm_ask(struct llm *llm, jv request, int64_t until_ms, void (*take)(void *arg, jv event),
    void *arg);

#endif
