/*
 * history.h - the events of chats on their way out, as a view shows them
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "store.h"
#include "text.h"
#include "view.h"

struct history {
	struct view view;
	struct text text;
	const char *cursor; /* each event gets "cursor" with this name; NULL: none */
	long printed;
};

/* history_open - as view_open, to stdout. */
int history_open(struct history *h);

/* history_add - one event, given as text; not flushed. */
void history_add(struct history *h, struct scan_text event);

/*
 * history_print - a chat's events behind seq `since` up to `last`
 *
 * limit  at most so many; -1: all
 *
 * Those that are gone (chat.h) are passed over, in no time.
 * Fetched some at a time, printed without the lock.  0, or -1 with err.
 */
int history_print(struct history *h, struct store *s, const char *chat_id, uint64_t since,
    uint64_t last, long limit);

#endif
