#include "offspring.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "clock.h"
#include "err.h"
#include "launch.h"
#include "life.h"
#include "proc.h"
#include "stop.h"
#include "task.h"

enum { LOOK_MS = 250, GRACE_MS = 500 };

jv
offspring_of(struct store *s, const char *task_id)
{
	struct tx *tx = store_read(s);
	char *set = xprintf("spawned.%s", task_id);
	jv tasks = jv_array();

	if (tx)
		for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;)
			tasks = jv_array_append(tasks, store_at(tx, n));
	free(set);
	if (tx && store_end(tx) == 0)
		return tasks;
	jv_free(tasks);
	return jv_invalid();
}

/* Whether a task (borrowed) is in progress and its runner is dead. */
static bool
is_lost(struct store *s, jv task)
{
	const char *lease = json_peek_string(task, "lease");

	return task_is(task, "in_progress") && lease && !proc_lease_is_live(store_run_fd(s), lease);
}

/* What carries a dead runner's mark is ended; false: not all of it. */
static bool
end_remains(const char *lease)
{
	char *mark = xprintf("LEGWORK_RUN=%s", lease);
	bool is_gone = proc_kill_marked(mark, GRACE_MS) >= 0;

	free(mark);
	return is_gone;
}

static int
put_back(struct store *s, const char *id, const char *lease)
{
	enum store_result rc;

	do {
		struct tx *tx = store_begin(s);
		jv task;

		if (!tx)
			return -1;
		task = task_get(tx, id);
		if (!life_is_mine(task, lease) || !is_lost(s, task)) {
			jv_free(task);
			return store_end(tx);
		}
		unlinkat(store_run_fd(s), lease, 0);
		life_lost(tx, task);
		rc = store_commit(tx, STORE_DURABLE);
	} while (rc == STORE_AGAIN);
	return rc == STORE_OK ? 0 : -1;
}

int
offspring_put_back(struct store *s, jv lost)
{
	int rc = 0;

	jv_array_foreach (lost, i, one) {
		const char *id = json_peek_string(one, "id"),
			   *lease = json_peek_string(one, "lease");

		if (rc == 0 && id && lease && id_is_full(lease) &&
		    !proc_lease_is_live(store_run_fd(s), lease) && end_remains(lease))
			rc = put_back(s, id, lease);
		jv_free(one);
	}
	jv_free(lost);
	return rc;
}

/* Whether a task (borrowed) can be started, and nobody is there who will. */
static bool
is_idle(struct tx *tx, jv task)
{
	bool is_free = life_is_ready(task, clock_now_ms()) && !json_has(task, "reservation") &&
	               !life_has_waiter(tx, task);
	jv full = is_free ? life_full(tx, task) : jv_invalid();

	is_free = is_free && !jv_is_valid(full);
	jv_free(full);
	return is_free;
}

/* How they stand: in tasks, the records; what has to be seen to, in lost and idle.  Whether all
 * have ended; -1 with err. */
static int
look(struct store *s, jv ids, jv *tasks, jv *lost, jv *idle)
{
	struct tx *tx = store_read(s);
	bool are_over = true;

	*tasks = jv_array();
	*lost = jv_array();
	*idle = jv_array();
	if (!tx)
		return -1;
	jv_array_foreach (ids, i, id) {
		jv task = task_get(tx, jv_string_value(id));

		if (jv_is_valid(task)) {
			are_over = are_over && task_is_over(task);
			if (is_lost(s, task))
				*lost = jv_array_append(*lost, jv_copy(task));
			else if (is_idle(tx, task))
				*idle = jv_array_append(*idle, jv_copy(id));
			*tasks = jv_array_append(*tasks, jv_copy(task));
		}
		jv_free(task);
		jv_free(id);
	}
	return store_end(tx) < 0 ? -1 : are_over;
}

/* Starts those (consumed) that nobody runs. */
static void
start(jv ids)
{
	jv_array_foreach (ids, i, id) {
		struct launch l = { .spec = jv_invalid(), .again = jv_string_value(id) };
		jv result, lost;

		creation_begin(&l.creation);
		launch_agent(&l, &result, &lost); /* where it does not succeed, we look again */
		jv_free(result);
		jv_free(lost);
		jv_free(id);
	}
	jv_free(ids);
}

int
offspring_tend(struct store *s, jv ids, jv *tasks)
{
	jv lost, idle;
	int rc = look(s, ids, tasks, &lost, &idle);

	if (rc != 0) {
		jv_free(lost);
		jv_free(idle);
		return rc;
	}
	start(idle);
	return offspring_put_back(s, lost);
}

struct bell *
offspring_bell(struct store *s, jv ids)
{
	jv first = jv_array_get(jv_copy(ids), 0);
	char *topic = jv_array_length(jv_copy(ids)) == 1
	                  ? xprintf("task-%s", jv_string_value(first))
	                  : xstrdup("tasks");
	struct bell *bell = bell_open(store_watch_fd(s), topic);

	free(topic);
	jv_free(first);
	return bell;
}

int
offspring_await(struct store *s, jv ids, int64_t until_ms, jv *tasks)
{
	struct bell *bell = offspring_bell(s, ids);
	int rc = bell ? 0 : -1;

	*tasks = jv_array();
	while (rc == 0) {
		int64_t left;

		jv_free(*tasks);
		rc = offspring_tend(s, ids, tasks);
		left = until_ms - clock_mono_ms();
		if (rc != 0 || stop_signal() || left <= 0)
			break;
		proc_reap_adopted();
		bell_wait(bell, left > LOOK_MS ? LOOK_MS : (int)left, -1);
	}
	bell_close(bell);
	jv_free(ids);
	return rc;
}
