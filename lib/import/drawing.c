/*
 * drawing.c - the search for cycles keeps its path in an array, not on the stack: a graph may be
 * one chain of a hundred thousand nodes.
 */
#include "drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "json.h"

enum { CYCLE_NAMES = 8 };

static const char *const kinds[] = { "agent", "task", "crew", "tool" };

const char *
drawing_word(enum drawing_kind kind)
{
	return kinds[kind];
}

static const char *
kind_name(jv node)
{
	const char *name = json_peek_string(node, "type");

	return name ? name : json_peek_string(node, "kind");
}

static enum drawing_kind
kind_of(const char *name)
{
	int kind = DRAWING_AGENT;

	while (kind < DRAWING_OTHER && (!name || strcasecmp(kinds[kind], name) != 0))
		kind++;
	return (enum drawing_kind)kind;
}

/* An id, which may be a whole number, as a string; invalid: none. */
static jv
id_in(jv object, const char *member)
{
	jv id = jv_object_get(jv_copy(object), jv_string(member));
	double x = jv_get_kind(id) == JV_KIND_NUMBER ? jv_number_value(id) : NAN;

	if (x == floor(x) && fabs(x) < 1e15) {
		jv_free(id);
		return jv_string_fmt("%.0f", x);
	}
	if (jv_get_kind(id) == JV_KIND_STRING && json_peek_string(object, member) &&
	    *jv_string_value(id))
		return id;
	jv_free(id);
	return jv_invalid();
}

/* --- nodes */

/* What says where and how a node is drawn, and what it is. */
static const char *const drawing[] = { "id", "type", "kind", "data", "position", "positionAbsolute",
	"width", "height", "measured", "selected", "dragging", "draggable", "style", "className",
	"zIndex", "sourcePosition", "targetPosition", NULL };

/* A node's members, those in its "data" and those beside it. */
static jv
data_of(jv node, jv id)
{
	jv data = jv_copy(node), inner = json_get(node, "data", JV_KIND_OBJECT);

	for (const char *const *name = drawing; *name; name++)
		data = json_drop(data, *name);
	if (jv_is_valid(inner))
		data = jv_object_merge(data, inner);
	else
		jv_free(inner);
	return json_set(data, "id", id);
}

static void
warn_of_kind(struct profile *p, const char *id, const char *name)
{
	verdict_note(p->verdict, "warnings", "node %s: left out: %s%s", id,
	    name ? "unknown kind " : "it has no kind", name ? name : "");
}

/* Reads node i, which is consumed. */
static int
read_node(struct drawing *g, jv node, int i, struct profile *p)
{
	jv id = jv_get_kind(node) == JV_KIND_OBJECT ? id_in(node, "id") : jv_invalid();
	const char *name = jv_is_valid(id) ? kind_name(node) : NULL;
	struct drawing_node *n = &g->node[i];
	int rc = 0;

	if (!jv_is_valid(id)) {
		rc = err_set(EX_DATAERR, "nodes[%d]: %s", i,
		    jv_get_kind(node) == JV_KIND_OBJECT ? "no id" : "want an object");
	} else if (json_has(g->index, jv_string_value(id))) {
		rc = err_set(EX_DATAERR, "node %s: there are two of that id", jv_string_value(id));
	} else {
		*n = (struct drawing_node){ .kind = kind_of(name),
			.data = data_of(node, jv_copy(id)) };
		n->id = json_peek_string(n->data, "id");
		g->index = json_set_int(g->index, n->id, i);
		g->nodes = i + 1;
		if (n->kind == DRAWING_OTHER)
			warn_of_kind(p, n->id, name);
	}
	jv_free(id);
	jv_free(node);
	return rc;
}

static int
read_nodes(struct drawing *g, jv document, struct profile *p)
{
	jv list = json_get(document, "nodes", JV_KIND_ARRAY);
	int len, rc = 0;

	if (!jv_is_valid(list)) {
		jv_free(list);
		return err_set(EX_DATAERR, "nodes: want an array");
	}
	len = jv_array_length(jv_copy(list));
	g->node = xmalloc(((size_t)len + 1) * sizeof *g->node);
	for (int i = 0; i < len && rc == 0; i++)
		rc = read_node(g, jv_array_get(jv_copy(list), i), i, p);
	jv_free(list);
	return rc;
}

/* --- edges */

void
drawing_join(struct drawing *g, int from, int to)
{
	if ((g->edges & (g->edges + 1)) == 0) /* it has grown to a power of two, less one */
		g->edge = xrealloc(g->edge, ((size_t)g->edges + 1) * 2 * sizeof *g->edge);
	g->edge[g->edges++] = (struct drawing_edge){ from, to };
}

/* The node at an edge's end, under either of its names; -1 with err. */
static int
end_of(const struct drawing *g, jv edge, const char *name, const char *other, const char *what)
{
	jv id = id_in(edge, json_has(edge, name) ? name : other);
	int at = -1;

	if (!jv_is_valid(id))
		err_set(EX_DATAERR, "%s: no %s", what, name);
	else if ((at = (int)json_peek_int(g->index, jv_string_value(id), -1)) < 0)
		err_set(EX_DATAERR, "%s: its %s %s is no node", what, name, jv_string_value(id));
	jv_free(id);
	return at;
}

