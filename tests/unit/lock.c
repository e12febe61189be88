#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/time.h>

#include "box.h"
#include "clock.h"
#include "err.h"
#include "lock.h"
#include "tap.h"

enum { LONG_MS = BOX_DEADLINE_MS, SHORT_MS = 20, READERS = 16, WRITES = 40 };

static _Atomic uint64_t *progress; /* shared with children */

static struct lock
open_lock(void)
{
	struct lock l;

	if (lock_open(&l, box_fd) < 0)
		abort();
	return l;
}

static bool
can_take(bool is_exclusive)
{
	struct lock l = open_lock();
	bool can = lock_take(&l, is_exclusive, SHORT_MS, progress) == 0;

	if (can)
		lock_drop(&l);
	else
		can = err_code() != EX_TEMPFAIL;
	lock_close(&l);
	return can;
}

/* A child that holds the lock until it is killed. */
static pid_t
start_holder(bool is_exclusive)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe(fds) < 0)
		abort();
	if ((pid = box_fork()) == 0) {
		struct lock l = open_lock();

		if (lock_take(&l, is_exclusive, LONG_MS, progress) < 0 || write(fds[1], "", 1) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		abort();
	close(fds[0]);
	return pid;
}

static void
test_open(void)
{
	int before = box_descriptors();
	struct lock l = open_lock();

	ok(box_size("gate") == 0 && box_size("lock") == 0, "both files are made");
	lock_close(&l);
	is_int(box_descriptors(), before, "closing leaves no descriptor");
	unlinkat(box_fd, "lock", 0);
	mkdirat(box_fd, "lock", 0700);
	ok(lock_open(&l, box_fd) == -1 && err_code() == EX_CANTCREAT,
	    "a folder in a file's place is 73");
	lock_close(&l);
	unlinkat(box_fd, "lock", AT_REMOVEDIR);
	if (symlinkat("elsewhere", box_fd, "lock") < 0)
		abort();
	ok(lock_open(&l, box_fd) == -1 && err_code() == EX_CANTCREAT && box_size("elsewhere") < 0,
	    "so is a symbolic link, which is not followed");
	lock_close(&l);
	unlinkat(box_fd, "lock", 0);
	is_int(box_descriptors(), before, "nor does closing what was half open");
}

static void
test_modes(void)
{
	struct lock l = open_lock();

	ok(lock_take(&l, false, LONG_MS, progress) == 0, "a free lock is taken to read");
	ok(can_take(false), "others may read meanwhile");
	ok(!can_take(true), "who writes waits, and gives up with EX_TEMPFAIL");
	lock_drop(&l);
	ok(can_take(true), "let go, it is free");
	ok(lock_take(&l, true, LONG_MS, progress) == 0, "it is taken to write");
	ok(!can_take(false) && !can_take(true), "nobody else has it then");
	lock_drop(&l);
	ok(can_take(false) && can_take(true), "let go, it is free again");
	lock_close(&l);
}

/* The signals that are blocked now, of those that can be. */
static int
count_blocked(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE,
		SIGTSTP, SIGCHLD, SIGWINCH };
	sigset_t now;
	int n = 0;

	sigprocmask(SIG_BLOCK, NULL, &now);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		n += sigismember(&now, signals[i]);
	return n;
}

static volatile sig_atomic_t caught;

static void
count_signal(int signum)
{
	(void)signum;
	caught++;
}

