/* task-watch - hand out ready tasks, each to one pipeline */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "cancel.h"
#include "clock.h"
#include "err.h"
#include "id.h"
#include "lease.h"
#include "life.h"
#include "limit.h"
#include "lines.h"
#include "opt.h"
#include "proc.h"
#include "stop.h"
#include "task.h"

/* How long a lost bell may go unnoticed; how long a dead runner's processes get to end. */
enum { POLL_MS = 2000, KILL_GRACE_MS = 0, AHEAD_MAX = 1024 };

static const char *agent, *chat, *visibility = "600";
static long ahead = 8;
static bool drain;

static const struct opt opts[] = { { 0, "drain", NULL, "end when nothing is left to do",
				       .set = &drain },
	{ 0, "ahead", "count", "have at most count tasks handed out and not begun (default: 8)",
	    .num = &ahead, .min = 1, .max = AHEAD_MAX },
	{ 0, "visibility", "time",
	    "leave a task to others if it was not begun by then (default: 600)",
	    .str = &visibility },
	{ 'a', "agent", "role", "only tasks that name this agent", .str = &agent },
	{ 'c', "chat", "chat", "only tasks of this chat", .str = &chat }, { 0 } };

static const struct cmd cmd = { "task-watch", "hand out ready tasks, each to one pipeline", "",
	opts, 0 };

struct watch {
	struct store *s;
	struct bell *bell;
	struct proc_lease lease;
	struct lease_watch others;
	struct out out;
	long long visibility_ms;
	char chat_id[ID_TEXT];
	struct declined *declined;
	size_t declineds;
	struct known *known; /* what was reserved at the last look, by number */
	size_t knowns;
};

/* What matters of a reserved task, so that it is read again only when it has changed. */
struct known {
	uint64_t n, revision;
	char lease[ID_TEXT];
	int64_t until_ms;
	bool is_wanted;
};

/* A task that was handed out and not begun in time: this pipeline does not want it (a filter in
 * it, say), so it is left to others until it is tried again. */
struct declined {
	uint64_t n;
	int64_t attempt;
};

/* What one look at the store found. */
struct look {
	uint64_t ready[AHEAD_MAX]; /* tasks to hand out */
	size_t readies;
	uint64_t lost[AHEAD_MAX]; /* in progress, but their runner is dead */
	size_t losts;
	uint64_t stale[AHEAD_MAX]; /* reserved by nobody that lives, or for too long */
	size_t stales;
	uint64_t emptied; /* a queue for a slot that nobody is in any more; 0: none */
	long mine;        /* reserved by this process */
	bool is_idle;     /* nothing that --drain waits for */
	int64_t due_ms;   /* when the next task is due that waits for a time; INT64_MAX: none */
};

static bool
is_wanted(const struct watch *w, jv task)
{
	const char *role = json_peek_string(task, "agent"), *in = json_peek_string(task, "chat_id");

	return (!agent || (role && !strcasecmp(role, agent))) &&
	       (!chat || (in && !strcmp(in, w->chat_id)));
}

static bool
was_declined(const struct watch *w, uint64_t n, jv task)
{
	for (size_t i = 0; i < w->declineds; i++)
		if (w->declined[i].n == n &&
		    w->declined[i].attempt == json_peek_int(task, "attempt", 0))
			return true;
	return false;
}

static void
note_declined(struct watch *w, uint64_t n, jv task)
{
	jv reservation = json_get(task, "reservation", JV_KIND_OBJECT);
	const char *lease = json_peek_string(reservation, "lease");

	if (lease && !strcmp(lease, w->lease.id) && !was_declined(w, n, task)) {
		w->declined = xrealloc(w->declined, (w->declineds + 1) * sizeof *w->declined);
		w->declined[w->declineds++] =
		    (struct declined){ n, json_peek_int(task, "attempt", 0) };
	}
	jv_free(reservation);
}

/* The reservation of a task; of none, or a bad one, the time is over. */
static struct known
know(const struct watch *w, uint64_t n, uint64_t revision, jv task)
{
	struct known k = { .n = n, .revision = revision, .is_wanted = is_wanted(w, task) };
	jv reservation = json_get(task, "reservation", JV_KIND_OBJECT);
	const char *lease = json_peek_string(reservation, "lease"),
		   *until = json_peek_string(reservation, "until");

	if (lease && id_is_full(lease) && until && clock_parse(until, &k.until_ms))
		memcpy(k.lease, lease, ID_TEXT);
	jv_free(reservation);
	return k;
}

