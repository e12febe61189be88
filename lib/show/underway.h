/*
 * underway.h - the tasks that run now, as lines that stand below the events of chats
 *
 *   ⏳ Task 1f3c9a2b counter, 12s: Count the files
 *
 * What is known of them comes from one look at the store, and from the changes of records that
 * follow: nothing is asked again.
 */
#ifndef UNDERWAY_H
#define UNDERWAY_H

#include "choice.h"
#include "screen.h"

/* So many are shown by name. */
enum { UNDERWAY_LINES = 4 };

struct underway {
	jv tasks;              /* by id: {"title","agent","started_at","chat_id"} */
	const char *chat_id;   /* NULL: of all chats */
	struct choice *choice; /* those that are wanted */
	bool (*is_hidden)(void *arg,
	    const char *chat_id); /* NULL: nothing is; asked at each drawing */
	void *arg;
};

/* underway_open - none; chat_id and choice are borrowed.  underway_close - free them. */
void underway_open(struct underway *u, const char *chat_id, struct choice *choice);
void underway_close(struct underway *u);

/* underway_look - those that run by what tx sees, in place of all that was known. */
void underway_look(struct underway *u, struct tx *tx);

/*
 * underway_take - a record has changed
 *
 * key     "task/<id>"; others are passed over
 * record  its text; p NULL: it was deleted
 */
void underway_take(struct underway *u, const char *key, struct scan_text record);

/* underway_len - how many run. */
size_t underway_len(const struct underway *u);

/* underway_draw - append at most UNDERWAY_LINES lines, and one that says how many more there
 * are. */
void underway_draw(const struct underway *u, const struct screen *screen, int64_t now_ms,
    struct buf *out);

#endif
