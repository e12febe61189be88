#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "err.h"
#include "life.h"
#include "log.h"
#include "rate.h"
#include "remove.h"
#include "settle.h"
#include "task.h"

/* The tasks to be deleted. */
struct doomed {
	struct tx *tx;
	jv ids; /* grows while it is worked off */
	jv has; /* id -> true */
};

static const char *
id_of(jv task)
{
	return json_peek_string(task, "id");
}

static void
add(struct doomed *d, const char *id)
{
	if (json_has(d->has, id))
		return;
	d->ids = jv_array_append(d->ids, jv_string(id));
	d->has = json_set(d->has, id, jv_true());
}

/* The operands and all that they were split into. */
static int
gather(struct doomed *d, jv ids)
{
	int rc = 0;

	jv_array_foreach (ids, i, id) {
		add(d, jv_string_value(id));
		jv_free(id);
	}
	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(d->ids)); i++) {
		jv id = jv_array_get(jv_copy(d->ids), i),
		   task = task_get(d->tx, jv_string_value(id)), child;
		char name[9];

		if (!jv_is_valid(task))
			rc = err_set(EX_NOINPUT, "task %s: no such task", jv_string_value(id));
		else if (task_is(task, "in_progress"))
			rc = err_set(EX_TEMPFAIL, "task %s: is running",
			    task_short(id_of(task), name));
		for (uint64_t n = 0;
		     jv_is_valid(child = task_next_child(d->tx, jv_string_value(id), &n));
		     jv_free(child))
			add(d, id_of(child));
		jv_free(task);
		jv_free(id);
	}
	return rc;
}

/* The parent of a task (borrowed) that has not ended and is not deleted with it, owned. */
static jv
waiting_parent(struct doomed *d, jv task)
{
	const char *parent_id = json_peek_string(task, "parent_id");
	jv parent =
	    parent_id && !json_has(d->has, parent_id) ? task_get(d->tx, parent_id) : jv_invalid();

	if (jv_is_valid(parent) && !task_is_over(parent))
		return parent;
	jv_free(parent);
	return jv_invalid();
}

static int
check_dependents(struct doomed *d, jv task)
{
	char *set = xprintf("dependents.%s", id_of(task)), name[9], of[9];
	int rc = 0;

	/* who waits for one that has ended waits for others */
	for (uint64_t n = 0;
	     rc == 0 && !task_is_over(task) && (n = store_next(d->tx, set, n)) != 0;) {
		jv dependent = store_at(d->tx, n);

		if (jv_is_valid(dependent) && !json_has(d->has, id_of(dependent)))
			rc = err_set(EX_TEMPFAIL, "task %s: task %s waits for it",
			    task_short(id_of(task), name), task_short(id_of(dependent), of));
		jv_free(dependent);
	}
	free(set);
	return rc;
}

/* Whether a task may go: who runs is not disturbed, who waits only by force. */
static int
check_waiting(struct doomed *d, jv task, bool is_force)
{
	jv parent = waiting_parent(d, task);
	char name[9], of[9];
	int rc = 0;

	if (task_is(parent, "in_progress"))
		rc = err_set(EX_TEMPFAIL, "task %s: its parent %s is running",
		    task_short(id_of(task), name), task_short(id_of(parent), of));
	else if (jv_is_valid(parent) && !is_force)
		rc = err_set(EX_TEMPFAIL, "task %s: its parent %s waits for it",
		    task_short(id_of(task), name), task_short(id_of(parent), of));
	else if (!is_force)
		rc = check_dependents(d, task);
	jv_free(parent);
	return rc;
}

static int
check(struct doomed *d, bool is_force)
{
	int rc = 0;

	jv_array_foreach (d->ids, i, id) {
		jv task = task_get(d->tx, jv_string_value(id));

		if (rc == 0)
			rc = check_waiting(d, task, is_force);
		jv_free(task);
		jv_free(id);
	}
	return rc;
}

/* Ends what has not begun, so that all who wait for it know. */
static void
cancel_all(struct doomed *d)
{
	jv_array_foreach (d->ids, i, id) {
		jv task = task_get(d->tx, jv_string_value(id));

		if (task_is(task, "pending"))
			life_cancel(d->tx, task, "it was deleted");
		else
			jv_free(task);
		jv_free(id);
	}
}

/* Deletes them.  A parent that goes on counts only those that are left. */
static void
delete_all(struct doomed *d)
{
	jv parents = jv_object();

	jv_array_foreach (d->ids, i, id) {
		jv task = task_get(d->tx, jv_string_value(id)), parent = waiting_parent(d, task);

		if (jv_is_valid(parent))
			parents = json_set(parents, id_of(parent), jv_true());
		task_delete(d->tx, jv_string_value(id));
		jv_free(parent);
		jv_free(task);
		jv_free(id);
	}
	jv_object_foreach (parents, id, yes) {
		settle_recount(d->tx, task_get(d->tx, jv_string_value(id)));
		jv_free(yes);
		jv_free(id);
	}
	jv_free(parents);
}

