/*
 * follow.h - the events of a chat, or of all, from somewhere on: what is past, then what comes
 *
 * Whoever follows has a bell (bell.h) first, then looks, prints the past, takes what comes until
 * there is none, and sleeps.
 *
 * 1. Each event once, those of a chat in their order; only what is on disk.
 * 2. Nothing is held while nobody calls: who is slow delays nobody.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "feed.h"
#include "history.h"
#include "past.h"

/* Where to begin in each chat. */
struct follow_from {
	const char *cursor; /* where this reader has come to; NULL: none, else as the others say */
	long newest;        /* with so many of the last events; -1: as since says */
	long since;         /* behind this seq; -1: behind what there is */
	const char *reader; /* who reads: what may.h does not let him is left out; NULL: anybody */
};

struct follow {
	bool is_gone;   /* the only chat was deleted */
	bool is_denied; /* at the last look the reader might not read it: nothing is printed */
	/* called in each look, and with every change that comes, whosever; NULL: nobody */
	void (*looked)(void *arg, struct tx *tx);
	void (*changed)(void *arg, const char *key, struct scan_text record);
	void *arg;
	/* the rest is follow.c's */
	struct store *s;
	struct follow_from from;
	struct feed *feed;
	struct pasts pasts;
	char *only, *chat;
	bool is_again;
};

/* follow_open - begin to follow chat_id (a whole id, copied; NULL: every chat, also those to come)
 * in s; s and the names are borrowed while it lives.  Nothing is looked at yet. */
void follow_open(struct follow *f, struct store *s, const char *chat_id, struct follow_from from);
void follow_close(struct follow *f);

/* follow_topic - the topic that rings when there is more; the caller frees it. */
char *follow_topic(const char *chat_id);

/*
 * follow_look - one look at the store: where the past ends, and what comes begins
 *
 * The first time, and after FEED_GONE: then it goes on where it is.  A cursor is in the store from
 * now on.  0, or -1 with err.
 */
int follow_look(struct follow *f);

/* follow_print_past - print what there was at that look, and flush; count: of at most so many
 * printed in all (history.h), -1: all.  Where the newest are wanted, those count that h chooses.
 * 0, or -1 with err. */
int follow_print_past(struct follow *f, struct history *h, long count);

/* follow_settle - history_settle of what has come, for a count like that. */
int follow_settle(struct follow *f, struct history *h, long count);

/* follow_hidden - how many chats are left out; follow_is_hidden - whether one (a whole id) is. */
size_t follow_hidden(const struct follow *f);
bool follow_is_hidden(const struct follow *f, const char *chat_id);

/* follow_lets - whether a reader may read a chat (a whole id) at this moment: what is no event, and
 * comes beside the feed, asks that.  1 or 0, or -1 with err. */
int follow_lets(struct store *s, const char *chat_id, const char *reader);

/* follow_last - the seq of the last event of a chat that was handed out or printed, or behind which
 * it begins. */
uint64_t follow_last(const struct follow *f, const char *chat_id);

/* follow_next - the next event that was neither printed nor handed out, as feed_next; FEED_GONE,
 * too, where rules have changed since the last look: who may read by now, only another tells. */
enum feed_result follow_next(struct follow *f, struct scan_text *event);

#endif
