/*
 * feed.h - follow what happens in the store, from one moment on, without its lock
 *
 * Only transactions that are on disk are seen: what was shown once stays true after a power cut.
 */
#ifndef FEED_H
#define FEED_H

#include "store.h"

struct feed;

enum feed_result { FEED_FAIL = -1, FEED_NONE, FEED_CHANGE, FEED_GONE };

/*
 * feed_open - a feed of all changes after the state that tx sees
 *
 * Makes that state durable first.  Returns NULL with err.
 */
struct feed *feed_open(struct tx *tx);
void feed_close(struct feed *f);

/* feed_rewind - begin with the journal's first line instead. */
void feed_rewind(struct feed *f);

/* feed_next_line - the next whole transaction, as feed_next; text is its line. */
enum feed_result feed_next_line(struct feed *f, struct scan_text *text, uint64_t *revision);

/*
 * feed_next - the next change
 *
 * key    set to its key, until the next call
 * value  set to the record's text, likewise; p NULL: it was deleted
 *
 * Returns FEED_CHANGE; FEED_NONE where there is none yet (then wait on a bell); FEED_GONE where a
 * compaction has removed what came next (open another one); FEED_FAIL with err.
 */
enum feed_result feed_next(struct feed *f, const char **key, struct scan_text *value);

#endif
