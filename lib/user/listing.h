/*
 * listing.h - the newest chats, the newest tasks of one, and earlier events of one, for a user
 *
 * Chats and tasks are looked at some at a time, without the store's lock between.
 */
#ifndef LISTING_H
#define LISTING_H

#include "store.h"

/* listing_chats - those that the user may read, at most so many: an owned array of what brief_chat
 * tells; invalid with err as the store. */
jv listing_chats(struct store *s, const char *user, int64_t limit);

/* Which tasks, and where that ended. */
struct listing_page {
	jv statuses; /* borrowed: an array of strings, one of which theirs is; invalid: any */
	int64_t limit;
	uint64_t n;   /* those before this record number, 0: from the newest; set to the last that
	                 was looked at */
	bool is_more; /* set: whether there are any before that */
};

/* listing_tasks - those of a chat (a whole id): an owned array of what brief_task tells the user;
 * invalid likewise.  Where few of many have such a status, there may be fewer than the limit, or
 * none, though there are more. */
jv listing_tasks(struct store *s, const char *user, const char *chat_id, struct listing_page *page);

/* listing_cursor - the record number that a cursor stands for, which teller has told.  0, or -1
 * with err EX_DATAERR. */
int listing_cursor(const char *cursor, const char *teller, uint64_t *n);

/* listing_events - the last events of a chat (a whole id) whose seq is below `before`, in their
 * order: an owned array of at most so many, and of one or more where there are any; large ones may
 * be fewer. */
jv listing_events(struct tx *tx, const char *chat_id, uint64_t before, int64_t limit);

#endif