/* Whether a reservation still counts; counts our own. */
static bool
is_held(struct watch *w, const struct known *k, struct look *look)
{
	bool is_mine = !strcmp(k->lease, w->lease.id);

	if (k->until_ms <= clock_now_ms())
		return false;
	look->mine += is_mine;
	return is_mine || lease_is_live(&w->others, k->lease);
}

static void
look_at_reserved(struct watch *w, struct tx *tx, struct look *look)
{
	struct known *now = xmalloc((store_count(tx, "reserved") + 1) * sizeof *now);
	size_t len = 0, old = 0;

	for (uint64_t n = 0; (n = store_next(tx, "reserved", n)) != 0; len++) {
		uint64_t revision = store_revision_at(tx, n);

		while (old < w->knowns && w->known[old].n < n)
			old++;
		if (old < w->knowns && w->known[old].n == n && w->known[old].revision == revision) {
			now[len] = w->known[old];
		} else {
			jv task = store_at(tx, n);

			now[len] = know(w, n, revision, task);
			jv_free(task);
		}
		if (now[len].is_wanted)
			look->is_idle = false;
		if (!is_held(w, &now[len], look) && look->stales < AHEAD_MAX)
			look->stale[look->stales++] = n;
	}
	free(w->known);
	w->known = now;
	w->knowns = len;
}

/* Whether the task is in progress with a runner that is dead. */
static bool
is_lost(struct watch *w, jv task)
{
	const char *lease = json_peek_string(task, "lease");

	return task_is(task, "in_progress") && (!lease || !lease_is_live(&w->others, lease));
}

static void
look_at_running(struct watch *w, struct tx *tx, struct look *look)
{
	for (uint64_t n = 0; (n = store_next(tx, "status.in_progress", n)) != 0;) {
		jv task = store_at(tx, n);
		bool was_lost = is_lost(w, task);

		/* who was spawned runs by himself; when he is dead, his task is as any other */
		if (is_wanted(w, task) && (was_lost || !json_has(task, "spawned")))
			look->is_idle = false;
		if (was_lost && look->losts < AHEAD_MAX)
			look->lost[look->losts++] = n;
		jv_free(task);
	}
}

/* Whether an agent that was spawned for it goes on with it; when that one dies, we look again. */
static bool
has_waiter(struct watch *w, jv task)
{
	const char *waiter = json_peek_string(task, "waiter");

	return waiter && lease_is_live(&w->others, waiter);
}

/* Whether it is for this pipeline, as far as the task (borrowed) of that number itself tells. */
static bool
is_for_us(struct watch *w, uint64_t n, jv task)
{
	return is_wanted(w, task) && !was_declined(w, n, task) && !has_waiter(w, task);
}

/* Takes the first tasks of a set that may run now, up to `most`, and up to the number that may be
 * handed out. */
static void
look_for_ready(struct watch *w, struct tx *tx, const char *set, int64_t most, struct look *look)
{
	for (uint64_t n = 0; most > 0 && (long)look->readies + look->mine < ahead &&
			     (n = store_next(tx, set, n)) != 0;) {
		jv task = store_at(tx, n);
		const char *due = json_peek_string(task, "not_before");
		int64_t due_ms;

		if (is_for_us(w, n, task)) {
			look->is_idle = false;
			if (life_is_ready(task, clock_now_ms()))
				look->ready[look->readies++] = n, most--;
			else if (due && clock_parse(due, &due_ms) && due_ms < look->due_ms)
				look->due_ms = due_ms;
		}
		jv_free(task);
	}
}

/* Whether somebody in a set waits for what --drain waits for. */
static bool
has_wanted(struct watch *w, struct tx *tx, const char *set)
{
	bool has = false;

	for (uint64_t n = 0; !has && (n = store_next(tx, set, n)) != 0;) {
		jv task = store_at(tx, n);

		has = is_for_us(w, n, task);
		jv_free(task);
	}
	return has;
}

/* Those who wait for a slot in which there is room by now, or for a quiet chat: they have waited
 * longest. */
