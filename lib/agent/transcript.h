/*
 * transcript.h - what was said between an agent and its model, as its log tells it
 *
 * A conversation is the sum of these notes in a task's log, in their order, through all attempts:
 *
 *   start       an attempt begins: {retries, at}
 *   prompt      it begins (anew): {about, messages}
 *   turn        the model has answered: {message, usage, stop}
 *   turn_failed it has not; {usage} where that has cost something
 *   tool_start  a tool call is begun: {call_id, name, args}
 *   tool_end    it has ended: {call_id, name, status, content}
 *   refused     the answer was not good enough: {message}
 *   spawned     tasks that the agent had spawned have ended: {task_ids, total_tokens, message?};
 *               without message the model knows already
 *
 * Messages are those of llm-chat(1).  Adding a note and reading it again come to the same, so that
 * another attempt goes on where the last one stood.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "log.h"

struct transcript {
	jv about;    /* what the prompt was made of; invalid: there is none yet */
	jv messages; /* array */
	jv calls;    /* array: tool calls of the last turn that have no result yet */
	jv stop;     /* string: why the last turn ended (llm-chat); invalid: there was none */
	jv started;  /* string: the call_id of one that was begun and has no end; invalid: none */
	int64_t turns, tokens; /* since the task was added, or put back by task-retry */
	jv usage; /* {input_tokens, output_tokens, total_tokens, calls} of all that was asked */
	int64_t retries;
	int64_t began_ms; /* wall clock: when this attempt, or the last one, began; 0: none has */
	jv told; /* object: the spawned tasks of whose end the model knows, and the calls that
	          * have waited for one, by their ids */
};

/* transcript_init - an empty one; transcript_release frees what it holds. */
void transcript_init(struct transcript *t);
void transcript_release(struct transcript *t);

/* transcript_read - what a task's log tells.  0, or -1 with err EX_IOERR. */
int transcript_read(struct transcript *t, int logs_fd, const char *task_id);

/* transcript_charge - count what was used for the task beside its turns, too: usage (usage.h) is
 * consumed. */
void transcript_charge(struct transcript *t, jv usage);

/* transcript_add - append a note (an object, consumed) to the log and to t.  0, or -1 with err
 * EX_IOERR. */
int transcript_add(struct transcript *t, struct log *log, const char *kind, jv note);

#endif
