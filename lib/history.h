/*
 * history.h - the events of chats on their way out, as JSON lines or as text
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "lines.h"
#include "store.h"

struct history {
	struct out out;
	bool is_text;
	const char *cursor; /* each JSON line gets "cursor":{...} with this name; NULL: none */
	long printed;
};

/* history_format - choose by "text", "json" or NULL (text if out is a terminal); -1 with err. */
int history_format(struct history *h, const char *format);

/* history_add - one event, given as text; not flushed. */
void history_add(struct history *h, struct scan_text event);

/*
 * history_print - a chat's events behind seq `since` up to `last`
 *
 * limit  at most so many; -1: all
 *
 * Fetched some at a time, printed without the lock.  0, or -1 with err.
 */
int history_print(struct history *h, struct store *s, const char *chat_id, uint64_t since,
    uint64_t last, long limit);

/* history_release - free what was not printed. */
void history_release(struct history *h);

#endif
