/*
 * asker.h - what a reply is about: the task that has asked, by the id of its request or of the
 * event with which it asked
 *
 * Of a request's id only the last one of each task is known, be it decided or not.
 */
#ifndef ASKER_H
#define ASKER_H

#include "store.h"

/* The most bytes of the id of a request. */
enum { ASKER_ID_MAX = 100 };

/*
 * asker_find - the task that has asked: owned; invalid: none has
 *
 * request  set to the id of the request (owned), invalid where there is none: of an event, that
 *          which its own task asked then, as another's may be a different question
 */
jv asker_find(struct tx *tx, const char *reply_to, jv *request);

/* asker_kind - what has that id: a request, or an event that has asked; another event; nothing. */
enum asker_kind { ASKER_UNKNOWN, ASKER_EVENT, ASKER_REQUEST };
enum asker_kind asker_kind(struct tx *tx, const char *reply_to);

#endif
