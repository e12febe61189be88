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
 * Returns it, owned; invalid with err EX_DATAERR, but for what chat_post will find.
 */
jv remark_event(jv request, const char *user, const char *chat_id);

/*
 * remark_post - store it (consumed), unless it is there, with all that follows from it: a plain yes
 * finds its request (approve.h), and decides it, where the user may
 *
 * Returns it as it is stored, owned; invalid with err, having changed nothing: EX_DATAERR (also
 * where something else has its id), EX_NOINPUT, EX_NOPERM, EX_TEMPFAIL (may.h).
 */
jv remark_post(struct tx *tx, jv event);

#endif
