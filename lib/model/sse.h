/*
 * sse.h - a stream of server-sent events, as it arrives
 *
 * Bytes are given in pieces that may be cut anywhere: in a character, in a line's end.  A piece is
 * never looked at as text before its line is whole.
 * Source: the HTML standard, section "Server-sent events": lines end with LF, CR LF or CR; what
 * begins with a colon is a comment; "data" lines of one event are joined by newlines; a blank line
 * ends the event; an event without data, or without its blank line, is none.
 */
#ifndef SSE_H
#define SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct sse {
	/* called for each event; name is "" where it has none, data is followed by a NUL */
	void (*take)(void *arg, const char *name, const char *data, size_t len);
	void *arg;
	size_t max; /* longest line and longest data, in bytes */
	struct buf line, name, data;
	bool is_after_cr, is_begun;
};

/* sse_init - where events go to. */
void sse_init(struct sse *s,
    void (*take)(void *arg, const char *name, const char *data, size_t len), void *arg, size_t max);

/* sse_feed - more bytes.  0, or -1 with err EX_DATAERR: an event is longer than max. */
int sse_feed(struct sse *s, const char *bytes, size_t len);

/* sse_release - free what it holds. */
void sse_release(struct sse *s);

#endif
