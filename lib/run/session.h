/*
 * session.h - one attempt of an llm agent at a task: what its parts share
 *
 * session.c    its beginning and its end, and how it says what happens
 * turn.c       a question to the model, and what it answers
 * toolcall.c   a tool call that the model wants
 * loop.c       these in turn, until there is an answer
 *
 * Steps return an enum work_end, or SESSION_AGAIN where the work goes on.
 */
#ifndef SESSION_H
#define SESSION_H

#include "llm.h"
#include "tool.h"
#include "transcript.h"
#include "work.h"

enum { SESSION_AGAIN = 100 };

struct session {
	struct work *w;
	struct work_result *result;
	struct transcript transcript;
	struct llm *llm;
	struct tools *tools; /* NULL: it has none */
	jv output;           /* what the task wants of an answer; invalid: nothing in particular */
	char **env, *folder; /* where tools and checks run */
	int64_t until_ms;    /* monotonic; INT64_MAX: there is no end to it */
	int refused;         /* answers, in this attempt */
};

/*
 * session_open - what is needed before the first step
 *
 * s is overwritten, and result; session_close it in every case.
 */
int session_open(struct session *s, struct work *w, struct work_result *result);
void session_close(struct session *s);

/* session_fail - the attempt fails for good.  Returns WORK_FAILED. */
int session_fail(struct session *s, const char *category, const char *code, const char *message);

/* session_broken - the log cannot be written, as err says.  Returns WORK_BROKEN. */
int session_broken(struct session *s);

/* session_say - an event of the task, into its log; data is consumed.  0, or -1 with err. */
int session_say(struct session *s, const char *type, jv data);

/* session_note - a note (consumed) that the transcript knows, likewise. */
int session_note(struct session *s, const char *kind, jv note);

/* session_hold - what is said from now on is written by session_settle, at once.  session_settle -
 * and it lasts, and is told to who watches; rc < 0: session_broken. */
void session_hold(struct session *s);
int session_settle(struct session *s, int rc);

/* session_tell - let those know who watch. */
void session_tell(struct session *s);

#endif
