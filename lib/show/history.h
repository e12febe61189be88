/*
 * history.h - the events of chats on their way out, as a view shows them
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "choice.h"
#include "gather.h"
#include "text.h"
#include "view.h"

struct history {
	struct view view;
	struct text text;
	struct choice choice;
	bool is_grouped; /* what a task says becomes a bundle (bundle.h) */
	struct gather gather;
	void (*seen)(void *arg, jv event); /* called for each, taken or not, which it borrows */
	void *arg;
	const char *cursor; /* each event gets "cursor" with this name; NULL: none */
	long printed;
};

/* history_open - as view_open, to stdout. */
int history_open(struct history *h);

#define HISTORY_GROUP(h)                                                                  \
	{                                                                                 \
		0, "group", NULL, "one line for all that a task says, telling its state", \
		    .set = &(h).is_grouped                                                \
	}

/* history_choose - get ready for what its choice says, as choice_open. */
int history_choose(struct history *h, struct store *s);

/* history_add - one event, given as text; not flushed. */
void history_add(struct history *h, struct scan_text event);

/* history_take - the same of one that is wanted only if the choice says so, and that may be for a
 * bundle; tx as in choice.h.  1: it was; 0, or -1 with err. */
int history_take(struct history *h, struct tx *tx, struct scan_text event);

/*
 * history_settle - where events are grouped, add what was gathered since the last time
 *
 * which    GATHER_ALL, or GATHER_STOPPED: only tasks that have stopped
 * limit    at most so many, the last ones if is_tail; -1: all
 *
 * Not flushed.  0, or -1 with err.
 */
int history_settle(struct history *h, struct store *s, int which, long limit, bool is_tail);

/* history_tail - the seq behind which a chat's last events up to `last` stand: as many as `count`
 * that are wanted.  0, or -1 with err. */
int history_tail(struct history *h, struct store *s, const char *chat_id, uint64_t last, long count,
    uint64_t *since);

/*
 * history_acknowledge - flush what says that changes of s, whose bells are held, are durable, and
 * ring them
 *
 * Who waits for that word has it before all who watch are awake; but where nobody takes it, they do
 * not wait for him.
 *
 * is_last  we are about to end, which is waited for as well (store_ring_apart)
 *
 * 0, or -1 with err as view_flush: rung they have.
 */
int history_acknowledge(struct history *h, struct store *s, bool is_last);

/* history_close - flush, and free all.  0, or -1 with err. */
int history_close(struct history *h);

/*
 * history_print - a chat's events behind seq `since` up to `last`
 *
 * limit  at most so many; -1: all, as it has to be where they are grouped
 *
 * Those that are gone (event.h) are passed over, in no time.
 * Fetched some at a time, printed without the lock.  0, or -1 with err.
 */
int history_print(struct history *h, struct store *s, const char *chat_id, uint64_t since,
    uint64_t last, long limit);

#endif