int
remove_tasks(struct tx *tx, jv ids, bool is_force, jv *removed)
{
	struct doomed d = { .tx = tx, .ids = jv_array(), .has = jv_object() };
	int rc = gather(&d, ids);

	if (rc == 0 && (rc = check(&d, is_force)) == 0) {
		cancel_all(&d);
		delete_all(&d);
	}
	*removed = d.ids;
	jv_free(d.has);
	return rc;
}

/* --- chats */

/* One task of a chat, by its text: they may be many. */
static int
check_task_of_chat(struct scan_text task, const char *chat_id, bool is_force)
{
	struct scan_text status, id;
	bool is_running, is_pending;
	char name[9], of[9];

	if (!scan_member(task, "status", &status) || !scan_member(task, "id", &id) || id.len < 10)
		return 0;
	is_running = scan_is(status, "in_progress");
	is_pending = scan_is(status, "pending");
	if (!is_running && (!is_pending || is_force))
		return 0;
	return err_set(EX_TEMPFAIL, "chat %s: its task %s %s", task_short(chat_id, of),
	    task_short(id.p + 1, name), is_running ? "is running" : "has not ended");
}

int
remove_check_chat(struct tx *tx, const char *id, bool is_force)
{
	char *set = xprintf("chat.%s", id), *key = xprintf("chat/%s", id);
	struct scan_text task;
	int rc = 0;

	if (!store_number(tx, key))
		rc = err_set(EX_NOINPUT, "chat %s: no such chat", id);
	for (uint64_t n = 0; rc == 0 && (n = store_next(tx, set, n)) != 0;)
		if (store_peek(tx, n, &task))
			rc = check_task_of_chat(task, id, is_force);
	free(set);
	free(key);
	return rc;
}

/* Whether a task has, or may have, said what is not in its chat. */
static bool
has_words(struct scan_text task)
{
	struct scan_text status, events, posted;

	if (!scan_member(task, "status", &status))
		return false;
	if (scan_is(status, "pending"))
		return true;
	if (!scan_member(task, "events", &events))
		return false;
	return !scan_member(task, "posted", &posted) ||
	       strtoll(events.p, NULL, 10) > strtoll(posted.p, NULL, 10);
}

/* What nobody has posted of a chat's tasks nobody can post any more; those that have not begun have
 * no chat, and get another one when they do. */
static void
forget_words(struct tx *tx, const char *chat_id)
{
	char *set = xprintf("chat.%s", chat_id);
	struct scan_text text;

	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;) {
		jv task =
		    store_peek(tx, n, &text) && has_words(text) ? store_at(tx, n) : jv_invalid();
		int64_t said = json_peek_int(task, "events", 0);

		if (task_is(task, "pending")) {
			said = log_last(store_logs_fd(store_of(tx)), id_of(task));
			if (!json_has(task, "own_chat"))
				task = json_set_string(task, "lost_chat", chat_id);
			task = json_drop(task, "chat_id");
		}
		if (said > json_peek_int(task, "posted", 0))
			task = json_set_int(task, "posted", said);
		if (jv_is_valid(task))
			task_put(tx, jv_copy(task));
		jv_free(task);
	}
	free(set);
}

static void
delete_cursors(struct tx *tx, const char *chat_id)
{
	for (uint64_t n = 0; (n = store_next(tx, "cursors", n)) != 0;) {
		jv cursor = store_at(tx, n);
		const char *chat = json_peek_string(cursor, "chat_id"),
			   *name = json_peek_string(cursor, "name");
		char *key = chat && name ? xprintf("cursor/%s/%s", name, chat) : NULL;

		if (key && !strcmp(chat, chat_id))
			store_delete(tx, key);
		free(key);
		jv_free(cursor);
	}
}

/* Deletes the oldest events; false: there may be more.  The last one goes with the chat, in whose
 * numbers it is the only one to know how far they have come. */
static bool
delete_events(struct tx *tx, const char *chat_id)
{
	char *set = xprintf("events.%s", chat_id);
	uint64_t n = 0;
	int count = 0;

	while (count < REMOVE_AT_ONCE && (n = store_next(tx, set, n)) != 0) {
		struct scan_text event, seq;
		char *key;

		if (!store_peek(tx, n, &event) || !scan_member(event, "seq", &seq))
			break;
		if (count + 1 == REMOVE_AT_ONCE && store_next(tx, set, n) == 0) {
			count = REMOVE_AT_ONCE;
			break;
		}
		key = xprintf("event/%s/%" PRIu64, chat_id, (uint64_t)strtoull(seq.p, NULL, 10));
		store_delete(tx, key);
		free(key);
		count++;
	}
	free(set);
	return count < REMOVE_AT_ONCE;
}

int
remove_chat_some(struct tx *tx, const char *id, bool is_force)
{
	char *key = xprintf("chat/%s", id), *topic = xprintf("chat-%s", id);
	int rc = delete_events(tx, id);

	if (rc == 1 && store_number(tx, key)) { /* not what somebody else has deleted */
		/* as anything may have come since it was looked at */
		if (remove_check_chat(tx, id, is_force) < 0) {
			rc = -1;
		} else {
			forget_words(tx, id);
			delete_cursors(tx, id);
			rate_forget(tx, id);
			store_delete(tx, key);
		}
	}
	store_ring(tx, topic);
	store_ring(tx, "chats");
	free(topic);
	free(key);
	return rc;
}
