#include "enlist.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "buf.h"
#include "crew.h"
#include "edit.h"
#include "err.h"
#include "json.h"
#include "spec.h"
#include "task.h"

/* fields are consumed */
static jv
change_of_agent(const char *role, const char *change, jv fields)
{
	jv line = json_set_string(json_set_string(jv_object(), "kind", "agent"), "role", role);

	return json_set(json_set_string(line, "change", change), "fields", fields);
}

/* The names of members that two objects (borrowed) do not have alike, but for some. */
static jv
differences(jv old, jv new, const char *const *but)
{
	jv all = jv_object_merge(jv_copy(old), jv_copy(new)), names = jv_array();

	for (; *but; but++)
		all = json_drop(all, *but);
	jv_object_foreach (all, name, value) {
		jv a = jv_object_get(jv_copy(old), jv_copy(name)),
		   b = jv_object_get(jv_copy(new), jv_copy(name));

		if (jv_is_valid(a) && jv_is_valid(b) ? !jv_equal(jv_copy(a), jv_copy(b))
						     : jv_is_valid(a) != jv_is_valid(b))
			names = jv_array_append(names, jv_copy(name));
		jv_free(a);
		jv_free(b);
		jv_free(name);
		jv_free(value);
	}
	jv_free(all);
	return names;
}

/* --- agents */

/* The crews of both, those of old (borrowed) first; new is consumed. */
static jv
with_crews(jv new, jv old)
{
	jv crews = crew_strings(old, "crews"), more = crew_strings(new, "crews");

	jv_array_foreach (more, i, name) {
		crews = crew_add(crews, jv_string_value(name));
		jv_free(name);
	}
	jv_free(more);
	if (jv_array_length(jv_copy(crews)) > 0)
		return json_set(new, "crews", crews);
	jv_free(crews);
	return new;
}

static int
enlist_agent(struct tx *tx, jv agent, jv *changes)
{
	static const char *const times[] = { "created_at", "updated_at", NULL };
	char *role = xstrdup(json_peek_string(agent, "role"));
	jv old = agent_get(tx, role), fields = jv_array(), stored;
	bool is_there = jv_is_valid(old);
	int rc = 0;

	if (is_there) {
		agent = with_crews(agent, old);
		jv_free(fields);
		fields = differences(old, agent, times);
	}
	if (is_there && jv_array_length(jv_copy(fields)) == 0) {
		jv_free(agent);
		*changes = jv_array_append(*changes, change_of_agent(role, "same", fields));
	} else {
		stored = agent_put(tx, agent);
		rc = jv_is_valid(stored) ? 0 : err_add("agent %s", role);
		jv_free(stored);
		*changes = jv_array_append(*changes,
		    change_of_agent(role, is_there ? "updated" : "new", fields));
	}
	jv_free(old);
	free(role);
	return rc;
}

int
enlist_agents(struct tx *tx, jv roster, jv *changes)
{
	jv agents = json_get(roster, "agents", JV_KIND_ARRAY);
	int rc = 0;

	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(agents)); i++)
		rc = enlist_agent(tx, jv_array_get(jv_copy(agents), i), changes);
	jv_free(agents);
	return rc;
}

/* --- tasks */

struct enlist {
	struct tx *tx;
	const char *chat;
	struct verdict *verdict;
	jv ids; /* object: the task's id by its node */
	jv *changes;
};

/* What a node's task is known by.  No crew has a tab in its name, which counts in any case. */
static jv
key_of(const struct enlist *e, jv given)
{
	char *crew = xstrdup(json_peek_string(given, "crew"));
	jv key;

	for (char *p = crew; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	key = jv_string_fmt("crew:%s:%s\t%s", e->chat ? e->chat : "", crew,
	    json_peek_string(given, "node"));
	free(crew);
	return key;
}

/* The spec of a node's task; what it waits for is known. */
static jv
spec_of(const struct enlist *e, jv given)
{
	jv spec = json_drop(json_drop(jv_copy(given), "node"), "after");
	jv after = json_get(given, "after", JV_KIND_ARRAY), ids = jv_array();

	jv_array_foreach (after, i, node) {
		ids = jv_array_append(ids, json_get(e->ids, jv_string_value(node), JV_KIND_STRING));
		jv_free(node);
	}
	jv_free(after);
	if (jv_array_length(jv_copy(ids)) > 0)
		spec = json_set(spec, "depends_on", ids);
	else
		jv_free(ids);
	if (e->chat)
		spec = json_set_string(spec, "chat_id", e->chat);
	return json_set(spec, "key", key_of(e, given));
}

static jv
task_of(struct tx *tx, jv spec)
{
	char *name = xprintf("key/%s", json_peek_string(spec, "key"));
	jv task = store_get(tx, name);

	free(name);
	return task;
}

/* The members of a task of which an import says something. */
static jv
said_of(jv task)
{
	static const char *const members[] = { "title", "instruction", "agent", "priority",
		"output", "depends_on" };
	jv said = jv_object(), assignment = json_get(task, "assignment", JV_KIND_OBJECT);
	bool is_chosen = jv_is_valid(assignment) && !json_peek_bool(assignment, "named");

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		said = json_set_valid(said, members[i],
		    jv_object_get(jv_copy(task), jv_string(members[i])));
	jv_free(assignment);
	return is_chosen ? json_drop(said, "agent") : said;
}

/* A spec with what is a task's where nothing is said. */
static jv
said_by(jv spec)
{
	jv said = said_of(spec);

	if (!json_has(said, "title"))
		said = json_set(said, "title", task_title(json_peek_string(spec, "instruction")));
	if (!json_has(said, "priority"))
		said = json_set_string(said, "priority", "medium");
	return said;
}

/* A task (consumed) with what edit_task has no words for. */
static jv
with_exactly(jv task, jv said)
{
	static const char *const members[] = { "title", "agent", "output" };

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		task = json_drop(task, members[i]);
		task = json_set_valid(task, members[i],
		    jv_object_get(jv_copy(said), jv_string(members[i])));
	}
	return task;
}

