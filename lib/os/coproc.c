#include "coproc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"

enum { READ_BYTES = 64 << 10, WHY_BYTES = 500, WHY_WAIT_MS = 500, KILL_MS = 2000 };

static void
close_all(struct coproc *c)
{
	proc_close(&c->in);
	proc_close(&c->out);
	proc_close(&c->err);
}

int
coproc_start(struct coproc *c, const struct proc_program *program)
{
	struct proc_program own = *program;
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, why[2] = { -1, -1 };
	pid_t pid = -1;

	if (proc_pipe(in, 1) == 0 && proc_pipe(out, 0) == 0 && proc_pipe(why, 0) == 0) {
		own.fds[0] = in[0];
		own.fds[1] = out[1];
		own.fds[2] = why[1];
		pid = proc_start(&own);
	}
	proc_close(&in[0]);
	proc_close(&out[1]);
	proc_close(&why[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = why[0];
	c->pid = pid > 0 ? pid : 0;
	c->why.len = 0;
	if (pid < 0)
		close_all(c);
	return pid < 0 ? -1 : 0;
}

static void
forget(struct coproc *c)
{
	close_all(c);
	c->pid = 0;
	c->to.len = c->from.len = c->sent = 0;
}

/* Waits for its end for so long; whether it has come.  It is not reaped: its number is its own, and
 * its group's. */
static bool
has_ended(struct coproc *c, int wait_ms)
{
	int pidfd = proc_pidfd(c->pid);
	struct pollfd p = { pidfd, POLLIN, 0 };
	int64_t end_ms = clock_mono_ms() + wait_ms, left;
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0 && (left = end_ms - clock_mono_ms()) > 0)
		poll(&p, 1, pidfd < 0 && left > 10 ? 10 : (int)left);
	proc_close(&pidfd);
	return info.si_pid != 0;
}

/* Ends what is left of its group, and reaps it, those too whose parent it was, if they are ours
 * now.  Returns its status; -1 with err: it is another user's, or does not end. */
static int
bury(struct coproc *c)
{
	int64_t end_ms = clock_mono_ms() + KILL_MS;
	int status = -1;
	pid_t pid;

	kill(-c->pid, SIGKILL);
	if (has_ended(c, KILL_MS))
		waitpid(c->pid, &status, 0);
	else
		err_set(EX_NOPERM, "process %d cannot be ended", (int)c->pid);
	while ((pid = waitpid(-c->pid, NULL, WNOHANG)) >= 0 && clock_mono_ms() < end_ms)
		if (pid == 0)
			poll(NULL, 0, 1);
	forget(c);
	return status;
}

bool
coproc_is_gone(struct coproc *c)
{
	if (c->pid && has_ended(c, 0))
		bury(c);
	return !c->pid;
}

void
coproc_close(struct coproc *c)
{
	proc_close(&c->in);
}

int
coproc_end(struct coproc *c, int eof_ms, int grace_ms)
{
	if (!c->pid)
		return 0;
	proc_close(&c->in);
	if (eof_ms == 0 || !has_ended(c, eof_ms)) {
		kill(-c->pid, SIGTERM);
		has_ended(c, grace_ms);
	}
	return bury(c);
}

void
coproc_release(struct coproc *c)
{
	buf_release(&c->to);
	buf_release(&c->from);
	buf_release(&c->why);
}

void
coproc_send(struct coproc *c, const char *line, size_t len)
{
	buf_add(&c->to, line, len);
	buf_putc(&c->to, '\n');
}

size_t
coproc_unsent(const struct coproc *c)
{
	return c->to.len - c->sent;
}

void
coproc_poll_fds(const struct coproc *c, struct pollfd fds[COPROC_FDS])
{
	fds[0] = (struct pollfd){ c->out, POLLIN, 0 };
	fds[1] = (struct pollfd){ c->err, POLLIN, 0 };
	fds[2] = (struct pollfd){ coproc_unsent(c) > 0 ? c->in : -1, POLLOUT, 0 };
}

/* What was written is cut off when it is the greater part: not for each few bytes. */
static void
write_some(struct coproc *c)
{
	ssize_t n = write(c->in, c->to.p + c->sent, coproc_unsent(c));

	if (n > 0)
		c->sent += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->sent = c->to.len; /* its end will be seen on the other pipe */
	if (c->sent > c->to.len / 2) {
		buf_cut(&c->to, c->sent);
		c->sent = 0;
	}
}

static void
read_why(struct coproc *c)
{
	char bytes[4096];
	ssize_t n = read(c->err, bytes, sizeof bytes);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		proc_close(&c->err);
	if (n <= 0)
		return;
	buf_add(&c->why, bytes, (size_t)n);
	if (c->why.len > WHY_BYTES)
		buf_cut(&c->why, c->why.len - WHY_BYTES);
}

/* Its last words: what is still to be read of its stderr, for no longer than WHY_WAIT_MS. */
static void
read_last_words(struct coproc *c)
{
	int64_t end_ms = clock_mono_ms() + WHY_WAIT_MS, left = WHY_WAIT_MS;

	for (; c->err >= 0 && left > 0; left = end_ms - clock_mono_ms())
		if (poll(&(struct pollfd){ c->err, POLLIN, 0 }, 1, (int)left) > 0)
			read_why(c);
}

static enum coproc_state
read_lines(struct coproc *c)
{
	ssize_t n = read(c->out, buf_room(&c->from, READ_BYTES), READ_BYTES);

	if (n > 0) {
		c->from.len += (size_t)n;
		return COPROC_RUNS;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return COPROC_RUNS;
	read_last_words(c);
	return COPROC_CLOSED;
}

enum coproc_state
coproc_go_on(struct coproc *c, const struct pollfd fds[COPROC_FDS])
{
	enum coproc_state state = COPROC_RUNS;

	if (fds[1].revents)
		read_why(c);
	if (fds[2].revents)
		write_some(c);
	if (fds[0].revents)
		state = read_lines(c);
	if (state == COPROC_RUNS && c->from.len > COPROC_LINE_MAX &&
	    !memchr(c->from.p, '\n', c->from.len))
		state = COPROC_FLOODS;
	return state;
}

const char *
coproc_line(const struct coproc *c, size_t *taken, size_t *len)
{
	const char *line = c->from.p + *taken,
		   *newline =
		       c->from.len > *taken ? memchr(line, '\n', c->from.len - *taken) : NULL;

	if (!newline)
		return NULL;
	*len = (size_t)(newline - line);
	*taken += *len + 1;
	return line;
}

void
coproc_took(struct coproc *c, size_t taken)
{
	if (taken > 0 && c->from.len >= taken)
		buf_cut(&c->from, taken);
}

void
coproc_say_end(struct coproc *c, int status, struct buf *b)
{
	while (c->why.len > 0 && strchr(" \t\r\n", c->why.p[c->why.len - 1]))
		c->why.p[--c->why.len] = '\0';
	if (status < 0)
		buf_printf(b, " (%s)", err_text());
	else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
		buf_printf(b, " (signal %d)", WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		buf_printf(b, " (exit status %d)", WEXITSTATUS(status));
	if (c->why.len)
		buf_printf(b, ": %s", c->why.p);
}
