#include "bonds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "chat.h"
#include "crew.h"
#include "err.h"
#include "json.h"

const char *
bonds_name(jv data)
{
	static const char *const names[] = { "name", "label", "title", NULL };

	return profile_name(data, names);
}

const char *
bonds_crew(const struct bonds *b, int crew)
{
	const char *name = b->given;

	if (!name && crew >= 0)
		name = bonds_name(b->g.node[crew].data);
	return name || crew < 0 ? name : b->g.node[crew].id;
}

const char *
bonds_process(const struct bonds *b, int crew)
{
	const char *process = json_peek_string(b->g.node[crew].data, "process");

	return process ? process : b->process;
}

/* Whether an array has a text. */
static bool
has(jv list, const char *text, int (*compare)(const char *, const char *))
{
	bool is_there = false;

	jv_array_foreach (list, i, item) {
		is_there = is_there || (jv_get_kind(item) == JV_KIND_STRING &&
					   !compare(jv_string_value(item), text));
		jv_free(item);
	}
	return is_there;
}

void
bonds_wait(struct bonds *b, int task, int other)
{
	struct bond *bond = &b->at[task];
	const char *id = b->g.node[other].id;

	if (!has(bond->after, id, strcmp))
		bond->after = jv_array_append(bond->after, jv_string(id));
}

/* Whether the agent is of that crew. */
static bool
is_in(const struct bonds *b, int agent, int crew)
{
	return has(b->at[agent].crews, bonds_crew(b, crew), strcasecmp);
}

/* --- nodes that nodes name become edges */

static bool
has_role(jv data, const char *role)
{
	static const char *const roles[] = { "role", "name", "label" };
	bool is = false;

	for (size_t i = 0; i < 3 && !is; i++) {
		const char *name = json_peek_string(data, roles[i]);

		is = name && !strcasecmp(name, role);
	}
	return is;
}

/* The node of that kind that a node names by its id or, an agent, by its role; -1 with err. */
static int
named(const struct bonds *b, int by, const char *member, jv name, enum drawing_kind kind)
{
	const char *text = jv_get_kind(name) == JV_KIND_STRING ? jv_string_value(name) : NULL;
	int at = text ? drawing_find(&b->g, text, kind) : -1;

	for (int i = 0; text && kind == DRAWING_AGENT && at < 0 && i < b->g.nodes; i++)
		if (b->g.node[i].kind == kind && has_role(b->g.node[i].data, text))
			at = i;
	if (at < 0)
		err_set(EX_DATAERR, "node %s: %s: %s is no %s", b->g.node[by].id, member,
		    text ? text : "what is no string", drawing_word(kind));
	return at;
}

/* Joins a node with each that a member of it names. */
static int
join_named(struct bonds *b, int by, const char *member, enum drawing_kind kind)
{
	jv list = jv_object_get(jv_copy(b->g.node[by].data), jv_string(member));
	int rc = 0;

	if (!jv_is_valid(list) || jv_get_kind(list) == JV_KIND_NULL) {
		jv_free(list);
		return 0;
	}
	if (jv_get_kind(list) != JV_KIND_ARRAY)
		list = JV_ARRAY(list);
	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(list)); i++) {
		jv name = jv_array_get(jv_copy(list), i);
		int at = named(b, by, member, name, kind);

		if (at < 0)
			rc = -1;
		else
			drawing_join(&b->g, at, by);
		jv_free(name);
	}
	jv_free(list);
	return rc;
}

