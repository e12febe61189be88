/*
 * teller.h - what a user asks for in chats, done with that user's rights and nobody else's
 *
 * A request is what was typed on one line: a text, which is a message, or an object
 * (legwork-record, "SESSION LINE").  An answer is {"type","chat_id"?,"data":{"line",...}}.
 *
 * 1. Each request has one answer, or an error.
 * 2. The user is the teller's, whatever the request says, and rules of chats bind it (may.h).
 * 3. A message whose id is there already is not stored again, and answered alike.
 */
#ifndef TELLER_H
#define TELLER_H

#include "follow.h"
#include "store.h"

struct teller {
	struct store *s;       /* borrowed, as the next */
	const char *user;      /* as whom */
	char chat_id[ID_TEXT]; /* the chat that is meant where a request names none; "": none */
	struct follow_from from;
	bool has_moved; /* to chat_id, to be read as from says; for the caller to clear */
	struct teller_ending *end; /* what was cancelled and still runs */
};

/* teller_enter - mean a chat that the user may read, by id or unique prefix, from now on.  0, or -1
 * with err: EX_NOINPUT, EX_NOPERM, or as the store. */
int teller_enter(struct teller *d, const char *chat);

/*
 * teller_do - what a line asks for
 *
 * number  of the line, for the answer
 *
 * Returns the answer, owned; null: it follows (teller_end), or is the caller's to give (has_moved);
 * invalid with err, having changed nothing: EX_DATAERR (the line), EX_NOINPUT, EX_NOPERM,
 * EX_TEMPFAIL, EX_IOERR.
 */
jv teller_do(struct teller *d, const char *text, size_t len, unsigned long number);

/* teller_answer - an answer of that type; data is consumed, its line is set. */
jv teller_answer(const struct teller *d, const char *type, jv data, unsigned long number);

/* teller_is_ending - whether something that was cancelled still runs. */
bool teller_is_ending(const struct teller *d);

/* teller_end - see to the end of what was cancelled first; step as ending_run.  Returns the answer,
 * owned; *number is its line's.  Invalid with err: something has survived. */
jv teller_end(struct teller *d, void (*step)(void *arg, size_t gone), void *arg,
    unsigned long *number);

/* teller_close - forget what was cancelled. */
void teller_close(struct teller *d);

#endif
