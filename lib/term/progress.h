/*
 * progress.h - a line on a terminal's stderr that tells how far something long has come
 *
 *   waiting for 10 tasks  ━━━━━━━━────────────  4 of 10  12s
 *
 * Nothing is drawn where stderr is no terminal (or a dumb one), in the first moments, and more
 * often than some times a second.  Whoever prints something else clears it first.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* borrowed: "adding tasks" */
	bool is_on, is_drawn;
	int64_t begun_ms, drawn_ms; /* monotonic */
};

/* How often it is worth to step. */
enum { PROGRESS_MS = 200 };

/* progress_begin - get ready; is_on tells whether anything will ever be drawn. */
void progress_begin(struct progress *p, const char *what);

/* progress_step - done of total; total 0: nobody knows. */
void progress_step(struct progress *p, uint64_t done, uint64_t total);

/* progress_read - `count` things came of what was read from fd so far; drawn of a file only. */
void progress_read(struct progress *p, int fd, uint64_t count);

/* progress_clear - take it away, if it is there. */
void progress_clear(struct progress *p);

#endif
