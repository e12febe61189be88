#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chat.h"
#include "clock.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "proc.h"
#include "speech.h"
#include "stop.h"
#include "task.h"
#include "work.h"

enum {
	READ_BYTES = 64 << 10,
	LINE_MAX_BYTES = 1 << 20,   /* a longer line is part of the response, unlooked at */
	STDERR_TAIL = 500,          /* how much of its end, in whole lines, tells why */
	STDERR_LOG_MAX = 256 << 10, /* how much of it is logged */
	STDERR_LINE_COST = 64,      /* what a line of it adds to the log besides its text */
	GRACE_MS = 2000,            /* from TERM to KILL */
	LINGER_MS = 200,            /* for output still in the pipe when the program has ended */
};

struct run {
	struct work *w;
	pid_t pid;
	int pidfd, in, out, err;
	struct buf request; /* what is still to be written to its stdin */
	struct buf line;    /* of its stdout, incomplete */
	struct buf response;
	size_t response_cost;
	struct buf stderr_line, stderr_tail;
	size_t stderr_logged;
	bool is_cut, is_tail_cut, is_in_long_line;
	char *broken;        /* why the log cannot be written */
	int64_t deadline_ms; /* monotonic; INT64_MAX: none */
	bool has_timed_out;
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The request: the instruction as it is, or everything as one line of JSON. */
static void
make_request(struct work *w, struct buf *b)
{
	const char *input = json_peek_string(w->agent, "input");
	const char *instruction = json_peek_string(w->task, "instruction");

	if (input && !strcmp(input, "json")) {
		jv request = json_set_string(jv_object(), "instruction", instruction);

		request = json_set_int(request, "attempt", json_peek_int(w->task, "attempt", 1));
		request = json_set(request, "task", jv_copy(w->task));
		request = json_set(request, "agent", jv_copy(w->agent));
		json_dump(b, json_set(request, "dependencies", jv_copy(w->dependencies)));
	} else {
		buf_puts(b, instruction);
	}
	if (b->len > 0 && b->p[b->len - 1] != '\n')
		buf_putc(b, '\n');
}

/* A list of the task's scope, joined by commas. */
static char *
scope_list(jv task, const char *name)
{
	jv scope = json_get(task, "scope", JV_KIND_OBJECT);
	jv list = jv_is_valid(scope) ? json_get(scope, name, JV_KIND_ARRAY) : jv_invalid();
	struct buf b = { 0 };

	buf_puts(&b, "");
	if (jv_is_valid(list))
		jv_array_foreach (list, i, item) {
			if (jv_get_kind(item) == JV_KIND_STRING)
				buf_printf(&b, "%s%s", b.len ? "," : "", jv_string_value(item));
			jv_free(item);
		}
	jv_free(list);
	jv_free(scope);
	return b.p;
}

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

char **
work_env(const struct work *w)
{
	char **env = xmalloc(8 * sizeof *env);
	char *accounts = scope_list(w->task, "account_ids"),
	     *regions = scope_list(w->task, "regions");
	size_t n = 0;

	env[n++] = xprintf("LEGWORK_TASK_ID=%s", json_peek_string(w->task, "id"));
	env[n++] = xprintf("LEGWORK_CHAT_ID=%s", or_empty(json_peek_string(w->task, "chat_id")));
	env[n++] = xprintf("LEGWORK_USER=%s", or_empty(json_peek_string(w->task, "user_id")));
	env[n++] = xprintf("LEGWORK_ACCOUNT_IDS=%s", accounts);
	env[n++] = xprintf("LEGWORK_REGIONS=%s", regions);
	env[n++] = xprintf("LEGWORK_RUN=%s", w->lease);
	env[n++] = xprintf("LEGWORK_STORE=%s", w->store);
	env[n] = NULL;
	free(accounts);
	free(regions);
	return env;
}

static char **
make_argv(jv agent)
{
	jv command = json_get(agent, "command", JV_KIND_ARRAY);
	int len = jv_is_valid(command) ? jv_array_length(jv_copy(command)) : 0;
	char **argv = xmalloc(((size_t)len + 1) * sizeof *argv);

	for (int i = 0; i < len; i++) {
		jv word = jv_array_get(jv_copy(command), i);

		argv[i] = xstrdup(jv_get_kind(word) == JV_KIND_STRING ? jv_string_value(word) : "");
		jv_free(word);
	}
	argv[len] = NULL;
	jv_free(command);
	return argv;
}

void
work_env_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

char *
work_folder(const struct work *w)
{
	const char *own = json_peek_string(w->agent, "folder");
	char *path, *real;
	int fd;

	if (own) {
		if (!(real = realpath(own, NULL)))
			err_set(EX_CONFIG, "folder %s: %s", own, strerror(errno));
		return real;
	}
	path = xprintf("%s/work/%s", w->store, json_peek_string(w->task, "id"));
	if ((fd = dir_open_private(path)) < 0) {
		free(path);
		return NULL;
	}
	close(fd);
	return path;
}

int
work_folder_remove(int store_fd, const char *task_id)
{
	char *name = xprintf("work/%s", task_id);
	int rc = strchr(task_id, '/') ? 0 : dir_remove_tree(store_fd, name);

	if (rc < 0)
		err_sys("%s", name);
	free(name);
	return rc;
}

static int
start(struct run *r)
{
	char **argv = make_argv(r->w->agent), **env = work_env(r->w);
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };

