/*
 * text.h - how records look to a person
 *
 * Output is UTF-8.  Control characters in what others wrote never reach a terminal: newlines
 * begin an indented line, tabs are blanks, the rest is left out.
 */
#ifndef TEXT_H
#define TEXT_H

#include <jv.h>

#include "buf.h"

/* text_clean - append s without control characters (utf8.h), newlines included.  indent: what
 * stands before every line but the first; NULL: newlines become blanks. */
void text_clean(struct buf *b, const char *s, const char *indent);

/*
 * text_event - append a chat event (borrowed) as lines: time, who, mark, text, newline
 *
 *   14:03:07 alice: Count the files
 *   14:03:07 🤖 Task 1f3c9a2b: Starting execution...
 *   14:03:09 ✅ Task 1f3c9a2b completed successfully
 *
 * The time is local (TZ).
 */
void text_event(struct buf *b, jv event);

#endif
