/* task-run - have agents do tasks, and print their events */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "clock.h"
#include "dir.h"
#include "err.h"
#include "lease.h"
#include "lines.h"
#include "opt.h"
#include "outbox.h"
#include "proc.h"
#include "stop.h"
#include "task.h"

/* How long a lost bell may go unnoticed; how often orphans are looked for, and how many tasks may
 * be followed then: each costs descriptors. */
enum { POLL_MS = 2000, ADOPT_MS = 100, ADOPT_MAX = 64, JOBS_MAX = 1024, JOB_FDS = 6 };

static const char *grace = "10";
static long jobs = 1;

static const struct opt opts[] = { { 'j', "jobs", "count", "do count tasks at once (default: 1)",
				       .num = &jobs, .min = 1, .max = JOBS_MAX },
	{ 0, "grace", "time", "on TERM, let running tasks go on for so long (default: 10)",
	    .str = &grace },
	{ 0 } };

static const struct cmd cmd = { "task-run", "have agents do tasks, and print their events", "",
	opts, 0 };

/* An agent-run, which does one task after the other: starting one costs more than many tasks do. */
struct job {
	pid_t pid;
	int to,
	    from; /* its stdin; its stdout: '.' for news, a newline when the task is done with */
	char id[ID_TEXT]; /* of its task; empty: it waits for one */
};

struct runner {
	struct store *s;
	struct lines in;
	struct proc_lease lease;
	struct lease_watch others;
	struct outbox *outbox;
	struct bell *bell; /* of all tasks: orphans may appear */
	char *agent_run;
	struct job job[JOBS_MAX];
	long started;       /* agent-runs */
	long running;       /* those that have a task */
	int64_t adopted_ms; /* when orphans were looked for last */
	bool may_adopt;     /* a bell has rung since */
	int64_t stop_ms;    /* when patience ends after a signal; 0: none came */
	bool is_closed;     /* no more tasks are taken */
	bool is_deaf;       /* nobody reads our output */
	int status;
};

/* Starts an agent-run. */
static struct job *
new_job(struct runner *r)
{
	struct job *job = &r->job[r->started];
	char *runner = xprintf("--runner=%s", r->lease.id);
	char *argv[] = { r->agent_run, runner, NULL };
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) {
		err_sys("pipe");
		err_exit();
	}
	*job = (struct job){ .to = to[1], .from = from[0] };
	job->pid = proc_spawn(argv, (const char *const[]){ NULL },
	    (const int[]){ to[0], from[1], STDERR_FILENO });
	close(to[0]);
	close(from[1]);
	free(runner);
	if (job->pid < 0)
		err_exit();
	r->started++;
	return job;
}

static struct job *
idle_job(struct runner *r)
{
	for (long i = 0; i < r->started; i++)
		if (!*r->job[i].id)
			return &r->job[i];
	return new_job(r);
}

/* Hands the line that was given (with the decision, say) to an agent-run; task is the record. */
static void
start(struct runner *r, jv given, jv task)
{
	struct job *job = idle_job(r);
	struct buf line = { 0 };

	strncpy(job->id, json_peek_string(task, "id"), ID_TEXT - 1);
	r->running++;
	json_dump(&line, jv_copy(given));
	buf_putc(&line, '\n');
	/* It reads everything at once, or is dead, which its exit tells. */
	if (dir_write_all(job->to, line.p, line.len) < 0 && errno != EPIPE) {
		err_sys("agent-run: its stdin");
		err_exit();
	}
	buf_release(&line);
	if (outbox_add(r->outbox, task, true) < 0)
		err_exit();
}

/* Starts a task, unless somebody has it or it has ended; a line that names none is bad. */
static void
take_task(struct runner *r, jv line)
{
	const char *id = json_peek_string(line, "id");
	jv task = jv_invalid();

	if (!id || !id_is_full(id))
		err_set(EX_DATAERR, "id: want a task id");
	else
		task = ask_record(r->s, "task", id);
	if (!jv_is_valid(task)) {
		if (err_code() != EX_DATAERR && err_code() != EX_NOINPUT)
			err_exit();
		err_warn("stdin:%lu: %s", r->in.number, err_text());
		r->status = EX_DATAERR;
	} else if (task_is(task, "pending")) {
		start(r, line, task);
	}
	jv_free(task);
	jv_free(line);
}

/* A slot is free: takes the next line. */
static void
take_line(struct runner *r)
{
	jv task;

	switch (lines_next_object(&r->in, &task)) {
	case LINES_OK:
		take_task(r, task);
		break;
	case LINES_BAD:
		r->status = (err_print(), EX_DATAERR);
		break;
	case LINES_FAIL:
		if (stop_signal())
			break;
		r->status = err_print();
		/* fallthrough */
	case LINES_END:
		r->is_closed = true;
	}
}

