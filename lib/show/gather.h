/*
 * gather.h - the events of chats, those of each task gathered into a bundle
 *
 * What people say keeps its place; a bundle stands where the task's last event is.
 */
#ifndef GATHER_H
#define GATHER_H

#include "store.h"

struct gather_item;

/* Begin with zeros. */
struct gather {
	struct gather_item *item; /* in their order */
	size_t len;
	jv open; /* bundles by task; once there are items */
};

enum { GATHER_ALL, GATHER_STOPPED };

/* How the items are handed on. */
struct gather_wish {
	int which;    /* GATHER_STOPPED: of tasks only those that have stopped (bundle.h) */
	long limit;   /* at most so many; -1: all */
	bool is_tail; /* the last ones instead of the first */
	void (*take)(void *arg, jv record); /* an event or a bundle, which it consumes */
	void *arg;
};

/* gather_add - one more event (consumed). */
void gather_add(struct gather *g, jv event);

/*
 * gather_settle - hand on what was added since the last time
 *
 * Looks up the tasks, unless none may have stopped, in a transaction of its own.  Those that are
 * not handed on stay, and their next event counts on.  Returns 0, or -1 with err.
 */
int gather_settle(struct gather *g, struct store *s, const struct gather_wish *wish);

/* gather_release - free all. */
void gather_release(struct gather *g);

#endif