/* Changes a task that has not begun, which is replaced by what is stored. */
static int
update(struct enlist *e, jv *task, jv said)
{
	jv deps = json_get(said, "depends_on", JV_KIND_ARRAY), edited;
	struct edit edit = { .priority = json_peek_string(said, "priority"),
		.agent = json_peek_string(said, "agent"),
		.instruction = json_peek_string(said, "instruction"),
		.metadata = jv_invalid(),
		.limits = jv_invalid(),
		.rules = jv_invalid(),
		.output = json_get(said, "output", JV_KIND_OBJECT),
		.depends_on = jv_is_valid(deps) ? deps : jv_array(),
		.drops_dependencies = true };
	int rc = edit_task(e->tx, json_peek_string(*task, "id"), &edit, &edited);

	jv_free(edit.output);
	jv_free(edit.depends_on);
	if (rc < 0)
		return -1;
	jv_free(*task);
	*task = with_exactly(edited, said);
	task_put(e->tx, jv_copy(*task));
	return 0;
}

/* Whether it may still be changed. */
static bool
is_open(jv task)
{
	return !task_is(task, "in_progress") && !task_is(task, "completed") &&
	       !task_has_subtasks(task);
}

/* Of a task that is there: what has become of it; NULL with err. */
static const char *
renew(struct enlist *e, jv *task, jv spec, jv *fields)
{
	static const char *const none[] = { NULL };
	jv old = said_of(*task), new = said_by(spec);
	const char *change = "updated";
	char id[9];

	*fields = differences(old, new, none);
	if (jv_array_length(jv_copy(*fields)) == 0) {
		change = "same";
	} else if (!is_open(*task)) {
		change = "kept";
		verdict_note(e->verdict, "warnings", "task %s (%s): kept as it is: it has begun",
		    task_short(json_peek_string(*task, "id"), id), json_peek_string(new, "title"));
	} else if (update(e, task, new) < 0) {
		change = NULL;
	}
	jv_free(old);
	jv_free(new);
	return change;
}

/* Adds what became of a node's task (borrowed); fields are consumed. */
static void
note_task(struct enlist *e, const char *node, jv task, const char *change, jv fields)
{
	const char *id = json_peek_string(task, "id");
	jv line = json_set_string(json_set_string(jv_object(), "kind", "task"), "id", id);

	line = json_set_string(json_set_string(line, "node", node), "change", change);
	line = json_set_valid(line, "title", json_get(task, "title", JV_KIND_STRING));
	*e->changes = jv_array_append(*e->changes, json_set(line, "fields", fields));
	e->ids = json_set_string(e->ids, node, id);
}

static int
enlist_task(struct enlist *e, jv given)
{
	const char *node = json_peek_string(given, "node"), *change = NULL;
	jv spec = spec_of(e, given), task = task_of(e->tx, spec), fields = jv_invalid();

	if (!jv_is_valid(task)) {
		fields = jv_array();
		if (spec_add(e->tx, jv_copy(spec), true, &task) == SPEC_ADDED)
			change = "new";
	} else if (spec_check(spec) == 0) {
		change = renew(e, &task, spec, &fields);
	}
	if (change)
		note_task(e, node, task, change, fields);
	else
		jv_free(fields), err_add("node %s", node);
	jv_free(task);
	jv_free(spec);
	return change ? 0 : -1;
}

int
enlist_tasks(struct tx *tx, jv roster, const char *chat, struct verdict *v, jv *changes)
{
	struct enlist e = { .tx = tx,
		.chat = chat,
		.verdict = v,
		.ids = jv_object(),
		.changes = changes };
	jv tasks = json_get(roster, "tasks", JV_KIND_ARRAY);
	int rc = 0;

	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(tasks)); i++) {
		jv given = jv_array_get(jv_copy(tasks), i);

		rc = json_has(given, "crew")
		         ? enlist_task(&e, given)
		         : err_set(EX_DATAERR, "node %s: a task without a crew: --crew names one",
			       json_peek_string(given, "node"));
		jv_free(given);
	}
	jv_free(tasks);
	jv_free(e.ids);
	return rc;
}
