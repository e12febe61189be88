/*
 * bell.h - doorbells: how one process wakes another
 *
 * Who waits makes a FIFO in <store>/watch/<topic>/ and sleeps on it; who changed something
 * writes one byte there.  The byte means "look again" and carries nothing.
 *
 * 1. Bell first: make the bell, then look at the store, only then sleep.  No wake-up is lost.
 * 2. A ringer never blocks: a full FIFO is already ringing; a FIFO nobody reads is removed.
 * 3. A FIFO is made and opened as ".new-<uuid>" and then renamed, so that no ringer meets it
 *    half-made; ringers leave names with a dot alone.
 * 4. What is no FIFO, or not ours, is never written to (O_NOFOLLOW, fstat).
 * 5. Every waiter still polls with a time-out: a lost byte costs seconds, never data.
 *
 * Topics: "tasks", "chats", "chat-<id>", "task-<id>", "work-<chat>" (its tasks),
 * "store" (every transaction); "partials", "partial-<chat>" (partial.h).
 */
#ifndef BELL_H
#define BELL_H

#include <stddef.h>

struct bell;

/*
 * bell_open - a bell for topic; watch_fd is the store's watch/ folder (borrowed while it lives)
 *
 * Returns NULL with err: EX_CANTCREAT, EX_OSERR.  bell_close removes the FIFO, and the
 * topic's folder if it is empty; bell_close(NULL) is fine.
 */
struct bell *bell_open(int watch_fd, const char *topic);
void bell_close(struct bell *b);

/* bell_fd - to poll for POLLIN; O_RDWR, so it never sees an end. */
int bell_fd(const struct bell *b);

/* bell_clear - drain what rang so far (before looking at the store). */
void bell_clear(struct bell *b);

/*
 * bell_wait - sleep until it rings, timeout_ms passes (-1: no limit), or a signal is caught
 *
 * also_fd  one more descriptor to watch for POLLERR (stdout), or -1
 * Returns 1 rang (and cleared), 0 time-out or signal, -1 the reader of also_fd is gone.
 */
int bell_wait(struct bell *b, int timeout_ms, int also_fd);

/* bell_wait_either - the same until one of two rings; other NULL: there is none. */
int bell_wait_either(struct bell *b, struct bell *other, int timeout_ms, int also_fd);

/*
 * bell_rest - before such a wait, of who has just looked: sleep as long as it rings anyhow
 *
 * Who changes much rings for each change, and each of many waiters would look each time.  A waiter
 * who rests needs no wake-up, and sees them all in his next look.  After a quiet time there is no
 * rest, nor does a ring find anybody at rest; then it is 2 ms, more only while it goes on ringing,
 * 32 ms in the end, and most_ms at most.
 *
 * in_fd  what ends a rest where it can be read, or -1
 */
void bell_rest(struct bell *b, struct bell *other, int most_ms, int in_fd);

/* bell_ring - wake everyone who waits on topic.  Never fails, never blocks. */
void bell_ring(int watch_fd, const char *topic);

/* bell_count - how many wait on topic, the dead among them whose FIFOs are still there. */
size_t bell_count(int watch_fd, const char *topic);

/*
 * bell_sweep - remove the FIFOs of waiters that were killed, whose topics nobody rings any more
 *
 * Half-made ones (with a dot) only if they are older than a minute.  Never fails.
 */
void bell_sweep(int watch_fd);

#endif
