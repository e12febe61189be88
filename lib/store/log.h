/*
 * log.h - what an agent did, as JSON lines; and the queue of its events
 *
 *   {"at":"<time>","kind":"event","n":3,"event":{...}}      for the chat
 *   {"at":"<time>","kind":"start"|"stderr"|"exit"|...,...}  for who looks into it
 *
 * logs/agents/<task>.log.  Whoever holds the task's lease is its only writer; anybody may read.
 *
 * 1. Events are numbered from 1 through all attempts of a task; n never repeats.
 * 2. A line is there whole or is ignored: a torn end is cut by the next attempt.
 * 3. No secret that the writer knows of (mask.h) is in it.
 */
#ifndef LOG_H
#define LOG_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "mask.h"
#include "trail.h"

struct log;

/*
 * log_open - open the task's log for writing
 *
 * posted  events that are in the chat already: numbering goes on behind them, even if a power cut
 *         has taken them out of the log
 *
 * Returns NULL with err.  log_close(NULL) is fine.
 */
struct log *log_open(int logs_fd, const char *task_id, int64_t posted);
void log_close(struct log *log);

/* log_mask - what is appended from now on is masked (mask borrowed; NULL: not), but for what a line
 * is found and understood by: its time, kind, number and ids.  log_its_mask - for who cuts a text
 * before it is appended: half a secret is not found. */
void log_mask(struct log *log, const struct mask *mask);
const struct mask *log_its_mask(const struct log *log);

/* log_when_written - call then, with arg, whenever there is more in the file. */
void log_when_written(struct log *log, void (*then)(void *arg), void *arg);

/* log_event - append an event (consumed).  0, or -1 with err EX_IOERR. */
int log_event(struct log *log, jv event);

/* log_note - append another line; detail (consumed) is an object.  0, or -1 with err EX_IOERR. */
int log_note(struct log *log, const char *kind, jv detail);

/* log_hold - keep what is appended from now on, until log_let_go writes it at once: to who is
 * killed at any moment all of it has happened, or nothing. */
void log_hold(struct log *log);

/* log_let_go - 0, or -1 with err EX_IOERR: nothing of it is there. */
int log_let_go(struct log *log);

/* log_count - the number of the last event in it. */
int64_t log_count(const struct log *log);

/* log_sync - make it last.  0, or -1 with err EX_IOERR. */
int log_sync(struct log *log);

/* log_remove - delete a task's log, that nobody writes any more; content if there is none. */
void log_remove(int logs_fd, const char *task_id);

/* log_last - the number of the last event in a task's log; 0: none, or it cannot be read. */
int64_t log_last(int logs_fd, const char *task_id);

/*
 * log_notes - hand every whole line of a task's log that is no event to take, which consumes it
 *
 * No log: content.  Returns 0, or -1 with err EX_IOERR.
 */
int log_notes(int logs_fd, const char *task_id, void (*take)(void *arg, jv note), void *arg);

/*
 * log_read - the next event whose number is above `after`; who came to the end may come back
 *
 * event  set to the event, owned, with its number as "n"
 *
 * Returns its number; 0 where there is none yet; -1 with err EX_IOERR.
 */
int64_t log_read(struct trail *t, int logs_fd, const char *task_id, int64_t after, jv *event);

#endif
