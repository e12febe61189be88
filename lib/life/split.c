#include "split.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "life.h"
#include "limit.h"
#include "speech.h"
#include "task.h"
#include "usage.h"

/* How much of a limit the task (borrowed) has used up; to plan it took no turns. */
static int64_t
used(jv task, const char *limit)
{
	jv usage = json_get(task, "usage", JV_KIND_OBJECT),
	   decision = json_get(task, "decision", JV_KIND_OBJECT),
	   planned = json_get(decision, "usage", JV_KIND_OBJECT), tokens = usage_counts(usage);
	int64_t n = !strcmp(limit, "max_tokens")
	                ? json_peek_int(tokens, "total_tokens", 0)
	                : json_peek_int(usage, "calls", 0) - json_peek_int(planned, "calls", 0);

	jv_free(tokens);
	jv_free(planned);
	jv_free(decision);
	jv_free(usage);
	return n;
}

/* The parent (consumed) with the limits that each of so many subtasks has. */
static jv
share_limits(jv parent, int count)
{
	static const char *const shared[] = { "max_turns", "max_tokens" };
	jv limits = json_get(parent, "limits", JV_KIND_OBJECT);
	int64_t depth = json_peek_int(limits, "max_depth", 0);

	if (!jv_is_valid(limits)) {
		jv_free(limits);
		return parent;
	}
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
		int64_t most = json_peek_int(limits, shared[i], 0),
			part = (most - used(parent, shared[i])) / (count > 0 ? count : 1);

		if (most > 0)
			limits = json_set_int(limits, shared[i], part > 1 ? part : 1);
	}
	if (depth > 0)
		limits = json_set_int(limits, "max_depth", depth - 1);
	return json_set(parent, "limits", limits);
}

/* What a subtask has from its parent. */
static jv
inherit(jv child, jv parent)
{
	static const char *const fields[] = { "chat_id", "user_id", "created_by", "untrusted",
		"scope", "metadata", "limits", "lock" };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		jv value = jv_object_get(jv_copy(parent), jv_string(fields[i]));

		if (jv_is_valid(value))
			child = json_set(child, fields[i], value);
		else
			jv_free(value);
	}
	return json_set_string(child, "parent_id", json_peek_string(parent, "id"));
}

/* Moves a member of the plan's subtask under the task's name for it, unless it is null. */
static jv
take_over(jv child, jv item, const char *from, const char *to)
{
	jv value = jv_object_get(jv_copy(item), jv_string(from));

	if (jv_is_valid(value) && jv_get_kind(value) != JV_KIND_NULL)
		return json_set(child, to, value);
	jv_free(value);
	return child;
}

/* The id at an index (consumed), a number or its digits. */
static jv
id_at(jv ids, jv index)
{
	int i = jv_get_kind(index) == JV_KIND_NUMBER
	            ? (int)jv_number_value(index)
	            : (int)strtol(jv_string_value(index), NULL, 10);
	jv id = jv_array_get(jv_copy(ids), i);

	jv_free(index);
	return id;
}

/* Indices into the plan's subtasks become ids. */
static jv
ids_of_dependencies(jv item, jv ids)
{
	jv given = json_get(item, "dependencies", JV_KIND_ARRAY), out = jv_array();

	if (jv_is_valid(given))
		jv_array_foreach (given, i, index)
			out = jv_array_append(out, id_at(ids, index));
	jv_free(given);
	return out;
}

static jv
new_child(jv parent, jv item, jv ids, int i)
{
	static const char *const members[][2] = { { "title", "title" },
		{ "description", "instruction" }, { "priority", "priority" },
		{ "assigned_to", "agent" }, { "required_skills", "required_skills" },
		{ "estimated_hours", "estimated_hours" }, { "context", "context" },
		{ "creates", "creates" } };
	jv id = jv_array_get(jv_copy(ids), i), deps, child = json_set(jv_object(), "id", id);
	char now[CLOCK_TEXT];

	child = json_set_string(child, "status", "pending");
	for (size_t m = 0; m < sizeof members / sizeof *members; m++)
		child = take_over(child, item, members[m][0], members[m][1]);
	deps = ids_of_dependencies(item, ids);
	if (jv_array_length(jv_copy(deps)) > 0)
		child = json_set(child, "depends_on", deps);
	else
		jv_free(deps);
	child = json_set_int(json_set_int(inherit(child, parent), "attempt", 0), "posted", 0);
	child = json_set_int(child, "revision", 0);
	return json_set_string(child, "created_at", clock_format(clock_now_ms(), now));
}

/* Subtasks are born in the plan's order; one that waits for a later one is found to do so
 * because that one's id is known to be unfinished. */
static jv
begin_children(struct tx *tx, jv parent, jv items)
{
	jv ids = jv_array(), children = jv_array();
	int count = jv_array_length(jv_copy(items));
	char id[ID_TEXT];

	for (int i = 0; i < count; i++)
		ids = jv_array_append(ids, jv_string(id_new(id)));
	jv_array_foreach (items, i, item) {
		jv child = new_child(parent, item, ids, i);

		if (json_has(child, "depends_on"))
			child = json_set_string(child, "waiting", "dependencies");
		task_put(tx, jv_copy(child));
		children = jv_array_append(children, child);
		jv_free(item);
	}
	jv_free(items);
	jv_free(ids);
	return children;
}

