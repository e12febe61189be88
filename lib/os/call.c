#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "clock.h"
#include "err.h"
#include "stop.h"

enum {
	READ_BYTES = 64 << 10,
	LOOK_MS = 250,   /* how often stop_signal is looked at: it may come just before a poll */
	LINGER_MS = 200, /* for pipes and strays to end when they must */
};

struct run {
	struct call *c;
	pid_t pid;
	int pidfd, in, out, err;
	size_t written; /* of its input */
};

static int
start(struct run *r)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	struct proc_program program = r->c->program;

	r->pid = r->pidfd = -1;
	if (proc_pipe(in, 1) == 0 && proc_pipe(out, 0) == 0 &&
	    (!r->c->take_err || proc_pipe(err, 0) == 0)) {
		program.fds[0] = in[0];
		program.fds[1] = out[1];
		program.fds[2] = r->c->take_err ? err[1] : out[1];
		r->pid = proc_start(&program);
	}
	proc_close(&in[0]);
	proc_close(&out[1]);
	proc_close(&err[1]);
	r->in = in[1];
	r->out = out[0];
	r->err = err[0];
	if (r->pid > 0 && (r->pidfd = proc_pidfd(r->pid)) < 0) { /* its end could not be seen */
		err_sys("pidfd");
		kill(-r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	return r->pidfd < 0 ? -1 : 0;
}

/* Takes what can be read now; false: nothing. */
static bool
read_some(struct run *r, int *fd, void (*take)(void *, const char *, size_t))
{
	char bytes[READ_BYTES];
	ssize_t n = *fd < 0 ? 0 : read(*fd, bytes, sizeof bytes);

	if (n > 0)
		take(r->c->arg, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		proc_close(fd);
	return n > 0;
}

static void
write_some(struct run *r)
{
	size_t left = r->c->input_len - r->written;
	ssize_t n = left ? write(r->in, r->c->input + r->written, left) : 0;

	if (n > 0)
		r->written += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		r->written = r->c->input_len; /* it does not want to read on: its own affair */
	if (r->written == r->c->input_len)
		proc_close(&r->in);
}

/* Waits for the next thing to happen, until end_ms at most.  true: the program has ended. */
static bool
turn(struct run *r, int64_t end_ms)
{
	struct pollfd fds[] = { { r->pidfd, POLLIN, 0 }, { r->out, POLLIN, 0 },
		{ r->err, POLLIN, 0 }, { r->in, POLLOUT, 0 } };
	int64_t left = end_ms - clock_mono_ms();

	if (left < 0)
		left = 0;
	proc_reap_adopted();
	if (poll(fds, 4, left > LOOK_MS ? LOOK_MS : (int)left) < 0)
		return false;
	if (fds[1].revents)
		read_some(r, &r->out, r->c->take_out);
	if (fds[2].revents)
		read_some(r, &r->err, r->c->take_err);
	if (fds[3].revents)
		write_some(r);
	return fds[0].revents != 0;
}

/* Asks the group to end, until it has or its grace is over. */
static void
terminate(struct run *r)
{
	int64_t end_ms = clock_mono_ms() + stop_patience_ms(r->c->grace_ms);

	kill(-r->pid, SIGTERM);
	kill(-r->pid, SIGCONT);
	while (!turn(r, end_ms) && clock_mono_ms() < end_ms)
		;
}

/* What is still in the pipes of a group that is gone; what has left it may hold them open. */
static void
drain_pipes(struct run *r)
{
	int64_t end_ms = clock_mono_ms() + LINGER_MS;
	bool any = true;

	while ((r->out >= 0 || r->err >= 0) && clock_mono_ms() < end_ms) {
		struct pollfd fds[] = { { r->out, POLLIN, 0 }, { r->err, POLLIN, 0 } };

		if (!any)
			poll(fds, 2, 10);
		any = read_some(r, &r->out, r->c->take_out);
		any = read_some(r, &r->err, r->c->take_err) || any;
	}
}

static bool
is_in(const pid_t *list, pid_t pid)
{
	while (list && *list && *list != pid)
		list++;
	return list && *list;
}

/* Reap the children that there were not before.  Returns whether one lives on, or whether that
 * cannot be known. */
static bool
reap(const pid_t *before)
{
	pid_t *now = proc_children();
	bool any = !now;

	for (pid_t *pid = now; pid && *pid; pid++)
		any = (!is_in(before, *pid) && waitpid(*pid, NULL, WNOHANG) == 0) || any;
	free(now);
	return any;
}

/* What has left the group and lost its parent is our child now: no new child, nothing left. */
static void
end_strays(const char *mark, const pid_t *before, int grace_ms)
{
	int64_t end_ms;

	if (!reap(before))
		return;
	if (proc_kill_marked(mark, grace_ms) == 0) {
		reap(before); /* what was about to end has, by now */
		return;       /* agents that it has started are on their own */
	}
	/* what resists is for the agent's lease to end */
	end_ms = clock_mono_ms() + LINGER_MS;
	while (reap(before) && clock_mono_ms() < end_ms)
		poll(NULL, 0, 1);
}

static enum call_end
wait_for_end(struct run *r)
{
	int64_t limit_ms = r->c->timeout_ms;
	int64_t end_ms = limit_ms ? clock_mono_ms() + limit_ms : INT64_MAX;
	enum call_end end = CALL_LATE;

	while (end == CALL_LATE && clock_mono_ms() < end_ms) {
		if (stop_signal())
			end = CALL_STOPPED;
		else if (turn(r, end_ms))
			end = CALL_ENDED;
	}
	if (end != CALL_ENDED)
		terminate(r);
	return end;
}

enum call_end
call_run(struct call *c, int *status)
{
	struct run r = { .c = c };
	pid_t *before = c->mark ? proc_children() : NULL;
	enum call_end end = CALL_FAILED;

	*status = 0;
	if (start(&r) == 0) {
		end = wait_for_end(&r);
		kill(-r.pid, SIGKILL); /* not reaped yet: the number is its own */
		while (waitpid(r.pid, status, 0) < 0 && errno == EINTR)
			;
		if (c->mark)
			end_strays(c->mark, before, stop_patience_ms(c->grace_ms));
		drain_pipes(&r);
	}
	proc_close(&r.in);
	proc_close(&r.out);
	proc_close(&r.err);
	proc_close(&r.pidfd);
	free(before);
	return end;
}
