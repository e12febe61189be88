/*
 * fault.so - what LD_PRELOAD puts between a command and the C library
 *
 *   FAULT_MALLOC=N     the N-th allocation from main on fails (and FAULT_FROM=1: all from there on)
 *   FAULT_COUNT=FILE   at the end, how many allocations there were, and calls after which to stop
 *   FAULT_SHORT=SEED   reads and writes of files and pipes take a part of what they could
 *   FAULT_STOP=N       the process stops (SIGSTOP) after the N-th call of those that stand here for
 *                      files, flock among them; its children do not
 *   FAULT_RECORD=FILE  notes what becomes of the journal, and what is said on stdout: see crash.h
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"

/* glibc's own, behind the names that stand here; dlsym needs memory itself. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static unsigned long allocations, fail_at, calls, stop_at;
static bool fails_on, is_counting;
static unsigned dice;
static int record_fd = -1;

#define REAL(name)                            \
	static __typeof__(&name) real_##name; \
	if (!real_##name)                     \
	*(void **)&real_##name = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void
begin(void)
{
	const char *text;

	if ((text = getenv("FAULT_MALLOC")))
		fail_at = strtoul(text, NULL, 10);
	fails_on = getenv("FAULT_FROM") != NULL;
	if ((text = getenv("FAULT_SHORT")))
		dice = (unsigned)strtoul(text, NULL, 10) * 2654435761U | 1;
	if ((text = getenv("FAULT_STOP"))) {
		stop_at = strtoul(text, NULL, 10);
		unsetenv("FAULT_STOP");
	}
	if ((text = getenv("FAULT_RECORD"))) {
		int fd = open(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		record_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 200);
		if (fd >= 0)
			close(fd);
	}
	is_counting = true;
}

__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("FAULT_COUNT");
	char text[64];
	int fd, len;

	is_counting = false;
	if (!path || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) < 0)
		return;
	len = snprintf(text, sizeof text, "%lu %lu\n", allocations, calls);
	if (write(fd, text, (size_t)len) < 0)
		_exit(99);
	close(fd);
}

static bool
shall_fail(void)
{
	if (!is_counting)
		return false;
	allocations++;
	if (fail_at == 0 || (fails_on ? allocations < fail_at : allocations != fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return shall_fail() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return shall_fail() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return shall_fail() ? NULL : __libc_realloc(p, size);
}

static void
stop_here(void)
{
	int saved = errno;

	if (is_counting && ++calls == stop_at)
		kill(getpid(), SIGSTOP);
	errno = saved;
}

/* A part of len, at least one byte, now and then all of it. */
static size_t
part_of(size_t len)
{
	if (!dice || len < 2)
		return len;
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % 4 == 0 ? len : 1 + dice % len;
}

/* Which segment of a journal fd is, from 1; 0: none. */
static unsigned
segment_of(int fd)
{
	char link[64], path[4096];
	const char *name;
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path - 1);
	if (len <= 0)
		return 0;
	path[len] = '\0';
	name = strstr(path, "/journal/0");
	return name && strstr(name, ".jsonl") ? (unsigned)strtoul(name + 9, NULL, 10) : 0;
}

static void
note(enum crash_kind kind, unsigned segment, off_t at, const void *bytes, size_t len)
{
	struct crash_note head = { .kind = kind,
		.pid = getpid(),
		.segment = segment,
		.at = (unsigned long long)at,
		.len = (unsigned)len };
	char *both = __libc_malloc(sizeof head + len);
	int saved = errno;

	memcpy(both, &head, sizeof head);
	if (len)
		memcpy(both + sizeof head, bytes, len);
	/* one write, at the end of the file: the order of the notes is that of what they note */
	if (!both || write(record_fd, both, sizeof head + len) < 0)
		_exit(99);
	free(both);
	errno = saved;
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
	unsigned segment = record_fd >= 0 ? segment_of(fd) : 0;
	ssize_t n;

	REAL(pwrite);
	n = real_pwrite(fd, p, part_of(len), at);
	if (segment && n > 0)
		note(CRASH_WRITE, segment, at, p, (size_t)n);
	stop_here();
	return n;
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
	return pwrite(fd, p, len, at);
}

ssize_t
write(int fd, const void *p, size_t len)
{
	ssize_t n;

	REAL(write);
	if (fd == record_fd)
		return real_write(fd, p, len);
	n = real_write(fd, p, part_of(len));
	if (record_fd >= 0 && fd == STDOUT_FILENO && n > 0)
		note(CRASH_SAID, 0, 0, p, (size_t)n);
	stop_here();
	return n;
}

ssize_t
read(int fd, void *p, size_t len)
{
	ssize_t n;

	REAL(read);
	n = real_read(fd, p, part_of(len));
	stop_here();
	return n;
}

ssize_t
pread(int fd, void *p, size_t len, off_t at)
{
	ssize_t n;

	REAL(pread);
	n = real_pread(fd, p, part_of(len), at);
	stop_here();
	return n;
}

ssize_t
pread64(int fd, void *p, size_t len, off_t at)
{
	return pread(fd, p, len, at);
}

int
ftruncate(int fd, off_t len)
{
	unsigned segment = record_fd >= 0 ? segment_of(fd) : 0;
	int rc;

	REAL(ftruncate);
	rc = real_ftruncate(fd, len);
	if (segment && rc == 0)
		note(CRASH_TRUNCATE, segment, len, NULL, 0);
	stop_here();
	return rc;
}

int
ftruncate64(int fd, off_t len)
{
	return ftruncate(fd, len);
}

int
fdatasync(int fd)
{
	unsigned segment = record_fd >= 0 ? segment_of(fd) : 0;
	int rc;

	REAL(fdatasync);
	if (segment)
		note(CRASH_SYNC, segment, 0, NULL, 0);
	rc = real_fdatasync(fd);
	if (segment && rc == 0)
		note(CRASH_SYNCED, segment, 0, NULL, 0);
	stop_here();
	return rc;
}

int
flock(int fd, int how)
{
	int rc;

	REAL(flock);
	rc = real_flock(fd, how);
	stop_here();
	return rc;
}
