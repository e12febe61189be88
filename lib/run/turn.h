/*
 * turn.h - one turn of a model: a question, and what it says
 */
#ifndef TURN_H
#define TURN_H

#include "session.h"

/* How many turns an attempt may take where neither task nor agent says. */
enum { TURN_MAX = 50 };

/* turn_begin - the first messages of the conversation; nothing where it goes on.  SESSION_AGAIN, or
 * an end. */
int turn_begin(struct session *s);

/*
 * turn_take - ask the model once, unless a budget is used up
 *
 * What it says is in the transcript, the log and the chat when this returns SESSION_AGAIN.  What it
 * had said of an answer that did not come to its end is kept as the result's response.
 */
int turn_take(struct session *s);

#endif