static int
join_all(struct bonds *b)
{
	static const struct {
		enum drawing_kind by;
		const char *member;
		enum drawing_kind kind;
	} joins[] = { { DRAWING_CREW, "agents", DRAWING_AGENT },
		{ DRAWING_CREW, "agent_ids", DRAWING_AGENT },
		{ DRAWING_CREW, "manager_agent", DRAWING_AGENT },
		{ DRAWING_CREW, "tasks", DRAWING_TASK }, { DRAWING_CREW, "task_ids", DRAWING_TASK },
		{ DRAWING_TASK, "agent", DRAWING_AGENT },
		{ DRAWING_TASK, "agent_id", DRAWING_AGENT },
		{ DRAWING_TASK, "context", DRAWING_TASK },
		{ DRAWING_TASK, "depends_on", DRAWING_TASK } };

	for (int i = 0; i < b->g.nodes; i++)
		for (size_t j = 0; j < sizeof joins / sizeof *joins; j++)
			if (b->g.node[i].kind == joins[j].by &&
			    join_named(b, i, joins[j].member, joins[j].kind) < 0)
				return -1;
	return 0;
}

/* --- what edges mean */

/* Of two agents of a task, or two crews, the first counts. */
static void
settle_on(struct bonds *b, int task, int *of, int other)
{
	if (*of < 0)
		*of = other;
	else if (*of != other)
		verdict_note(b->profile->verdict, "warnings",
		    "node %s: has several %ss: %s counts, %s does not", b->g.node[task].id,
		    drawing_word(b->g.node[other].kind), b->g.node[*of].id, b->g.node[other].id);
}

static void
warn_of_edge(struct bonds *b, int from, int to)
{
	verdict_note(b->profile->verdict, "warnings",
	    "edge from %s to %s: left out: between a %s and a %s it has no meaning",
	    b->g.node[from].id, b->g.node[to].id, drawing_word(b->g.node[from].kind),
	    drawing_word(b->g.node[to].kind));
}

/* An edge between two of a kind. */
static void
take_alike(struct bonds *b, int from, int to)
{
	if (b->g.node[from].kind == DRAWING_AGENT) {
		b->at[from].leads = b->at[to].is_led = true;
	} else if (b->g.node[from].kind == DRAWING_TASK) {
		bonds_wait(b, to, from);
		b->at[from].is_tied = b->at[to].is_tied = true;
	} else {
		warn_of_edge(b, from, to);
	}
}

static void
take_edge(struct bonds *b, int from, int to)
{
	bool is_turned = b->g.node[from].kind > b->g.node[to].kind;
	int i = is_turned ? to : from, j = is_turned ? from : to;
	enum drawing_kind of = b->g.node[i].kind, with = b->g.node[j].kind;
	const char *name = bonds_name(b->g.node[j].data);

	if (of == with)
		take_alike(b, from, to);
	else if (of == DRAWING_AGENT && with == DRAWING_TASK)
		settle_on(b, j, &b->at[j].agent, i);
	else if (of == DRAWING_AGENT && with == DRAWING_CREW)
		b->at[i].crews = crew_add(b->at[i].crews, bonds_crew(b, j));
	else if (of == DRAWING_AGENT)
		b->at[i].tools = crew_add(b->at[i].tools, name ? name : b->g.node[j].id);
	else if (of == DRAWING_TASK && with == DRAWING_CREW)
		settle_on(b, i, &b->at[i].crew, j);
	else
		warn_of_edge(b, from, to);
}

/* --- crews */

static int
check_crew(struct bonds *b, int crew, jv *seen)
{
	const char *id = b->g.node[crew].id, *name = bonds_crew(b, crew);
	bool is_there = has(*seen, name, strcasecmp);

	b->crew = crew;
	b->crews++;
	*seen = jv_array_append(*seen, jv_string(name));
	if (b->crews > 1 && b->given)
		return err_set(EX_DATAERR, "node %s: a second crew: it cannot be %s, too", id,
		    name);
	if (is_there)
		return err_set(EX_DATAERR, "node %s: a second crew of the name %s", id, name);
	return chat_check_name("crew", name) < 0 ? err_add("node %s", id) : 0;
}

static int
check_crews(struct bonds *b)
{
	jv seen = jv_array();
	int rc = 0;

	for (int i = 0; i < b->g.nodes && rc == 0; i++)
		if (b->g.node[i].kind == DRAWING_CREW)
			rc = check_crew(b, i, &seen);
	jv_free(seen);
	return rc;
}

