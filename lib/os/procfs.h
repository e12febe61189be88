/*
 * procfs.h - what /proc says of processes (source: proc(5), stat and environ)
 */
#ifndef PROCFS_H
#define PROCFS_H

#include <stdbool.h>
#include <sys/types.h>

#include "buf.h"

/* What we want of /proc/PID/stat. */
struct procfs_stat {
	char state;
	pid_t ppid, pgid, sid;
	bool is_kernel;
	unsigned long long start; /* in ticks since boot */
	bool is_without_env;      /* that is settled */
};

/* procfs_read - all of /proc/PID/NAME, in place of what is in b.  0, or -1 with errno. */
int procfs_read(pid_t pid, const char *name, struct buf *b);

/* procfs_stat - read the process's stat, through b; false: there is no such process. */
bool procfs_stat(pid_t pid, struct buf *b, struct procfs_stat *st);

/* procfs_is_dead - whether a state is that of a zombie. */
bool procfs_is_dead(char state);

/*
 * A walk over the numbers in /proc, upwards.  Each step lists the folder anew from the number
 * handed out last: a process that forks and ends at once has a child with a higher number,
 * which a list made before would not have.  (Where the numbers start over it can be missed.)
 */
struct procfs_walk {
	int fd;
	pid_t last;    /* the number handed out last */
	off_t last_at; /* where in the folder it is */
};

/* procfs_walk_open - 0, or -1 with err EX_OSERR: there is no /proc. */
int procfs_walk_open(struct procfs_walk *w);

/* procfs_walk_next - the next process, or 0 after the last one; the walk is closed then. */
pid_t procfs_walk_next(struct procfs_walk *w);

#endif