static void
test_signals(void)
{
	struct sigaction act = { .sa_handler = count_signal };
	struct lock l = open_lock();
	sigset_t one, now;

	sigaction(SIGINT, &act, NULL);
	lock_take(&l, false, LONG_MS, progress);
	is_int(count_blocked(), 1, "while reading only one signal is blocked");
	kill(getpid(), SIGTSTP);
	sigpending(&now);
	ok(sigismember(&now, SIGTSTP), "which would stop us while we hold the lock");
	sigaction(SIGTSTP, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL); /* forgets it */
	sigaction(SIGTSTP, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	lock_drop(&l);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigprocmask(SIG_BLOCK, &one, NULL);
	lock_take(&l, true, LONG_MS, progress);
	is_int(count_blocked(), 10, "while writing they are");
	kill(getpid(), SIGINT);
	is_int(caught, 0, "one that comes then is kept");
	lock_drop(&l);
	is_int(caught, 1, "until the lock is let go");
	sigprocmask(SIG_BLOCK, NULL, &now);
	ok(sigismember(&now, SIGUSR2) && count_blocked() == 1,
	    "what was blocked before still is, and nothing else");
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	lock_close(&l);
}

static void
test_deadline(void)
{
	struct sigaction act = { .sa_handler = count_signal }, now_act;
	struct itimerval timer = { { 0, 0 }, { 1000, 0 } }, now_timer;
	int64_t start = clock_mono_ms();
	pid_t pid = start_holder(true);
	struct lock l = open_lock();

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	ok(lock_take(&l, true, 150, progress) == -1 && err_code() == EX_TEMPFAIL,
	    "who waits for a writer too long gives up with EX_TEMPFAIL");
	ok(clock_mono_ms() - start >= 150, "but not before its time");
	is_int(count_blocked(), 0, "no signal is blocked after that");
	sigaction(SIGALRM, NULL, &now_act);
	getitimer(ITIMER_REAL, &now_timer);
	ok(now_act.sa_handler == count_signal && now_timer.it_value.tv_sec > 900,
	    "the caller's own alarm goes on");
	alarm(0);
	ok(!can_take(true), "and the gate is let go: the next one also waits for the lock only");
	kill(pid, SIGKILL);
	ok(lock_take(&l, true, LONG_MS, progress) == 0, "a holder that is killed frees it");
	waitpid(pid, NULL, 0);
	lock_drop(&l);
	lock_close(&l);
}

/* A child waits with a deadline of wait_ms, which it misses if nothing moves.  Whether it got the
 * lock; how long we did not move is in *stood_ms. */
static bool
waits_for_progress(int wait_ms, int held_ms, int64_t *stood_ms)
{
	struct lock l = open_lock();
	int64_t start, now, last;
	pid_t pid;

	lock_take(&l, true, LONG_MS, progress);
	*stood_ms = 0;
	last = now = start = clock_mono_ms();
	if ((pid = box_fork()) == 0) {
		struct lock own = open_lock();

		_exit(lock_take(&own, false, wait_ms, progress) == 0 ? 0 : 1);
	}
	for (; now - start < held_ms; last = now) {
		atomic_fetch_add(progress, 1);
		sched_yield();
		now = clock_mono_ms();
		*stood_ms = now - last > *stood_ms ? now - last : *stood_ms;
	}
	lock_drop(&l);
	lock_close(&l);
	return box_ended_well(pid);
}

static void
test_progress(void)
{
	const int wait_ms = 700, held_ms = 1100;
	bool has_waited = false;
	int64_t stood_ms = wait_ms;

	/* again where we stood still ourselves */
	for (int i = 0; i < 20 && !has_waited && stood_ms > wait_ms / 4; i++)
		has_waited = waits_for_progress(wait_ms, held_ms, &stood_ms);
	ok(has_waited, "while progress grows the deadline stands still");
}

static void
read_all_the_time(const _Atomic int *is_over)
{
	struct lock l = open_lock();

	while (!atomic_load(is_over)) {
		if (lock_take(&l, false, LONG_MS, progress) < 0)
			_exit(1);
		lock_drop(&l);
	}
	_exit(0);
}

static void
test_readers_and_a_writer(void)
{
	_Atomic int *is_over = box_shared(sizeof *is_over);
	struct lock l = open_lock();
	pid_t pids[READERS];
	int taken = 0, well = 0;

	for (int i = 0; i < READERS; i++)
		if ((pids[i] = box_fork()) == 0)
			read_all_the_time(is_over);
	for (int i = 0; i < WRITES && taken == i; i++) {
		taken += lock_take(&l, true, LONG_MS, progress) == 0;
		lock_drop(&l);
	}
	atomic_store(is_over, 1);
	is_int(taken, WRITES, "sixteen readers do not starve a writer");
	for (int i = 0; i < READERS; i++)
		well += box_ended_well(pids[i]);
	is_int(well, READERS, "nor a writer them");
	lock_close(&l);
	munmap(is_over, sizeof *is_over);
}

/* Writers count up a number that is not atomic, in two halves that are only then equal. */
static void
test_exclusion(void)
{
	volatile struct {
		long a, b;
	} *n = box_shared(sizeof *n);
	pid_t pids[4];
	int well = 0;

	for (int i = 0; i < 4; i++) {
		if ((pids[i] = box_fork()) != 0)
			continue;
		struct lock l = open_lock();
		for (int k = 0; k < 500; k++) {
			bool is_writer = k % 3 > 0;

			if (lock_take(&l, is_writer, LONG_MS, progress) < 0 || n->a != n->b)
				_exit(1);
			if (is_writer) {
				n->a++;
				sched_yield();
				n->b++;
			}
			lock_drop(&l);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		well += box_ended_well(pids[i]);
	is_int(well, 4, "nobody sees what is half done");
	is_int(n->b, 4 * 333, "and no count is lost");
}

int
main(void)
{
	box_open("lock", 16);
	progress = box_shared(sizeof *progress);
	test_open();
	test_modes();
	test_signals();
	test_deadline();
	test_progress();
	test_readers_and_a_writer();
	test_exclusion();
	box_close();
	return done_testing();
}
