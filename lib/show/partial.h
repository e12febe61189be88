/*
 * partial.h - what an agent has said so far of a text that is not whole yet, for who asks for it
 *
 * run/<lease>.<chat>.<number>, JSON lines:
 *   {"at","user_id","session_id","chat_id",
 *    "data":{"task_id","kind":"text"|"thought","attempt","after"}}
 *   {"text":"..."}     more of it, any number of these
 *   {"end":true}       the event that says it whole is there
 *
 * Why a file that is always written: to append to it costs microseconds, hardly more than to ask
 * whether anybody wants it, and who comes late finds in it what there is so far.  It is never
 * synced.  Why not the agent's log: that is kept, synced, and folded by the next attempt.  Why not
 * a pipe or a socket: those fill up, and somebody would have to wait, or to drop something.
 *
 * 1. Nobody is waited for: a file is appended to, and the bells rung (bell.h) of those who ask,
 *    "partial-<chat>" and "partials".  Where nobody does there is nothing to ring.
 * 2. What cannot be written is not shown; the work goes on.
 * 3. No secret that the log's mask knows is in it: as much of a text as may be the beginning of one
 *    waits for what follows.
 * 4. A text has a file of its own, which is unlinked when the text ends.  One without {"end":true}
 *    that is unlinked, or whose lease is dead, will not be said: what was shown of it is void.
 * 5. "after" is the number of the task's last event when the text began: the event that says it
 *    whole is the first with a greater one, of type message (text) or thought (thought).
 *
 * overhear.h reads them.
 */
#ifndef PARTIAL_H
#define PARTIAL_H

#include <jv.h>
#include <stdbool.h>

#include "log.h"

struct partial;

enum partial_kind { PARTIAL_TEXT, PARTIAL_THOUGHT, PARTIAL_KINDS };

/*
 * partial_open - for the texts of one attempt
 *
 * task, lease, log  borrowed for as long as it is open
 *
 * No file is made before there is something to say.
 */
struct partial *partial_open(int run_fd, int watch_fd, jv task, const char *lease,
    const struct log *log);

/* partial_close - partial_drop, and free it.  NULL is fine, here and below. */
void partial_close(struct partial *p);

/*
 * partial_add - there is more of the text of that kind
 *
 * Returns how many of the bytes were taken: all but a character at their end that is not whole,
 * which comes again with its rest.
 */
size_t partial_add(struct partial *p, enum partial_kind kind, const char *bytes, size_t len);

/* partial_end - the text is over: the event that says it whole is in the log or the store.  Nothing
 * where no text has begun. */
void partial_end(struct partial *p, enum partial_kind kind);

/* partial_drop - what was begun of either kind is void. */
void partial_drop(struct partial *p);

#endif
