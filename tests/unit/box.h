/*
 * box.h - what tests of files and processes need: a folder of their own, whole files, chance
 * with a seed that is printed, children
 *
 * What fails here ends the test at once: it is no fact about what is tested.
 */
#ifndef BOX_H
#define BOX_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BOX_DEADLINE_MS = 90000 };

static char box_path[PATH_MAX]; /* the folder */
static int box_fd = -1;
static uint64_t box_state; /* of chance */

/* box_open - make and open the folder; chance begins with seed. */
static inline void
box_open(const char *name, uint64_t seed)
{
	const char *tmp = getenv("TMPDIR");

	unsetenv("LEGWORK_JOURNAL");
	unsetenv("LEGWORK_LOCK_WAIT");
	unsetenv("LEGWORK_NOW");
	snprintf(box_path, sizeof box_path, "%s/%s.XXXXXX", tmp && *tmp ? tmp : "/tmp", name);
	box_fd = mkdtemp(box_path) ? open(box_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (box_fd < 0)
		abort();
	box_state = seed;
	printf("# %s: seed %llu\n", name, (unsigned long long)seed);
	fflush(stdout);
}

static inline int
box_remove(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

/* box_empty - remove name in the folder, and all that is in it. */
static inline void
box_empty(const char *name)
{
	char path[PATH_MAX + 100];

	snprintf(path, sizeof path, "%s/%s", box_path, name);
	nftw(path, box_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* box_close - remove the folder. */
static inline void
box_close(void)
{
	close(box_fd);
	nftw(box_path, box_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* box_random - a number from 0 to below - 1 (splitmix64). */
static inline uint64_t
box_random(uint64_t below)
{
	uint64_t z = box_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

/* box_size - of a file in the folder; -1: there is none. */
static inline long long
box_size(const char *name)
{
	struct stat st;

	return fstatat(box_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -1 : (long long)st.st_size;
}

/* box_read - a whole file and a NUL; the caller frees it. */
static inline char *
box_read(const char *name, size_t *len)
{
	int fd = openat(box_fd, name, O_RDONLY | O_CLOEXEC);
	long long size = box_size(name);
	char *bytes = size < 0 ? NULL : malloc((size_t)size + 1);

	if (fd < 0 || !bytes || read(fd, bytes, (size_t)size) != (ssize_t)size)
		abort();
	close(fd);
	bytes[size] = '\0';
	*len = (size_t)size;
	return bytes;
}

/* box_write - make a file, or replace what is in it. */
static inline void
box_write(const char *name, const void *bytes, size_t len)
{
	int fd = openat(box_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

static inline void
box_copy(const char *from, const char *to)
{
	size_t len;
	char *bytes = box_read(from, &len);

	box_write(to, bytes, len);
	free(bytes);
}

static inline void
box_truncate(const char *name, long long size)
{
	int fd = openat(box_fd, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size) < 0)
		abort();
	close(fd);
}

/* box_descriptors - how many descriptors this process has. */
static inline int
box_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* box_shared - zeroed memory that children share. */
static inline void *
box_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* box_fork - as fork; the child is killed when this process ends. */
static inline pid_t
box_fork(void)
{
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) < 0)
		abort();
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* box_ended_well - wait for the child; whether it exited 0. */
static inline bool
box_ended_well(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

static inline void
box_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
