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
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "coproc.h"

struct llm;

/* llm_is_configured - whether there is a usual model to ask: one is named by LEGWORK_MODEL or in
 * the file that config.h reads. */
bool llm_is_configured(void);

/* llm_open - mark (copied) is a "NAME=value" for its environment, by which it is found (proc.h);
 * NULL: none. */
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

/*
 * llm_begin - put a question as llm_ask does, without waiting for the answer
 *
 * Whoever has begun polls llm_poll_fds and hands them to llm_go_on, until that says that the
 * question is over; llm_last is then its last event, owned.
 */
void llm_begin(struct llm *llm, jv request, void (*take)(void *arg, jv event), void *arg);

enum { LLM_FDS = COPROC_FDS };

/* llm_poll_fds - what to poll for; those with fd -1 wait for nothing. */
void llm_poll_fds(const struct llm *llm, struct pollfd fds[LLM_FDS]);

/* llm_go_on - do what can be done without waiting.  Whether the question is over. */
bool llm_go_on(struct llm *llm, const struct pollfd fds[LLM_FDS]);

/* llm_last - the last event of a question that is over, owned. */
jv llm_last(const struct llm *llm);

#endif