	r->pid = -1;
	if (!argv[0])
		err_set(EX_CONFIG, "the agent has no command");
	else if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		err_sys("pipe");
	else
		r->pid = proc_spawn(argv, (const char *const *)env,
		    (const int[]){ in[0], out[1], err[1] });
	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&err[1]);
	r->in = in[1];
	r->out = out[0];
	r->err = err[0];
	if (r->pid > 0) {
		fcntl(r->in, F_SETFL, O_NONBLOCK);
		fcntl(r->out, F_SETFL, O_NONBLOCK);
		fcntl(r->err, F_SETFL, O_NONBLOCK);
		r->pidfd = proc_pidfd(r->pid);
	}
	if (r->pid > 0 && r->pidfd < 0) { /* its end could not be seen */
		err_sys("pidfd");
		kill(-r->pid, SIGKILL);
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
		r->pid = -1;
	}
	work_env_free(argv);
	work_env_free(env);
	return r->pid > 0 ? 0 : -1;
}

static void
tell(struct run *r)
{
	if (r->w->told)
		r->w->told(r->w->arg);
}

/* Keeps the first error of the log. */
static void
keep_error(struct run *r, int rc)
{
	if (rc < 0 && !r->broken)
		r->broken = xstrdup(err_text());
}

static void
note(struct run *r, int rc)
{
	keep_error(r, rc);
	tell(r);
}

/* A line of stdout that is an event: {"type":...,"data":{...}}. */
static bool
take_event(struct run *r, const char *line, size_t len)
{
	jv event, data;
	const char *type;

	if (len < 2 || line[0] != '{')
		return false;
	event = json_parse_object(line, len);
	if (!jv_is_valid(event)) {
		jv_free(event);
		return false;
	}
	event = json_set_string(event, "chat_id", "");
	event = json_drop(event, "id");
	if (chat_check_event(event) < 0) {
		jv_free(event);
		return false;
	}
	type = json_peek_string(event, "type");
	data = json_get(event, "data", JV_KIND_OBJECT);
	note(r, log_event(r->w->log, speech_event(r->w->task, type, data, r->w->lease)));
	jv_free(event);
	return true;
}

/* What a byte of an answer counts: control characters have six bytes in a JSON string; that others
 * have three at most is in the limit. */
static size_t
cost_of(unsigned char c)
{
	return c < ' ' && c != '\n' && c != '\t' && c != '\r' ? 6 : 1;
}

size_t
work_fit(const char *bytes, size_t len, size_t room)
{
	size_t cost = 0, n = 0;

	while (n < len && (cost += cost_of((unsigned char)bytes[n])) <= room)
		n++;
	return n;
}

static void
add_response(struct run *r, const char *bytes, size_t len)
{
	size_t fit = r->is_cut ? 0 : work_fit(bytes, len, WORK_RESPONSE_MAX - r->response_cost);

	r->is_cut = r->is_cut || fit < len;
	for (size_t i = 0; i < fit; i++)
		r->response_cost += cost_of((unsigned char)bytes[i]);
	buf_add(&r->response, bytes, fit);
}

static void
take_stdout(struct run *r, const char *bytes, size_t len)
{
	const char *newline;

	while ((newline = memchr(bytes, '\n', len))) {
		size_t part = (size_t)(newline - bytes);

		buf_add(&r->line, bytes, part);
		if (r->is_in_long_line || !take_event(r, r->line.p, r->line.len)) {
			add_response(r, r->line.p, r->line.len);
			add_response(r, "\n", 1);
		}
		r->line.len = 0;
		r->is_in_long_line = false;
		bytes += part + 1;
		len -= part + 1;
	}
	buf_add(&r->line, bytes, len);
	if (r->line.len > LINE_MAX_BYTES) {
		add_response(r, r->line.p, r->line.len);
		r->line.len = 0;
		r->is_in_long_line = true;
	}
}

