#include "llm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "config.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "proc.h"
#include "stop.h"

enum {
	READ_BYTES = 64 << 10,
	LINE_MAX_BYTES = 32 << 20, /* llm-chat's own limit is half of it */
	STDERR_TAIL = 500,
	GRACE_MS = 500, /* from TERM to KILL; it has nothing to put down */
	LOOK_MS = 250,  /* how often stop_signal is looked at: it may come just before a poll */
};

struct llm {
	char *mark;
	pid_t pid; /* 0: it does not run */
	int in, out, err;
	struct buf request; /* what is still to be written */
	struct buf answer;  /* lines not yet taken */
	struct buf why;     /* the end of its stderr */
	unsigned long asked;

	/* The question. */
	char id[24];
	void (*take)(void *arg, jv event);
	void *arg;
	jv last; /* invalid: not yet */
};

struct llm *
llm_open(const char *mark)
{
	struct llm *llm = xmalloc(sizeof *llm);

	*llm = (struct llm){ .mark = mark ? xstrdup(mark) : NULL,
		.in = -1,
		.out = -1,
		.err = -1,
		.last = jv_invalid() };
	return llm;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Waits for its end for so long; its status, or -1. */
static int
reap(struct llm *llm, int wait_ms)
{
	int pidfd = proc_pidfd(llm->pid), status = 0;
	struct pollfd p = { pidfd, POLLIN, 0 };
	int64_t end = clock_mono_ms() + wait_ms, left;

	while (waitpid(llm->pid, &status, WNOHANG) == 0) {
		if (pidfd < 0 || (left = end - clock_mono_ms()) <= 0) {
			close_fd(&pidfd);
			return -1;
		}
		poll(&p, 1, (int)left);
	}
	close_fd(&pidfd);
	return status;
}

/* The process is no more. */
static void
forget(struct llm *llm)
{
	close_fd(&llm->in);
	close_fd(&llm->out);
	close_fd(&llm->err);
	llm->pid = 0;
	llm->request.len = llm->answer.len = 0;
}

/* Ends the process.  Returns how it ended, as wait(2) says. */
static int
end(struct llm *llm)
{
	int status;

	close_fd(&llm->in);
	kill(-llm->pid, SIGTERM);
	status = reap(llm, GRACE_MS);
	kill(-llm->pid, SIGKILL);
	while (status < 0 && waitpid(llm->pid, &status, 0) < 0 && errno == EINTR)
		;
	forget(llm);
	return status;
}

void
llm_close(struct llm *llm)
{
	if (!llm)
		return;
	if (llm->pid)
		end(llm);
	buf_release(&llm->request);
	buf_release(&llm->answer);
	buf_release(&llm->why);
	jv_free(llm->last);
	free(llm->mark);
	free(llm);
}

static int
start(struct llm *llm)
{
	const char *substitute = getenv("LEGWORK_LLM");
	char *program = substitute && *substitute ? xstrdup(substitute) : dir_bin_path("llm-chat");
	const char *env[] = { llm->mark, NULL };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, why[2] = { -1, -1 };
	pid_t pid = -1;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(why, O_CLOEXEC) < 0)
		err_sys("pipe");
	else
		pid =
		    proc_spawn((char *[]){ program, NULL }, env, (int[]){ in[0], out[1], why[1] });
	free(program);
	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&why[1]);
	llm->in = in[1];
	llm->out = out[0];
	llm->err = why[0];
	llm->pid = pid > 0 ? pid : 0;
	llm->why.len = 0;
	if (pid > 0) {
		fcntl(llm->in, F_SETFL, O_NONBLOCK);
		fcntl(llm->out, F_SETFL, O_NONBLOCK);
		fcntl(llm->err, F_SETFL, O_NONBLOCK);
		return 0;
	}
	close_fd(&llm->in);
	close_fd(&llm->out);
	close_fd(&llm->err);
	return -1;
}

static jv
fault(const char *category, const char *code, const char *message, bool retryable)
{
	jv event = json_set_string(jv_object(), "type", "error");

	event = json_set_string(json_set_string(event, "category", category), "code", code);
	event = json_set(event, "message", json_utf8(message, strlen(message)));
	return json_set(event, "retryable", jv_bool(retryable));
}

