#include "jobs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "access.h"
#include "clock.h"
#include "demand.h"
#include "docket.h"
#include "err.h"
#include "launch.h"
#include "offspring.h"
#include "task.h"

/* How often spawned agents are looked after, and a lost bell may go unnoticed. */
enum { TEND_MS = 500, LOOK_MS = 2000 };

/* --- waiting */

/* How the tasks stand that are waited for, in words. */
static void
tell(struct order *o, jv tasks)
{
	jv first = jv_array_get(jv_copy(tasks), 0);
	int len = jv_array_length(jv_copy(tasks)), ended = 0;
	char *words, name[9];

	jv_array_foreach (tasks, i, task) {
		ended += task_is_over(task);
		jv_free(task);
	}
	if (len == 1)
		words = xprintf("task %s: %s, %d events",
		    task_short(json_peek_string(first, "id"), name),
		    json_peek_string(first, "status"), (int)json_peek_int(first, "posted", 0));
	else
		words = xprintf("%d of %d tasks have ended", ended, len);
	order_tell(o, words);
	free(words);
	jv_free(first);
}

/* Has the order wait for tasks (consumed: their whole ids), for as long as it says. */
static int
await(struct desk *d, struct order *o, jv ids, int (*look)(struct desk *d, struct order *o))
{
	int64_t wait_s = json_peek_int(o->args, "wait_s", JOBS_WAIT_S);

	o->ids = ids;
	o->until_ms = clock_mono_ms() + wait_s * 1000;
	o->look = look;
	o->bell = offspring_bell(d->s, ids); /* without one, we look now and then */
	return look(d, o);
}

/* Whether there is no more to wait for. */
static bool
is_time(struct order *o, int every_ms)
{
	int64_t now_ms = clock_mono_ms();

	o->look_ms = now_ms + every_ms < o->until_ms ? now_ms + every_ms : o->until_ms;
	return now_ms >= o->until_ms;
}

/* --- create_task */

/* Its end, or how it stands. */
static int
conclude(struct order *o, jv task)
{
	if (!jv_is_valid(task)) {
		jv_free(task);
		return err_set(EX_NOINPUT, "task %s: has been deleted",
		    json_peek_string(o->result, "task_id"));
	}
	o->is_failure = task_has_failed(task);
	o->result = jv_object_merge(o->result, docket_end(task));
	o->result = json_set(o->result, "success", jv_bool(!o->is_failure));
	jv_free(task);
	return ORDER_DONE;
}

/* It has begun: that nothing is known of it is no reason to have another one begin. */
static int
give_up_waiting(struct order *o)
{
	char *why = xprintf("it has begun, and cannot be waited for: %s", err_text());

	o->result = json_set(o->result, "why", json_utf8(why, strlen(why)));
	free(why);
	return ORDER_DONE;
}

static int
look_created(struct desk *d, struct order *o)
{
	jv tasks, task;
	int rc = offspring_tend(d->s, o->ids, &tasks);

	if (rc == 0 && !is_time(o, TEND_MS)) {
		tell(o, tasks);
		jv_free(tasks);
		return ORDER_WAITS;
	}
	task = rc < 0 ? jv_invalid() : jv_array_get(jv_copy(tasks), 0);
	jv_free(tasks);
	return rc < 0 ? give_up_waiting(o) : conclude(o, task);
}

/* Who has asked for a task and waits for it wants it no more. */
static void
drop_created(struct desk *d, struct order *o)
{
	(void)d;
	desk_end(jv_copy(o->ids), "the call that asked for it was given up");
}

/* Starts it.  0, or -1 with err. */
static int
launch(struct desk *d, struct order *o)
{
	struct launch l = { .max_running = ENGAGE_RUNNING_MAX };
	jv request = json_drop(json_drop(jv_copy(o->args), "wait"), "wait_s"), lost;

	creation_begin(&l.creation);
	l.spec = demand_spec(request, false);
	if (!jv_is_valid(l.spec))
		return -1;
	creation_spent(&l.creation, CREATION_VALIDATION);
	if (!desk_store(d))
		return (jv_free(l.spec), -1);
	if (launch_agent(&l, &o->result, &lost) < 0)
		return -1;
	offspring_put_back(d->s, lost); /* where one stays, who wants its room tries again */
	return 0;
}

int
jobs_create(struct desk *d, struct order *o)
{
	if (docket_aim(d, o) < 0 || launch(d, o) < 0)
		return -1;
	o->result = json_set_string(o->result, "status", "in_progress");
	if (o->takes_handles) {
		o->is_handle = true;
		return ORDER_DONE;
	}
	if (!json_peek_bool(o->args, "wait"))
		return ORDER_DONE;
	o->drop = drop_created;
	return await(d, o, JV_ARRAY(json_get(o->result, "task_id", JV_KIND_STRING)), look_created);
}

/* --- tasks that are named */

