#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "id.h"
#include "proc.h"
#include "tap.h"

enum { DEADLINE_MS = 20000 };

static const int no_fds[3] = { -1, -1, 2 };

/* Read the next line from fd, without its newline; "" at the end. */
static const char *
read_line(int fd)
{
	static char line[4096];
	size_t len = 0;

	while (len < sizeof line - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	return line;
}

/* Run a shell script; what it prints can be read from *out_fd. */
static pid_t
spawn_script(const char *script, const char *const env[], int *out_fd)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, xstrdup(script), NULL };
	int fds[2], all[3];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	all[0] = -1;
	all[1] = fds[1];
	all[2] = 2;
	pid = proc_spawn(argv, env, all);
	free(argv[2]);
	close(fds[1]);
	*out_fd = fds[0];
	return pid;
}

/* What the first line of a script's output is. */
static void
prints(const char *script, const char *const env[], const char *want, const char *fact)
{
	int fd;
	pid_t pid = spawn_script(script, env, &fd);

	is(read_line(fd), want, fact);
	close(fd);
	waitpid(pid, NULL, 0);
}

/* Whether the process ends (is reaped, or a zombie) before the deadline. */
static bool
ends(pid_t pid)
{
	struct pollfd pfd = { proc_pidfd(pid), POLLIN, 0 };
	bool has_ended = pfd.fd < 0 || poll(&pfd, 1, DEADLINE_MS) == 1;

	if (pfd.fd >= 0)
		close(pfd.fd);
	return has_ended;
}

static void
test_spawn(void)
{
	char *missing[] = { (char[]){ "no-such-program-of-legwork" }, NULL };
	char *folder[] = { (char[]){ "/" }, NULL };
	const char *const env[] = { "LEGWORK_A=1 2", "HOME=/elsewhere", NULL };
	int fd, wrong[3] = { -1, 1000, 2 };
	char *text;

	setenv("PATH", "/usr/bin:/bin", 1);
	ok(proc_spawn(missing, NULL, no_fds) == -1 && err_code() == EX_CONFIG,
	    "a program that is not there is a configuration error (78)");
	is(err_text(), "no-such-program-of-legwork: No such file or directory", "and is named");
	ok(proc_spawn(folder, NULL, no_fds) == -1 && err_code() == EX_CONFIG,
	    "so is one that cannot be executed");
	ok(proc_spawn(folder, NULL, wrong) == -1 && err_code() == EX_OSERR,
	    "a descriptor that is not open is not (71)");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no process is left of them");

	setenv("LEGWORK_KEPT", "yes", 1);
	prints("echo $LEGWORK_A,$HOME,$LEGWORK_KEPT", env, "1 2,/elsewhere,yes",
	    "variables are added and replaced, others kept");
	prints("env | grep -c ^HOME=", env, "1", "a replaced variable is there once");
	prints("wc -c; true", NULL, "0", "a descriptor of -1 is /dev/null");

	pid_t pid = spawn_script("echo $$", NULL, &fd);
	ok(getpgid(pid) == pid, "it leads a process group of its own");
	text = xprintf("%d", (int)pid);
	is(read_line(fd), text, "the pid is the program's");
	free(text);
	close(fd);
	waitpid(pid, NULL, 0);
}

/* Runs a script as the program says, its fds and argv aside; "" where it cannot be started. */
static const char *
start_prints(struct proc_program program, const char *script)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, xstrdup(script), NULL };
	const char *line = "";
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	program.argv = argv;
	program.fds[0] = -1;
	program.fds[1] = fds[1];
	program.fds[2] = 2;
	pid = proc_start(&program);
	close(fds[1]);
	if (pid > 0) {
		line = read_line(fds[0]);
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	free(argv[2]);
	return line;
}