/* It has ended, or makes no sense: what it said of that, or else how it ended. */
static jv
fault_of_end(struct llm *llm, const char *code, const char *what)
{
	int status = end(llm);
	char how[64] = "";
	jv event;
	char *message;

	while (llm->why.len > 0 && strchr(" \t\r\n", llm->why.p[llm->why.len - 1]))
		llm->why.p[--llm->why.len] = '\0';
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
		snprintf(how, sizeof how, " (signal %d)", WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		snprintf(how, sizeof how, " (exit status %d)", WEXITSTATUS(status));
	message = xprintf("%s%s%s%s", what, how, llm->why.len ? ": " : "",
	    llm->why.len ? llm->why.p : "");
	event = WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG
	            ? fault("configuration", code, message, false)
	            : fault("network", code, message, true);
	free(message);
	return event;
}

static void
write_some(struct llm *llm)
{
	ssize_t n = write(llm->in, llm->request.p, llm->request.len);

	if (n > 0)
		buf_cut(&llm->request, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		llm->request.len = 0; /* its end will be seen on the other pipe */
}

static void
read_why(struct llm *llm)
{
	char bytes[4096];
	ssize_t n = read(llm->err, bytes, sizeof bytes);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&llm->err);
	if (n <= 0)
		return;
	buf_add(&llm->why, bytes, (size_t)n);
	if (llm->why.len > STDERR_TAIL)
		buf_cut(&llm->why, llm->why.len - STDERR_TAIL);
}

/* Takes one line: hands an event on, or keeps it as the last. */
static void
take_line(struct llm *llm, const char *line, size_t len)
{
	jv event = json_parse_object(line, len);
	const char *id, *type;

	if (!jv_is_valid(event)) {
		jv_free(event);
		llm->last = fault_of_end(llm, "llm_rubbish", "llm-chat said what is no event");
		return;
	}
	id = json_peek_string(event, "id");
	type = json_peek_string(event, "type");
	if (!type || (id && strcmp(id, llm->id) != 0))
		jv_free(event); /* of a question that was given up, or of a kind to come */
	else if (!strcmp(type, "stop") || !strcmp(type, "error"))
		llm->last = event;
	else
		llm->take(llm->arg, event);
}

static void
take_lines(struct llm *llm)
{
	size_t taken = 0;
	char *newline;

	while (!jv_is_valid(llm->last) && llm->answer.len > taken &&
	       (newline = memchr(llm->answer.p + taken, '\n', llm->answer.len - taken))) {
		const char *line = llm->answer.p + taken;

		taken = (size_t)(newline + 1 - llm->answer.p);
		take_line(llm, line, (size_t)(newline - line));
	}
	if (taken > 0 && llm->answer.len >= taken)
		buf_cut(&llm->answer, taken);
	if (!jv_is_valid(llm->last) && llm->answer.len > LINE_MAX_BYTES)
		llm->last = fault_of_end(llm, "llm_rubbish", "llm-chat said a line without end");
}

static void
read_answer(struct llm *llm)
{
	ssize_t n = read(llm->out, buf_room(&llm->answer, READ_BYTES), READ_BYTES);

	if (n > 0) {
		llm->answer.len += (size_t)n;
		take_lines(llm);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		while (llm->err >= 0 && poll(&(struct pollfd){ llm->err, POLLIN, 0 }, 1, 100) > 0)
			read_why(llm);
		llm->last =
		    fault_of_end(llm, "llm_ended", "llm-chat ended in the middle of an answer");
	}
}

void
llm_begin(struct llm *llm, jv request, void (*take)(void *arg, jv event), void *arg)
{
	snprintf(llm->id, sizeof llm->id, "r%lu", ++llm->asked);
	llm->take = take;
	llm->arg = arg;
	jv_free(llm->last);
	llm->last = jv_invalid();
	if (llm->pid && reap(llm, 0) >= 0) /* since the last question: nobody had asked it to */
		forget(llm);
	if (!llm->pid && start(llm) < 0) {
		jv_free(request);
		llm->last = fault(err_code() == EX_CONFIG ? "configuration" : "internal",
		    "cannot_start", err_text(), err_code() != EX_CONFIG);
		return;
	}
	json_dump(&llm->request, json_set_string(request, "id", llm->id));
	buf_putc(&llm->request, '\n');
	take_lines(llm);
}

void
llm_poll_fds(const struct llm *llm, struct pollfd fds[LLM_FDS])
{
	fds[0] = (struct pollfd){ llm->out, POLLIN, 0 };
	fds[1] = (struct pollfd){ llm->err, POLLIN, 0 };
	fds[2] = (struct pollfd){ llm->request.len > 0 ? llm->in : -1, POLLOUT, 0 };
}

bool
llm_go_on(struct llm *llm, const struct pollfd fds[LLM_FDS])
{
	if (jv_is_valid(llm->last))
		return true;
	if (fds[1].revents)
		read_why(llm);
	if (fds[2].revents)
		write_some(llm);
	if (fds[0].revents)
		read_answer(llm);
	return jv_is_valid(llm->last);
}

jv
llm_last(const struct llm *llm)
{
	return jv_copy(llm->last);
}

/* Waits for the next thing to happen. */
static bool
turn(struct llm *llm, int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();
	struct pollfd fds[LLM_FDS];

	if (left < 0)
		left = 0;
	llm_poll_fds(llm, fds);
	return poll(fds, LLM_FDS, left > LOOK_MS ? LOOK_MS : (int)left) > 0 && llm_go_on(llm, fds);
}

jv
llm_ask(struct llm *llm, jv request, int64_t until_ms, void (*take)(void *arg, jv event), void *arg)
{
	bool is_over;

	llm_begin(llm, request, take, arg);
	is_over = jv_is_valid(llm->last);
	while (!is_over && !stop_signal() && clock_mono_ms() < until_ms)
		is_over = turn(llm, until_ms);
	if (is_over)
		return llm_last(llm);
	end(llm);
	return stop_signal()
	           ? jv_invalid()
	           : fault("timeout", "timeout", "the model has not answered in time", true);
}

bool
llm_is_configured(void)
{
	struct config config;
	bool is_there;

	config_open(&config);
	is_there = config_has_model(&config);
	config_close(&config);
	return is_there;
}
