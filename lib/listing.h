/*
 * listing.h - the newest chats, and the newest tasks of one, for a user
 *
 * They are looked at some at a time, without the store's lock between.
 */
#ifndef LISTING_H
#define LISTING_H

#include "store.h"

/* listing_chats - those that the user may read, at most so many: an owned array of their records,
 * each with "last_seq", that of its last event; invalid with err as the store. */
jv listing_chats(struct store *s, const char *user, int64_t limit);

/* listing_tasks - those of a chat (a whole id), with that status (NULL: any): an owned array of
 * what is told of a task in a line; invalid likewise. */
jv listing_tasks(struct store *s, const char *chat_id, const char *status, int64_t limit);

#endif
