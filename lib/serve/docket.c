#include "docket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"
#include "approve.h"
#include "brief.h"
#include "chat.h"
#include "err.h"
#include "listing.h"
#include "person.h"
#include "spec.h"
#include "task.h"
#include "why.h"

/* How many tasks are looked at for one list. */
enum { SCAN_MAX = 10000 };

/* --- what is told */

static jv
some_of(jv task, const char *const *members)
{
	jv out = json_set_valid(jv_object(), "task_id", json_get(task, "id", JV_KIND_STRING));

	for (; *members; members++)
		out = json_set_valid(out, *members,
		    jv_object_get(jv_copy(task), jv_string(*members)));
	return out;
}

jv
docket_brief(jv task)
{
	static const char *const members[] = { "title", "status", "waiting", "priority", "agent",
		"chat_id", "parent_id", "created_at", "finished_at", "error", "duplicate", NULL };

	return some_of(task, members);
}

jv
docket_end(jv task)
{
	static const char *const members[] = { "title", "status", "waiting", "agent", "chat_id",
		"response", "error", "usage", "finished_at", NULL };

	return some_of(task, members);
}

/* The chat that is named, as its whole id, where the user may do that. */
static int
name_chat(struct desk *d, struct tx *tx, struct order *o, enum may_what what)
{
	jv chat = desk_chat(d, tx, order_text(o, "chat_id"), what);

	if (!jv_is_valid(chat))
		return -1;
	o->args = json_set_valid(o->args, "chat_id", json_get(chat, "id", JV_KIND_STRING));
	jv_free(chat);
	return ORDER_DONE;
}

static int
aim(struct desk *d, struct tx *tx, struct order *o)
{
	return name_chat(d, tx, o, MAY_ADD);
}

int
docket_aim(struct desk *d, struct order *o)
{
	return d->chat || order_text(o, "chat_id") ? desk_look(d, o, aim) : 0;
}

/* --- task_add */

/* What is in no chat is its adder's; who may see what is in one spec_add asks. */
static bool
is_anothers(struct desk *d, struct tx *tx, jv task)
{
	const char *by = json_peek_string(task, "created_by"),
		   *in = json_peek_string(task, "chat_id");
	jv chat = in ? chat_get(tx, in) : jv_invalid();
	bool is = !jv_is_valid(chat) && !(by && !strcasecmp(by, d->user));

	jv_free(chat);
	return is;
}

/* Whether a task may be waited for, if there is one. */
static int
check_dependency(struct desk *d, struct tx *tx, const char *given)
{
	char id[ID_TEXT];
	jv task = store_resolve(tx, "task", given, id) == 0 ? task_get(tx, id) : jv_invalid();
	int rc = jv_is_valid(task) ? access_may(tx, task, d->user, MAY_READ) : 0;

	jv_free(task);
	return rc < 0 ? err_set(EX_NOPERM, "task %s: no such task", given) : 0;
}

static int
check_dependencies(struct desk *d, struct tx *tx, struct order *o)
{
	jv deps = json_get(o->args, "depends_on", JV_KIND_ARRAY);
	int rc = 0;

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, given) {
			rc = rc < 0 ? rc : check_dependency(d, tx, jv_string_value(given));
			jv_free(given);
		}
	jv_free(deps);
	return rc;
}

/* As spec_add, for whom the task of somebody else is none. */
static int
add_spec(struct desk *d, struct tx *tx, struct order *o, jv *task)
{
	jv spec = json_drop(jv_copy(o->args), "allow_duplicates");
	int rc = spec_add(tx, jv_copy(spec), json_peek_bool(o->args, "allow_duplicates"), task);

	if (rc != SPEC_DUPLICATE || !jv_is_valid(*task) || !is_anothers(d, tx, *task))
		return (jv_free(spec), rc);
	jv_free(*task);
	*task = jv_invalid();
	if (!order_text(o, "key"))
		return spec_add(tx, spec, true, task);
	jv_free(spec);
	err_set(EX_NOPERM, "key: is somebody else's; use another");
	return may_refuse(tx, NULL, d->user, MAY_READ);
}

static int
add(struct desk *d, struct tx *tx, struct order *o)
{
	jv task = jv_invalid();
	int rc = check_dependencies(d, tx, o) < 0 ? -1 : add_spec(d, tx, o, &task);

	if (rc >= 0 && jv_is_valid(task))
		o->result = docket_brief(task);
	else if (rc >= 0)
		rc = err_set(EX_NOINPUT, "key: its task has been deleted; use another key");
	jv_free(task);
	return rc < 0 ? -1 : ORDER_DONE;
}

