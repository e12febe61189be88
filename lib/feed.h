/*
 * feed.h - follow what happens in the store, from one moment on, without its lock
 *
 * Only transactions that are on disk are seen: what was shown once stays true after a power cut.
 */
#ifndef FEED_H
#define FEED_H

#include "store.h"

struct feed;

/*
 * feed_open - a feed of all changes after the state that tx sees
 *
 * Makes that state durable first.  Returns NULL with err.
 */
struct feed *feed_open(struct tx *tx);
void feed_close(struct feed *f);

/*
 * feed_next - the next change
 *
 * key    set to its key, until the next call
 * value  set to the record's text, likewise; p NULL: it was deleted
 *
 * Returns 1; 0 where there is none yet (then wait on a bell); -1 with err.
 */
int feed_next(struct feed *f, const char **key, struct json_text *value);

#endif
