/*
 * growing.h - texts that grow at the lower end of a terminal, below the events of a chat
 *
 * They are shown by footer.h.
 */
#ifndef GROWING_H
#define GROWING_H

#include <jv.h>
#include <stdbool.h>

#include "text.h"

struct growing {
	struct text text; /* how events look there */
	struct growing_text *list;
	size_t len;
};

/* growing_open - no texts; the screen is borrowed. */
void growing_open(struct growing *g, const struct screen *screen, bool has_chats);

/* growing_take - a delta (overhear.h; consumed). */
void growing_take(struct growing *g, jv delta);

/* growing_replace - an event (borrowed) that may say one of the texts whole, which goes then. */
void growing_replace(struct growing *g, jv event);

/* growing_lines - append the texts, of lines that would be more than `rows` the last ones. */
void growing_lines(struct growing *g, size_t rows, struct buf *out);

/* growing_release - free the texts. */
void growing_release(struct growing *g);

#endif
