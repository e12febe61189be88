#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "life.h"
#include "lines.h"
#include "log.h"
#include "may.h"
#include "proc.h"
#include "stop.h"
#include "task.h"

/* The process that is to be the agent's. */
struct child {
	struct launch *l;
	int report_fd; /* close-on-exec */
	struct store *s;
	struct proc_lease lease;
	struct means parent;
	bool has_parent;
	jv task, lost;
};

/* --- the child */

/* What nobody waits for is for who looks into the file. */
static void
complain(const struct child *c)
{
	const char *id = jv_is_valid(c->task) ? json_peek_string(c->task, "id") : "";

	dprintf(STDERR_FILENO, "agent-spawn: task %s: %s\n", id, err_text());
}

/* Says what has become of it (an object, consumed).  Nobody may be there to hear it. */
static void
report(const struct child *c, jv what)
{
	struct buf b = { 0 };

	json_dump(&b, what);
	buf_putc(&b, '\n');
	if (dir_write_all(c->report_fd, b.p, b.len) < 0)
		err_sys("report");
	buf_release(&b);
}

static _Noreturn void
give_up(struct child *c)
{
	jv what = json_set_int(jv_object(), "code", err_code());

	if (c->s)
		proc_lease_drop(&c->lease, store_run_fd(c->s));
	report(c, json_set_string(what, "message", err_text()));
	_exit(err_code());
}

