/*
 * petition.h - a request of a user's while it is carried out, and what comes of it
 *
 * An act returns the data of the answer, owned; or invalid with err, having changed nothing.  It
 * may be called again, as a transaction may be run again.
 *
 * 1. What only reads takes no lock from writers, and waits for no disk, but that events are told
 *    when they are on it.
 * 2. What was refused is in the audit (may.h).
 */
#ifndef PETITION_H
#define PETITION_H

#include "ending.h"
#include "follow.h"
#include "may.h"
#include "store.h"

struct petition {
	struct store *s;     /* borrowed, as the next two */
	const char *user;    /* as whom */
	const char *chat_id; /* the chat that is meant where the request names none; "": none */
	jv request;          /* an object */
	/* what comes of it, beside the answer's data */
	bool has_moved;          /* to another chat, ... */
	char to[ID_TEXT];        /* ... this one, ... */
	struct follow_from from; /* ... to be read from there */
	struct ending ending;    /* what was cancelled and still runs; by NULL: nothing */
};

typedef jv petition_act(struct petition *p, struct tx *tx);

/* petition_read, petition_change - an act that only reads, or that changes something, as deed.h. */
jv petition_read(struct petition *p, petition_act *act);
jv petition_change(struct petition *p, petition_act *act);

/* petition_call - an act that has transactions of its own; tx is NULL. */
jv petition_call(struct petition *p, petition_act *act);

/* petition_chat - the chat that is meant, as it was given; borrowed.  NULL with err: none is. */
const char *petition_chat(const struct petition *p);

/* petition_chat_for - its whole id, where the user may read it and do that there: a string, owned;
 * invalid with err as access_chat. */
jv petition_chat_for(const struct petition *p, struct tx *tx, enum may_what what);

/* petition_task_for - the task that is meant, owned; likewise. */
jv petition_task_for(const struct petition *p, struct tx *tx, enum may_what what);

/* petition_has_only - whether the request has no members but its type and those, a list that NULL
 * ends, and each is a string, or null, which is none.  False with err EX_DATAERR: which has not. */
bool petition_has_only(const struct petition *p, const char *const *members);

/* petition_limit - how many are wanted, 1 to 1000; 50 unless told.  0 with err: it is no such
 * number. */
int64_t petition_limit(const struct petition *p);

/* petition_move - go to a chat (borrowed), to be read from there. */
void petition_move(struct petition *p, jv chat, struct follow_from from);

#endif