/* The crew of a task by what it is drawn with; -1: none. */
static int
crew_of(const struct bonds *b, int task)
{
	int agent = b->at[task].agent, crew = b->at[task].crew;

	if (crew < 0 && b->crews == 1)
		crew = b->crew;
	for (int i = 0; crew < 0 && agent >= 0 && i < b->g.nodes; i++)
		if (b->g.node[i].kind == DRAWING_CREW && is_in(b, agent, i))
			crew = i;
	return crew;
}

static void
settle_crews(struct bonds *b)
{
	const char *all = b->crews <= 1 ? bonds_crew(b, b->crew) : NULL;

	for (int i = 0; i < b->g.nodes; i++)
		if (b->g.node[i].kind == DRAWING_AGENT && all)
			b->at[i].crews = crew_add(b->at[i].crews, all);
	for (int i = 0; i < b->g.nodes; i++) {
		int agent = b->at[i].agent, crew;

		if (b->g.node[i].kind != DRAWING_TASK)
			continue;
		crew = b->at[i].crew = crew_of(b, i);
		if (agent >= 0 && crew >= 0)
			b->at[agent].crews = crew_add(b->at[agent].crews, bonds_crew(b, crew));
	}
}

/* Who of a crew leads, and is not led; -1: nobody, -2: there is nobody at all. */
static int
leader(const struct bonds *b, int crew)
{
	int found = -2;

	for (int i = 0; i < b->g.nodes && found < 0; i++)
		if (b->g.node[i].kind == DRAWING_AGENT && is_in(b, i, crew))
			found = b->at[i].leads && !b->at[i].is_led ? i : -1;
	return found;
}

static int
find_manager(struct bonds *b, int crew)
{
	const char *process = bonds_process(b, crew), *id = b->g.node[crew].id;
	jv name = json_get(b->g.node[crew].data, "manager_agent", JV_KIND_STRING);
	int manager = leader(b, crew);

	if (manager > -2 && jv_is_valid(name))
		manager = named(b, crew, "manager_agent", name, DRAWING_AGENT);
	jv_free(name);
	if (manager == -2)
		return err_set(EX_DATAERR, "node %s: the crew %s has no agents", id,
		    bonds_crew(b, crew));
	if (!process || strcasecmp(process, "hierarchical") != 0)
		return 0;
	b->at[crew].manager = manager;
	if (manager < 0)
		verdict_note(b->profile->verdict, "warnings",
		    "node %s: hierarchical, and without a manager: its tasks go to whose skills "
		    "fit",
		    id);
	return 0;
}

/* --- the whole */

int
bonds_open(struct bonds *b, jv document, const char *given, struct profile *p)
{
	jv metadata = json_get(document, "metadata", JV_KIND_OBJECT);

	*b = (struct bonds){ .given = given, .profile = p, .crew = -1 };
	b->process = json_peek_string(metadata, "process");
	jv_free(metadata); /* document still holds it */
	if (drawing_open(&b->g, document, p) < 0)
		return -1;
	b->at = xmalloc(((size_t)b->g.nodes + 1) * sizeof *b->at);
	for (int i = 0; i < b->g.nodes; i++)
		b->at[i] = (struct bond){ jv_array(), jv_array(), jv_array(), -1, -1, -1, false,
			false, false };
	if (join_all(b) < 0 || check_crews(b) < 0)
		return -1;
	for (int e = 0; e < b->g.edges; e++)
		take_edge(b, b->g.edge[e].from, b->g.edge[e].to);
	settle_crews(b);
	for (int i = 0; i < b->g.nodes; i++)
		if (b->g.node[i].kind == DRAWING_CREW && find_manager(b, i) < 0)
			return -1;
	return 0;
}

void
bonds_close(struct bonds *b)
{
	for (int i = 0; b->at && i < b->g.nodes; i++) {
		jv_free(b->at[i].tools);
		jv_free(b->at[i].crews);
		jv_free(b->at[i].after);
	}
	free(b->at);
	drawing_close(&b->g);
}