/* A session of its own, nothing to read, nothing of ours but where it reports, and errors. */
static void
leave(struct child *c)
{
	int null_fd;

	setsid();
	stop_at_pipe();
	c->report_fd = fcntl(c->report_fd, F_DUPFD_CLOEXEC, LAUNCH_LEASE_FD + 1);
	if (c->report_fd < 0 || (null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		_exit(EX_OSERR); /* the end of the pipe tells */
	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	close_range(3, (unsigned)c->report_fd - 1, 0);
	close_range((unsigned)c->report_fd + 1, ~0U, 0);
}

/* What is said in the environment of who started us is not said of this agent. */
static void
forget_parent(void)
{
	static const char *const names[] = { "LEGWORK_RUN", "LEGWORK_CALL", "LEGWORK_CALL_ID",
		"LEGWORK_TASK_ID", "LEGWORK_CHAT_ID", "LEGWORK_ACCOUNT_IDS", "LEGWORK_REGIONS" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
}

/* The store, a lease in it, a file for complaints, and who asks. */
static int
prepare(struct child *c)
{
	int asks, fd;

	if (!(c->s = store_open()) || proc_lease_take(&c->lease, store_run_fd(c->s)) < 0)
		return -1;
	fd = dir_open_file(store_logs_fd(c->s), "spawned.err", O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0)
		return err_sys("logs/agents/spawned.err");
	dup2(fd, STDERR_FILENO);
	close(fd);
	asks = c->l->again ? 0 : means_open(&c->parent, c->s);
	c->has_parent = asks > 0;
	forget_parent();
	return asks < 0 ? -1 : 0;
}

/* The id that the same call of the same task has each time; NULL: none. */
static const char *
known_id(const struct child *c, char id[ID_TEXT])
{
	if (!c->has_parent || !c->l->call_id)
		return NULL;
	return engage_id(c->parent.task_id, c->parent.retries, c->l->call_id, id);
}

static int
begin_new(struct child *c, struct tx *tx)
{
	char id[ID_TEXT];
	struct engage how = { .lease = c->lease.id,
		.parent = c->has_parent ? &c->parent : NULL,
		.id = known_id(c, id),
		.max_running = c->l->max_running,
		.is_unscoped = c->l->is_unscoped,
		.creation = &c->l->creation };

	return engage_begin(tx, jv_copy(c->l->spec), &how, &c->task, &c->lost);
}

static int
begin_again(struct child *c, struct tx *tx)
{
	struct life_claim how = { .lease = c->lease.id, .decision = jv_invalid(), .revision = -1 };
	int rc = life_claim(tx, c->l->again, how, &c->task);

	c->lost = jv_array();
	if (rc == LIFE_PASSED)
		return err_set(EX_TEMPFAIL, "task %s: somebody else has it", c->l->again);
	if (rc == LIFE_HELD)
		return err_set(EX_TEMPFAIL,
		    "task %s: its agent, crew or chat runs as many tasks as it may", c->l->again);
	return rc == LIFE_DONE ? ENGAGE_DONE : -1;
}

/* Ends a transaction in which a task has begun, or not; then err stays. */
static enum store_result
end(struct tx *tx, int begun)
{
	return begun == ENGAGE_DONE      ? store_commit(tx, STORE_DURABLE)
	       : begun == ENGAGE_REFUSED ? may_settle(tx)
	                                 : store_abandon(tx);
}

/* In one transaction.  ENGAGE_DONE, ENGAGE_THERE, or -1 with err. */
static int
begin(struct child *c)
{
	enum store_result rc;
	int begun;

	do {
		struct tx *tx = store_begin(c->s);

		if (!tx)
			return -1;
		begun = c->l->again ? begin_again(c, tx) : begin_new(c, tx);
		rc = end(tx, begun);
		if (rc != STORE_OK) {
			jv_free(c->task);
			jv_free(c->lost);
		}
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK || begun == ENGAGE_REFUSED)
		return -1;
	if (begun == ENGAGE_DONE)
		creation_spent(&c->l->creation, CREATION_BUILDING);
	return begun;
}

/* Who carries the events into the chat becomes our stdout.  Without, they stay in the outbox. */
static void
start_posting(const struct child *c)
{
	char *argv[] = { dir_bin_path("chat-post"), NULL };
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	if (proc_spawn(argv, NULL, (const int[3]){ fds[0], -1, STDERR_FILENO }) < 0)
		complain(c);
	else
		dup2(fds[1], STDOUT_FILENO);
	close(fds[0]);
	close(fds[1]);
	free(argv[0]);
}

static jv
result_of(const struct child *c)
{
	const char *id = json_peek_string(c->task, "id");
	char *store = realpath(store_path(c->s), NULL),
	     *log = xprintf("%s/logs/agents/%s.log", store ? store : store_path(c->s), id);
	jv r = json_set(jv_object(), "success", jv_true());

	r = json_set_string(r, "task_id", id);
	r = json_set_valid(r, "agent_id", json_get(c->task, "agent", JV_KIND_STRING));
	r = json_set_valid(r, "chat_id", json_get(c->task, "chat_id", JV_KIND_STRING));
	r = json_set_string(r, "log", log);
	free(log);
	free(store);
	return json_set_valid(r, "created_at", json_get(c->task, "created_at", JV_KIND_STRING));
}

static void
report_success(const struct child *c, jv result)
{
	jv what = json_set(jv_object(), "result", result), lost = jv_array();

	jv_array_foreach (c->lost, i, task) {
		jv one = json_set_valid(jv_object(), "id", json_get(task, "id", JV_KIND_STRING));

		lost = jv_array_append(lost,
		    json_set_valid(one, "lease", json_get(task, "lease", JV_KIND_STRING)));
		jv_free(task);
	}
	report(c, json_set(what, "lost", lost));
}

/* The times go into the log and the record.  That is no reason to give up what was begun. */
static void
note_times(struct child *c)
{
	const char *id = json_peek_string(c->task, "id");
	struct log *log = log_open(store_logs_fd(c->s), id, 0);
	struct tx *tx;
	jv task;

	if (!log || log_note(log, "agent_creation_metrics", creation_note(&c->l->creation)) < 0)
		complain(c);
	log_close(log);
	do {
		if (!(tx = store_begin(c->s)))
			return;
		task = task_get(tx, id);
		if (!life_is_mine(task, c->lease.id)) {
			jv_free(task);
			store_end(tx);
			return;
		}
		task_put_quietly(tx,
		    json_set(task, "performance", creation_performance(&c->l->creation)));
	} while (store_commit(tx, STORE_RELAXED) == STORE_AGAIN);
}

static _Noreturn void
become_agent(struct child *c)
{
	char *id = xstrdup(json_peek_string(c->task, "id")), *lease = xstrdup(c->lease.id);
	char *argv[] = { dir_bin_path("agent-run"), (char[]){ "--claimed" }, lease, id, NULL };

	store_close(c->s);
	if (proc_lease_keep(&c->lease, LAUNCH_LEASE_FD) == 0)
		execvp(argv[0], argv);
	err_sys("%s", argv[0]);
	complain(c);
	_exit(EX_OSERR); /* the lease ends with us: the task is put back */
}

static _Noreturn void
be_child(struct launch *l, int report_fd)
{
	struct child c = { .l = l, .report_fd = report_fd, .lease.fd = -1, .task = jv_invalid() };
	int begun;

	leave(&c);
	if (prepare(&c) < 0)
		give_up(&c);
	creation_spent(&l->creation, CREATION_SPAWNING);
	begun = begin(&c);
	means_release(&c.parent);
	if (begun < 0)
		give_up(&c);
	if (begun == ENGAGE_THERE) {
		proc_lease_drop(&c.lease, store_run_fd(c.s));
		report_success(&c, json_set(result_of(&c), "again", jv_true()));
		_exit(0);
	}
	report_success(&c,
	    json_set(result_of(&c), "performance", creation_performance(&l->creation)));
	start_posting(&c);
	if (!l->again)
		note_times(&c);
	become_agent(&c);
}

/* --- who starts it */

/* Whether somebody may be about to end all that carries what our environment says of us. */
static bool
is_marked(void)
{
	return getenv("LEGWORK_RUN") || getenv("LEGWORK_CALL");
}

/* What the child says, which is a line; or all until it is agent-run, or has ended. */
static jv
hear(int fd, bool is_line)
{
	struct buf text = { 0 };
	ssize_t n;
	jv said;

	while (!(is_line && text.len > 0 && text.p[text.len - 1] == '\n') &&
	       ((n = read(fd, buf_room(&text, 4096), 4096)) > 0 || (n < 0 && errno == EINTR)))
		text.len += n > 0 ? (size_t)n : 0;
	said = json_parse_object(text.p ? text.p : "", text.len);
	buf_release(&text);
	return said;
}

/* What it has said (consumed).  0, or -1 with err. */
static int
conclude(jv said, pid_t pid, jv *result, jv *lost)
{
	const char *why = jv_is_valid(said) ? json_peek_string(said, "message") : NULL;
	int rc = 0;

	if (!jv_is_valid(said))
		rc = err_set(EX_OSERR, "the agent's process has ended before it was one");
	else if (why)
		rc = err_set((int)json_peek_int(said, "code", EX_SOFTWARE), "%s", why);
	if (rc < 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	} else {
		*result = json_get(said, "result", JV_KIND_OBJECT);
		*lost = json_get(said, "lost", JV_KIND_ARRAY);
	}
	jv_free(said);
	return rc;
}

int
launch_agent(struct launch *l, jv *result, jv *lost)
{
	int fds[2], rc;
	pid_t pid;

	*result = *lost = jv_invalid();
	if (pipe2(fds, O_CLOEXEC) < 0) {
		jv_free(l->spec);
		return err_sys("pipe");
	}
	pid = fork();
	if (pid == 0)
		be_child(l, fds[1]);
	close(fds[1]);
	jv_free(l->spec);
	if (pid < 0) {
		close(fds[0]);
		return err_sys("fork");
	}
	rc = conclude(hear(fds[0], !is_marked()), pid, result, lost);
	close(fds[0]);
	return rc;
}