/* The whole ids of those in task_ids with which the user may do that. */
static int
name_tasks(struct desk *d, struct tx *tx, struct order *o, enum may_what what)
{
	jv given = json_get(o->args, "task_ids", JV_KIND_ARRAY), ids = jv_array();
	int rc = ORDER_DONE;

	jv_free(o->spawned);
	o->spawned = jv_array();
	jv_array_foreach (given, i, id) {
		jv task = rc > 0 ? desk_task(d, tx, jv_string_value(id), what) : jv_invalid();

		if (!jv_is_valid(task))
			rc = -1;
		else
			ids = jv_array_append(ids, json_get(task, "id", JV_KIND_STRING));
		if (json_peek_bool(task, "spawned"))
			o->spawned =
			    jv_array_append(o->spawned, json_get(task, "id", JV_KIND_STRING));
		jv_free(task);
		jv_free(id);
	}
	jv_free(given);
	jv_free(o->ids);
	o->ids = ids;
	return rc;
}

static int
name_to_read(struct desk *d, struct tx *tx, struct order *o)
{
	return name_tasks(d, tx, o, MAY_READ);
}

static int
name_to_cancel(struct desk *d, struct tx *tx, struct order *o)
{
	return name_tasks(d, tx, o, MAY_CANCEL);
}

/* How they stand; sets the result where all have ended, or the time is over.  -1: the user may not
 * read one of them any more. */
static int
stand(struct desk *d, struct tx *tx, struct order *o)
{
	bool are_over = true, is_last = is_time(o, LOOK_MS), may_read = true;
	jv records = jv_array(), ends = jv_array();

	jv_array_foreach (o->ids, i, id) {
		jv task = task_get(tx, jv_string_value(id));

		may_read = may_read &&
		           (!jv_is_valid(task) || access_may(tx, task, d->user, MAY_READ) == 0);
		if (jv_is_valid(task)) {
			are_over = are_over && task_is_over(task);
			records = jv_array_append(records, jv_copy(task));
			ends = jv_array_append(ends, docket_end(task));
		}
		jv_free(task);
		jv_free(id);
	}
	if (may_read && !are_over && !is_last)
		tell(o, records);
	jv_free(records);
	if (!may_read || (!are_over && !is_last)) {
		jv_free(ends);
		return may_read ? ORDER_WAITS : -1;
	}
	o->result = json_set(jv_object(), "all_ended", jv_bool(are_over));
	o->result = json_set(o->result, "tasks", ends);
	return ORDER_DONE;
}

static int
look_waited(struct desk *d, struct order *o)
{
	jv tasks;
	int rc = offspring_tend(d->s, o->spawned, &tasks);

	jv_free(tasks);
	return rc < 0 ? -1 : desk_look(d, o, stand);
}

int
jobs_wait(struct desk *d, struct order *o)
{
	if (desk_look(d, o, name_to_read) < 0)
		return -1;
	return await(d, o, o->ids, look_waited);
}

/* --- task_cancel */

/* All that agent-cancel has printed. */
static jv
lines_of(struct coproc *c)
{
	jv lines = jv_array();
	size_t taken = 0, len;
	const char *line;

	while ((line = coproc_line(c, &taken, &len))) {
		jv object = json_parse_object(line, len);

		if (jv_is_valid(object))
			lines = jv_array_append(lines, object);
		else
			jv_free(object);
	}
	coproc_took(c, taken);
	return lines;
}

/* Whether nothing is left of what was named: that some of it had ended before is told by the exit
 * status, and no word. */
static bool
are_gone(const struct coproc *c, int status)
{
	return WIFEXITED(status) &&
	       (WEXITSTATUS(status) == 0 || (WEXITSTATUS(status) == EX_NO && c->why.len == 0));
}

/* agent-cancel has ended. */
static int
look_cancelled(struct desk *d, struct order *o)
{
	jv lines = lines_of(&o->child);
	int status = coproc_end(&o->child, 1000, 0);
	struct buf why = { 0 };

	(void)d;
	o->is_failure = !are_gone(&o->child, status);
	o->result = json_set(jv_object(), "tasks", lines);
	if (o->is_failure) {
		buf_puts(&why, "not all of them were cancelled");
		coproc_say_end(&o->child, status, &why);
		o->result = json_set(o->result, "why", json_utf8(why.p, why.len));
		buf_release(&why);
	}
	return ORDER_DONE;
}

int
jobs_cancel(struct desk *d, struct order *o)
{
	struct proc_program program = { .argv = NULL };
	int rc;

	if (desk_look(d, o, name_to_cancel) < 0)
		return -1;
	program.argv = desk_cancel_line(jv_copy(o->ids), order_text(o, "reason"));
	rc = coproc_start(&o->child, &program);
	desk_free_line((char **)program.argv);
	o->look = look_cancelled;
	o->look_ms = INT64_MAX;
	return rc < 0 ? -1 : ORDER_WAITS;
}
