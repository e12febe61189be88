/*
 * show.h - print the records of a set, as a view shows them
 *
 * Tasks and chats that the user who acts is not shown (sight.h) are left out, and not counted.
 *
 * Records are fetched some at a time and printed when the store's lock is free again, so a slow
 * reader of our output holds nobody up.
 */
#ifndef SHOW_H
#define SHOW_H

#include "store.h"
#include "view.h"

struct show {
	struct view *view; /* open */
	const char *set;
	/* whether to print a record; NULL: all */
	bool (*wants)(struct scan_text record, void *arg);
	void *arg;
	long limit;     /* at most so many; -1: all */
	bool is_newest; /* the newest first */
	bool is_count;  /* print only how many */
};

/* show_set - print them.  0, or -1 with err. */
int show_set(struct store *s, const struct show *show);

/* show_field_is - whether a record's text has the string value in that member. */
bool show_field_is(struct scan_text record, const char *member, const char *value);

/* show_name_is - the same of a user's name, in any case (ASCII). */
bool show_name_is(struct scan_text record, const char *member, const char *name);

#endif
