#include "serve.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "lines.h"
#include "stop.h"

/* How much may wait for the client before it is not listened to; what fits a pipe that has room. */
enum { UNREAD_BYTES = 1 << 20, ROOM_BYTES = PIPE_BUF, IDLE_MS = 2000 };

struct serve {
	struct offer *of;
	struct lines in;
	size_t written; /* of what there is to say */
	bool is_closed; /* the client says no more */
};

/* Where to look for an order's news. */
static size_t
order_fds(const struct order *o, struct pollfd *fds)
{
	if (o->child.pid) {
		coproc_poll_fds(&o->child, fds);
		return COPROC_FDS;
	}
	fds[0] = (struct pollfd){ o->bell ? bell_fd(o->bell) : -1, POLLIN, 0 };
	return 1;
}

/* Whether it has to be looked at: its bell has rung, its command has ended, its time has come. */
static bool
has_news(struct order *o, const struct pollfd *fds)
{
	bool is_time = clock_mono_ms() >= o->look_ms;

	if (o->child.pid)
		return coproc_go_on(&o->child, fds) != COPROC_RUNS;
	if (!fds[0].revents)
		return is_time;
	bell_clear(o->bell);
	return true;
}

static int
wait_ms(const struct serve *sv)
{
	int64_t now_ms = clock_mono_ms(), left = IDLE_MS;

	for (const struct order *o = sv->of->waiting; o; o = o->next)
		if (!o->child.pid && o->look_ms - now_ms < left)
			left = o->look_ms - now_ms;
	return left < 0 ? 0 : (int)left;
}

static bool
may_listen(const struct serve *sv)
{
	return !sv->is_closed && sv->of->out.len - sv->written < UNREAD_BYTES;
}

/* What POLLOUT has promised, so that we do not wait, whatever kind of file stdout is. */
static int
write_some(struct serve *sv)
{
	size_t len = sv->of->out.len - sv->written;
	const char *p = sv->of->out.p + sv->written;
	ssize_t n = send(STDOUT_FILENO, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = write(STDOUT_FILENO, p, len < ROOM_BYTES ? len : ROOM_BYTES);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_set(EX_IOERR, "stdout: %s", strerror(errno));
	sv->written += (size_t)n;
	if (sv->written == sv->of->out.len || sv->written > UNREAD_BYTES) {
		buf_cut(&sv->of->out, sv->written);
		sv->written = 0;
	}
	if (sv->of->out.len == 0 && sv->of->out.cap > UNREAD_BYTES)
		buf_release(&sv->of->out);
	return 0;
}

/* Takes the lines that have come. */
static int
listen_to(struct serve *sv)
{
	while (may_listen(sv) && !stop_signal() && lines_is_ready(&sv->in)) {
		const char *line;
		size_t len;

		switch (lines_next(&sv->in, &line, &len)) {
		case LINES_OK:
			if (len > strspn(line, " \t\r"))
				offer_take(sv->of, line, len);
			break;
		case LINES_BAD:
			offer_refuse(sv->of);
			break;
		case LINES_END:
			sv->is_closed = true;
			break;
		case LINES_FAIL:
			if (!stop_signal())
				return -1;
		}
	}
	return 0;
}

/* Looks at all that wait and have news. */
static void
look(struct serve *sv, const struct pollfd *fds)
{
	struct order *o, *next;

	for (o = sv->of->waiting; o; o = next) {
		size_t len = o->child.pid ? COPROC_FDS : 1;

		next = o->next;
		if (has_news(o, fds))
			offer_look(sv->of, o);
		fds += len;
	}
}

/* Agents that we have started are our children, whenever they end; what an order has started it
 * waits for itself. */
static void
reap(const struct serve *sv)
{
	for (const struct order *o = sv->of->waiting; o; o = o->next)
		if (o->child.pid)
			return;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* One turn: waits, then does what there is to do. */
static int
turn(struct serve *sv)
{
	struct pollfd fds[2 + (OFFER_WAITING_MAX + OFFER_RESERVE) * COPROC_FDS];
	bool has_lines =
	    may_listen(sv) && lines_is_ready(&sv->in); /* of those poll knows nothing */
	size_t len = 2;

	fds[0] = (struct pollfd){ may_listen(sv) ? sv->in.fd : -1, POLLIN, 0 };
	fds[1] = (struct pollfd){ STDOUT_FILENO, sv->of->out.len > sv->written ? POLLOUT : 0, 0 };
	for (const struct order *o = sv->of->waiting; o; o = o->next)
		len += order_fds(o, fds + len);
	if (poll(fds, len, has_lines ? 0 : wait_ms(sv)) < 0)
		memset(fds, 0, len * sizeof *fds);
	if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		return err_set(EX_IOERR, "stdout: nobody reads it");
	look(sv, fds + 2);
	if ((fds[1].revents & POLLOUT) && write_some(sv) < 0)
		return -1;
	reap(sv);
	return has_lines || fds[0].revents ? listen_to(sv) : 0;
}

static bool
is_finished(const struct serve *sv)
{
	return sv->is_closed && !sv->of->waiting && sv->of->out.len == sv->written;
}

int
serve_run(struct offer *of)
{
	struct serve sv = { .of = of };
	int rc = 0;

	lines_init(&sv.in, STDIN_FILENO, -1, "stdin");
	while (rc == 0 && !stop_signal() && !is_finished(&sv))
		rc = turn(&sv);
	offer_release(of);
	lines_release(&sv.in);
	buf_release(&of->out);
	return stop_signal() ? 128 + stop_signal() : rc;
}