static void
log_stderr_line(struct run *r)
{
	jv detail;

	if (r->stderr_line.len == 0)
		return;
	if (r->stderr_logged < STDERR_LOG_MAX) {
		detail =
		    json_set(jv_object(), "text", json_utf8(r->stderr_line.p, r->stderr_line.len));
		keep_error(r, log_note(r->w->log, "stderr", detail)); /* nobody waits for it */
		r->stderr_logged += r->stderr_line.len + STDERR_LINE_COST;
	}
	r->stderr_line.len = 0;
}

static void
take_stderr(struct run *r, const char *bytes, size_t len)
{
	buf_add(&r->stderr_tail, bytes, len);
	if (r->stderr_tail.len > STDERR_TAIL) {
		buf_cut(&r->stderr_tail, r->stderr_tail.len - STDERR_TAIL);
		r->is_tail_cut = true;
	}
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			buf_putc(&r->stderr_line, bytes[i]);
		if (bytes[i] == '\n' || r->stderr_line.len >= READ_BYTES)
			log_stderr_line(r);
	}
}

/* Takes what can be read now; false: nothing. */
static bool
read_some(struct run *r, int *fd, void (*take)(struct run *, const char *, size_t))
{
	char bytes[READ_BYTES];
	ssize_t n;

	if (*fd < 0)
		return false;
	n = read(*fd, bytes, sizeof bytes);
	if (n > 0)
		take(r, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return n > 0;
}

static void
write_some(struct run *r)
{
	ssize_t n = write(r->in, r->request.p, r->request.len);

	if (n > 0)
		buf_cut(&r->request, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		r->request.len = 0; /* it does not want to read on: its own affair */
	if (r->request.len == 0)
		close_fd(&r->in);
}

/* Waits for the next thing to happen.  true: the program has ended. */
static bool
turn(struct run *r)
{
	struct pollfd fds[] = { { r->pidfd, POLLIN, 0 }, { r->out, POLLIN, 0 },
		{ r->err, POLLIN, 0 }, { r->in, POLLOUT, 0 } };
	int64_t left = r->deadline_ms == INT64_MAX ? -1 : r->deadline_ms - clock_mono_ms();

	if (r->deadline_ms != INT64_MAX && left < 0)
		left = 0;
	if (poll(fds, 4, left > 60000 ? 60000 : (int)left) < 0)
		return false;
	if (fds[1].revents)
		read_some(r, &r->out, take_stdout);
	if (fds[2].revents)
		read_some(r, &r->err, take_stderr);
	if (fds[3].revents)
		write_some(r);
	return fds[0].revents != 0;
}

/* What is still in the pipes; somebody it left behind may hold them open, so not for long. */
static void
drain_pipes(struct run *r)
{
	int64_t end = clock_mono_ms() + LINGER_MS;

	while ((r->out >= 0 || r->err >= 0) && clock_mono_ms() < end) {
		struct pollfd fds[] = { { r->out, POLLIN, 0 }, { r->err, POLLIN, 0 } };
		bool any = read_some(r, &r->out, take_stdout);

		any = read_some(r, &r->err, take_stderr) || any;
		if (!any && (r->out >= 0 || r->err >= 0))
			poll(fds, 2, 10);
	}
	if (r->line.len > 0 && (r->is_in_long_line || !take_event(r, r->line.p, r->line.len)))
		add_response(r, r->line.p, r->line.len);
	log_stderr_line(r);
}

/* Asks the program and its group to end, and makes them. */
static void
terminate(struct run *r)
{
	int64_t end = clock_mono_ms() + GRACE_MS;

	kill(-r->pid, SIGTERM);
	r->deadline_ms = end;
	while (!turn(r) && clock_mono_ms() < end)
		;
	kill(-r->pid, SIGKILL);
}

/* As a subreaper we are the parent of all that is left of it: no child, nothing left. */
void
work_end_remains(const struct work *w)
{
	char *mark;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
		return;
	mark = xprintf("LEGWORK_RUN=%s", w->lease);
	if (proc_kill_marked(mark, GRACE_MS) < 0)
		log_note(w->log, "remains", json_set_string(jv_object(), "error", err_text()));
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	free(mark);
}

int64_t
work_timeout_ms(jv task)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT), value = jv_invalid();
	int64_t ms = 0;

	if (jv_is_valid(limits))
		value = jv_object_get(jv_copy(limits), jv_string("timeout_s"));
	if (jv_get_kind(value) == JV_KIND_NUMBER && jv_number_value(value) < 1e9) {
		ms = (int64_t)(jv_number_value(value) * 1000);
		ms += (double)ms < jv_number_value(value) * 1000; /* a short time is not none */
	}
	jv_free(value);
	jv_free(limits);
	return ms;
}

