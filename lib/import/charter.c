#include "charter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bonds.h"
#include "buf.h"
#include "crew.h"
#include "err.h"
#include "json.h"

struct charter {
	struct bonds b;
	struct profile *profile;
	jv *record; /* of each node that is an agent */
	int *order; /* room for a node each */
};

static enum drawing_kind
kind_at(const struct charter *c, int i)
{
	return c->b.g.node[i].kind;
}

/* --- agents */

/* Its model is a node's, where it names one. */
static jv
with_model(const struct drawing *g, jv data)
{
	const char *name = json_peek_string(data, "llm");
	int at = name ? drawing_find(g, name, DRAWING_OTHER) : -1;

	return at < 0 ? data
	              : json_set_valid(json_drop(data, "llm"), "llm",
			    json_get(g->node[at].data, "model", JV_KIND_STRING));
}

/* Adds a member's tools, among which nodes may be named. */
static jv
add_tools(const struct drawing *g, jv tools, jv data, const char *member)
{
	jv own = json_get(data, member, JV_KIND_ARRAY);

	for (int i = 0; jv_is_valid(own) && i < jv_array_length(jv_copy(own)); i++) {
		jv tool = jv_array_get(jv_copy(own), i);
		const char *id = jv_get_kind(tool) == JV_KIND_STRING ? jv_string_value(tool) : NULL;
		int at = id ? drawing_find(g, id, DRAWING_TOOL) : -1;
		const char *name = at < 0 ? id : bonds_name(g->node[at].data);

		if (id)
			tools = crew_add(tools, name ? name : id);
		else
			tools = jv_array_append(tools, jv_copy(tool));
		jv_free(tool);
	}
	jv_free(own);
	return tools;
}

/* What an agent's node says, with all its tools. */
static jv
description_of(const struct charter *c, int i)
{
	const struct drawing *g = &c->b.g;
	jv data = json_drop(with_model(g, jv_copy(g->node[i].data)), "id");
	jv tools = jv_copy(c->b.at[i].tools), text = json_get(data, "tools", JV_KIND_STRING);

	tools = add_tools(g, add_tools(g, tools, data, "tools"), data, "tool");
	if (jv_is_valid(text))
		tools = crew_add(tools, jv_string_value(text));
	jv_free(text);
	if (jv_array_length(jv_copy(tools)) > 0)
		return json_set(json_drop(data, "tool"), "tools", tools);
	jv_free(tools);
	return json_drop(json_drop(data, "tool"), "tools");
}

static int
read_agent(struct charter *c, int i, jv *seen)
{
	char *what = xprintf("node %s", c->b.g.node[i].id);
	jv record = profile_record(c->profile, description_of(c, i), what);

	int rc = jv_is_valid(record) ? profile_note_role(seen, record, what) : err_add("%s", what);

	free(what);
	if (rc < 0) {
		jv_free(record);
		return -1;
	}
	if (jv_array_length(jv_copy(c->b.at[i].crews)) > 0)
		record = json_set(record, "crews", jv_copy(c->b.at[i].crews));
	c->record[i] = record;
	return 0;
}

/* The agents, in the order in which they stand; invalid with err. */
static jv
read_agents(struct charter *c)
{
	jv agents = jv_array(), seen = jv_object();
	int rc = drawing_order(&c->b.g, DRAWING_AGENT, c->order) < 0 ? -1 : 0;

	for (int i = 0; i < c->b.g.nodes && rc == 0; i++)
		if (kind_at(c, i) == DRAWING_AGENT && (rc = read_agent(c, i, &seen)) == 0)
			agents = jv_array_append(agents, jv_copy(c->record[i]));
	jv_free(seen);
	if (rc == 0 && jv_array_length(jv_copy(agents)) == 0)
		rc = err_set(EX_DATAERR, "graph: %s",
		    c->b.g.nodes > 0 ? "it has no agents" : "it is empty");
	if (rc == 0)
		return agents;
	jv_free(agents);
	return jv_invalid();
}

/* --- tasks */

static jv
output_of(jv data)
{
	static const char *const words[] = { "expected_output", "output", NULL };
	const char *expected = profile_name(data, words);
	jv output = json_get(data, "output", JV_KIND_OBJECT);

	if (!jv_is_valid(output)) {
		jv_free(output);
		output = jv_object();
	}
	if (expected)
		output = json_set_string(output, "expected", expected);
	if (json_peek_bool(data, "markdown"))
		output = json_set_string(output, "format", "markdown");
	return output;
}

/* The agent of a task, or the manager of its crew; -1: none. */
static int
who_does(const struct charter *c, const struct bond *task)
{
	if (task->agent >= 0 || task->crew < 0)
		return task->agent;
	return c->b.at[task->crew].manager;
}