/* Reads edge i, which is consumed. */
static int
read_edge(struct drawing *g, jv edge, int i)
{
	bool is_object = jv_get_kind(edge) == JV_KIND_OBJECT;
	jv id = is_object ? id_in(edge, "id") : jv_invalid();
	char *what =
	    jv_is_valid(id) ? xprintf("edge %s", jv_string_value(id)) : xprintf("edges[%d]", i);
	int from, to, rc = 0;

	if (!is_object)
		rc = err_set(EX_DATAERR, "%s: want an object", what);
	else if ((from = end_of(g, edge, "source", "from", what)) < 0 ||
		 (to = end_of(g, edge, "target", "to", what)) < 0)
		rc = -1;
	else if (g->node[from].kind != DRAWING_OTHER && g->node[to].kind != DRAWING_OTHER)
		drawing_join(g, from, to);
	free(what);
	jv_free(id);
	jv_free(edge);
	return rc;
}

static int
read_edges(struct drawing *g, jv document)
{
	jv list = jv_object_get(jv_copy(document), jv_string("edges"));
	jv_kind kind = jv_get_kind(list);
	int rc = 0;

	if (kind == JV_KIND_INVALID || kind == JV_KIND_NULL) {
		jv_free(list);
		return 0;
	}
	if (kind != JV_KIND_ARRAY) {
		jv_free(list);
		return err_set(EX_DATAERR, "edges: want an array");
	}
	for (int i = 0; rc == 0 && i < jv_array_length(jv_copy(list)); i++)
		rc = read_edge(g, jv_array_get(jv_copy(list), i), i);
	jv_free(list);
	return rc;
}

/* --- the whole */

int
drawing_open(struct drawing *g, jv document, struct profile *p)
{
	static const char *const known[] = { "nodes", "edges", "metadata", "viewport", "id", "name",
		"version", NULL };

	*g = (struct drawing){ .index = jv_object() };
	if (read_nodes(g, document, p) < 0 || read_edges(g, document) < 0)
		return -1;
	profile_unknown(p, document, known, "graph");
	return 0;
}

void
drawing_close(struct drawing *g)
{
	for (int i = 0; i < g->nodes; i++)
		jv_free(g->node[i].data);
	free(g->node);
	free(g->edge);
	jv_free(g->index);
}

int
drawing_find(const struct drawing *g, const char *id, enum drawing_kind kind)
{
	int at = (int)json_peek_int(g->index, id, -1);

	return at >= 0 && g->node[at].kind == kind ? at : -1;
}

/* --- order */

/* A node on the way of drawing_order. */
struct step {
	enum { STEP_NEW, STEP_OPEN, STEP_DONE } state;
	int first, next, end; /* its predecessors, in a common array; which to look at */
	int behind;           /* the node that waits for it on the path, or -1 */
};

static bool
is_of(const struct drawing *g, int edge, enum drawing_kind kind)
{
	return g->node[g->edge[edge].from].kind == kind && g->node[g->edge[edge].to].kind == kind;
}

/* Who is before each node, in the order of the edges: a new array; each step has its part. */
static int *
predecessors(const struct drawing *g, enum drawing_kind kind, struct step *step)
{
	int *all = xmalloc(((size_t)g->edges + 1) * sizeof *all), sum = 0;

	for (int e = 0; e < g->edges; e++)
		if (is_of(g, e, kind))
			step[g->edge[e].to].end++;
	for (int i = 0; i < g->nodes; i++) {
		step[i].first = step[i].next = sum;
		sum += step[i].end;
		step[i].end = step[i].first;
	}
	for (int e = 0; e < g->edges; e++)
		if (is_of(g, e, kind))
			all[step[g->edge[e].to].end++] = g->edge[e].from;
	return all;
}

/* Says which nodes wait for each other: from `at` along the path to `again`, which is before it. */
static int
name_cycle(const struct drawing *g, const struct step *step, int at, int again)
{
	struct buf path = { 0 };
	int names = 1;

	buf_puts(&path, g->node[again].id);
	for (; at != again; at = step[at].behind)
		if (++names <= CYCLE_NAMES)
			buf_printf(&path, " -> %s", g->node[at].id);
	if (names > CYCLE_NAMES)
		buf_puts(&path, " -> ...");
	err_set(EX_DATAERR, "node %s: a cycle: %s -> %s", g->node[again].id, path.p,
	    g->node[again].id);
	buf_release(&path);
	return -1;
}

/* Appends a node behind all that is before it. */
static int
follow(const struct drawing *g, struct step *step, const int *all, int at, int *order, int *len)
{
	step[at].state = STEP_OPEN;
	step[at].behind = -1;
	while (at >= 0) {
		int before = step[at].next < step[at].end ? all[step[at].next++] : -1;

		if (before < 0) {
			step[at].state = STEP_DONE;
			order[(*len)++] = at;
			at = step[at].behind;
		} else if (step[before].state == STEP_OPEN) {
			return name_cycle(g, step, at, before);
		} else if (step[before].state == STEP_NEW) {
			step[before].state = STEP_OPEN;
			step[before].behind = at;
			at = before;
		}
	}
	return 0;
}

int
drawing_order(const struct drawing *g, enum drawing_kind kind, int *order)
{
	struct step *step = xmalloc(((size_t)g->nodes + 1) * sizeof *step);
	int *all, len = 0, rc = 0;

	memset(step, 0, ((size_t)g->nodes + 1) * sizeof *step);
	all = predecessors(g, kind, step);
	for (int i = 0; i < g->nodes && rc == 0; i++)
		if (g->node[i].kind == kind && step[i].state == STEP_NEW)
			rc = follow(g, step, all, i, order, &len);
	free(all);
	free(step);
	return rc < 0 ? -1 : len;
}