/* Whether its limits let a task (borrowed) have so many subtasks; a result of split_task. */
static int
check_limits(jv parent, const char *id, int64_t count)
{
	jv limits = json_get(parent, "limits", JV_KIND_OBJECT);
	int64_t depth = json_peek_int(limits, "max_depth", -1),
		most = json_peek_int(limits, "max_children", count);
	char name[9];

	jv_free(limits);
	if (depth == 0)
		return SPLIT_TOO_DEEP;
	return count <= most ? LIFE_DONE
	                     : err_set(EX_DATAERR,
				   "task %s: the plan has %" PRId64
				   " subtasks, limits.max_children is %" PRId64,
				   task_short(id, name), count, most);
}

/* The task at the top of a task's tree (borrowed), and how deep below it that is; owned. */
static jv
root_of(struct tx *tx, jv task, int *depth)
{
	jv root = jv_copy(task);

	for (*depth = 0; *depth <= SPLIT_DEPTH_MAX; ++*depth) {
		const char *id = json_peek_string(root, "parent_id");
		jv above = id ? task_get(tx, id) : jv_invalid();

		if (!jv_is_valid(above)) {
			jv_free(above);
			break;
		}
		jv_free(root);
		root = above;
	}
	return root;
}

/* Whether its tree may have so many subtasks more, in a level more; a result of split_task. */
static int
check_tree(struct tx *tx, jv parent, const char *id, int64_t count)
{
	int depth;
	jv root = root_of(tx, parent, &depth);
	int64_t all = json_peek_int(root, "descendants", 0) + count;
	char name[9];

	jv_free(root);
	if (depth >= SPLIT_DEPTH_MAX)
		return SPLIT_TOO_DEEP;
	return all <= SPLIT_TREE_MAX
	           ? LIFE_DONE
	           : err_set(EX_DATAERR,
			 "task %s: its tree would have %" PRId64 " subtasks, which is more than %d",
			 task_short(id, name), all, SPLIT_TREE_MAX);
}

/* The parent (consumed), or the task at the top of its tree, knows how many there are by now. */
static jv
count_descendants(struct tx *tx, jv parent, int count)
{
	int depth;
	jv root = root_of(tx, parent, &depth);
	int64_t all = json_peek_int(root, "descendants", 0) + count;

	if (depth == 0) {
		jv_free(root);
		return json_set_int(parent, "descendants", all);
	}
	task_put_quietly(tx, json_set_int(root, "descendants", all));
	return parent;
}

/* Whether a task (borrowed) can be split so; a result of split_task. */
static int
check_parent(struct tx *tx, jv parent, const char *id, const struct split_order *order)
{
	int count, rc;

	if (!jv_is_valid(parent))
		return err_set(EX_NOINPUT, "task %s: no such task", id);
	if (!task_is(parent, "pending") || task_has_subtasks(parent) ||
	    (json_peek_string(parent, "waiting") && !limit_waits(parent)))
		return LIFE_PASSED;
	if (order->revision >= 0 && order->revision != json_peek_int(parent, "revision", 0))
		return SPLIT_EDITED;
	count = jv_array_length(json_get(order->plan, "subtasks", JV_KIND_ARRAY));
	rc = check_limits(parent, id, count);
	return rc == LIFE_DONE ? check_tree(tx, parent, id, count) : rc;
}

int
split_task(struct tx *tx, const char *id, struct split_order order, jv *children)
{
	jv parent = task_get(tx, id), items, heir, counts;
	int rc = check_parent(tx, parent, id, &order);

	if (rc != LIFE_DONE) {
		*children = jv_array();
		jv_free(parent);
		jv_free(order.decision);
		jv_free(order.plan);
		return rc;
	}
	items = json_get(order.plan, "subtasks", JV_KIND_ARRAY);
	parent = speech_in_chat(tx, parent);
	if (jv_is_valid(order.decision))
		parent = usage_charge(json_set(parent, "decision", jv_copy(order.decision)),
		    order.decision);
	jv_free(order.decision);
	heir = share_limits(jv_copy(parent), jv_array_length(jv_copy(items)));
	*children = begin_children(tx, heir, jv_copy(items));
	jv_free(heir);
	parent = count_descendants(tx, parent, jv_array_length(jv_copy(items)));
	counts = json_set_int(jv_object(), "total", jv_array_length(items));
	counts = json_set_int(json_set_int(counts, "done", 0), "failed", 0);
	parent = limit_forget(json_drop(parent, "reservation"));
	parent = json_set_string(parent, "waiting", "subtasks");
	parent = json_set(json_set(parent, "subtasks", counts), "plan", order.plan);
	if (order.keep_going)
		parent = json_set(parent, "keep_going", jv_true());
	task_put(tx, parent);
	return LIFE_DONE;
}
