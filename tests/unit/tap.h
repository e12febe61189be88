/*
 * tap.h - the little that a unit test needs: it prints TAP, one line per fact
 *
 *     ok(x > 0, "x is positive");
 *     is(name, "bell", "the name is kept");
 *     is_int(len, 3, "three bytes were read");
 *     return done_testing();
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int tap_count, tap_failed;

/* ok - say whether the fact holds.  Returns it.  Flushed at once: the test may die or fork. */
static inline bool
ok(bool holds, const char *fact)
{
	tap_failed += !holds;
	printf("%sok %d - %s\n", holds ? "" : "not ", ++tap_count, fact);
	fflush(stdout);
	return holds;
}

/* is - whether two strings are equal (NULL only equals NULL); shows both if not. */
static inline bool
is(const char *got, const char *want, const char *fact)
{
	if (ok(got && want ? !strcmp(got, want) : got == want, fact))
		return true;
	printf("# got:  %s\n# want: %s\n", got ? got : "(null)", want ? want : "(null)");
	return false;
}

/* is_int - the same for whole numbers. */
static inline bool
is_int(long long got, long long want, const char *fact)
{
	if (ok(got == want, fact))
		return true;
	printf("# got:  %lld\n# want: %lld\n", got, want);
	return false;
}

/*
 * capture - run act in a child process, and keep what it writes to fd
 *
 * Returns its exit status (0 where act returns), or -1 where a signal ended it.
 */
static inline int
capture(int fd, void (*act)(void), char *text, size_t size)
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		dup2(fds[1], fd);
		close(fds[0]);
		close(fds[1]);
		act();
		fflush(NULL);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* done_testing - print the plan.  Returns main's exit status. */
static inline int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif
