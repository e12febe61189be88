/*
 * outbox.h - the events of tasks on their way from the agents' logs to a pipe
 *
 * The log is the queue, so no agent ever waits for a reader: what cannot be written now stays
 * where it is.  The output is written a page at a time and only when poll says that it
 * will not block, without making it non-blocking (it may be a terminal that others share).
 *
 * 1. A task's events leave in the order of their numbers, from `posted` + 1 on; the closing ones,
 *    which follow from the task's record, last.
 * 2. A line is written whole, or the reader is gone.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <poll.h>
#include <stdbool.h>

#include "store.h"

enum { OUTBOX_GONE = 1 };

struct outbox;

/* outbox_open - one that writes to out_fd (borrowed, as s is); outbox_close(NULL) is fine. */
struct outbox *outbox_open(struct store *s, int out_fd);
void outbox_close(struct outbox *o);

/*
 * outbox_add - follow a task (borrowed; content if it is followed already)
 *
 * is_held  until outbox_let_go: somebody is about to run it, or does, and tells the caller when
 *          there is news: outbox_poll_fds will not
 *
 * Returns 0, or -1 with err.
 */
int outbox_add(struct outbox *o, jv task, bool is_held);

/* outbox_let_go - nobody runs it any more: what there is will be written, then it is dropped. */
void outbox_let_go(struct outbox *o, const char *task_id);

/* outbox_has - whether the task is followed. */
bool outbox_has(const struct outbox *o, const char *task_id);

/* outbox_len - how many tasks are followed. */
size_t outbox_len(const struct outbox *o);

/* outbox_is_blocked - whether something waits for the output to become writable. */
bool outbox_is_blocked(const struct outbox *o);

/* outbox_poll_fds - descriptors to wait on (bells, and the output): appended to fds, which has room
 * for outbox_len + 1.  Returns how many. */
size_t outbox_poll_fds(const struct outbox *o, struct pollfd *fds);

/*
 * outbox_pump - write what can be written now
 *
 * Looks at logs and records; lets go of tasks that have ended and are all written, and of those
 * that were put back and will be run again.
 * Returns 0; OUTBOX_GONE where nobody reads the output any more; -1 with err: after EX_TEMPFAIL
 * (the store is locked) it may be called again.
 */
int outbox_pump(struct outbox *o);

#endif