static void
look_at_queues(struct watch *w, struct tx *tx, int rank, struct look *look)
{
	struct limit_queue q = { 0 };

	while (limit_next_queue(tx, rank, &q)) {
		if (q.is_empty)
			look->emptied = q.n;
		look_for_ready(w, tx, q.set, q.room, look);
		if (q.due_ms > clock_now_ms() && q.due_ms < look->due_ms)
			look->due_ms = q.due_ms;
		if (drain && look->is_idle && !q.due_ms) /* people may speak for ever */
			look->is_idle = !has_wanted(w, tx, q.set);
		free(q.set);
	}
}

static struct look
look_at_store(struct watch *w, struct tx *tx)
{
	static const char *const sets[] = { "ready.0", "ready.1", "ready.2" };
	struct look look = { .is_idle = true, .due_ms = INT64_MAX };

	look_at_reserved(w, tx, &look);
	look_at_running(w, tx, &look);
	for (int i = 0; i < 3; i++) {
		look_at_queues(w, tx, i, &look);
		look_for_ready(w, tx, sets[i], INT64_MAX, &look);
	}
	look_for_ready(w, tx, "delayed", INT64_MAX, &look);
	return look;
}

/* Ends what the dead runner of task n left behind; false: not all of it, or somebody else has put
 * the task back meanwhile, and its lease may be a living one's. */
static bool
end_remains(struct watch *w, uint64_t n)
{
	struct tx *tx = store_read(w->s);
	const char *lease;
	char *mark;
	jv task;
	int rc;

	if (!tx)
		err_exit();
	task = store_at(tx, n);
	if (store_end(tx) < 0)
		err_exit();
	rc = is_lost(w, task) ? 0 : -1;
	if (rc == 0 && (lease = json_peek_string(task, "lease"))) {
		mark = xprintf("LEGWORK_RUN=%s", lease);
		if ((rc = proc_kill_marked(mark, KILL_GRACE_MS)) < 0)
			err_print();
		free(mark);
	}
	jv_free(task);
	return rc == 0;
}

/* Only what has nothing running any more may be put back: the others are looked at later. */
static void
end_all_remains(struct watch *w, struct look *look)
{
	size_t kept = 0;

	for (size_t i = 0; i < look->losts; i++)
		if (end_remains(w, look->lost[i]))
			look->lost[kept++] = look->lost[i];
	look->losts = kept;
	lease_forget(&w->others);
}

/* A task whose runner is still dead is put back.  Where it has failed for good, and what it has
 * spawned runs yet, that is added to orphans. */
static void
put_back_lost(struct watch *w, struct tx *tx, uint64_t n, jv *orphans)
{
	jv task = store_at(tx, n);
	const char *lease = json_peek_string(task, "lease");

	if (is_lost(w, task)) {
		if (lease && id_is_full(lease))
			unlinkat(store_run_fd(w->s), lease, 0);
		life_lost(tx, jv_copy(task));
		*orphans =
		    jv_array_concat(*orphans, cancel_spawned(tx, json_peek_string(task, "id")));
	}
	jv_free(task);
}

/* Those that find no room after all wait for it, and are none of the tasks. */
static void
hand_out(struct watch *w, struct tx *tx, struct look *look, jv *tasks)
{
	*tasks = jv_array();
	for (size_t i = 0; i < look->readies; i++) {
		jv task = store_at(tx, look->ready[i]);

		if (!life_is_ready(task, clock_now_ms()) || json_has(task, "reservation") ||
		    life_has_waiter(tx, task)) {
			jv_free(task);
			continue;
		}
		task = life_reserve(tx, task, w->lease.id, clock_now_ms() + w->visibility_ms);
		if (jv_is_valid(task))
			*tasks = jv_array_append(*tasks, task);
		else
			jv_free(task);
	}
}

