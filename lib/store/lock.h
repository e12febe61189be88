/*
 * lock.h - the store's two lock files, and waiting for them with a deadline
 *
 * Everyone takes `gate` exclusively, then `lock` (shared to read, exclusive to write), then lets
 * gate go.  Without the gate a stream of readers would starve writers.  Both are flock()ed, so
 * the kernel frees them however their holder ends; neither is ever unlinked.
 *
 * While the exclusive lock is held, catchable signals are blocked: a person's Ctrl-C never meets
 * a half-done change.  While either is, those of job control are: whoever stops with Ctrl-Z holds
 * up nobody.
 */
#ifndef LOCK_H
#define LOCK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
	int gate_fd, lock_fd;
	bool is_held;
	sigset_t old_mask; /* while it is held */
};

/* lock_open - open both files in dir_fd, made where missing.  0, or -1 with err EX_CANTCREAT. */
int lock_open(struct lock *l, int dir_fd);
void lock_close(struct lock *l);

/*
 * lock_take - wait for the lock
 *
 * wait_ms   longest wait
 * progress  while this number keeps growing the deadline stands still (a rebuild is at work)
 *
 * Returns 0, or -1 with err EX_TEMPFAIL (waited too long).
 */
int lock_take(struct lock *l, bool is_exclusive, int wait_ms, const _Atomic uint64_t *progress);

/* lock_drop - let go, and let signals in again. */
void lock_drop(struct lock *l);

#endif
