#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bell.h"
#include "buf.h"
#include "clock.h"
#include "err.h"
#include "tap.h"

enum { DEADLINE_MS = 30000, RINGERS = 4, RINGS = 3000, MANY = 200 };

static int watch_fd;

/* How many names the topic's folder has; -1: there is no folder. */
static int
count_names(const char *topic)
{
	int fd = openat(watch_fd, topic, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return n;
}

static bool
is_ringing(struct bell *b)
{
	struct pollfd pfd = { bell_fd(b), POLLIN, 0 };

	return poll(&pfd, 1, 0) == 1;
}

static bool
ended_well(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void
test_one(void)
{
	struct bell *b = bell_open(watch_fd, "tasks"), *other;
	struct stat st;

	ok(b && !is_ringing(b), "a new bell is silent");
	ok(fstat(bell_fd(b), &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 07777) == 0600,
	    "it is a FIFO with mode 0600");
	is_int(bell_wait(b, 0, -1), 0, "waiting for a silent one ends with the time");
	bell_ring(watch_fd, "chats");
	is_int(bell_wait(b, 0, -1), 0, "another topic does not ring it");
	bell_ring(watch_fd, "tasks");
	bell_ring(watch_fd, "tasks");
	is_int(bell_wait(b, DEADLINE_MS, -1), 1, "its own does");
	is_int(bell_wait(b, 0, -1), 0, "two rings are one wake-up");
	for (int i = 0; i < 70000; i++)
		bell_ring(watch_fd, "tasks");
	is_int(bell_wait(b, 0, -1), 1, "a full FIFO rings, and blocks nobody");
	ok(!is_ringing(b), "it is drained at once");
	other = bell_open(watch_fd, "tasks");
	is_int(count_names("tasks"), 2, "each waiter has its own FIFO");
	bell_close(b);
	is_int(count_names("tasks"), 1, "a bell that is closed takes its FIFO away");
	bell_close(other);
	is_int(count_names("tasks"), -1, "the last one takes the topic's folder");
	bell_close(NULL);
	bell_ring(watch_fd, "tasks");
	ok(true, "a topic without folder can be rung");
}

static void
test_many(void)
{
	static struct bell *bells[MANY];
	int opened = 0, rung = 0;

	for (int i = 0; i < MANY; i++)
		opened += (bells[i] = bell_open(watch_fd, "chat-many")) != NULL;
	is_int(opened, MANY, "two hundred wait on one topic");
	bell_ring(watch_fd, "chat-many");
	for (int i = 0; i < MANY; i++) {
		rung += bell_wait(bells[i], DEADLINE_MS, -1) == 1;
		bell_close(bells[i]);
	}
	is_int(rung, MANY, "one ring wakes them all");
	is_int(count_names("chat-many"), -1, "nothing is left of them");
}

static void
test_reader(void)
{
	struct bell *b = bell_open(watch_fd, "tasks");
	int fds[2];

	if (pipe(fds) < 0)
		abort();
	is_int(bell_wait(b, 0, fds[1]), 0, "a pipe that is read does not end the wait");
	bell_ring(watch_fd, "tasks");
	is_int(bell_wait(b, 0, fds[1]), 1, "nor hide the bell");
	close(fds[0]);
	is_int(bell_wait(b, DEADLINE_MS, fds[1]), -1, "one that nobody reads any more does");
	close(fds[1]);
	is_int(bell_wait(b, DEADLINE_MS, fds[1]), -1, "and so does one that is closed");
	bell_close(b);
}

/* How long so many rests take. */
static long long
rest_ms(struct bell *b, int count, int most_ms)
{
	long long start_ms = clock_mono_ms();

	while (count-- > 0)
		bell_rest(b, NULL, most_ms, -1);
	return clock_mono_ms() - start_ms;
}

/* Whether a hundred rests are short; it may be we who stand still, but not each time. */
static bool
rests_briefly(struct bell *b, int most_ms)
{
	for (int i = 0; i < 10; i++)
		if (rest_ms(b, 100, most_ms) < 3100)
			return true;
	return false;
}

/* Whether a rest of who has rested often is a long one; where we stood still too long ourselves,
 * it was quiet meanwhile. */
static bool
rests_long(struct bell *b, struct bell *other)
{
	for (int i = 0; i < 200; i++) {
		bell_rest(b, other, 0, -1);
		if (i >= 10 && rest_ms(b, 1, DEADLINE_MS) >= 31)
			return true;
	}
	return false;
}

/* How often we slept so far. */
static long
sleeps(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return used.ru_nvcsw;
}

static void
test_rest_after_quiet(void)
{
	struct bell *b = bell_open(watch_fd, "tasks");
	long before, first;
	int fds[2];

	before = sleeps();
	bell_rest(b, NULL, DEADLINE_MS, -1);
	first = sleeps();
	is_int(first - before, 0, "after a quiet time nobody rests");
	for (int i = 0; i < 200 && sleeps() == first; i++)
		bell_rest(b, NULL, DEADLINE_MS, -1);
	ok(sleeps() > first, "who wants to rest again soon does");
	bell_ring(watch_fd, "tasks");
	ok(pipe2(fds, O_CLOEXEC) == 0 && write(fds[1], "", 1) == 1 && rests_long(b, NULL),
	    "it rings, so that rests are long");
	before = sleeps();
	for (int i = 0; i < 10; i++)
		bell_rest(b, NULL, DEADLINE_MS, fds[0]);
	is_int(sleeps() - before, 0, "what can be read ends a rest");
	close(fds[0]);
	close(fds[1]);
	bell_close(b);
}

static void
test_rest(void)
{
	struct bell *b = bell_open(watch_fd, "tasks"), *other = bell_open(watch_fd, "chats");

	bell_ring(watch_fd, "tasks");
	ok(rests_briefly(b, 0), "nobody rests longer than he likes");
	ok(rests_long(b, NULL), "rests are longer while it rings");
	ok(is_ringing(b), "what rang meanwhile is not forgotten");
	bell_clear(b);
	bell_rest(b, NULL, DEADLINE_MS, -1);
	ok(rests_briefly(b, DEADLINE_MS), "they are short again when it is quiet");
	bell_ring(watch_fd, "chats");
	ok(rests_long(b, other), "of two bells each counts");
	bell_close(other);
	bell_close(b);
}

/* Every ringer changes something, then rings; the waiter has to see the last change. */
static void
test_no_wakeup_lost(void)
{
	atomic_int *changes =
	    mmap(NULL, sizeof *changes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct bell *b = bell_open(watch_fd, "tasks");
	pid_t pids[RINGERS];
	int ended = 0, result = 1;

	for (int i = 0; i < RINGERS; i++) {
		if ((pids[i] = fork()) != 0)
			continue;
		for (int n = 0; n < RINGS; n++) {
			atomic_fetch_add(changes, 1);
			bell_ring(watch_fd, "tasks");
		}
		_exit(0);
	}
	while (atomic_load(changes) < RINGERS * RINGS && result == 1)
		result = bell_wait(b, DEADLINE_MS, -1);
	is_int(atomic_load(changes), RINGERS * RINGS, "with four ringers no wake-up is lost");
	for (int i = 0; i < RINGERS; i++)
		ended += ended_well(pids[i]);
	is_int(ended, RINGERS, "all ringers end well");
	bell_close(b);
	munmap(changes, sizeof *changes);
}

static void
test_dead(void)
{
	struct bell *alive;
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		if (!bell_open(watch_fd, "task-dead") || write(fds[1], "", 1) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(fds[0], &byte, 1) < 0)
		abort();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is_int(count_names("task-dead"), 1, "a waiter that was killed leaves its FIFO");
	alive = bell_open(watch_fd, "task-dead");
	bell_ring(watch_fd, "task-dead");
	is_int(count_names("task-dead"), 1, "the next ringer removes it");
	is_int(bell_wait(alive, 0, -1), 1, "and rings the others");
	bell_close(alive);
	mkdirat(watch_fd, "task-dead", 0700);
	mkfifoat(watch_fd, "task-dead/only", 0600);
	bell_ring(watch_fd, "task-dead");
	is_int(count_names("task-dead"), -1, "with the last dead FIFO the folder goes");
	close(fds[0]);
	close(fds[1]);
}

static void
test_planted(void)
{
	struct stat st;
	char byte;
	int fd;

	mkdirat(watch_fd, "chats", 0700);
	close(openat(watch_fd, "chats/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	mkdirat(watch_fd, "chats/folder", 0700);
	mkfifoat(watch_fd, "outside", 0600);
	fd = openat(watch_fd, "outside", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (symlinkat("../outside", watch_fd, "chats/link") < 0)
		abort();
	mkfifoat(watch_fd, "chats/.new-half-made", 0600);
	bell_ring(watch_fd, "chats");
	is_int(count_names("chats"), 4, "what is no FIFO, or hidden, is left where it is");
	ok(fstatat(watch_fd, "chats/file", &st, 0) == 0 && st.st_size == 0,
	    "a file is not written to");
	ok(read(fd, &byte, 1) < 0, "nor what a symbolic link names");
	close(fd);
	unlinkat(watch_fd, "chats/file", 0);
	unlinkat(watch_fd, "chats/folder", AT_REMOVEDIR);
	unlinkat(watch_fd, "chats/link", 0);
	unlinkat(watch_fd, "chats/.new-half-made", 0);
	unlinkat(watch_fd, "chats", AT_REMOVEDIR);

	if (symlinkat(".", watch_fd, "chats") < 0)
		abort();
	fd = openat(watch_fd, "outside", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	bell_ring(watch_fd, "chats");
	ok(read(fd, &byte, 1) < 0, "a topic that is a symbolic link is not followed");
	ok(!bell_open(watch_fd, "chats") && err_code() == EX_CANTCREAT, "nor waited on (73)");
	close(fd);
	unlinkat(watch_fd, "chats", 0);
	unlinkat(watch_fd, "outside", 0);
}

/* Waiters come and go all the time; a ringer meets them in every state. */
static void
test_coming_and_going(void)
{
	pid_t pids[2];
	siginfo_t ended_info = { 0 };
	int ended = 0;
	sigset_t pending;

	for (int i = 0; i < 2; i++) {
		if ((pids[i] = fork()) != 0)
			continue;
		for (int n = 0; n < RINGS; n++) {
			struct bell *b = bell_open(watch_fd, "tasks");
			if (!b)
				_exit(1);
			bell_close(b);
		}
		_exit(0);
	}
	while (waitid(P_PID, (id_t)pids[0], &ended_info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended_info.si_pid == 0)
		bell_ring(watch_fd, "tasks");
	for (int i = 0; i < 2; i++)
		ended += ended_well(pids[i]);
	is_int(ended, 2, "who comes while another's folder goes gets a bell all the same");
	sigpending(&pending);
	ok(!sigismember(&pending, SIGPIPE), "a waiter that dies meanwhile sends no SIGPIPE");
	is_int(count_names("tasks"), -1, "nothing is left of them");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/bell.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	watch_fd = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (watch_fd < 0)
		return 1;
	test_one();
	test_many();
	test_reader();
	test_rest();
	test_rest_after_quiet();
	test_no_wakeup_lost();
	test_dead();
	test_planted();
	test_coming_and_going();
	ok(rmdir(path) == 0, "all is tidy in the end");
	close(watch_fd);
	return done_testing();
}
