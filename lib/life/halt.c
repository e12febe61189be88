#include "halt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "bell.h"
#include "clock.h"
#include "err.h"
#include "hunt.h"
#include "life.h"
#include "proc.h"
#include "stop.h"
#include "task.h"

enum {
	LATER_MS = 1000,      /* how much longer a runner gets: it has something to store */
	KILL_WAIT_MS = 10000, /* from its KILL until it is not believed any more */
	REST_MS = 250         /* how much longer a runner waits for its agent than we do */
};

struct run {
	struct store *s;
	struct halt *halt;
	size_t len;
	struct hunt *hunt;
	struct pollfd *pidfds; /* of the runners */
	int64_t begun_ms, kill_ms;
	int grace_ms;
	bool is_killing; /* runners got KILL */
};

static void
close_pidfd(struct halt *h)
{
	if (h->pidfd >= 0)
		close(h->pidfd);
	h->pidfd = -1;
}

void
halt_release(struct halt *h)
{
	jv_free(h->pids);
	jv_free(h->left);
}

/* What the record says. */
static void
note_state(struct halt *h, jv task)
{
	const char *status = json_peek_string(task, "status");

	strncpy(h->state, status ? status : "deleted", sizeof h->state - 1);
	h->is_over = !task_is(task, "in_progress");
}

/* By what its processes are found. */
static void
learn(struct run *r, struct halt *h, jv task)
{
	const char *lease = json_peek_string(task, "lease");

	if (!lease || !id_is_full(lease))
		return;
	memcpy(h->lease, lease, ID_TEXT);
	h->value = hunt_add(r->hunt, lease);
	h->pidfd = proc_lease_pidfd(store_run_fd(r->s), lease, &h->runner);
	if (h->pidfd >= 0)
		hunt_runner(r->hunt, h->value, h->runner);
	h->is_known = true;
}

/* Asks the runner of a task to stop; the store's lock is held, so that it cannot end the task
 * before it has heard. */
static void
tell(const struct run *r, struct halt *h)
{
	if (h->pidfd >= 0 && stop_send(h->pidfd, r->grace_ms + REST_MS) == 0)
		h->signal = SIGTERM;
}

/* Looks at the records of those that have not ended, and stops their runners if it is time. */
static int
look(struct run *r, bool is_time)
{
	struct tx *tx = store_read(r->s);

	if (!tx)
		return -1;
	for (size_t i = 0; i < r->len; i++) {
		struct halt *h = &r->halt[i];
		jv task = h->is_over ? jv_invalid() : task_get(tx, h->id);

		if (!h->is_over)
			note_state(h, task);
		if (!h->is_over && !h->is_known)
			learn(r, h, task);
		if (!h->is_over && is_time)
			tell(r, h);
		jv_free(task);
	}
	return store_end(tx);
}

/* Whether a process of a task that was found is still there, and whether it cannot be ended. */
static bool
has_prey(const struct run *r, const struct halt *h, bool *is_stuck)
{
	bool has = false;

	*is_stuck = false;
	for (size_t i = 0; h->is_known && i < r->hunt->len; i++) {
		const struct hunt_prey *prey = &r->hunt->prey[i];

		if (prey->value == h->value && prey->is_here) {
			has = true;
			*is_stuck |= prey->error != 0;
		}
	}
	return has;
}

/* Whether the runner has ended. */
static bool
is_runner_gone(struct halt *h)
{
	struct pollfd p = { h->pidfd, POLLIN, 0 };

	if (h->pidfd >= 0 && poll(&p, 1, 0) > 0)
		close_pidfd(h);
	return h->pidfd < 0;
}

/* Notes what has ended since.  Returns how many tasks have nothing left that runs. */
static size_t
note_gone(struct run *r)
{
	size_t gone = 0;

	for (size_t i = 0; i < r->len; i++) {
		struct halt *h = &r->halt[i];
		bool is_stuck, is_gone = is_runner_gone(h) && !has_prey(r, h, &is_stuck);

		if (is_gone && h->ms < 0)
			h->ms = clock_mono_ms() - r->begun_ms;
		else if (!is_gone)
			h->ms = -1;
		gone += is_gone;
	}
	return gone;
}

