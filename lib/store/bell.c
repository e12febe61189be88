/*
 * bell.c - one FIFO per waiter, in a folder per topic
 *
 * The waiter holds its FIFO open for reading and writing: so it never sees an end of
 * file, and a ringer that finds no reader (ENXIO, EPIPE) knows that the waiter is dead.
 */
#include "bell.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "dir.h"
#include "err.h"
#include "id.h"

/* How long a FIFO may be half-made before it counts as left behind; how long a waiter rests, and
 * after which time he need not. */
enum { HALF_MADE_S = 60, REST_MIN_MS = 2, REST_MAX_MS = 32, QUIET_MS = 50 };

struct bell {
	int watch_fd; /* borrowed */
	int topic_fd;
	int fd;
	int rest_ms;      /* the next one */
	int64_t awake_ms; /* monotonic: when he wanted to rest last; 0: never */
	char *topic;
	char name[ID_TEXT];
};

static int
bell_fail(const char *topic)
{
	bool is_scarce = errno == EMFILE || errno == ENFILE || errno == ENOMEM;

	return err_set(is_scarce ? EX_OSERR : EX_CANTCREAT, "watch/%s: %s", topic, strerror(errno));
}

/* Make the FIFO in its topic's folder; -1 with errno, and nothing is left. */
static int
bell_make(struct bell *b)
{
	char *hidden = xprintf(".new-%s", id_new(b->name));
	bool is_made = mkfifoat(b->topic_fd, hidden, 0600) == 0;
	int error;

	if (is_made)
		b->fd = openat(b->topic_fd, hidden, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (b->fd >= 0 && renameat(b->topic_fd, hidden, b->topic_fd, b->name) == 0) {
		free(hidden);
		return 0;
	}
	error = errno;
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	if (is_made)
		unlinkat(b->topic_fd, hidden, 0);
	free(hidden);
	errno = error;
	return -1;
}

/* Make the topic's folder if it is missing, and the FIFO in it; -1 with errno. */
static int
bell_place(struct bell *b)
{
	if (b->topic_fd >= 0)
		close(b->topic_fd);
	b->topic_fd = -1;
	if (mkdirat(b->watch_fd, b->topic, 0700) < 0 && errno != EEXIST)
		return -1;
	b->topic_fd =
	    openat(b->watch_fd, b->topic, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return b->topic_fd < 0 ? -1 : bell_make(b);
}

struct bell *
bell_open(int watch_fd, const char *topic)
{
	struct bell *b = xmalloc(sizeof *b);
	bool is_removed;

	assert(*topic && *topic != '.' && !strchr(topic, '/'));
	*b =
	    (struct bell){ .watch_fd = watch_fd, .topic_fd = -1, .fd = -1, .rest_ms = REST_MIN_MS };
	b->topic = xstrdup(topic);
	/* Once more where somebody removed the folder, which was empty, between two steps. */
	for (int tries = 0; tries < 1000; tries++) {
		if (bell_place(b) == 0)
			return b;
		is_removed = errno == ENOENT;
		bell_fail(topic);
		if (!is_removed)
			break;
	}
	*b->name = '\0';
	bell_close(b);
	return NULL;
}

void
bell_close(struct bell *b)
{
	if (!b)
		return;
	if (*b->name)
		unlinkat(b->topic_fd, b->name, 0);
	if (b->fd >= 0)
		close(b->fd);
	if (b->topic_fd >= 0) {
		close(b->topic_fd);
		unlinkat(b->watch_fd, b->topic, AT_REMOVEDIR); /* says no where others wait */
	}
	free(b->topic);
	free(b);
}

int
bell_fd(const struct bell *b)
{
	return b->fd;
}

void
bell_clear(struct bell *b)
{
	char bytes[4096];
	ssize_t n;

	do
		n = read(b->fd, bytes, sizeof bytes);
	while (n == (ssize_t)sizeof bytes || (n < 0 && errno == EINTR));
}

int
bell_wait(struct bell *b, int timeout_ms, int also_fd)
{
	return bell_wait_either(b, NULL, timeout_ms, also_fd);
}

int
bell_wait_either(struct bell *b, struct bell *other, int timeout_ms, int also_fd)
{
	struct pollfd fds[] = { { .fd = also_fd }, { .fd = b->fd, .events = POLLIN },
		{ .fd = other ? other->fd : -1, .events = POLLIN } };

	if (poll(fds, 3, timeout_ms) <= 0)
		return 0;
	/* A terminal hangs up, and a closed descriptor is none: both for ever. */
	if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -1;
	if (fds[1].revents)
		bell_clear(b);
	if (fds[2].revents)
		bell_clear(other);
	return 1;
}

void
bell_rest(struct bell *b, struct bell *other, int most_ms, int in_fd)
{
	struct pollfd in = { .fd = in_fd, .events = POLLIN },
		      fds[] = { { .fd = b->fd, .events = POLLIN },
			      { .fd = other ? other->fd : -1, .events = POLLIN } };
	int64_t now_ms = clock_mono_ms();
	bool is_quiet = now_ms - b->awake_ms > QUIET_MS;

	b->awake_ms = now_ms;
	if (!is_quiet)
		poll(&in, 1, b->rest_ms < most_ms ? b->rest_ms : most_ms);
	if (is_quiet || poll(fds, 2, 0) <= 0)
		b->rest_ms = REST_MIN_MS;
	else if (b->rest_ms < REST_MAX_MS)
		b->rest_ms *= 2;
}

/* Whether st is a FIFO that only a process of ours can have made. */
static bool
is_our_fifo(const struct stat *st)
{
	return S_ISFIFO(st->st_mode) && st->st_uid == geteuid();
}

/* Write one byte; false: the FIFO is ours and nobody reads it any more. */
static bool
ring_one(int topic_fd, const char *name)
{
	int fd = openat(topic_fd, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	bool is_dead = false;

	if (fd < 0) {
		return errno != ENXIO || fstatat(topic_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		       !is_our_fifo(&st);
	}
	if (fstat(fd, &st) == 0 && is_our_fifo(&st))
		is_dead = write(fd, "", 1) < 0 && errno == EPIPE;
	close(fd);
	return !is_dead;
}

/* Ring every FIFO of a folder (closed here); returns how many were dead and are removed. */
static int
ring_all(DIR *topic)
{
	int topic_fd = dirfd(topic), removed = 0;
	struct dirent *entry;

	while ((entry = readdir(topic))) {
		if (*entry->d_name != '.' && !ring_one(topic_fd, entry->d_name) &&
		    unlinkat(topic_fd, entry->d_name, 0) == 0)
			removed++;
	}
	closedir(topic);
	return removed;
}

size_t
bell_count(int watch_fd, const char *topic)
{
	DIR *dir = dir_list(watch_fd, topic);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += *entry->d_name != '.';
	if (dir)
		closedir(dir);
	return count;
}

/* A waiter that dies between our open and our write costs a SIGPIPE, which nobody may see. */
void
bell_ring(int watch_fd, const char *topic)
{
	DIR *dir = dir_list(watch_fd, topic);
	sigset_t pipe_only, before, pending;
	bool was_pending;

	if (!dir)
		return;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_only, &before);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE);
	if (ring_all(dir) > 0)
		unlinkat(watch_fd, topic, AT_REMOVEDIR); /* says no where others wait */
	sigpending(&pending);
	if (!was_pending && sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe_only, NULL, &(struct timespec){ 0 });
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Whether nobody has the FIFO open for reading; what is half-made gets a minute. */
static bool
is_abandoned(int topic_fd, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(topic_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_our_fifo(&st))
		return false;
	if (*name == '.' && time(NULL) - st.st_mtime < HALF_MADE_S)
		return false;
	fd = openat(topic_fd, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ENXIO;
}

static void
sweep_topic(int watch_fd, const char *topic)
{
	DIR *dir = dir_list(watch_fd, topic);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (is_abandoned(dirfd(dir), entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	unlinkat(watch_fd, topic, AT_REMOVEDIR); /* says no where others wait */
}

void
bell_sweep(int watch_fd)
{
	DIR *dir = dir_list(watch_fd, ".");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			sweep_topic(watch_fd, entry->d_name);
	closedir(dir);
}
