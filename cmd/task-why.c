/* task-why - say why a task is not running, or why it ended as it did */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "lines.h"
#include "opt.h"
#include "proc.h"
#include "task.h"

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "task-why",
	"say why a task is not running, or why it ended as it did", "TASK ...", opts, false };

/* The dependencies, or subtasks, that have not ended: what a waiting task waits for. */
static jv
unfinished(struct tx *tx, jv task)
{
	jv out = jv_array(), deps = json_get(task, "depends_on", JV_KIND_ARRAY);
	char *set = xprintf("parent.%s", json_peek_string(task, "id"));

	if (task_has_subtasks(task)) {
		for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;) {
			jv child = store_at(tx, n);

			if (!task_is_over(child))
				out = jv_array_append(out, json_get(child, "id", JV_KIND_STRING));
			jv_free(child);
		}
	} else if (jv_is_valid(deps)) {
		jv_array_foreach (deps, i, id) {
			jv dep = task_get(tx, jv_string_value(id));

			if (jv_is_valid(dep) && !task_is_over(dep))
				out = jv_array_append(out, jv_copy(id));
			jv_free(dep);
			jv_free(id);
		}
	}
	free(set);
	jv_free(deps);
	return out;
}

static jv
why_waiting(struct tx *tx, jv task, jv answer)
{
	const char *waiting = json_peek_string(task, "waiting");

	if (!strcmp(waiting, "time")) {
		answer = json_set_string(answer, "why", "it waits before it is tried again");
		return json_set_string(answer, "not_before", json_peek_string(task, "not_before"));
	}
	answer = json_set_string(answer, "why",
	    !strcmp(waiting, "subtasks") ? "it waits for its subtasks"
					 : "it waits for other tasks");
	return json_set(answer, "waiting_for", unfinished(tx, task));
}

static jv
why_pending(struct store *s, struct tx *tx, jv task, jv answer)
{
	jv reservation = json_get(task, "reservation", JV_KIND_OBJECT);
	const char *holder = json_peek_string(reservation, "lease");

	if (json_peek_string(task, "waiting")) {
		answer = why_waiting(tx, task,
		    json_set_string(answer, "waiting", json_peek_string(task, "waiting")));
	} else if (holder && proc_lease_is_live(store_run_fd(s), holder)) {
		answer = json_set_string(answer, "why",
		    "it was handed to a pipeline that has not begun it");
		answer = json_set(answer, "reserved_until",
		    json_get(reservation, "until", JV_KIND_STRING));
	} else {
		answer =
		    json_set_string(answer, "why", "it is ready: no pipeline has taken it yet");
	}
	jv_free(reservation);
	return answer;
}

static jv
why_running(struct store *s, jv task, jv answer)
{
	const char *lease = json_peek_string(task, "lease");

	if (lease && proc_lease_is_live(store_run_fd(s), lease))
		return json_set_string(answer, "why", "it is running");
	return json_set_string(answer, "why", "its runner died; the next task-watch puts it back");
}

static jv
why(struct store *s, struct tx *tx, jv task)
{
	static const char *const copied[] = { "agent", "attempt", "error", "decision", "subtasks" };
	jv answer = json_set_string(jv_object(), "id", json_peek_string(task, "id"));

	answer = json_set_string(answer, "status", json_peek_string(task, "status"));
	if (task_is(task, "pending"))
		answer = why_pending(s, tx, task, answer);
	else if (task_is(task, "in_progress"))
		answer = why_running(s, task, answer);
	else
		answer = json_set_string(answer, "why",
		    task_is(task, "completed") ? "it completed" : "it ended with an error");
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		jv value = jv_object_get(jv_copy(task), jv_string(copied[i]));

		if (jv_is_valid(value))
			answer = json_set(answer, copied[i], value);
		else
			jv_free(value);
	}
	return answer;
}

/* The answer for one id; invalid with err. */
static jv
explain(struct store *s, const char *prefix)
{
	struct tx *tx = store_read(s);
	jv task, answer = jv_invalid();
	char id[ID_TEXT];

	if (!tx)
		return answer;
	if (store_resolve(tx, "task", prefix, id) < 0) {
		store_end(tx);
		return answer;
	}
	task = task_get(tx, id);
	if (jv_is_valid(task))
		answer = why(s, tx, task);
	jv_free(task);
	if (store_end(tx) < 0) {
		jv_free(answer);
		return jv_invalid();
	}
	return answer;
}

int
main(int argc, char *argv[])
{
	struct out out = { .fd = STDOUT_FILENO };
	char **ids = opt_parse(&cmd, argv);
	struct store *s;
	int status = 0;

	(void)argc;
	if (!*ids)
		opt_usage(&cmd, "want a task");
	if (!(s = store_open()))
		err_exit();
	for (; *ids; ids++) {
		jv answer = explain(s, *ids);

		if (jv_is_valid(answer))
			out_json(&out, answer);
		else
			status = err_print();
	}
	store_close(s);
	return out_flush(&out) < 0 ? err_print() : status;
}