static jv
with_text(jv spec, const char *name, const char *text)
{
	return text ? json_set_string(spec, name, text) : spec;
}

static jv
spec_of(const struct charter *c, int i)
{
	static const char *const texts[] = { "instruction", "description", NULL };
	const struct bond *bond = &c->b.at[i];
	jv data = c->b.g.node[i].data, output = output_of(data);
	jv spec = json_set_string(jv_object(), "node", c->b.g.node[i].id);
	int agent = who_does(c, bond);

	spec = with_text(spec, "title", bonds_name(data));
	spec = with_text(spec, "instruction", profile_name(data, texts));
	spec = with_text(spec, "priority", json_peek_string(data, "priority"));
	if (agent >= 0)
		spec = with_text(spec, "agent", json_peek_string(c->record[agent], "role"));
	if (jv_object_length(jv_copy(output)) > 0)
		spec = json_set(spec, "output", output);
	else
		jv_free(output);
	spec = with_text(spec, "crew", bonds_crew(&c->b, bond->crew));
	return json_set(spec, "after", jv_copy(bond->after));
}

/* Whether a crew's tasks are done one after the other. */
static bool
is_chain(const struct charter *c, int crew, int tasks)
{
	const char *process = bonds_process(&c->b, crew);
	bool is_tied = false;

	if (process)
		return !strcasecmp(process, "sequential");
	for (int k = 0; k < tasks; k++) {
		const struct bond *bond = &c->b.at[c->order[k]];

		is_tied = is_tied || (bond->crew == crew && bond->is_tied);
	}
	return !is_tied;
}

/* Each task of a crew waits for the one before it. */
static void
chain(struct charter *c, int crew, int tasks)
{
	int last = -1;

	for (int k = 0; k < tasks; k++) {
		if (c->b.at[c->order[k]].crew != crew)
			continue;
		if (last >= 0)
			bonds_wait(&c->b, c->order[k], last);
		last = c->order[k];
	}
}

/* The tasks, each behind those that it waits for; invalid with err. */
static jv
read_tasks(struct charter *c)
{
	int len = drawing_order(&c->b.g, DRAWING_TASK, c->order);
	jv tasks = jv_array();

	for (int i = 0; i < c->b.g.nodes && len > 0; i++)
		if (kind_at(c, i) == DRAWING_CREW && is_chain(c, i, len))
			chain(c, i, len);
	for (int k = 0; k < len; k++)
		tasks = jv_array_append(tasks, spec_of(c, c->order[k]));
	if (len >= 0)
		return tasks;
	jv_free(tasks);
	return jv_invalid();
}

/* --- the whole */

/* Warns of what nodes say that nobody reads; agents are profile_record's. */
static void
name_unknown(struct charter *c)
{
	static const char *const of_task[] = { "id", "name", "label", "title", "description",
		"instruction", "expected_output", "output", "markdown", "agent", "agent_id",
		"context", "depends_on", "priority", NULL },
				 *const of_crew[] = { "id", "name", "label", "title", "description",
					 "process", "agents", "agent_ids", "tasks", "task_ids",
					 "manager_agent", NULL },
				 *const of_tool[] = { "id", "name", "label", "title", "description",
					 NULL };
	const char *const *const known[] = { NULL, of_task, of_crew, of_tool, NULL };

	for (int i = 0; i < c->b.g.nodes; i++) {
		char *what = xprintf("node %s", c->b.g.node[i].id);

		if (known[kind_at(c, i)])
			profile_unknown(c->profile, c->b.g.node[i].data, known[kind_at(c, i)],
			    what);
		free(what);
	}
}

/* Of bonds that are open. */
static jv
read_all(struct charter *c)
{
	size_t nodes = (size_t)c->b.g.nodes;
	jv agents, tasks;

	c->record = xmalloc((nodes + 1) * sizeof *c->record);
	c->order = xmalloc((nodes + 1) * sizeof *c->order);
	for (size_t i = 0; i < nodes; i++)
		c->record[i] = jv_invalid();
	name_unknown(c);
	agents = read_agents(c);
	tasks = jv_is_valid(agents) ? read_tasks(c) : jv_invalid();
	for (size_t i = 0; i < nodes; i++)
		jv_free(c->record[i]);
	free(c->record);
	free(c->order);
	if (jv_is_valid(tasks))
		return json_set(json_set(jv_object(), "agents", agents), "tasks", tasks);
	jv_free(agents);
	return tasks;
}

jv
charter_read(jv document, const char *crew, struct profile *p)
{
	struct charter c = { .profile = p };
	jv roster = jv_invalid();

	if (bonds_open(&c.b, document, crew, p) == 0)
		roster = read_all(&c);
	bonds_close(&c.b);
	return roster;
}
