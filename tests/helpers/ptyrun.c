/*
 * ptyrun - run a command on a terminal of its own, type, and look at what it shows
 *
 * usage: ptyrun COMMAND [ARG ...] <script
 *
 * A line of the script is
 *
 *     send TEXT    type it; \t \r \\ and \xHH (two hex digits) are what they are in C
 *     wait TEXT    until the terminal has shown TEXT behind what was waited for before
 *     show         print what was shown between the last two waits, escape sequences left out
 *
 * The terminal hangs up at the end of the script.  Exits 0; or 1, with all that was shown on
 * stderr, where something was waited for in vain for 60 seconds, or the command ended before.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "err.h"

enum { DEADLINE_MS = 60000, ROWS = 500, COLUMNS = 100 };

static struct buf shown;
/* Where what is still to be waited for begins, and what was shown between the last two waits. */
static size_t seen, from, to;

static int
open_terminal(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0) {
		err_sys("pty");
		err_exit();
	}
	return fd;
}

_Noreturn static void
become(const char *terminal, char *argv[])
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
	int fd;

	setsid();
	fd = open(terminal, O_RDWR); /* the first of a session: it controls it */
	if (fd < 0 || ioctl(fd, TIOCSWINSZ, &size) < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ||
	    dup2(fd, 2) < 0)
		_exit(126);
	if (fd > 2)
		close(fd);
	execvp(argv[0], argv);
	_exit(127);
}

_Noreturn static void
fail(const char *what, const char *text)
{
	fprintf(stderr, "ptyrun: %s: %s; shown:\n%s\n", what, text, shown.p ? shown.p : "");
	exit(1);
}

static void
type_text(int fd, const char *p)
{
	struct buf b = { 0 };
	char hex[3] = "";

	for (; *p; p++) {
		if (*p != '\\') {
			buf_putc(&b, *p);
		} else if (*++p == 'x' && p[1] && p[2]) {
			memcpy(hex, p + 1, 2);
			buf_putc(&b, (char)strtol(hex, NULL, 16));
			p += 2;
		} else {
			buf_putc(&b, *p == 't' ? '\t' : *p == 'r' ? '\r' : '\\');
		}
	}
	if (b.len > 0 && write(fd, b.p, b.len) != (ssize_t)b.len)
		fail("cannot type", p);
	buf_release(&b);
}

/* Some more of what is shown. */
static void
look(int fd, int64_t until_ms, const char *text)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int64_t left_ms = until_ms - clock_mono_ms();
	char block[4096];
	ssize_t n;

	if (left_ms <= 0 || poll(&poller, 1, (int)left_ms) == 0)
		fail("in vain", text);
	n = read(fd, block, sizeof block);
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		fail("the command ended", text);
	buf_add(&shown, block, (size_t)n);
}

static void
wait_for(int fd, const char *text)
{
	int64_t until_ms = clock_mono_ms() + DEADLINE_MS;
	const char *found;

	while (!shown.p || !(found = memmem(shown.p + seen, shown.len - seen, text, strlen(text))))
		look(fd, until_ms, text);
	from = seen;
	to = (size_t)(found - shown.p);
	seen = to + strlen(text);
}

/* The end of the escape sequence that begins at p. */
static const char *
skip_escape(const char *p, const char *end)
{
	if (++p < end && *p == ']') {
		while (p < end && *p != '\a' && *p != '\033')
			p++;
		return p < end && *p == '\033' ? p + 1 : p;
	}
	if (p < end && *p == '[')
		for (p++; p < end && (*p < '@' || *p > '~');)
			p++;
	return p;
}

static void
show(void)
{
	const char *end = shown.p + to;

	for (const char *p = shown.p + from; p < end; p++) {
		if (*p == '\033')
			p = skip_escape(p, end);
		else if (*p != '\r' && *p != '\a')
			putchar(*p);
	}
	putchar('\n');
}

static void
follow(int fd, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "send ", 5))
		type_text(fd, line + 5);
	else if (!strncmp(line, "wait ", 5))
		wait_for(fd, line + 5);
	else if (!strcmp(line, "show"))
		show();
	else
		fail("what is this", line);
}

int
main(int argc, char *argv[])
{
	int fd;
	pid_t pid;
	char *line = NULL;
	size_t size = 0;

	if (argc < 2) {
		fputs("usage: ptyrun COMMAND [ARG ...] <script\n", stderr);
		return 64;
	}
	fd = open_terminal();
	pid = fork();
	if (pid < 0) {
		err_sys("fork");
		err_exit();
	}
	if (pid == 0)
		become(ptsname(fd), argv + 1);
	while (getline(&line, &size, stdin) > 0)
		follow(fd, line);
	free(line);
	buf_release(&shown);
	close(fd);
	kill(pid, SIGHUP);
	waitpid(pid, NULL, 0);
	return fflush(stdout) || ferror(stdout) ? 74 : 0;
}