/* What the look asked for, in one transaction; hands out and prints. */
static void
act(struct watch *w, struct look *look)
{
	enum store_result rc;
	jv tasks, orphans;

	do {
		struct tx *tx = store_begin(w->s);
		struct look now = { .mine = 0 };

		if (!tx)
			err_exit();
		orphans = jv_array();
		for (size_t i = 0; i < look->losts; i++)
			put_back_lost(w, tx, look->lost[i], &orphans);
		for (size_t i = 0; i < look->stales; i++) {
			jv task = store_at(tx, look->stale[i]);
			struct known k = know(w, look->stale[i], 0, task);

			if (json_has(task, "reservation") && !is_held(w, &k, &now)) {
				note_declined(w, look->stale[i], task);
				life_unreserve(tx, jv_copy(task));
			}
			jv_free(task);
		}
		hand_out(w, tx, look, &tasks);
		if (look->emptied)
			limit_close_queue(tx, look->emptied);
		if ((rc = store_commit(tx, STORE_RELAXED)) != STORE_OK)
			jv_free(tasks), jv_free(orphans);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	if (cancel_start(orphans) < 0)
		err_print();
	jv_array_foreach (tasks, i, task)
		out_json(&w->out, json_drop(task, "reservation"));
	jv_free(tasks);
}

/* Gives back what was handed out and not begun, and the lease. */
static void
give_back(struct watch *w)
{
	enum store_result rc;

	do {
		struct tx *tx = store_begin(w->s);

		if (!tx)
			err_exit();
		for (uint64_t n = 0; (n = store_next(tx, "reserved", n)) != 0;) {
			jv task = store_at(tx, n),
			   reservation = json_get(task, "reservation", JV_KIND_OBJECT);
			const char *lease = json_peek_string(reservation, "lease");

			if (lease && !strcmp(lease, w->lease.id))
				life_unreserve(tx, jv_copy(task));
			jv_free(reservation);
			jv_free(task);
		}
		rc = store_commit(tx, STORE_RELAXED);
	} while (rc == STORE_AGAIN);
	proc_lease_drop(&w->lease, store_run_fd(w->s));
	if (rc != STORE_OK)
		err_exit();
}

/* Sleeps until something may have changed.  -1: nobody reads our output any more. */
static int
wait_for_change(struct watch *w, const struct look *look)
{
	struct pollfd *fds = xmalloc((w->others.len + 2) * sizeof *fds);
	size_t len = lease_poll_fds(&w->others, fds + 2) + 2;
	int64_t wait_ms = POLL_MS;

	if (look->due_ms != INT64_MAX && look->due_ms - clock_now_ms() < wait_ms)
		wait_ms = look->due_ms > clock_now_ms() ? look->due_ms - clock_now_ms() + 1 : 1;
	fds[0] = (struct pollfd){ bell_fd(w->bell), POLLIN, 0 };
	fds[1] = (struct pollfd){ w->out.fd, 0, 0 };
	poll(fds, len, (int)wait_ms);
	bell_clear(w->bell);
	free(fds);
	return lines_reader_gone(w->out.fd) ? -1 : 0;
}

/* What cannot be printed was not handed out.  The exit status. */
static int
lost_output(const struct watch *w)
{
	if (stop_signal())
		return 128 + stop_signal();
	return lines_reader_gone(w->out.fd) ? EX_IOERR : err_print();
}

static int
watch(struct watch *w)
{
	while (!stop_signal()) {
		struct tx *tx = store_read(w->s);
		struct look look;

		if (!tx)
			err_exit();
		look = look_at_store(w, tx);
		if (store_end(tx) < 0)
			err_exit();
		end_all_remains(w, &look);
		if (look.losts || look.stales || look.readies || look.emptied) {
			act(w, &look);
			if (out_flush(&w->out) < 0)
				return lost_output(w);
			continue;
		}
		if (drain && look.is_idle)
			return 0;
		if (wait_for_change(w, &look) < 0)
			return EX_IOERR;
	}
	return 128 + stop_signal();
}

/* Removes what killed processes left behind. */
static void
sweep(struct store *s)
{
	bell_sweep(store_watch_fd(s));
	proc_lease_sweep(store_run_fd(s));
}

int
main(int argc, char *argv[])
{
	struct watch w = { .out.fd = STDOUT_FILENO };
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	w.visibility_ms = opt_duration_ms(visibility);
	if (w.visibility_ms <= 0)
		opt_usage(&cmd, "--visibility: want a time such as 600, 500ms or 2m, got '%s'",
		    visibility);
	stop_catch();
	stop_at_pipe();
	if (!(w.s = store_open()) || (chat && ask_id(w.s, "chat", chat, w.chat_id) < 0))
		err_exit();
	w.others.run_fd = store_run_fd(w.s);
	sweep(w.s);
	if (proc_lease_take(&w.lease, store_run_fd(w.s)) < 0 ||
	    !(w.bell = bell_open(store_watch_fd(w.s), "tasks")))
		err_exit();
	status = watch(&w);
	give_back(&w);
	sweep(w.s);
	bell_close(w.bell);
	lease_release(&w.others);
	buf_release(&w.out.buf);
	free(w.declined);
	free(w.known);
	store_close(w.s);
	return status;
}