static void
test_start(void)
{
	const char *const env[] = { "LEGWORK_A=1", "LANG=xx", NULL };
	struct proc_program clean = { .env = env, .is_clean = true };

	is(start_prints((struct proc_program){ .folder = "/usr" }, "pwd -P"), "/usr",
	    "a program starts in the folder that is wanted");
	is(start_prints((struct proc_program){ .folder = "/no/such" }, "pwd"), "",
	    "where that is not there, it does not");
	ok(err_code() == EX_CONFIG, "that is a configuration error (78)");
	is(err_text(), "/no/such: No such file or directory", "which names the folder");
	setenv("LEGWORK_KEPT", "yes", 1);
	setenv("LC_TIME", "C", 1);
	setenv("PATHS", "x", 1);
	is(start_prints(clean, "echo $LEGWORK_A,$LANG,$LEGWORK_KEPT,$LC_TIME,$PATHS,$PATH"),
	    "1,xx,,C,,/usr/bin:/bin", "a clean environment has what is given and what is plain");
}

static void
test_children(void)
{
	pid_t *before = proc_children(), *with, pid;
	size_t n = 0, m = 0;
	int fd;

	pid = spawn_script("sleep 60", NULL, &fd);
	with = proc_children();
	while (before && before[n])
		n++;
	while (with && with[m])
		m++;
	ok(m == n + 1 && with[m - 1] == pid, "a child is listed");
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
	free(before);
	free(with);
}

/* Whether a child ends in time; it is not reaped. */
static bool
is_to_reap(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };
	int64_t stop_ms = clock_mono_ms() + DEADLINE_MS;

	while (info.si_pid != pid && clock_mono_ms() < stop_ms)
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid == pid;
}

static void
test_reap_adopted(void)
{
	int fd, status = 0;
	pid_t pid, other;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = spawn_script("setsid -f sh -c 'echo $$'; exit 3", NULL, &fd);
	other = (pid_t)strtol(read_line(fd), NULL, 10);
	ok(is_to_reap(other),
	    "what another has started in a session of its own is a child of ours");
	ok(is_to_reap(pid), "beside one that we have started");
	proc_reap_adopted();
	is_int(waitpid(other, NULL, WNOHANG), -1, "the one is reaped");
	is_int(waitpid(pid, &status, WNOHANG), pid, "the other is left to who waits for it");
	is_int(WEXITSTATUS(status), 3, "... with its status");
	proc_reap_adopted();
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(fd);
}

static void
test_spawn_clean(void)
{
	int extra = open("/dev/null", O_RDONLY), fds[3], saved, out[2], fd;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	char *argv[] = { (char[]){ "cat" }, NULL };
	sigset_t set, before;

	prints("ls /proc/self/fd | tr '\\n' ' '", NULL, "0 1 2 3 ",
	    "other descriptors are closed (3 is the folder that ls reads)");
	close(extra);

	sigaction(SIGPIPE, &ignore, &old);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	prints("sed -nE 's/^(SigBlk|SigIgn):\\t([0-9a-f]{7})..(.*)/\\1:\\2\\3/p' "
	       "/proc/self/status | tr -d '\\n'",
	    NULL,
	    "SigBlk:00000000000000SigIgn:00000000000000", /* but for 29 to 36: libc has some */
	    "signals are at their defaults and unblocked");
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGPIPE, &old, NULL);

	/* 0 and 1 change places: what is read comes from our 1. */
	saved = dup(0);
	if (pipe2(out, O_CLOEXEC) < 0 || (fd = open("/proc/self/comm", O_RDONLY)) < 0)
		abort();
	dup2(out[1], 0);
	int keep_out = dup(1);
	fflush(stdout);
	dup2(fd, 1);
	fds[0] = 1;
	fds[1] = 0;
	fds[2] = 2;
	pid_t pid = proc_spawn(argv, NULL, fds);
	dup2(keep_out, 1);
	dup2(saved, 0);
	close(out[1]);
	ok(pid > 0 && *read_line(out[0]), "descriptors may change places");
	waitpid(pid, NULL, 0);
	close(out[0]);
	close(fd);
	close(keep_out);
	close(saved);
}

