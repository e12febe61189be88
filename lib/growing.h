/*
 * growing.h - texts that grow at the lower end of a terminal, below the events of a chat
 *
 * Who prints there calls growing_erase before anything else is appended to the output, and
 * growing_draw behind it.  Of what does not fit on the screen the last lines are shown.
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
	size_t shown; /* lines on the terminal */
};

/* growing_open - no texts; the screen (borrowed) has rows. */
void growing_open(struct growing *g, const struct screen *screen, bool has_chats);

/* growing_take - a delta (overhear.h; consumed). */
void growing_take(struct growing *g, jv delta);

/* growing_replace - an event (borrowed) that may say one of the texts whole, which goes then. */
void growing_replace(struct growing *g, jv event);

/* growing_erase - append what takes the texts from the terminal; nothing where none is there. */
void growing_erase(struct growing *g, struct buf *out);

/* growing_draw - append the texts. */
void growing_draw(struct growing *g, struct buf *out);

/* growing_release - free the texts. */
void growing_release(struct growing *g);

#endif
