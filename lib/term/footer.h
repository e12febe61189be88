/*
 * footer.h - lines at the lower end of a terminal, below what is printed there, that come and go
 *
 * Who prints calls footer_erase before anything else is appended to the output, and footer_draw
 * behind it.  What was drawn is known, so that it can also be erased where the terminal has become
 * narrower since, and breaks its lines.
 */
#ifndef FOOTER_H
#define FOOTER_H

#include <stdbool.h>

#include "screen.h"

struct footer {
	const struct screen *screen; /* borrowed */
	struct buf shown;            /* the lines that are there */
};

/* footer_open - the screen has rows.  From now on a change of its size interrupts poll(2), and so
 * does being continued after a stop. */
void footer_open(struct footer *f, const struct screen *screen);

/* footer_erase - append what takes the lines away; nothing where there are none. */
void footer_erase(struct footer *f, struct buf *out);

/* footer_draw - append lines (each with its newline; "": none) in place of those that are there;
 * nothing where they are the same. */
void footer_draw(struct footer *f, struct buf *out, const struct buf *lines);

/* footer_release - free what it holds; it has been erased. */
void footer_release(struct footer *f);

#endif