/* Its task is done with, or it is dead. */
static void
end_task(struct runner *r, struct job *job)
{
	if (!*job->id)
		return;
	outbox_let_go(r->outbox, job->id);
	*job->id = '\0';
	r->running--;
}

static void
forget(struct runner *r, struct job *job)
{
	end_task(r, job);
	close(job->to);
	close(job->from);
	*job = r->job[--r->started];
}

/* Takes away the agent-runs that have ended, and what killed ones have left to us, a subreaper. */
static void
reap(struct runner *r)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (long i = 0; i < r->started; i++)
			if (r->job[i].pid == pid) {
				forget(r, &r->job[i]);
				break;
			}
}

/* Hears from an agent-run: there is news, the task is done with, or it is dead. */
static void
hear(struct runner *r, struct job *job)
{
	char said[256];
	ssize_t n = read(job->from, said, sizeof said);

	if (n > 0 && memchr(said, '\n', (size_t)n))
		end_task(r, job);
	if (n == 0 && waitpid(job->pid, NULL, 0) == job->pid)
		forget(r, job);
}

/* There is no more to do for them: they end. */
static void
dismiss(struct runner *r)
{
	while (r->started > 0) {
		struct job *job = &r->job[0];
		pid_t pid = job->pid;

		forget(r, job);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

/* Whose events nobody prints, because the task-run that would have is dead. */
static void
find_orphans(struct runner *r, struct tx *tx, const char *set, jv *orphans)
{
	size_t room = ADOPT_MAX > outbox_len(r->outbox) ? ADOPT_MAX - outbox_len(r->outbox) : 0;

	for (uint64_t n = 0; (size_t)jv_array_length(jv_copy(*orphans)) < room &&
			     (n = store_next(tx, set, n)) != 0;) {
		jv task = store_at(tx, n);
		const char *runner = json_peek_string(task, "runner");
		const char *id = json_peek_string(task, "id");

		if (id && id_is_full(id) && (!runner || !lease_is_live(&r->others, runner)) &&
		    !outbox_has(r->outbox, id))
			*orphans = jv_array_append(*orphans, jv_copy(task));
		jv_free(task);
	}
}

static jv
look_for_orphans(struct runner *r)
{
	struct tx *tx = store_read(r->s);
	jv orphans = jv_array();

	if (!tx)
		err_exit();
	find_orphans(r, tx, "outbox", &orphans);
	find_orphans(r, tx, "status.in_progress", &orphans);
	if (store_end(tx) < 0)
		err_exit();
	lease_forget(&r->others);
	r->adopted_ms = clock_mono_ms();
	r->may_adopt = false;
	return orphans;
}

/* Makes the orphans ours, in one transaction, so that no two task-runs print them. */
static jv
make_ours(struct runner *r, jv orphans)
{
	enum store_result rc;
	jv ours;

	do {
		struct tx *tx = store_begin(r->s);

		if (!tx)
			err_exit();
		ours = jv_array();
		jv_array_foreach (orphans, i, orphan) {
			jv task = task_get(tx, json_peek_string(orphan, "id"));
			const char *runner =
			    jv_is_valid(task) ? json_peek_string(task, "runner") : NULL;

			if (jv_is_valid(task) && (!runner || !lease_is_live(&r->others, runner))) {
				task = json_set_string(task, "runner", r->lease.id);
				task_put(tx, jv_copy(task));
				ours = jv_array_append(ours, jv_copy(task));
			}
			jv_free(task);
			jv_free(orphan);
		}
		if ((rc = store_commit(tx, STORE_RELAXED)) != STORE_OK)
			jv_free(ours);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	return ours;
}

static void
adopt(struct runner *r)
{
	jv orphans = look_for_orphans(r), ours;

	if (jv_array_length(jv_copy(orphans)) > 0) {
		ours = make_ours(r, orphans);
		jv_array_foreach (ours, i, task) {
			if (outbox_add(r->outbox, task, false) < 0)
				err_exit();
			jv_free(task);
		}
		jv_free(ours);
	}
	jv_free(orphans);
}

/* Nobody reads our output: what runs is finished, nothing is begun. */
static void
go_deaf(struct runner *r)
{
	r->is_deaf = r->is_closed = true;
}

/* Prints what can be printed without waiting. */
static void
pump(struct runner *r)
{
	int rc = lines_reader_gone(STDOUT_FILENO) ? OUTBOX_GONE : outbox_pump(r->outbox);

	if (rc < 0 && err_print() == EX_TEMPFAIL)
		return; /* locked for long: there is another turn */
	if (rc != 0)
		go_deaf(r);
}

static bool
is_patience_over(const struct runner *r)
{
	return clock_mono_ms() >= r->stop_ms || stop_count() > 1;
}

/* After a signal: no more tasks; when patience ends, running ones are put back. */
static void
heed_signal(struct runner *r)
{
	if (!stop_signal())
		return;
	r->is_closed = true;
	if (!r->stop_ms)
		r->stop_ms = clock_mono_ms() + opt_duration_ms(grace);
	if (is_patience_over(r))
		for (long i = 0; i < r->started; i++)
			kill(r->job[i].pid, SIGTERM);
}

static int
wait_ms(const struct runner *r)
{
	int64_t left = r->may_adopt ? ADOPT_MS : POLL_MS;

	if (r->stop_ms && r->stop_ms - clock_mono_ms() < left)
		left = r->stop_ms - clock_mono_ms() > 0 ? r->stop_ms - clock_mono_ms() : 100;
	return (int)left;
}

/* Sleeps until there is something to do.  Returns whether a line can be read. */
static bool
wait_for_news(struct runner *r)
{
	size_t len = 2, room = (size_t)r->started + outbox_len(r->outbox) + 3;
	struct pollfd *fds = xmalloc(room * sizeof *fds);
	bool wants_line = !r->is_closed && r->running < jobs, is_ready = false;
	long started = r->started;

	if (wants_line && lines_is_ready(&r->in)) {
		free(fds);
		return true;
	}
	fds[0] = (struct pollfd){ wants_line ? r->in.fd : -1, POLLIN, 0 };
	fds[1] = (struct pollfd){ bell_fd(r->bell), POLLIN, 0 };
	for (long i = 0; i < started; i++)
		fds[len++] = (struct pollfd){ r->job[i].from, POLLIN, 0 };
	if (!r->is_deaf)
		len += outbox_poll_fds(r->outbox, fds + len);
	if (poll(fds, len, wait_ms(r)) > 0)
		is_ready = fds[0].revents != 0;
	for (long i = started;
	     i-- > 0;) /* backwards: one that is forgotten is replaced by the last */
		if (fds[2 + i].revents)
			hear(r, &r->job[i]);
	r->may_adopt = r->may_adopt || fds[1].revents != 0;
	bell_clear(r->bell);
	free(fds);
	return is_ready;
}

static bool
is_finished(struct runner *r)
{
	if (!r->is_closed || r->running > 0)
		return false;
	if (r->is_deaf || (stop_signal() && is_patience_over(r)))
		return true; /* what is not printed yet the next one prints */
	if (outbox_len(r->outbox) > 0 || outbox_is_blocked(r->outbox))
		return false;
	if (stop_signal())
		return true;
	adopt(r); /* the last look */
	return outbox_len(r->outbox) == 0;
}

static void
run(struct runner *r)
{
	adopt(r);
	for (;;) {
		bool can_read;

		reap(r);
		heed_signal(r);
		if (!r->is_deaf)
			pump(r);
		if (is_finished(r))
			break;
		can_read = wait_for_news(r);
		if (can_read && !stop_signal())
			take_line(r);
		if (!r->is_deaf &&
		    clock_mono_ms() - r->adopted_ms > (r->may_adopt ? ADOPT_MS : POLL_MS))
			adopt(r);
	}
}

/* Each job has descriptors of ours: for many there may have to be more than usual. */
static void
make_room(void)
{
	rlim_t want = (rlim_t)(jobs + ADOPT_MAX) * JOB_FDS + 64;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char *argv[])
{
	static struct runner r;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (opt_duration_ms(grace) < 0)
		opt_usage(&cmd, "--grace: want a time such as 10, 500ms or 2m, got '%s'", grace);
	stop_catch();
	stop_at_pipe();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	make_room();
	if (!(r.s = store_open()))
		err_exit();
	lines_init(&r.in, STDIN_FILENO, STDOUT_FILENO, "stdin");
	r.others.run_fd = store_run_fd(r.s);
	r.agent_run = dir_bin_path("agent-run");
	r.outbox = outbox_open(r.s, STDOUT_FILENO);
	if (proc_lease_take(&r.lease, store_run_fd(r.s)) < 0 ||
	    !(r.bell = bell_open(store_watch_fd(r.s), "tasks")))
		err_exit();
	run(&r);
	dismiss(&r);
	bell_close(r.bell);
	outbox_close(r.outbox);
	proc_lease_drop(&r.lease, store_run_fd(r.s));
	lease_release(&r.others);
	lines_release(&r.in);
	free(r.agent_run);
	store_close(r.s);
	return stop_signal() ? 128 + stop_signal() : r.is_deaf ? EX_IOERR : r.status;
}
