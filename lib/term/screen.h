/*
 * screen.h - what a person's terminal can show: how wide it is, how wide a text is on it, colours
 *
 * Widths are in columns, as wcwidth(3) counts in UTF-8: a combining mark has none, a Chinese
 * character or a robot's face two.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct screen {
	size_t columns; /* 0: no limit */
	size_t rows;    /* 0: it is no terminal, or one that cannot go up a line (TERM) */
	bool has_colour;
};

/* Ways to stand out (ECMA-48, SGR): weights, then colours. */
enum paint { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN };

/*
 * screen_open - what fd can show
 *
 * color  "auto", "always", "never", or NULL: auto, which is on a terminal that has them (TERM)
 *        where NO_COLOR (no-color.org) is unset or empty
 *
 * As wide as COLUMNS says, else as the terminal is; what is no terminal has no limit unless COLUMNS
 * says one.  Sets the thread's LC_CTYPE.  Returns 0, or -1 with err EX_USAGE for another word.
 */
int screen_open(struct screen *s, int fd, const char *color);

/* screen_measure - how wide and high it is now. */
void screen_measure(struct screen *s, int fd);

/* screen_width - the columns that len bytes of UTF-8 take up; a control character takes none. */
size_t screen_width(const char *text, size_t len);

/* screen_fit - the bytes of text that take up at most so many columns. */
size_t screen_fit(const char *text, size_t len, size_t columns);

/* screen_cut - cut a text that is to stand behind `taken` columns, with an ellipsis, where it does
 * not fit into the line. */
void screen_cut(const struct screen *s, struct buf *b, size_t taken);

/*
 * screen_clean - append what others wrote, without what drives a terminal
 *
 * Control characters (utf8.h) are left out, ANSI sequences such as colours (ECMA-48, CSI) whole;
 * tabs become blanks, and so do newlines unless keep_lines.  Nothing blank is left at the end.
 */
void screen_clean(struct buf *b, const char *text, bool keep_lines);

/* screen_paint - append text in that way, or plain where there are no colours. */
void screen_paint(const struct screen *s, struct buf *b, enum paint paint, const char *text);

/*
 * screen_wrap - append lines of text, broken between words so that they fit
 *
 * text    without control characters but newlines, which break lines as well
 * indent  columns that every line but the first begins with; `at` those that are taken on the first
 *
 * A word that is wider than a line is broken.  Only newlines break without a limit, and where the
 * indent leaves less than 20 columns.  Lines end without blanks, where they are broken; no newline
 * is added at the end.
 */
void screen_wrap(const struct screen *s, struct buf *b, const char *text, size_t indent, size_t at);

#endif
