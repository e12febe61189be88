/*
 * text.h - how the events of chats look to a person
 *
 *   --- Friday, 2026-11-20
 *   14:03:07 alice: Count the files
 *   14:03:07 🤖 Task 1f3c9a2b: Starting execution...
 *   14:03:09 ✅ Task 1f3c9a2b completed successfully
 *
 * Output is UTF-8.  What others wrote never reaches a terminal as it is (screen_clean), and no line
 * of it begins like an event: all but the first are indented.
 */
#ifndef TEXT_H
#define TEXT_H

#include <jv.h>

#include "screen.h"

/* What was shown so far; begin with a screen and else zeros. */
struct text {
	const struct screen *screen;
	long day;       /* the last event's; TEXT_NO_DAYS: dates are not wanted */
	bool has_chats; /* events of several chats: a line says where they change */
	char chat[9];
};

enum { TEXT_NO_DAYS = -1 };

/*
 * text_event - append an event (borrowed) as lines: time, who, mark, text, newline
 *
 * The time is local (TZ); a line with the date stands before the first event of each day.  A task's
 * text of several lines begins below its name.  On a terminal its end tells how long it took.
 */
void text_event(struct text *t, struct buf *b, jv event);

/*
 * text_task_line - append what a task says as one line: time, mark, task, text, newline
 *
 * about  borrowed: task_id, chat_id, at
 * paint  how the task is painted
 *
 * The text is cut where the screen ends; what has no limit gets TEXT_LINE_COLUMNS of it.
 */
enum { TEXT_LINE_COLUMNS = 120 };
void text_task_line(struct text *t, struct buf *b, jv about, const char *mark, enum paint paint,
    const char *text);

/* text_task_paint - the colour of a task, by its id: so that they are told apart. */
enum paint text_task_paint(const char *id);

/* text_when - append a time (RFC 3339; NULL: none) as the local time of day, behind a line with the
 * date where that is another than before. */
void text_when(struct text *t, struct buf *b, const char *at);

/* text_time - append a time (RFC 3339) as local date and time; nothing where it is none. */
void text_time(struct buf *b, const char *at);

/* text_age - how long ago `at` was, in its largest unit: "3m".  "" where it is none.  Returns
 * out. */
enum { TEXT_AGE = 24 };
const char *text_age(const char *at, int64_t now_ms, char out[TEXT_AGE]);

/* text_duration - the same of milliseconds. */
const char *text_duration(int64_t ms, char out[TEXT_AGE]);

/* text_elapsed - how long something took, in its two largest units: "0.4s", "2m 3s".  Returns
 * out. */
const char *text_elapsed(int64_t ms, char out[TEXT_AGE]);

/* text_word - append a word as a shell would want it: in quotes, unless it is plain. */
void text_word(struct buf *b, const char *word);

#endif
