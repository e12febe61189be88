#include "brief.h"

#include <stdlib.h>

#include "access.h"
#include "event.h"
#include "task.h"
#include "why.h"

/* The most that are told of one task. */
enum { CHILDREN_MAX = 1000 };

static jv
set_count(struct tx *tx, jv object, const char *member, const char *set, const char *id)
{
	char *name = xprintf("%s%s", set, id);

	object = json_set_int(object, member, (int64_t)store_count(tx, name));
	free(name);
	return object;
}

jv
brief_chat(struct tx *tx, jv chat)
{
	jv name = json_get(chat, "id", JV_KIND_STRING);
	const char *id = jv_is_valid(name) ? jv_string_value(name) : "";

	chat = json_set_int(chat, "last_seq", (int64_t)event_last(tx, id));
	chat = set_count(tx, chat, "running", "running.chat.", id);
	chat = set_count(tx, chat, "asking", "approval.", id);
	jv_free(name);
	return chat;
}

jv
brief_rights(jv chat, const char *user)
{
	static const enum may_what asked[] = { MAY_POST, MAY_ADD, MAY_CANCEL };
	jv rights = jv_object();

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		rights = json_set(rights, may_right(asked[i]),
		    may(NULL, chat, user, asked[i]) == 0 ? jv_true() : jv_false());
	return json_set(rights, may_right(MAY_APPROVE),
	    access_approves(chat, user) ? jv_true() : jv_false());
}

static jv
set_right(struct tx *tx, jv rights, const char *member, jv task, const char *user,
    enum may_what what)
{
	return json_set(rights, member, access_has(tx, task, user, what) ? jv_true() : jv_false());
}

jv
brief_task(struct tx *tx, jv task, const char *user)
{
	static const char *const members[] = { "id", "title", "status", "waiting", "priority",
		"agent", "created_by", "parent_id", "spawned_by", "subtasks", "attempt",
		"not_before", "error", "approval", "usage", "created_at", "started_at",
		"finished_at" };
	jv out = jv_object();

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		out = json_set_valid(out, members[i],
		    jv_object_get(jv_copy(task), jv_string(members[i])));
	if (task_waits_for(task, "approval"))
		out = json_set(out, "may",
		    set_right(tx, jv_object(), "approve", task, user, MAY_APPROVE));
	jv_free(task);
	return out;
}

/* Adds a child (consumed), unless there are too many. */
static jv
add_child(struct tx *tx, jv children, jv child, const char *user)
{
	if (jv_array_length(jv_copy(children)) < CHILDREN_MAX)
		return jv_array_append(children, brief_task(tx, child, user));
	jv_free(child);
	return children;
}

/* Adds what an agent has spawned: that may be in another chat. */
static jv
add_spawned(struct tx *tx, jv children, const char *id, const char *user)
{
	char *set = xprintf("spawned.%s", id);
	uint64_t n = 0;

	while ((n = store_next(tx, set, n)) != 0) {
		jv child = store_at(tx, n);

		if (access_has(tx, child, user, MAY_READ))
			children = add_child(tx, children, child, user);
		else
			jv_free(child);
	}
	free(set);
	return children;
}

static jv
children_of(struct tx *tx, const char *id, const char *user)
{
	jv children = jv_array(), child;

	for (uint64_t n = 0; jv_is_valid(child = task_next_child(tx, id, &n));)
		children = add_child(tx, children, child, user);
	jv_free(child);
	return add_spawned(tx, children, id, user);
}

jv
brief_record(jv task)
{
	static const char *const inner[] = { "lease", "runner", "waiter", "reservation", "worker" };

	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		task = json_drop(task, inner[i]);
	return task;
}

jv
brief_whole(struct tx *tx, jv task, const char *user)
{
	jv may = set_right(tx, jv_object(), "cancel", task, user, MAY_CANCEL),
	   whole = json_set(jv_object(), "why", why_task(tx, task));

	may = set_right(tx, may, "retry", task, user, MAY_ADD);
	may = set_right(tx, may, "approve", task, user, MAY_APPROVE);
	whole = json_set(whole, "children", children_of(tx, json_peek_string(task, "id"), user));
	whole = json_set(whole, "may", may);
	return json_set(whole, "task", brief_record(task));
}
