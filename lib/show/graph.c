#include <string.h>

#include "graph.h"
#include "json.h"
#include "rows.h"
#include "sight.h"
#include "task.h"

/* How wide a title is in its box, how much of it is there; how far an ancestor is looked for. */
enum { BOX_COLUMNS = 32, TITLE_COLUMNS = 128, DEPTH_MAX = 64 };

/* Appends a text in quotes.  In a label a backslash or an "&" would begin something. */
static void
add_quoted(struct buf *b, const char *text)
{
	buf_putc(b, '"');
	for (; *text; text++)
		switch (*text) {
		case '"':
			buf_puts(b, "\\\"");
			break;
		case '\\':
			buf_puts(b, "\\\\");
			break;
		case '\n':
			buf_puts(b, "\\n");
			break;
		case '&':
			buf_puts(b, "&amp;");
			break;
		default:
			buf_putc(b, *text);
		}
	buf_putc(b, '"');
}

/* The title, in lines that make a box, and cut. */
static void
add_title(struct buf *b, const char *title)
{
	const struct screen whole = { .columns = TITLE_COLUMNS }, box = { .columns = BOX_COLUMNS };
	struct buf clean = { 0 };

	buf_puts(&clean, "");
	screen_clean(&clean, title ? title : "", false);
	screen_cut(&whole, &clean, 0);
	screen_wrap(&box, b, clean.p, 0, 0);
	buf_release(&clean);
}

/* "1f3c9a2b waiting: subtasks, smith" */
static void
add_state(struct buf *b, jv task)
{
	const char *agent = json_peek_string(task, "agent"),
		   *waiting = task_is(task, "pending") ? json_peek_string(task, "waiting") : NULL;
	char name[9];
	struct buf text = { 0 };

	buf_printf(&text, "%s %s%s%s%s%s", task_short(json_peek_string(task, "id"), name),
	    rows_status(task), waiting ? ": " : "", waiting ? waiting : "", agent ? ", " : "",
	    agent ? agent : "");
	screen_clean(b, text.p, false);
	buf_release(&text);
}

static const char *
fill_of(jv task)
{
	switch (rows_paint(task)) {
	case GREEN:
		return "#d3f0d3";
	case RED:
		return "#f7cfcf";
	case YELLOW:
		return "#fbeebc";
	case DIM:
		return "#e4e4e4";
	default:
		return "#ffffff";
	}
}

/* task is borrowed */
static void
add_node(struct buf *b, jv task)
{
	struct buf label = { 0 };

	add_title(&label, json_peek_string(task, "title"));
	buf_putc(&label, '\n');
	add_state(&label, task);
	buf_putc(b, '\t');
	add_quoted(b, json_peek_string(task, "id"));
	buf_puts(b, " [label=");
	add_quoted(b, label.p);
	buf_printf(b, " fillcolor=\"%s\"];\n", fill_of(task));
	buf_release(&label);
}

static void
add_edge(struct buf *b, const char *from, const char *to, const char *attributes)
{
	buf_putc(b, '\t');
	add_quoted(b, from);
	buf_puts(b, " -> ");
	add_quoted(b, to);
	buf_printf(b, " [%s];\n", attributes);
}

/* Whether a task (borrowed) is the one with the id, or below it. */
static bool
is_below(struct tx *tx, jv task, const char *top)
{
	jv at = jv_copy(task);
	bool is = false;

	for (int depth = 0; !is && jv_is_valid(at) && depth <= DEPTH_MAX; depth++) {
		const char *id = json_peek_string(at, "id"),
			   *up = json_peek_string(at, "parent_id");
		jv parent = up ? task_get(tx, up) : jv_invalid();

		is = id && !strcmp(id, top);
		jv_free(at);
		at = parent;
	}
	jv_free(at);
	return is;
}

/* What it comes after; what is not in the tree is no more than a node. */
static void
add_dependencies(struct view *v, struct tx *tx, jv task, const char *id)
{
	jv deps = json_get(task, "depends_on", JV_KIND_ARRAY);
	const char *top = v->state;

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, on) {
			jv dep = jv_get_kind(on) == JV_KIND_STRING
			             ? task_get(tx, jv_string_value(on))
			             : jv_invalid();

			if (jv_is_valid(dep) && json_peek_string(dep, "id") && sight_has(tx, dep)) {
				if (top && !is_below(tx, dep, top))
					add_node(&v->out.buf, dep);
				add_edge(&v->out.buf, jv_string_value(on), id, "style=dashed");
			}
			jv_free(dep);
			jv_free(on);
		}
	jv_free(deps);
}

static void
show_dot(struct view *v, struct tx *tx, jv task)
{
	const char *id = json_peek_string(task, "id"), *up = json_peek_string(task, "parent_id"),
		   *top = v->state;

	if (!id)
		return;
	add_node(&v->out.buf, task);
	if (up && !(top && !strcmp(id, top)))
		add_edge(&v->out.buf, up, id, "arrowhead=none");
	add_dependencies(v, tx, task, id);
}

void
graph_begin(struct view *v)
{
	buf_puts(&v->out.buf, "digraph tasks {\n"
			      "\tgraph [rankdir=LR];\n"
			      "\tnode [shape=box style=\"rounded,filled\" fontname=\"sans-serif\""
			      " fontsize=11];\n"
			      "\tedge [color=\"#666666\" arrowsize=0.7];\n");
}

void
graph_end(struct view *v)
{
	buf_puts(&v->out.buf, "}\n");
}

const struct view_form graph_dot = { .text = show_dot };
