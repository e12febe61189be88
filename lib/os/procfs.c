#include "procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"

int
procfs_read(pid_t pid, const char *name, struct buf *b)
{
	char path[64];
	ssize_t n;
	int fd, error;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	b->len = 0;
	for (;;) {
		n = read(fd, buf_room(b, 32768), 32768);
		if (n > 0)
			b->len += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}

bool
procfs_stat(pid_t pid, struct buf *b, struct procfs_stat *st)
{
	/* fields as proc(5) numbers them */
	enum {
		STATE = 3,
		PPID = 4,
		PGRP = 5,
		SID = 6,
		FLAGS = 9,
		START = 22,
		ENV_START = 50,
		ENV_END = 51
	};
	const unsigned long long kthread = 0x200000; /* PF_KTHREAD */
	unsigned long long field[ENV_END + 1] = { 0 };
	char *p, *next;

	if (procfs_read(pid, "stat", b) < 0)
		return false;
	buf_putc(b, '\0');
	p = strrchr(b->p, ')'); /* the name before it may hold anything */
	if (!p || !p[1])
		return false;
	*st = (struct procfs_stat){ .state = p[2] };
	p += 3;
	for (int i = STATE + 1; i <= ENV_END; i++, p = next)
		field[i] = strtoull(p, &next, 10);
	st->ppid = (pid_t)field[PPID];
	st->pgid = (pid_t)field[PGRP];
	st->sid = (pid_t)field[SID];
	st->is_kernel = field[FLAGS] & kthread;
	st->start = field[START];
	st->is_without_env = field[ENV_END] && field[ENV_START] == field[ENV_END];
	return true;
}

bool
procfs_is_dead(char state)
{
	return state == 'Z' || state == 'X';
}

int
procfs_walk_open(struct procfs_walk *w)
{
	*w = (struct procfs_walk){ 0 };
	w->fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return w->fd < 0 ? err_set(EX_OSERR, "/proc: %s", strerror(errno)) : 0;
}

pid_t
procfs_walk_next(struct procfs_walk *w)
{
	_Alignas(struct dirent64) char entries[512];
	size_t size = w->last ? 64 : sizeof entries; /* room for two numbers, or longer names */
	off_t at = lseek(w->fd, w->last_at, SEEK_SET);
	struct dirent64 *entry;
	ssize_t len;
	pid_t pid;

	while ((len = getdents64(w->fd, entries, size)) > 0) {
		for (ssize_t used = 0; used < len; used += entry->d_reclen) {
			entry = (struct dirent64 *)(void *)(entries + used);
			pid = (pid_t)strtol(entry->d_name, NULL, 10); /* 0 for a name */
			if (pid > w->last) {
				w->last = pid;
				w->last_at = at;
				return pid;
			}
			at = entry->d_off;
		}
	}
	close(w->fd);
	return 0;
}
