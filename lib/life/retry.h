/*
 * retry.h - what failed or was cancelled begins again
 *
 * 1. Nobody is put back alone whose end was part of another's: with a task go its subtasks, its
 *    parent, the siblings without which that cannot complete, and those who failed because the
 *    task did.
 * 2. Nothing is put back that would fail at once: what depends on a failed or cancelled task is
 *    refused until that one is put back, and then follows by itself.
 * 3. What the task said at its end and is not in the chat yet goes into its log, before the
 *    record that it follows from is changed.  Doing so twice does no harm.
 */
#ifndef RETRY_H
#define RETRY_H

#include "store.h"

enum { RETRY_KEPT, RETRY_DONE };

/*
 * retry_task - put a failed or cancelled task back, with all attempts anew
 *
 * id  a whole one
 *
 * A pending task that waits for its next attempt is ready at once.
 * Returns RETRY_DONE; RETRY_KEPT (another pending one: nothing to do); or -1 with err, having
 * changed nothing: EX_NOINPUT, EX_DATAERR (in progress, or completed), EX_TEMPFAIL (it depends on
 * what has failed, or its parent is running); EX_IOERR (its log), which sticks in tx.
 */
int retry_task(struct tx *tx, const char *id);

#endif
