#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "err.h"
#include "lock.h"

/* How often a waiter looks whether its time is up. */
enum { TICK_MS = 100 };

int
lock_open(struct lock *l, int dir_fd)
{
	if ((l->gate_fd = dir_open_file(dir_fd, "gate", O_RDWR | O_CREAT)) < 0)
		return err_set(EX_CANTCREAT, "gate: %s", strerror(errno));
	if ((l->lock_fd = dir_open_file(dir_fd, "lock", O_RDWR | O_CREAT)) < 0)
		return err_set(EX_CANTCREAT, "lock: %s", strerror(errno));
	return 0;
}

void
lock_close(struct lock *l)
{
	if (l->gate_fd >= 0)
		close(l->gate_fd);
	if (l->lock_fd >= 0)
		close(l->lock_fd);
}

static void
wake_up(int signum)
{
	(void)signum; /* only there to interrupt flock */
}

struct wait {
	int64_t deadline_ms;
	int wait_ms;
	const _Atomic uint64_t *progress;
	uint64_t seen;
};

/* Whether to go on waiting after an interruption. */
static bool
has_time(struct wait *w)
{
	uint64_t now = atomic_load(w->progress);

	if (now != w->seen) {
		w->seen = now;
		w->deadline_ms = clock_mono_ms() + w->wait_ms;
	}
	return clock_mono_ms() < w->deadline_ms;
}

/* flock has no time-out of its own: a timer's signal interrupts it now and then. */
static int
wait_for(int fd, int how, struct wait *w)
{
	struct sigaction act = { .sa_handler = wake_up }, old_act;
	struct itimerval tick = { { 0, TICK_MS * 1000 }, { 0, TICK_MS * 1000 } }, old_tick;
	sigset_t alarm, old_mask;
	int rc, saved;

	if (flock(fd, how | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -1;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, &old_mask); /* whoever started us may have blocked it */
	sigaction(SIGALRM, &act, &old_act);
	setitimer(ITIMER_REAL, &tick, &old_tick);
	while ((rc = flock(fd, how)) < 0 && errno == EINTR && has_time(w))
		;
	saved = errno;
	setitimer(ITIMER_REAL, &old_tick, NULL);
	sigaction(SIGALRM, &old_act, NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	errno = saved;
	return rc;
}

/* Says why, by errno.  -1. */
static int
has_not_got(int wait_ms)
{
	if (errno != EINTR)
		return err_set(EX_OSERR, "store: lock: %s", strerror(errno));
	return err_set(EX_TEMPFAIL, "store: locked for more than %d ms", wait_ms);
}

static void
block_stops(sigset_t *old)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stops, old);
}

static void
block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

int
lock_take(struct lock *l, bool is_exclusive, int wait_ms, const _Atomic uint64_t *progress)
{
	struct wait w = { clock_mono_ms() + wait_ms, wait_ms, progress, atomic_load(progress) };
	sigset_t old;
	int rc;

	block_stops(&old);
	if ((rc = wait_for(l->gate_fd, LOCK_EX, &w)) == 0) {
		if (is_exclusive)
			block_all();
		rc = wait_for(l->lock_fd, is_exclusive ? LOCK_EX : LOCK_SH, &w);
	}
	if (rc < 0)
		has_not_got(wait_ms);
	flock(l->gate_fd, LOCK_UN);
	if (rc < 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		return -1;
	}
	l->is_held = true;
	l->old_mask = old;
	return 0;
}

void
lock_drop(struct lock *l)
{
	flock(l->lock_fd, LOCK_UN);
	if (l->is_held)
		sigprocmask(SIG_SETMASK, &l->old_mask, NULL);
	l->is_held = false;
}
