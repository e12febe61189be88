#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "staff.h"

enum { ARGS_BYTES = 4096, STAT_START = 22 };

/* Whether one of the process's descriptors lies in the store's run/ or watch/. */
static bool
works_in(int proc_fd, const char *store)
{
	int fd = openat(proc_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t len = strlen(store);
	struct dirent *entry;
	bool yes = false;

	while (dir && !yes && (entry = readdir(dir))) {
		char link[PATH_MAX];
		ssize_t n = readlinkat(fd, entry->d_name, link, sizeof link - 1);

		link[n > 0 ? n : 0] = '\0';
		yes = !strncmp(link, store, len) &&
		      (!strncmp(link + len, "/run/", 5) || !strncmp(link + len, "/watch/", 7));
	}
	if (dir)
		closedir(dir);
	return yes;
}

static size_t
read_file(int proc_fd, const char *name, char *text, size_t size)
{
	int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : dir_read_all(fd, text, size - 1, 0);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* When it was started (proc(5), stat, field 22: ticks after the boot); 0: it cannot be told. */
static int64_t
start_ms(int proc_fd)
{
	char text[1024], *p;
	struct timespec up;

	read_file(proc_fd, "stat", text, sizeof text);
	p = strrchr(text, ')'); /* behind field 2, which may hold anything */
	for (int field = 2; p && field < STAT_START; field++)
		p = strchr(p + 1, ' ');
	if (!p || clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return 0;
	return clock_now_ms() - (int64_t)up.tv_sec * 1000 - up.tv_nsec / 1000000 +
	       strtoll(p, NULL, 10) * 1000 / sysconf(_SC_CLK_TCK);
}

static jv
describe(int proc_fd, const char *pid)
{
	char args[ARGS_BYTES], comm[32], at[CLOCK_TEXT];
	size_t len = read_file(proc_fd, "cmdline", args, sizeof args);
	jv list = jv_array(), process = json_set_int(jv_object(), "pid", strtol(pid, NULL, 10));

	read_file(proc_fd, "comm", comm, sizeof comm);
	comm[strcspn(comm, "\n")] = '\0';
	for (size_t i = strlen(args) + 1; i < len; i += strlen(args + i) + 1)
		list = jv_array_append(list, json_utf8(args + i, strlen(args + i)));
	process = json_set(process, "command", json_utf8(comm, strlen(comm)));
	process = json_set(process, "args", list);
	if (start_ms(proc_fd))
		process =
		    json_set_string(process, "started_at", clock_format(start_ms(proc_fd), at));
	return process;
}

/* The store's folder as the kernel names it. */
static bool
real_path(const struct store *s, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", store_fd(s));
	n = readlink(link, path, PATH_MAX - 1);
	path[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static int
by_pid(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* The pids that there are, but ours, in order; the caller frees them. */
static long *
all_pids(size_t *len)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	long *pid = NULL;

	*len = 0;
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name) &&
		    strtol(entry->d_name, NULL, 10) != getpid()) {
			pid = xrealloc(pid, (*len + 1) * sizeof *pid);
			pid[(*len)++] = strtol(entry->d_name, NULL, 10);
		}
	if (dir)
		closedir(dir);
	if (*len)
		qsort(pid, *len, sizeof *pid, by_pid);
	return pid;
}

jv
staff_list(const struct store *s)
{
	char store[PATH_MAX], name[40];
	jv list = jv_array();
	size_t len;
	long *pid = all_pids(&len);
	bool is_known = real_path(s, store);

	for (size_t i = 0; i < len && is_known; i++) {
		int fd;

		snprintf(name, sizeof name, "/proc/%ld", pid[i]);
		fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (works_in(fd, store))
			list = jv_array_append(list, describe(fd, name + strlen("/proc/")));
		close(fd);
	}
	free(pid);
	return list;
}
