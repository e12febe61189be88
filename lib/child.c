#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "proc.h"
#include "stop.h"

enum {
	READ_BYTES = 64 << 10,
	GRACE_MS = 2000,      /* from TERM to KILL */
	LINGER_MS = 200,      /* for output still in the pipe when the program has ended */
	LOOK_AGAIN_MS = 1000, /* a signal may come just before we sleep */
};

struct child {
	const struct child_order *order;
	struct child_result *result;
	pid_t pid;
	int pidfd, in, out, err;
	size_t written; /* of the input */
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_all(struct child *c)
{
	close_fd(&c->in);
	close_fd(&c->out);
	close_fd(&c->err);
	close_fd(&c->pidfd);
}

/* Our ends of its pipes, and a pidfd.  -1 with err, the child is gone. */
static int
watch(struct child *c)
{
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	fcntl(c->err, F_SETFL, O_NONBLOCK);
	if ((c->pidfd = proc_pidfd(c->pid)) >= 0)
		return 0;
	err_sys("pidfd"); /* its end could not be seen */
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

static int
start(struct child *c)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };

	c->pid = -1;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		err_sys("pipe");
	else
		c->pid = proc_start(&(struct proc_program){ .argv = c->order->argv,
		    .env = c->order->env,
		    .folder = c->order->folder,
		    .fds = { in[0], out[1], err[1] } });
	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&err[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
	return c->pid > 0 ? watch(c) : -1;
}

static void
take_out(struct child *c, const char *bytes, size_t len)
{
	struct buf *out = &c->result->out;
	size_t room = c->order->out_max - out->len;

	if (c->order->take_out) {
		c->order->take_out(c->order->arg, bytes, len);
		return;
	}
	c->result->is_out_cut = c->result->is_out_cut || len > room;
	buf_add(out, bytes, len < room ? len : room);
}

static void
take_err(struct child *c, const char *bytes, size_t len)
{
	struct buf *err = &c->result->err;

	if (c->order->take_err) {
		c->order->take_err(c->order->arg, bytes, len);
		return;
	}
	buf_add(err, bytes, len);
	if (err->len > c->order->err_max) {
		buf_cut(err, err->len - c->order->err_max);
		c->result->is_err_cut = true;
	}
}

/* Takes what can be read now; false: nothing. */
static bool
read_some(struct child *c, int *fd, void (*take)(struct child *, const char *, size_t))
{
	char bytes[READ_BYTES];
	ssize_t n;

	if (*fd < 0)
		return false;
	n = read(*fd, bytes, sizeof bytes);
	if (n > 0)
		take(c, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return n > 0;
}

static void
write_some(struct child *c)
{
	size_t left = c->order->input_len - c->written;
	ssize_t n = left ? write(c->in, c->order->input + c->written, left) : 0;

	if (n > 0)
		c->written += (size_t)n;
	if (c->written == c->order->input_len || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&c->in); /* what does not want to read on need not */
}

/* Waits for the next thing to happen, at most until then (monotonic).  true: it has ended. */
static bool
turn(struct child *c, int64_t end_ms)
{
	struct pollfd fds[] = { { c->pidfd, POLLIN, 0 }, { c->out, POLLIN, 0 },
		{ c->err, POLLIN, 0 }, { c->in, POLLOUT, 0 } };
	int64_t left = end_ms - clock_mono_ms();

	if (left < 0)
		left = 0;
	if (poll(fds, 4, left > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : (int)left) < 0)
		return false;
	if (fds[1].revents)
		read_some(c, &c->out, take_out);
	if (fds[2].revents)
		read_some(c, &c->err, take_err);
	if (fds[3].revents)
		write_some(c);
	return fds[0].revents != 0;
}

/* What is still in the pipes. */
static void
drain(struct child *c)
{
	int64_t end_ms = clock_mono_ms() + LINGER_MS;

	while ((c->out >= 0 || c->err >= 0) && clock_mono_ms() < end_ms) {
		struct pollfd fds[] = { { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 } };
		bool any = read_some(c, &c->out, take_out);

		any = read_some(c, &c->err, take_err) || any;
		if (!any && (c->out >= 0 || c->err >= 0))
			poll(fds, 2, 10);
	}
}

/* Asks the program and its group to end, and makes them. */
static void
terminate(struct child *c)
{
	int64_t end_ms = clock_mono_ms() + GRACE_MS;

	kill(-c->pid, SIGTERM);
	while (!turn(c, end_ms) && clock_mono_ms() < end_ms)
		;
	kill(-c->pid, SIGKILL);
}

/* Until all that was killed is gone; a subreaper is the parent of it. */
static void
end_group(pid_t group)
{
	int64_t end_ms = clock_mono_ms() + GRACE_MS;

	do {
		while (waitpid(-group, NULL, WNOHANG) > 0)
			;
	} while (proc_group_alive(group) && clock_mono_ms() < end_ms && poll(NULL, 0, 1) <= 0);
}

/* As long as it is not reaped nobody else has its number: its group is ended before. */
static void
reap(struct child *c)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	drain(c);
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &c->result->status, 0) < 0 && errno == EINTR)
		;
	end_group(c->pid);
}

int
child_run(const struct child_order *order, struct child_result *result)
{
	struct child c = { .order = order, .result = result, .pidfd = -1 };
	int64_t end_ms = order->timeout_ms ? clock_mono_ms() + order->timeout_ms : INT64_MAX;
	bool has_ended = false;

	*result = (struct child_result){ 0 };
	if (start(&c) < 0) {
		close_all(&c);
		return -1;
	}
	while (!has_ended && !stop_signal() && clock_mono_ms() < end_ms)
		has_ended = turn(&c, end_ms);
	if (!has_ended) {
		result->is_stopped = stop_signal() != 0;
		result->is_timed_out = !result->is_stopped;
		terminate(&c);
	}
	reap(&c);
	close_all(&c);
	return 0;
}

void
child_release(struct child_result *result)
{
	buf_release(&result->out);
	buf_release(&result->err);
}

int
child_exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