/* Whether nothing more can be waited for: all has ended, or what has not cannot be ended. */
static bool
is_settled(const struct run *r)
{
	for (size_t i = 0; i < r->len; i++) {
		bool is_stuck;

		if (!is_runner_gone(&r->halt[i]) ||
		    (has_prey(r, &r->halt[i], &is_stuck) && !is_stuck))
			return false;
	}
	return true;
}

/* Runners that have not ended, though all time is over. */
static void
kill_runners(struct run *r)
{
	if (r->is_killing || clock_mono_ms() < r->kill_ms + LATER_MS)
		return;
	r->is_killing = true;
	for (size_t i = 0; i < r->len; i++)
		if (r->halt[i].pidfd >= 0 &&
		    pidfd_send_signal(r->halt[i].pidfd, SIGKILL, NULL, 0) == 0)
			r->halt[i].signal = SIGKILL;
}

/* Whether a task is one that nobody runs any more and that we have to end. */
static bool
is_abandoned(struct run *r, struct halt *h, jv task)
{
	const char *lease = json_peek_string(task, "lease");
	bool is_stuck;

	return task_is(task, "in_progress") && json_has(task, "cancel") &&
	       (!lease || !proc_lease_is_live(store_run_fd(r->s), lease)) &&
	       !has_prey(r, h, &is_stuck);
}

/* Ends those.  -1 with err. */
static int
end_abandoned(struct run *r)
{
	enum store_result rc;

	do {
		struct tx *tx = store_begin(r->s);

		if (!tx)
			return -1;
		for (size_t i = 0; i < r->len; i++) {
			struct halt *h = &r->halt[i];
			jv task = h->is_over ? jv_invalid() : task_get(tx, h->id);

			if (!h->is_over && is_abandoned(r, h, task)) {
				if (*h->lease)
					unlinkat(store_run_fd(r->s), h->lease, 0);
				life_lost(tx, jv_copy(task));
			}
			jv_free(task);
		}
		rc = store_commit(tx, STORE_DURABLE);
	} while (rc == STORE_AGAIN);
	return rc == STORE_OK ? look(r, false) : -1;
}

static bool
is_any_left(const struct run *r)
{
	for (size_t i = 0; i < r->len; i++)
		if (!r->halt[i].is_over)
			return true;
	return false;
}

/* Which of the runners are there yet. */
static void
note_runners(struct run *r)
{
	for (size_t i = 0; i < r->len; i++) {
		struct halt *h = &r->halt[i];

		r->pidfds[i].fd = is_runner_gone(h) ? -1 : h->pidfd;
		if (h->is_known && h->pidfd < 0)
			hunt_runner(r->hunt, h->value, 0);
	}
}

/* One look at everything, and a wait for what was found.  1: that was all; -1 with err. */
static int
turn(struct run *r)
{
	int64_t now_ms = clock_mono_ms();

	kill_runners(r);
	if (hunt_scan(r->hunt, now_ms < r->kill_ms ? SIGTERM : SIGKILL) < 0)
		return -1;
	note_runners(r);
	hunt_wait(r->hunt, r->kill_ms, r->pidfds, r->len);
	return hunt_is_over(r->hunt) &&
	       (is_settled(r) || clock_mono_ms() > r->kill_ms + LATER_MS + KILL_WAIT_MS);
}

static int
go_on(struct run *r, void (*step)(void *arg, size_t gone), void *arg)
{
	int rc = look(r, false);

	if (rc == 0 && (rc = hunt_scan(r->hunt, 0)) == 0) /* so that all are known by name */
		rc = look(r, true);
	r->kill_ms = clock_mono_ms() + r->grace_ms;
	while (rc == 0) {
		size_t gone;

		rc = turn(r);
		gone = note_gone(r);
		if (step)
			step(arg, gone);
	}
	if (rc < 0 || look(r, false) < 0)
		return -1;
	return is_any_left(r) ? end_abandoned(r) : 0;
}