int
docket_add(struct desk *d, struct order *o)
{
	return docket_aim(d, o) < 0 ? -1 : desk_change(d, o, add);
}

/* --- task_list, task_show */

/* What of the filters the set does not tell. */
static bool
is_wanted(struct desk *d, struct tx *tx, struct order *o, jv task)
{
	static const char *const filters[] = { "status", "agent", "chat_id" };

	for (size_t i = 0; i < 3; i++) {
		const char *want = order_text(o, filters[i]),
			   *is = json_peek_string(task, filters[i]);

		if (want && (!is || strcasecmp(is, want) != 0))
			return false;
	}
	return access_may(tx, task, d->user, MAY_READ) == 0;
}

static char *
set_of(struct order *o)
{
	const char *chat = order_text(o, "chat_id"), *status = order_text(o, "status");

	return chat     ? xprintf("chat.%s", chat)
	       : status ? xprintf("status.%s", status)
	                : xstrdup("tasks");
}

/* From where the list goes on: the number of the task that was its last; 0: from the newest. */
static int
place_of(struct desk *d, struct tx *tx, struct order *o, uint64_t *n)
{
	const char *before = order_text(o, "before"), *cursor = order_text(o, "cursor");
	jv task = before ? desk_task(d, tx, before, MAY_READ) : jv_invalid();
	char *key;

	*n = 0;
	if (!before)
		return cursor ? listing_cursor(cursor, "task_list", n) : 0;
	if (!jv_is_valid(task))
		return -1;
	key = xprintf("task/%s", json_peek_string(task, "id"));
	*n = store_number(tx, key);
	free(key);
	jv_free(task);
	return 0;
}

static int
list(struct desk *d, struct tx *tx, struct order *o)
{
	int64_t limit = json_peek_int(o->args, "limit", DOCKET_LIST), len = 0, looked = 0;
	jv tasks = jv_array();
	bool is_more;
	uint64_t n;
	char *set;

	if (place_of(d, tx, o, &n) < 0 ||
	    (order_text(o, "chat_id") && name_chat(d, tx, o, MAY_READ) < 0))
		return (jv_free(tasks), -1);
	set = set_of(o);
	while (len < limit && looked++ < SCAN_MAX && (n = store_prev(tx, set, n)) != 0) {
		jv task = store_at(tx, n);

		if (is_wanted(d, tx, o, task))
			tasks = jv_array_append(tasks, docket_brief(task)), len++;
		jv_free(task);
	}
	is_more = n != 0 && store_prev(tx, set, n) != 0;
	free(set);
	o->result = json_set(jv_object(), "tasks", tasks);
	o->result = json_set(o->result, "more", jv_bool(is_more));
	if (is_more)
		o->result = json_set(o->result, "cursor", jv_string_fmt("%" PRIu64, n));
	return ORDER_DONE;
}

int
docket_list(struct desk *d, struct order *o)
{
	return desk_look(d, o, list);
}

static int
show(struct desk *d, struct tx *tx, struct order *o)
{
	jv task = desk_task(d, tx, order_text(o, "task_id"), MAY_READ), why;

	if (!jv_is_valid(task))
		return -1;
	why = why_task(tx, task);
	o->result = json_set_valid(jv_object(), "why", json_get(why, "why", JV_KIND_STRING));
	o->result = json_set(o->result, "task", brief_record(task));
	jv_free(why);
	return ORDER_DONE;
}

int
docket_show(struct desk *d, struct order *o)
{
	return desk_look(d, o, show);
}

/* --- task_approve */

static int
decide(struct desk *d, struct tx *tx, struct order *o)
{
	struct approval decision = { .yes = json_peek_bool(o->args, "approve"),
		.by = d->user,
		.reason = order_text(o, "reason") };
	jv task = desk_task(d, tx, order_text(o, "task_id"), MAY_READ);
	char id[ID_TEXT] = "";
	int rc = jv_is_valid(task)
	             ? person_check_as(tx, d->user, "approve_refused", "approves nothing")
	             : -1;

	if (rc == 0) {
		strncpy(id, json_peek_string(task, "id"), ID_TEXT - 1);
		rc = approve_task(tx, id, order_text(o, "request_id"), decision);
	}
	jv_free(task);
	if (rc < 0)
		return -1;
	task = task_get(tx, id);
	o->result = docket_brief(task);
	jv_free(task);
	return ORDER_DONE;
}

int
docket_approve(struct desk *d, struct order *o)
{
	return desk_change(d, o, decide);
}
