#include "coproc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"

enum { READ_BYTES = 64 << 10, WHY_BYTES = 500, WHY_WAIT_MS = 100 };

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_all(struct coproc *c)
{
	close_fd(&c->in);
	close_fd(&c->out);
	close_fd(&c->err);
}

int
coproc_start(struct coproc *c, const struct proc_program *program)
{
	struct proc_program own = *program;
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, why[2] = { -1, -1 };
	pid_t pid = -1;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(why, O_CLOEXEC) < 0) {
		err_sys("pipe");
	} else {
		own.fds[0] = in[0];
		own.fds[1] = out[1];
		own.fds[2] = why[1];
		pid = proc_start(&own);
	}
	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&why[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = why[0];
	c->pid = pid > 0 ? pid : 0;
	c->why.len = 0;
	if (pid < 0) {
		close_all(c);
		return -1;
	}
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	fcntl(c->err, F_SETFL, O_NONBLOCK);
	return 0;
}

static void
forget(struct coproc *c)
{
	close_all(c);
	c->pid = 0;
	c->to.len = c->from.len = 0;
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
	       info.si_pid == 0 && pidfd >= 0 && (left = end_ms - clock_mono_ms()) > 0)
		poll(&p, 1, (int)left);
	close_fd(&pidfd);
	return info.si_pid != 0;
}

/* Ends what is left of its group, and reaps it.  Returns its status. */
static int
bury(struct coproc *c)
{
	int status = 0;

	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	while (waitpid(-c->pid, NULL, 0) > 0) /* whose parent it was, if they are ours now */
		;
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
	close_fd(&c->in);
}

int
coproc_end(struct coproc *c, int eof_ms, int grace_ms)
{
	if (!c->pid)
		return 0;
	close_fd(&c->in);
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

void
coproc_poll_fds(const struct coproc *c, struct pollfd fds[COPROC_FDS])
{
	fds[0] = (struct pollfd){ c->out, POLLIN, 0 };
	fds[1] = (struct pollfd){ c->err, POLLIN, 0 };
	fds[2] = (struct pollfd){ c->to.len > 0 ? c->in : -1, POLLOUT, 0 };
}

static void
write_some(struct coproc *c)
{
	ssize_t n = write(c->in, c->to.p, c->to.len);

	if (n > 0)
		buf_cut(&c->to, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->to.len = 0; /* its end will be seen on the other pipe */
}

static void
read_why(struct coproc *c)
{
	char bytes[4096];
	ssize_t n = read(c->err, bytes, sizeof bytes);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&c->err);
	if (n <= 0)
		return;
	buf_add(&c->why, bytes, (size_t)n);
	if (c->why.len > WHY_BYTES)
		buf_cut(&c->why, c->why.len - WHY_BYTES);
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
	while (c->err >= 0 && poll(&(struct pollfd){ c->err, POLLIN, 0 }, 1, WHY_WAIT_MS) > 0)
		read_why(c);
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
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
		buf_printf(b, " (signal %d)", WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		buf_printf(b, " (exit status %d)", WEXITSTATUS(status));
	if (c->why.len)
		buf_printf(b, ": %s", c->why.p);
}
