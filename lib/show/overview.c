#include <stdlib.h>
#include <string.h>

#include "overview.h"
#include "sight.h"
#include "task.h"
#include "why.h"

static jv
count(jv object, struct tx *tx, const char *name, const char *set)
{
	return json_set_int(object, name, (int64_t)store_count(tx, set));
}

static jv
counts_by_status(struct tx *tx)
{
	static const char *const statuses[] = { "pending", "in_progress", "completed", "failed",
		"cancelled" };
	jv counts = jv_object();

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		char *set = xprintf("status.%s", statuses[i]);

		counts = count(counts, tx, statuses[i], set);
		free(set);
	}
	return counts;
}

/* What becomes of the pending ones: ready, handed out, waiting for a time, a person or others. */
static jv
counts_of_pending(struct tx *tx)
{
	int64_t ready = (int64_t)(store_count(tx, "ready.0") + store_count(tx, "ready.1") +
				  store_count(tx, "ready.2"));
	int64_t rest = (int64_t)store_count(tx, "status.pending") - ready;
	jv counts = json_set_int(jv_object(), "ready", ready);

	counts = count(count(counts, tx, "reserved", "reserved"), tx, "delayed", "delayed");
	counts = count(counts, tx, "approval", "approval");
	rest -= json_peek_int(counts, "reserved", 0) + json_peek_int(counts, "delayed", 0) +
	        json_peek_int(counts, "approval", 0);
	return json_set_int(counts, "waiting", rest);
}

/* Some members of a task, and why it stands as it does. */
static jv
brief(struct tx *tx, jv task)
{
	static const char *const members[] = { "id", "title", "status", "waiting", "agent",
		"created_at", "started_at", "finished_at" };
	jv out = jv_object(), why = why_task(tx, task),
	   error = json_get(task, "error", JV_KIND_OBJECT);
	const char *reason = jv_is_valid(error) && task_is_over(task)
	                         ? json_peek_string(error, "message")
	                         : json_peek_string(why, "why");

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (json_peek_string(task, members[i]))
			out = json_set_string(out, members[i], json_peek_string(task, members[i]));
	out = json_set_string(out, "why", reason);
	jv_free(error);
	jv_free(why);
	return out;
}

/* The first tasks of a set, or the last ones, the newest first. */
static jv
some(struct tx *tx, const char *set, long limit, bool is_newest)
{
	uint64_t n = 0;
	jv list = jv_array();

	while (
	    limit > 0 && (n = is_newest ? store_prev(tx, set, n) : store_next(tx, set, n)) != 0) {
		jv task = store_at(tx, n);

		if (jv_is_valid(task) && sight_has(tx, task)) {
			list = jv_array_append(list, brief(tx, task));
			limit--;
		}
		jv_free(task);
	}
	return list;
}

/* Pending tasks: those that may run, as they will be handed out, before those that wait. */
static jv
some_pending(struct tx *tx, long limit)
{
	static const char *const sets[] = { "ready.0", "ready.1", "ready.2", "reserved",
		"delayed" };
	jv list = jv_array();

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		list = jv_array_concat(list,
		    some(tx, sets[i], limit - jv_array_length(jv_copy(list)), false));
	limit -= jv_array_length(jv_copy(list));
	for (uint64_t n = 0; limit > 0 && (n = store_next(tx, "status.pending", n)) != 0;) {
		jv task = store_at(tx, n);
		const char *waiting = json_peek_string(task, "waiting");

		if (waiting && strcmp(waiting, "time") != 0 && strcmp(waiting, "approval") != 0 &&
		    sight_has(tx, task)) {
			list = jv_array_append(list, brief(tx, task));
			limit--;
		}
		jv_free(task);
	}
	return list;
}

jv
overview_of(struct tx *tx, long limit)
{
	jv o = json_set_string(jv_object(), "store", store_path(store_of(tx)));

	o = json_set(o, "tasks", counts_by_status(tx));
	o = json_set(o, "pending", counts_of_pending(tx));
	o = count(count(o, tx, "chats", "chats"), tx, "agents", "agents");
	o = count(o, tx, "outbox", "outbox");
	o = json_set(o, "running", some(tx, "status.in_progress", limit, false));
	o = json_set(o, "asking", some(tx, "approval", limit, false));
	o = json_set(o, "next", some_pending(tx, limit));
	return json_set(o, "failed", some(tx, "status.failed", limit, true));
}
