/*
 * remark.h - what a person says in a chat, as a request brings it
 */
#ifndef REMARK_H
#define REMARK_H

#include "store.h"

/*
 * remark_event - the event that says it
 *
 * request  borrowed: {"text" or "data":{"text",...}, "id"?}
 *
 * Returns it, owned; invalid with err EX_DATAERR, but for what event_post will find.
 */
jv remark_event(jv request, const char *user, const char *chat_id);

/* remark_check - whether what an event (borrowed) replies to is there, or it was stored before.  0,
 * or -1 with err EX_NOINPUT. */
int remark_check(struct tx *tx, jv event);

/*
 * remark_store - store an event of any kind (consumed) with all that follows from it: a plain yes
 * finds its request (approve.h), and decides it, where the user may
 *
 * Returns as event_post, having asked may_say before: -1 with err also EX_NOPERM, EX_TEMPFAIL.
 */
int remark_store(struct tx *tx, jv event, jv *stored);

/*
 * remark_post - the same of an event that may be sent again, once it is checked
 *
 * Returns it as it is stored, owned; invalid with err, having changed nothing: EX_DATAERR (also
 * where something else has its id), EX_NOINPUT, EX_NOPERM, EX_TEMPFAIL.
 */
jv remark_post(struct tx *tx, jv event);

#endif
