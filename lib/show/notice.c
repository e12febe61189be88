#include "notice.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "proc.h"
#include "screen.h"
#include "task.h"

/* How much of what a command says on stderr is looked at. */
enum { LAST_BYTES = 500 };

static void
wake(int signum)
{
	(void)signum;
}

void
notice_open(struct notice *n, const char *command)
{
	struct sigaction act = { .sa_handler = wake, .sa_flags = SA_RESTART };

	*n = (struct notice){ .command = command,
		.since_ms = clock_now_ms(),
		.waiting = jv_array(),
		.told = jv_object() };
	if (command)
		sigaction(SIGCHLD, &act, NULL); /* poll(2) is interrupted all the same */
}

/* Whether the end of a task (borrowed) is news. */
static bool
is_news(struct notice *n, jv task)
{
	const char *id = json_peek_string(task, "id"), *at = json_peek_string(task, "finished_at"),
		   *told = id ? json_peek_string(n->told, id) : "";
	int64_t at_ms;

	if (!id || (told && at && !strcmp(told, at)))
		return false;
	if (at && clock_parse(at, &at_ms) && at_ms < n->since_ms)
		return false;
	n->told = json_set_string(n->told, id, at);
	return true;
}

void
notice_add(struct notice *n, jv task)
{
	if (n->command && is_news(n, task))
		n->waiting = jv_array_append(n->waiting, task);
	else
		jv_free(task);
}

/* A file in memory that holds the record, to be read from its beginning; -1 with err. */
static int
file_of(jv task)
{
	int fd = memfd_create("task", MFD_CLOEXEC);
	struct buf text = { 0 };

	json_dump(&text, jv_copy(task));
	buf_putc(&text, '\n');
	if (fd < 0 || dir_write_all(fd, text.p, text.len) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
		err_sys("a file in memory");
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	buf_release(&text);
	return fd;
}

static pid_t
start(struct notice *n, jv task, int in, int errors)
{
	const char *id = json_peek_string(task, "id"), *status = json_peek_string(task, "status"),
		   *title = json_peek_string(task, "title");
	char shell[] = "sh", dash_c[] = "-c", *line = xstrdup(n->command);
	char *argv[] = { shell, dash_c, line, NULL };
	char *env[] = { xprintf("LEGWORK_ENDED_ID=%s", id), xprintf("LEGWORK_STATUS=%s", status),
		xprintf("LEGWORK_TITLE=%s", title ? title : ""), NULL };
	const char *const names[] = { env[0], env[1], env[2], NULL };
	pid_t pid = proc_spawn(argv, names, (int[]){ in, -1, errors });

	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(line);
	return pid;
}

/* Starts a command for a task (borrowed).  -1 with err. */
static int
begin(struct notice *n, struct notice_run *run, jv task)
{
	int in = file_of(task);

	if (in < 0)
		return -1;
	run->errors = memfd_create("errors", MFD_CLOEXEC);
	run->pid = start(n, task, in, run->errors);
	task_short(json_peek_string(task, "id"), run->task);
	close(in);
	if (run->pid < 0) {
		close(run->errors);
		run->pid = 0;
		return -1;
	}
	return 0;
}

/* The last line that a command has said on stderr, behind ": ". */
static void
add_last_line(struct buf *b, int errors)
{
	off_t end = errors < 0 ? 0 : lseek(errors, 0, SEEK_END);
	char text[LAST_BYTES + 1], *line;
	ssize_t len = pread(errors, text, LAST_BYTES, end > LAST_BYTES ? end - LAST_BYTES : 0);

	while (len > 0 && text[len - 1] == '\n')
		len--;
	if (len <= 0)
		return;
	text[len] = '\0';
	line = strrchr(text, '\n');
	buf_puts(b, ": ");
	buf_puts(b, line ? line + 1 : text);
}

/* A command has ended. */
static void
end(struct notice_run *run, int status, void (*say)(void *arg, const char *warning), void *arg)
{
	struct buf b = { 0 };

	buf_printf(&b, "--notify: task %s: ", run->task);
	if (WIFSIGNALED(status))
		buf_printf(&b, "signal %d", WTERMSIG(status));
	else
		buf_printf(&b, "exit status %d", WEXITSTATUS(status));
	if (status != 0) {
		add_last_line(&b, run->errors);
		say(arg, b.p);
	}
	buf_release(&b);
	close(run->errors);
	run->pid = 0;
}

static void
begin_next(struct notice *n, struct notice_run *run, void (*say)(void *arg, const char *warning),
    void *arg)
{
	jv task = jv_array_get(jv_copy(n->waiting), 0);
	int len = jv_array_length(jv_copy(n->waiting));
	char name[9];

	n->waiting = jv_array_slice(n->waiting, 1, len);
	if (begin(n, run, task) < 0) {
		char *warning = xprintf("--notify: task %s: %s",
		    task_short(json_peek_string(task, "id"), name), err_text());

		say(arg, warning);
		free(warning);
	}
	jv_free(task);
}

/* Those that wait behind the first `keep` are left out. */
static void
leave_out(struct notice *n, int keep, void (*say)(void *arg, const char *warning), void *arg)
{
	int len = jv_array_length(jv_copy(n->waiting));

	for (int i = keep; i < len; i++) {
		jv task = jv_array_get(jv_copy(n->waiting), i);
		char name[9], *warning = xprintf("--notify: task %s: not told, too many wait",
				  task_short(json_peek_string(task, "id"), name));

		say(arg, warning);
		free(warning);
		jv_free(task);
	}
	if (len > keep)
		n->waiting = jv_array_slice(n->waiting, 0, keep);
}

void
notice_look(struct notice *n, void (*say)(void *arg, const char *warning), void *arg)
{
	if (!n->command)
		return;
	for (size_t i = 0; i < NOTICE_AT_ONCE; i++) {
		struct notice_run *run = &n->run[i];
		int status;

		if (run->pid && waitpid(run->pid, &status, WNOHANG) == run->pid)
			end(run, status, say, arg);
		while (!run->pid && jv_array_length(jv_copy(n->waiting)) > 0)
			begin_next(n, run, say, arg);
	}
	leave_out(n, NOTICE_WAITING, say, arg);
}

void
notice_close(struct notice *n, void (*say)(void *arg, const char *warning), void *arg)
{
	notice_look(n, say, arg);
	leave_out(n, 0, say, arg);
	for (size_t i = 0; i < NOTICE_AT_ONCE; i++)
		if (n->run[i].pid)
			close(n->run[i].errors);
	jv_free(n->waiting);
	jv_free(n->told);
	n->command = NULL;
}
