/*
 * hear.h - what an agent's program says: events, its answer, and what it complains of
 *
 * 1. A line of stdout that is an event object is an event, all others are the answer.
 * 2. With an adapter, each line that is a JSON object goes through it; of its results an event is
 *    an event, {"response":"text"} the answer instead of other lines, {"failed":"message"} a
 *    failure though the program exits 0.  The last of these two holds.  All else is noted in the
 *    log.
 * 3. A message that an adapter gives last is not told where it is the answer: that has an event of
 *    its own.
 * 4. Without an adapter the answer is shown while it grows, from the last message on, and a line of
 *    it from its beginning, unless that is "{".
 * 5. stderr goes to the log; its end tells why a program failed.
 */
#ifndef HEAR_H
#define HEAR_H

#include <jv.h>
#include <stdbool.h>

#include "filter.h"
#include "log.h"
#include "partial.h"

/* The most bytes of an answer that are kept (control characters, which JSON makes longer, count as
 * six); the rest is dropped. */
enum { HEAR_ANSWER_MAX = 4 << 20 };

struct hear {
	jv task;           /* borrowed */
	const char *lease; /* the events' session */
	struct log *log;
	struct partial *partial; /* where the answer goes while it grows; NULL: nowhere */
	struct filter *adapter;  /* NULL: none */
	void (*told)(void *arg); /* called after something was logged; NULL: nobody */
	void *arg;

	/* What was heard. */
	jv answer;  /* as an adapter gave it; invalid: none */
	jv failure; /* {"failed":"message","category"?,"retryable"?} of an adapter; invalid: none */
	jv usage;   /* the sum of its token_usage events; invalid: none */
	bool is_cut;
	char *broken; /* why the log cannot be written */

	/* Our own. */
	jv held, names;
	struct buf line, text, stderr_line, stderr_tail;
	size_t text_cost, shown, stderr_logged;
	bool is_in_long_line, is_tail_cut;
};

/* hear_begin - h's members above the line are set.  hear_release(h) in the end. */
void hear_begin(struct hear *h);
void hear_release(struct hear *h);

/* hear_out, hear_err - bytes of its stdout and stderr; arg is a struct hear. */
void hear_out(void *arg, const char *bytes, size_t len);
void hear_err(void *arg, const char *bytes, size_t len);

/* hear_end - there will be no more. */
void hear_end(struct hear *h);

/* hear_answer - the answer, without its last newlines; an owned string. */
jv hear_answer(struct hear *h);

/* hear_complaint - the end of stderr in whole lines, an owned string; empty where there was
 * nothing. */
jv hear_complaint(struct hear *h);

/* hear_note - log a line for who looks into it; detail is consumed. */
void hear_note(struct hear *h, const char *kind, jv detail);

/* hear_event - log an event of the task; data is consumed. */
void hear_event(struct hear *h, const char *type, jv data);

/* hear_fit - how many of the bytes are within that limit. */
size_t hear_fit(const char *bytes, size_t len, size_t room);

#endif