/* With no descriptor below 3 open everything still finds its place. */
static void
test_spawn_bare(void)
{
	pid_t pid = fork(), child;
	int status = -1;

	if (pid == 0) {
		char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			(char[]){ "test -e /proc/self/fd/2 && exit 7" }, NULL };
		const int none[3] = { -1, -1, -1 };
		close_range(0, ~0U, 0);
		child = proc_spawn(argv, NULL, none);
		if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
			_exit(1);
		_exit(WEXITSTATUS(status));
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 7, "a caller without 0, 1 and 2 can start programs");
}

static void
test_group(void)
{
	int fd;
	pid_t pid = spawn_script("sleep 100 & echo started; exec sleep 100", NULL, &fd);

	read_line(fd);
	ok(proc_group_alive(pid), "a group with members is alive");
	kill(pid, SIGKILL);
	ok(ends(pid), "its leader can be killed");
	ok(proc_group_alive(pid), "the group lives on with the others");
	kill(-pid, SIGKILL);
	int64_t stop_ms = clock_mono_ms() + DEADLINE_MS;
	while (proc_group_alive(pid) && clock_mono_ms() < stop_ms)
		;
	ok(!proc_group_alive(pid), "zombies do not make a group alive");
	waitpid(pid, NULL, 0);
	ok(!proc_group_alive(pid), "nor does a group that was");
	close(fd);
}

/* A cookie that no other test, and no other run of this one, has. */
static const char *const *
new_mark(void)
{
	static char mark[64];
	static const char *env[] = { mark, NULL };
	char id[ID_TEXT];

	snprintf(mark, sizeof mark, "LEGWORK_RUN=%s", id_new(id));
	return env;
}

static void
test_kill_marked(void)
{
	const char *const *env = new_mark();
	int fd;

	is_int(proc_kill_marked(env[0], 0), 0, "where nobody has the mark nobody is ended");
	pid_t pid =
	    spawn_script("(setsid sh -c '(sleep 100 & echo $!) & exit' &) ; sleep 100", env, &fd);
	pid_t grandchild = (pid_t)strtol(read_line(fd), NULL, 10);
	ok(grandchild > 0 && getpgid(grandchild) != pid, "a grandchild has left the group");
	int n = proc_kill_marked(env[0], DEADLINE_MS);
	ok(n >= 2, "both are found by their mark");
	ok(ends(grandchild), "the grandchild has ended");
	int status = 0;
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "the child got TERM");
	is_int(proc_kill_marked(env[0], 0), 0, "then there is none");
	close(fd);
}

static void
test_kill_stubborn(void)
{
	const char *const *env = new_mark();
	int fd, status = 0;
	const char *script = "trap '' TERM; echo ready; while :; do sleep 100; done";
	pid_t pid = spawn_script(script, env, &fd);

	read_line(fd);
	ok(proc_kill_marked(env[0], 200) >= 1, "one that ignores TERM is ended");
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "by KILL, after the grace");
	close(fd);

	env = new_mark();
	pid = spawn_script("echo ready; kill -STOP $$", env, &fd);
	read_line(fd);
	waitpid(pid, &status, WUNTRACED);
	is_int(proc_kill_marked(env[0], DEADLINE_MS), 1, "one that is stopped is ended");
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "by TERM, which it can obey");
	close(fd);

	env = new_mark();
	pid = spawn_script("trap 'exit 3' TERM; echo ready; sleep 100 & wait", env, &fd);
	read_line(fd);
	proc_kill_marked(env[0], 0);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "without grace it is KILL at once");
	close(fd);
}

static void
test_kill_others(void)
{
	const char *const *env = new_mark();
	char *longer = xprintf("X%s", env[0]), *more = xprintf("%sX", env[0]);
	const char *const near[] = { longer, more, NULL };
	int fd;
	pid_t pid = spawn_script("echo ready; exec sleep 100", near, &fd);

	read_line(fd);
	is_int(proc_kill_marked(env[0], 0), 0, "a longer name or value is another mark");
	ok(kill(pid, 0) == 0, "its process is left alone");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
	free(longer);
	free(more);
}

