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

/*
 * proc_spawn - start argv[0] (searched in our PATH) in a process group of its own
 *
 * env  "NAME=value" strings, NULL-terminated, that replace or join ours
 * fds  what becomes its 0, 1, 2 (-1: /dev/null)
 *
 * All other descriptors are closed in it; signals are at their defaults and unblocked.
 * Returns the pid, or -1 with err: EX_CONFIG where the program cannot be executed (its name and
 * why), EX_OSERR.  No process is left on -1.
 */
pid_t proc_spawn(char *const argv[], const char *const env[], const int fds[3]);

/* proc_spawn_in - the same, in that working folder (NULL: ours); EX_CONFIG names it where it is not
 * to be had. */
pid_t proc_spawn_in(const char *folder, char *const argv[], const char *const env[],
    const int fds[3]);

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

/* proc_lease_is_live - whether a process holds run/<id>; a missing file is not live.  Where it
 * cannot be told (no descriptors left), yes: nobody may take a task from a living agent. */
bool proc_lease_is_live(int run_fd, const char *id);

/*
 * proc_lease_sweep - remove the files of leases whose holders are dead
 *
 * A file that is still empty may be just being made: only if it is older than a minute.
 */
void proc_lease_sweep(int run_fd);

/* proc_lease_pidfd - a pidfd of its holder, to poll for POLLIN (the holder ended); -1: none. */
int proc_lease_pidfd(int run_fd, const char *id);

#endif