/* Runs until the program has ended, was stopped, or has had its time.  Returns its status. */
static int
wait_for_end(struct run *r)
{
	int64_t limit = work_timeout_ms(r->w->task), end = limit ? clock_mono_ms() + limit : INT64_MAX;
	bool has_ended = false;
	int status = 0;

	r->deadline_ms = end;
	while (!has_ended && !stop_signal() && clock_mono_ms() < end)
		has_ended = turn(r);
	if (!has_ended) {
		r->has_timed_out = !stop_signal();
		terminate(r);
	}
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	drain_pipes(r);
	kill(-r->pid, SIGKILL);
	work_end_remains(r->w);
	return status;
}

static jv
error_of(struct run *r, int status)
{
	struct buf *tail = &r->stderr_tail;
	char fallback[64];
	const char *line;
	jv message;

	while (tail->len > 0 && strchr(" \t\r\n", tail->p[tail->len - 1]))
		tail->p[--tail->len] = '\0';
	if (r->has_timed_out) {
		char *why = xprintf("no answer within %g s", (double)work_timeout_ms(r->w->task) / 1000);
		jv error = task_error("timeout", "timeout", why, true);

		free(why);
		return error;
	}
	if (WIFSIGNALED(status)) {
		snprintf(fallback, sizeof fallback, "killed by signal %d", WTERMSIG(status));
		return task_error("internal", "agent_killed", fallback, true);
	}
	snprintf(fallback, sizeof fallback, "exit status %d", WEXITSTATUS(status));
	if (r->is_tail_cut && (line = memchr(tail->p, '\n', tail->len)))
		buf_cut(tail, (size_t)(line + 1 - tail->p));
	message = tail->len ? json_utf8(tail->p, tail->len) : jv_string(fallback);
	message =
	    json_set(task_error("tool", "exit_status", "", WEXITSTATUS(status) == EX_TEMPFAIL),
		"message", message);
	return json_set_int(message, "exit_status", WEXITSTATUS(status));
}

static jv
response_of(struct run *r)
{
	struct buf *b = &r->response;

	while (b->len > 0 && strchr("\r\n", b->p[b->len - 1]))
		b->len--;
	return json_utf8(b->p ? b->p : "", b->len);
}

static void
release(struct run *r)
{
	close_fd(&r->in);
	close_fd(&r->out);
	close_fd(&r->err);
	close_fd(&r->pidfd);
	buf_release(&r->request);
	buf_release(&r->line);
	buf_release(&r->response);
	buf_release(&r->stderr_line);
	buf_release(&r->stderr_tail);
	free(r->broken);
}

/* What was dropped is missed by who reads the chat, too. */
static void
note_cut(struct run *r)
{
	char name[9];
	jv text = jv_string_fmt("Task %s: only the first %d MiB of its answer are kept",
	    task_short(json_peek_string(r->w->task, "id"), name), WORK_RESPONSE_MAX >> 20);

	note(r, log_note(r->w->log, "cut", json_set_int(jv_object(), "kept", WORK_RESPONSE_MAX)));
	note(r, log_event(r->w->log, speech_event(r->w->task, "status",
					 json_set(jv_object(), "message", text), r->w->lease)));
}

void
work_result_init(struct work_result *result)
{
	*result = (struct work_result){ jv_invalid(), jv_invalid(), jv_invalid(), jv_invalid() };
}

void
work_result_release(struct work_result *result)
{
	jv_free(result->response);
	jv_free(result->error);
	jv_free(result->usage);
	jv_free(result->approval);
}

enum work_end
work_run(struct work *w, struct work_result *result)
{
	struct run r = { .w = w, .pidfd = -1, .in = -1, .out = -1, .err = -1 };
	enum work_end end = WORK_FAILED;
	int status;

	work_result_init(result);
	make_request(w, &r.request);
	if (start(&r) < 0) {
		bool is_ours = err_code() != EX_CONFIG;

		result->error = task_error(is_ours ? "internal" : "configuration", "cannot_start",
		    err_text(), is_ours);
		release(&r);
		return WORK_FAILED;
	}
	status = wait_for_end(&r);
	note(&r, log_note(w->log, "exit",
		     json_set_int(jv_object(), "status",
			 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status))));
	if (stop_signal() && !r.has_timed_out && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		end = WORK_STOPPED;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !r.has_timed_out) {
		end = WORK_DONE;
	} else {
		result->error = error_of(&r, status);
	}
	result->response = response_of(&r);
	if (r.is_cut)
		note_cut(&r);
	if (r.broken) {
		jv_free(result->error);
		result->error = task_error("internal", "log_failed", r.broken, true);
		end = WORK_BROKEN;
	}
	release(&r);
	return end;
}
