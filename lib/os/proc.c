/*
 * proc.c - fork and exec, and locks that end with their process
 *
 * A pidfd is opened first and then looked at what lies under that number in /proc: if the number
 * has changed hands in between, nobody is taken for another.
 */
#include "proc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "dir.h"
#include "err.h"
#include "hunt.h"
#include "id.h"
#include "procfs.h"

/* What a child that could not become its program sends to its parent. */
struct spawn_fault {
	int error; /* errno */
	int code;  /* for err_set */
	bool is_folder;
};

static bool
is_same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && b[len] == '=';
}

/* Whether a variable of ours says no more than who and where one is. */
static bool
is_plain(const char *variable)
{
	static const char *const names[] = { "PATH=", "HOME=", "USER=", "LOGNAME=", "SHELL=",
		"LANG=", "LC_", "TZ=", "TERM=", "TMPDIR=", "XDG_RUNTIME_DIR=", "XDG_CONFIG_HOME=" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(variable, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Our environment, or the plain part of it, with env's entries in place of or after ours; the array
 * is the caller's. */
static char **
merge_env(const char *const env[], bool is_clean)
{
	size_t ours = 0, more = 0, n = 0, i;
	char **merged;

	while (environ && environ[ours])
		ours++;
	while (env && env[more])
		more++;
	merged = xmalloc((ours + more + 1) * sizeof *merged);
	for (size_t o = 0; o < ours; o++) {
		if (is_clean && !is_plain(environ[o]))
			continue;
		for (i = 0; i < more && !is_same_name(env[i], environ[o]); i++)
			;
		if (i == more)
			merged[n++] = environ[o];
	}
	for (i = 0; i < more; i++)
		merged[n++] = (char *)(uintptr_t)env[i]; /* exec changes none of them */
	merged[n] = NULL;
	return merged;
}

/* Put fds in place as 0, 1, 2 and mark all others close-on-exec.  -1 with errno. */
static int
place_fds(const int fds[3])
{
	int high[3];

	/* First out of the way: one of them may be a number that another is to get. */
	for (int i = 0; i < 3; i++) {
		int fd = fds[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : fds[i];
		if (fd < 0 || (high[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(high[i], i) < 0)
			return -1;
	return close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* The child: become the program or say through fault_fd why not.  All signals are blocked. */
static _Noreturn void
spawn_exec(const struct proc_program *program, char *const env[], int fault_fd)
{
	struct spawn_fault fault = { .code = EX_OSERR };
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;
	int high;

	setpgid(0, 0);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &by_default, NULL);
	sigemptyset(&none);
	high = fcntl(fault_fd, F_DUPFD_CLOEXEC, 3);
	if (high >= 0) {
		fault_fd = high;
		fault.is_folder = program->folder && chdir(program->folder) < 0;
		if (fault.is_folder) {
			fault.code = EX_CONFIG;
		} else if (place_fds(program->fds) == 0) {
			sigprocmask(SIG_SETMASK, &none, NULL);
			execvpe(program->argv[0], program->argv, env);
			fault.code = EX_CONFIG;
		}
	}
	fault.error = errno;
	if (write(fault_fd, &fault, sizeof fault) < 0)
		_exit(EX_OSERR);
	_exit(fault.code);
}

/*
 * Fork with all signals blocked, so that no handler of ours ever runs in the child.  That borrows
 * our memory until it is its program: copying the tables of it is most of what a start costs.
 */
static pid_t
spawn_fork(const struct proc_program *program, char *const env[], int fault_fd)
{
	sigset_t all, before;
	pid_t pid;
	int error;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = vfork();
	error = errno;
	if (pid == 0)
		spawn_exec(program, env, fault_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

/* Wait until the child is its program (0) or has failed (-1 with err, and it is reaped). */
static int
spawn_await(pid_t pid, const struct proc_program *program, int fault_fd)
{
	struct spawn_fault fault;
	ssize_t n;

	do
		n = read(fault_fd, &fault, sizeof fault);
	while (n < 0 && errno == EINTR);
	if (n != sizeof fault)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err_set(fault.code, "%s: %s", fault.is_folder ? program->folder : program->argv[0],
	    strerror(fault.error));
}

pid_t
proc_start(const struct proc_program *program)
{
	const char *name = program->argv[0];
	char **merged;
	int fault_fds[2];
	pid_t pid;

	if (pipe2(fault_fds, O_CLOEXEC) < 0)
		return err_set(EX_OSERR, "%s: %s", name, strerror(errno));
	merged = merge_env(program->env, program->is_clean);
	pid = spawn_fork(program, merged, fault_fds[1]);
	close(fault_fds[1]);
	free(merged);
	if (pid < 0) {
		err_set(EX_OSERR, "%s: cannot fork: %s", name, strerror(errno));
	} else {
		setpgid(pid, pid); /* so that it is done when we return, whoever ran first */
		if (spawn_await(pid, program, fault_fds[0]) < 0)
			pid = -1;
	}
	close(fault_fds[0]);
	return pid;
}

pid_t
proc_spawn(char *const argv[], const char *const env[], const int fds[3])
{
	return proc_start(
	    &(struct proc_program){ .argv = argv, .env = env, .fds = { fds[0], fds[1], fds[2] } });
}

int
proc_pipe(int fds[2], int our_end)
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys("pipe");
	fcntl(fds[our_end], F_SETFL, O_NONBLOCK);
	return 0;
}

void
proc_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
proc_pidfd(pid_t pid)
{
	return pidfd_open(pid, 0);
}

pid_t *
proc_children(void)
{
	char name[40], *p, *next;
	struct buf text = { 0 };
	pid_t *list, pid;
	size_t n = 0;

	snprintf(name, sizeof name, "task/%d/children", (int)gettid());
	if (procfs_read(getpid(), name, &text) < 0) {
		buf_release(&text);
		return NULL;
	}
	buf_puts(&text, ""); /* so that there is a text */
	list = xmalloc((text.len / 2 + 2) * sizeof *list);
	for (p = text.p; (pid = (pid_t)strtol(p, &next, 10)) > 0; p = next)
		list[n++] = pid;
	list[n] = 0;
	buf_release(&text);
	return list;
}

void
proc_reap_adopted(void)
{
	siginfo_t info = { .si_pid = 0 };
	pid_t *children, session = getsid(0);

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
		return; /* as nearly always */
	children = proc_children();
	for (pid_t *pid = children; pid && *pid; pid++)
		if (getsid(*pid) != session)
			waitpid(*pid, NULL, WNOHANG);
	free(children);
}

bool
proc_group_alive(pid_t pgid)
{
	struct procfs_walk w;
	struct procfs_stat st;
	struct buf b = { 0 };
	bool is_alive = false;
	pid_t pid;

	if (kill(-pgid, 0) < 0 && errno == ESRCH)
		return false;
	if (procfs_walk_open(&w) < 0)
		return true;
	while ((pid = procfs_walk_next(&w)) > 0)
		if (!is_alive && procfs_stat(pid, &b, &st))
			is_alive = st.pgid == pgid && !procfs_is_dead(st.state);
	buf_release(&b);
	return is_alive;
}

int
proc_kill_marked(const char *mark, int grace_ms)
{
	const char *value = strchr(mark, '=') + 1;
	int64_t kill_ms = clock_mono_ms() + grace_ms;
	char *name = xprintf("%.*s", (int)(value - mark), mark);
	struct hunt *h = hunt_open(name);
	int rc = 0, n;

	hunt_add(h, value);
	while (rc == 0 && !hunt_is_over(h)) {
		rc = hunt_scan(h, clock_mono_ms() < kill_ms ? SIGTERM : SIGKILL);
		hunt_wait(h, kill_ms, NULL, 0);
	}
	if (rc == 0)
		rc = hunt_check(h);
	n = (int)h->len;
	hunt_close(h);
	free(name);
	return rc < 0 ? -1 : n;
}

int
proc_lease_take(struct proc_lease *l, int run_fd)
{
	struct procfs_stat st;
	struct buf b = { 0 };
	int rc;

	id_new(l->id);
	l->fd = openat(run_fd, l->id, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (l->fd < 0)
		return err_set(EX_CANTCREAT, "run/%s: %s", l->id, strerror(errno));
	/* Somebody who lists the folder may hold it, shared, for a moment. */
	do
		rc = flock(l->fd, LOCK_EX);
	while (rc < 0 && errno == EINTR);
	if (rc == 0 && procfs_stat(getpid(), &b, &st)) {
		b.len = 0;
		buf_printf(&b, "%d %llu\n", (int)getpid(), st.start);
		rc = dir_write_all(l->fd, b.p, b.len) < 0 ? -1 : 0;
	} else {
		rc = -1;
	}
	buf_release(&b);
	if (rc < 0) {
		err_set(EX_CANTCREAT, "run/%s: %s", l->id, strerror(errno));
		proc_lease_drop(l, run_fd);
	}
	return rc;
}

void
proc_lease_drop(struct proc_lease *l, int run_fd)
{
	if (l->fd < 0)
		return;
	unlinkat(run_fd, l->id, 0);
	close(l->fd);
	l->fd = -1;
}

/* Open run/<id> to look at; -1 with errno. */
static int
lease_open(int run_fd, const char *id)
{
	errno = ENOENT;
	if (!id_is_full(id))
		return -1;
	return openat(run_fd, id, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

int
proc_lease_keep(struct proc_lease *l, int fd)
{
	int rc = l->fd == fd ? fcntl(fd, F_SETFD, 0) : dup2(l->fd, fd);

	return rc < 0 ? err_sys("lease") : 0;
}

int
proc_lease_adopt(struct proc_lease *l, int run_fd, const char *id, int fd)
{
	int named = lease_open(run_fd, id);
	struct stat a, b;
	bool is_same = named >= 0 && fstat(named, &a) == 0 && fstat(fd, &b) == 0 &&
	               a.st_dev == b.st_dev && a.st_ino == b.st_ino;

	if (named >= 0)
		close(named);
	if (!is_same || flock(fd, LOCK_EX | LOCK_NB) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_set(EX_NOPERM, "lease %.40s: descriptor %d does not hold it", id, fd);
	*l = (struct proc_lease){ .fd = fd };
	memcpy(l->id, id, ID_TEXT);
	return 0;
}

/* Whether somebody has locked the file.  When in doubt, yes. */
static bool
lease_is_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return true;
	flock(fd, LOCK_UN);
	return false;
}

bool
proc_lease_is_live(int run_fd, const char *id)
{
	int fd = lease_open(run_fd, id);
	bool is_live;

	if (fd < 0)
		return errno != ENOENT && errno != ELOOP;
	is_live = lease_is_locked(fd);
	close(fd);
	return is_live;
}

int
proc_lease_pidfd(int run_fd, const char *id, pid_t *holder)
{
	int fd = lease_open(run_fd, id), pidfd = -1, pid;
	char text[64] = "";
	unsigned long long start;
	struct procfs_stat st;
	struct buf b = { 0 };

	if (fd < 0)
		return -1;
	if (dir_read_all(fd, text, sizeof text - 1, 0) > 0 &&
	    sscanf(text, "%d %llu", &pid, &start) == 2 && pid > 0)
		pidfd = pidfd_open(pid, 0);
	/* Only now: the number may belong to somebody else since. */
	if (pidfd >= 0 &&
	    (!procfs_stat(pid, &b, &st) || st.start != start || !lease_is_locked(fd))) {
		close(pidfd);
		pidfd = -1;
	}
	if (pidfd >= 0 && holder)
		*holder = pid;
	buf_release(&b);
	close(fd);
	return pidfd;
}

/* What a holder has made beside its lease, as run/<id>.<anything>, goes with it. */
static void
sweep_beside(int run_fd, const char *name)
{
	char id[ID_TEXT] = "";

	if (strlen(name) < ID_TEXT || name[ID_TEXT - 1] != '.')
		return;
	memcpy(id, name, ID_TEXT - 1);
	if (id_is_full(id) && !proc_lease_is_live(run_fd, id))
		unlinkat(run_fd, name, 0);
}

static void
sweep_lease(int run_fd, const char *id)
{
	int fd = lease_open(run_fd, id);
	struct stat st;

	if (fd < 0) {
		sweep_beside(run_fd, id);
		return;
	}
	/* It is locked before it is written to: written and free means dead. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !lease_is_locked(fd) &&
	    (st.st_size > 0 || time(NULL) - st.st_mtime > 60))
		unlinkat(run_fd, id, 0);
	close(fd);
}

void
proc_lease_sweep(int run_fd)
{
	DIR *dir = dir_list(run_fd, ".");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		sweep_lease(run_fd, entry->d_name);
	closedir(dir);
}
