#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void
sleep_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

bool
has_program(const char *name)
{
	char path[4096];
	const char *at = getenv("PATH");

	while (at && *at) {
		int len = (int)strcspn(at, ":");

		snprintf(path, sizeof path, "%.*s/%s", len, at, name);
		if (access(path, X_OK) == 0)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

/* What its 0 and 1 become; all other descriptors of ours are close-on-exec. */
static void
set_files(posix_spawn_file_actions_t *files, const struct program *p, int in, int out)
{
	posix_spawn_file_actions_init(files);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(files, in, 0);
	else
		posix_spawn_file_actions_addopen(files, 0, p->in ? p->in : "/dev/null", O_RDONLY,
		    0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(files, out, 1);
	else
		posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0);
}

static void
set_store(const struct program *p)
{
	if (p->store ? setenv("LEGWORK_STORE", p->store, 1) < 0 : unsetenv("LEGWORK_STORE") < 0)
		die("environment");
}

pid_t
program_start(const struct program *p, int in, int out)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int rc;

	set_files(&files, p, in, out);
	set_store(p);
	/* the strings are not written to: POSIX, exec */
	rc = posix_spawnp(&pid, p->argv[0], &files, NULL, (char *const *)p->argv,
	    p->env ? p->env : environ);
	if (rc != 0)
		dief("%s: %s", p->argv[0], strerror(rc));
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

static void
check_status(const struct program *p, int status)
{
	if (WIFSIGNALED(status))
		dief("%s: killed by signal %d", p->argv[0], WTERMSIG(status));
	if (status != 0)
		dief("%s: exited with %d", p->argv[0], WEXITSTATUS(status));
}

void
program_await(const struct program *p, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	check_status(p, status);
}

void
program_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

struct ended
program_run(const struct program *p)
{
	double start = now_us();
	pid_t pid = program_start(p, -1, -1);
	struct rusage usage;
	struct ended ended;
	int status;

	if (wait4(pid, &status, 0, &usage) < 0)
		die("wait4");
	ended.us = now_us() - start;
	ended.rss_kb = usage.ru_maxrss;
	check_status(p, status);
	return ended;
}

void
program_read(const struct program *p, char *out, size_t size)
{
	size_t len = 0;
	char rest[4096] = "";
	ssize_t got;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe");
	pid = program_start(p, -1, fds[1]);
	close(fds[1]);
	while ((got = read(fds[0], len < size - 1 ? out + len : rest,
		    len < size - 1 ? size - 1 - len : sizeof rest)) > 0)
		if (len < size - 1)
			len += (size_t)got;
	out[len] = '\0';
	close(fds[0]);
	program_await(p, pid);
}

void
pipeline_start(const struct program *stage, size_t len, int in, int out, pid_t *pid)
{
	int from = in;

	for (size_t i = 0; i < len; i++) {
		int fds[2] = { -1, out };

		if (i + 1 < len && pipe2(fds, O_CLOEXEC) < 0)
			die("pipe");
		pid[i] = program_start(&stage[i], from, fds[1]);
		if (i > 0)
			close(from);
		if (i + 1 < len)
			close(fds[1]);
		from = fds[0];
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
median_of(double *figure, size_t len)
{
	qsort(figure, len, sizeof *figure, compare);
	return len % 2 ? figure[len / 2] : (figure[len / 2 - 1] + figure[len / 2]) / 2;
}

void
measure_long(struct measured *const *m, size_t len, int rounds)
{
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < len; i++) {
			struct measured *it = m[round % 2 ? len - 1 - i : i];

			it->figure[round] = it->once(it->arg);
		}
	for (size_t i = 0; i < len; i++)
		m[i]->median = median_of(m[i]->figure, (size_t)rounds);
}

void
measure(struct measured *const *m, size_t len, int rounds)
{
	for (size_t i = 0; i < len; i++)
		m[i]->once(m[i]->arg);
	measure_long(m, len, rounds);
}

double
once_program(void *arg)
{
	return program_run(arg).us;
}

double
once_f(void *arg)
{
	static const struct program nothing = { .argv = { "nothing" } };

	(void)arg;
	return program_run(&nothing).us;
}

double
once_append(void *arg)
{
	static int fd = -1;
	static char bytes[600];
	double start;

	(void)arg;
	if (fd < 0) {
		char *path = path_of("append");

		memset(bytes, 'x', sizeof bytes);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		free(path);
	}
	start = now_us();
	if (write(fd, bytes, sizeof bytes) != sizeof bytes || fdatasync(fd) < 0)
		die("append");
	return now_us() - start;
}
