/*
 * proc.h - processes: starting them, watching them, and making sure that they are gone
 *
 * Leases: a process shows that it lives by an flock on a file in <store>/run/; the kernel
 * lets go of it when the process ends, however it ends.  The file holds "PID STARTTIME\n".
 * Cookies: everything an agent starts carries LEGWORK_RUN=<lease> in its environment, and is
 * found by it in /proc even after setsid and double forks (source: proc(5), environ, stat).
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A program, and how it is started. */
struct proc_program {
	char *const *argv; /* argv[0] is searched in our PATH */
	const char *const
	    *env;           /* "NAME=value" strings, NULL-terminated, that replace or join ours */
	const char *folder; /* where it starts; NULL: where we are */
	int fds[3];         /* what becomes its 0, 1, 2 (-1: /dev/null) */
	bool is_clean;      /* of our environment it gets only what says who and where it is: PATH,
	                           HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TERM, TMPDIR,
	                           XDG_CONFIG_HOME, XDG_RUNTIME_DIR */
};

/*
 * proc_start - start a program in a process group of its own
 *
 * All other descriptors are closed in it; signals are at their defaults and unblocked.
 * Returns the pid, or -1 with err: EX_CONFIG where the program cannot be executed, or its folder
 * not entered (the name and why), EX_OSERR.  No process is left on -1.
 */
pid_t proc_start(const struct proc_program *program);

/* proc_spawn - proc_start with no more than these. */
pid_t proc_spawn(char *const argv[], const char *const env[], const int fds[3]);

/* proc_pipe - a close-on-exec pipe, of which our_end does not block.  0, or -1 with err EX_OSERR.
 * proc_close - close a descriptor, where it is one, and make it -1. */
int proc_pipe(int fds[2], int our_end);
void proc_close(int *fd);

/* proc_pidfd - pidfd_open(2), close-on-exec; -1 with errno. */
int proc_pidfd(pid_t pid);

/*
 * proc_kill_marked - end every process that has NAME=VALUE in its environment
 *
 * mark      "LEGWORK_RUN=<lease>"
 * grace_ms  how long after TERM until KILL; 0: KILL at once
 *
 * Repeats until two scans of /proc in a row find none (zombies do not count; this process
 * itself is left out).  Returns how many different processes were ended, or -1 with err EX_NOPERM
 * naming one that could not be signalled or did not end within ten seconds of KILL; all others
 * were ended then too.  EX_OSERR: there is no /proc.
 * Not found: what another user runs, and what gave its environment up (env -i).
 */
int proc_kill_marked(const char *mark, int grace_ms);

/*
 * proc_children - the children of this thread, zombies too
 *
 * Returns them, ended by 0, to be freed; NULL: the kernel does not say.
 */
pid_t *proc_children(void);

/*
 * proc_reap_adopted - reap the children that have ended and are in another session than we are
 *
 * As a subreaper we get those of others, such as agents that were launched.  What proc_start has
 * started is none of them, since it leads a group and so cannot leave our session: who waits for it
 * finds it.
 */
void proc_reap_adopted(void);

/* proc_group_alive - whether the process group has a member that is no zombie. */
bool proc_group_alive(pid_t pgid);

/* A lease that this process holds. */
struct proc_lease {
	int fd;
	char id[37];
};

/*
 * proc_lease_take - make run/<new uuid> in run_fd and lock it
 *
 * Returns 0, or -1 with err EX_CANTCREAT.  proc_lease_drop unlinks the file, then lets go: from
 * then on what records name under it is put back, so call it only when nothing is done under it.
 */
int proc_lease_take(struct proc_lease *l, int run_fd);
void proc_lease_drop(struct proc_lease *l, int run_fd);

/*
 * proc_lease_keep - let the program that we are about to become hold the lease, as descriptor fd
 *
 * proc_lease_adopt - there: take over what we were given.  0, or -1 with err EX_NOPERM: fd is no
 * lock on run/<id>.
 */
int proc_lease_keep(struct proc_lease *l, int fd);
int proc_lease_adopt(struct proc_lease *l, int run_fd, const char *id, int fd);

/* proc_lease_is_live - whether a process holds run/<id>; a missing file is not live.  Where it
 * cannot be told (no descriptors left), yes: nobody may take a task from a living agent. */
bool proc_lease_is_live(int run_fd, const char *id);

/*
 * proc_lease_sweep - remove the files of leases whose holders are dead, and what these have made
 * beside them, run/<id>.<anything>
 *
 * A file that is still empty may be just being made: only if it is older than a minute.
 */
void proc_lease_sweep(int run_fd);

/* proc_lease_pidfd - a pidfd of its holder, to poll for POLLIN (the holder ended); -1: none.
 * holder is set to the process's number then; NULL: nobody wants that. */
int proc_lease_pidfd(int run_fd, const char *id, pid_t *holder);

#endif