/* In a new process: fork and let the parent end, again and again; the number of the newest is
 * never known for long.  Ends after the deadline by itself. */
static void
run_away(void)
{
	int64_t stop_ms = clock_mono_ms() + DEADLINE_MS;

	while (clock_mono_ms() < stop_ms)
		if (fork() > 0)
			_exit(0);
	_exit(0);
}

/* Fork children that stay, as fast as it goes, up to a few hundred. */
static void
multiply(void)
{
	int64_t stop_ms = clock_mono_ms() + DEADLINE_MS;

	for (int n = 0; n < 400 && clock_mono_ms() < stop_ms; n++) {
		if (fork() > 0)
			continue;
		while (clock_mono_ms() < stop_ms)
			poll(NULL, 0, 1000);
		_exit(0);
	}
	while (clock_mono_ms() < stop_ms)
		poll(NULL, 0, 1000);
	_exit(0);
}

/* Kill all that carry this process's own mark, and tell how many there were. */
static void
kill_own(void)
{
	char *mark = xprintf("LEGWORK_RUN=%s", getenv("LEGWORK_RUN"));

	printf("%d\n", proc_kill_marked(mark, 0));
	free(mark);
	exit(0);
}

/* Start this program again with the mark, to do what its argument says. */
static pid_t
spawn_self(const char *what, const char *const env[], int *out_fd)
{
	char *script = xprintf("exec /proc/%d/exe %s", (int)getpid(), what);
	pid_t pid = spawn_script(script, env, out_fd);

	free(script);
	if (strcmp(read_line(*out_fd), "ready"))
		abort();
	return pid;
}

static void
test_kill_forker(const char *what, const char *fact)
{
	const char *const *env = new_mark();
	struct pollfd pfd = { .events = POLLIN };
	pid_t pid = spawn_self(what, env, &pfd.fd);

	proc_kill_marked(env[0], 0);
	/* The pipe ends when the last of them has. */
	ok(poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP), fact);
	waitpid(pid, NULL, 0);
	close(pfd.fd);
}

static void
test_kill_own(void)
{
	int fd;
	pid_t pid = spawn_self("kill-own", new_mark(), &fd);

	is(read_line(fd), "0", "a process that carries the mark itself is left out");
	close(fd);
	waitpid(pid, NULL, 0);
}

static void
test_lease(int run_fd)
{
	pid_t holder = 0;
	struct proc_lease mine, other = { .fd = -1 };
	struct stat st;
	int pidfd;

	ok(proc_lease_take(&mine, run_fd) == 0 && id_is_full(mine.id), "a lease can be taken");
	ok(fstatat(run_fd, mine.id, &st, 0) == 0 && (st.st_mode & 07777) == 0600,
	    "its file has mode 0600");
	ok(proc_lease_is_live(run_fd, mine.id), "it is live while it is held");
	pidfd = proc_lease_pidfd(run_fd, mine.id, &holder);
	ok(pidfd >= 0, "its holder can be watched");
	is_int(holder, getpid(), "and is known");
	close(pidfd);
	char id[ID_TEXT];
	memcpy(id, mine.id, sizeof id);
	proc_lease_drop(&mine, run_fd);
	ok(!proc_lease_is_live(run_fd, id), "a lease that was dropped is not live");
	ok(faccessat(run_fd, id, F_OK, 0) < 0, "its file is gone");
	is_int(proc_lease_pidfd(run_fd, id, NULL), -1, "it has no holder");
	proc_lease_drop(&mine, run_fd);
	proc_lease_drop(&other, run_fd);
	ok(!proc_lease_is_live(run_fd, "../etc/passwd") && !proc_lease_is_live(run_fd, ""),
	    "what is no id is no lease");
	ok(proc_lease_take(&mine, -1) < 0 && err_code() == EX_CANTCREAT,
	    "without a folder no lease can be taken (73)");
}