/* What was found, told of the task that it belongs to. */
static void
report(struct run *r, struct halt *h)
{
	bool is_there = h->pidfd >= 0 && !is_runner_gone(h);

	h->pids = jv_array();
	h->left = jv_array();
	if (h->runner && is_there)
		h->left = jv_array_append(h->left, jv_number(h->runner));
	else if (h->runner)
		h->pids = jv_array_append(h->pids, jv_number(h->runner));
	for (size_t i = 0; h->is_known && i < r->hunt->len; i++) {
		const struct hunt_prey *prey = &r->hunt->prey[i];

		if (prey->value != h->value || prey->pid == h->runner)
			continue;
		if (prey->is_here)
			h->left = jv_array_append(h->left, jv_number(prey->pid));
		else
			h->pids = jv_array_append(h->pids, jv_number(prey->pid));
		if (prey->signal && h->signal != SIGKILL)
			h->signal = prey->signal;
	}
	if (h->ms < 0)
		h->ms = clock_mono_ms() - r->begun_ms;
	close_pidfd(h);
}

/* 0, or 1 with err: something is left. */
static int
conclude(const struct run *r)
{
	char name[9];

	if (hunt_check(r->hunt) < 0)
		return 1;
	for (size_t i = 0; i < r->len; i++)
		if (!r->halt[i].is_over || jv_array_length(jv_copy(r->halt[i].left)) > 0) {
			err_set(EX_NOPERM, "task %s: what runs it does not end",
			    task_short(r->halt[i].id, name));
			return 1;
		}
	return 0;
}

static void
tidy_up(struct store *s)
{
	bell_sweep(store_watch_fd(s));
	proc_lease_sweep(store_run_fd(s));
}

int
halt_run(struct store *s, struct halt *halt, size_t len, int grace_ms,
    void (*step)(void *arg, size_t gone), void *arg)
{
	struct run r = { .s = s, .halt = halt, .len = len, .grace_ms = grace_ms };
	bool has_killed = false;
	int rc;

	r.hunt = hunt_open("LEGWORK_RUN=");
	r.pidfds = xmalloc((len + 1) * sizeof *r.pidfds);
	r.begun_ms = clock_mono_ms();
	for (size_t i = 0; i < len; i++)
		halt[i].ms = halt[i].pidfd = -1;
	rc = go_on(&r, step, arg);
	for (size_t i = 0; i < len; i++) {
		report(&r, &halt[i]);
		has_killed = has_killed || halt[i].signal == SIGKILL;
	}
	if (rc == 0)
		rc = conclude(&r);
	if (has_killed)
		tidy_up(s);
	hunt_close(r.hunt);
	free(r.pidfds);
	return rc;
}

/* Waits for the end of a process.  Whether it has come. */
static bool
ends_in(int pidfd, int wait_ms)
{
	struct pollfd p = { pidfd, POLLIN, 0 };
	int64_t end_ms = clock_mono_ms() + wait_ms, left = wait_ms;

	while (poll(&p, 1, (int)left) < 0 && (left = end_ms - clock_mono_ms()) > 0)
		;
	return p.revents != 0;
}

pid_t
halt_waiter(struct store *s, const char *lease, int grace_ms)
{
	pid_t pid = 0;
	int pidfd = id_is_full(lease) ? proc_lease_pidfd(store_run_fd(s), lease, &pid) : -1;
	bool is_gone;

	if (pidfd < 0)
		return 0;
	is_gone =
	    ends_in(pidfd, grace_ms) || (stop_send(pidfd, 0) == 0 && ends_in(pidfd, LATER_MS));
	if (!is_gone && pidfd_send_signal(pidfd, SIGKILL, NULL, 0) == 0 &&
	    ends_in(pidfd, KILL_WAIT_MS)) {
		is_gone = true;
		tidy_up(s);
	}
	close(pidfd);
	return is_gone ? pid : err_set(EX_NOPERM, "process %d: does not end", (int)pid);
}