static void
test_lease_of_dead(int run_fd)
{
	char id[ID_TEXT] = "";
	int fds[2], status;
	struct pollfd pfd;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		struct proc_lease l;
		char *sleeper[] = { (char[]){ "sleep" }, (char[]){ "100" }, NULL };
		pid_t child = -1;
		if (proc_lease_take(&l, run_fd) == 0)
			child = proc_spawn(sleeper, NULL, no_fds);
		if (child < 0 || write(fds[1], l.id, ID_TEXT) < 0 ||
		    write(fds[1], &child, sizeof child) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	pid_t child = -1;
	if (read(fds[0], id, ID_TEXT) < 0 || read(fds[0], &child, sizeof child) < 0)
		abort();
	ok(proc_lease_is_live(run_fd, id), "another process's lease is live");
	pfd = (struct pollfd){ proc_lease_pidfd(run_fd, id, NULL), POLLIN, 0 };
	ok(pfd.fd >= 0 && poll(&pfd, 1, 0) == 0, "its holder can be watched, and lives");
	kill(pid, SIGKILL);
	is_int(poll(&pfd, 1, DEADLINE_MS), 1, "that it was killed shows at once");
	ok(!proc_lease_is_live(run_fd, id), "and its lease is not live, though its child runs");
	is_int(proc_lease_pidfd(run_fd, id, NULL), -1, "nor has it a holder");
	waitpid(pid, &status, 0);
	kill(child, SIGKILL);
	unlinkat(run_fd, id, 0);
	close(pfd.fd);
	close(fds[0]);
	close(fds[1]);
}

/* A file that names a process which is not its holder (its number was used again). */
static void
test_lease_of_another(int run_fd)
{
	char id[ID_TEXT];
	int fd = openat(run_fd, id_new(id), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	dprintf(fd, "%d 1\n", (int)getpid());
	is_int(proc_lease_pidfd(run_fd, id, NULL), -1, "a number that was used again is no holder");
	ok(!proc_lease_is_live(run_fd, id), "a file that nobody locks is no live lease");
	close(fd);
	unlinkat(run_fd, id, 0);
	if (symlinkat("/dev/null", run_fd, id) == 0)
		ok(!proc_lease_is_live(run_fd, id), "nor is a symbolic link");
	unlinkat(run_fd, id, 0);
}

static void
test_pidfd(void)
{
	int fd, out;
	pid_t pid = spawn_script("exec sleep 100", NULL, &out);

	fd = proc_pidfd(pid);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC), "a pidfd is close-on-exec");
	kill(pid, SIGKILL);
	struct pollfd pfd = { fd, POLLIN, 0 };
	is_int(poll(&pfd, 1, DEADLINE_MS), 1, "it tells that the process ended");
	waitpid(pid, NULL, 0);
	is_int(proc_pidfd(pid), -1, "a process that is gone has none");
	close(fd);
	close(out);
}

/* What this program does when a test starts it again. */
static _Noreturn void
play(const char *what)
{
	printf("ready\n");
	fflush(stdout);
	if (!strcmp(what, "multiply"))
		multiply();
	if (!strcmp(what, "run-away"))
		run_away();
	kill_own();
	exit(1);
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];
	int run_fd;

	if (argc > 1)
		play(argv[1]);
	snprintf(path, sizeof path, "%s/run.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	run_fd = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (run_fd < 0)
		return 1;
	test_spawn();
	test_start();
	test_children();
	test_reap_adopted();
	test_spawn_clean();
	test_spawn_bare();
	test_group();
	test_kill_marked();
	test_kill_stubborn();
	test_kill_others();
	test_kill_own();
	test_kill_forker("multiply", "one that multiplies is caught with all its children");
	test_kill_forker("run-away", "one that runs away from fork to fork is caught");
	test_lease(run_fd);
	test_lease_of_dead(run_fd);
	test_lease_of_another(run_fd);
	test_pidfd();
	ok(rmdir(path) == 0, "all is tidy in the end");
	close(run_fd);
	return done_testing();
}
