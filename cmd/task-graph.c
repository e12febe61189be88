/* task-graph - show tasks as a graph, with their subtasks and dependencies */
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "graph.h"
#include "opt.h"
#include "rows.h"
#include "tree.h"

static const char *format, *color;
static struct view view;

static const struct opt opts[] = { { 0, "format", "format",
				       "dot or text (default: text on a terminal, else dot)",
				       .str = &format },
	{ 0, "color", "when", "auto, always or never (default: auto)", .str = &color }, { 0 } };

static const struct cmd cmd = { "task-graph",
	"show tasks as a graph, with their subtasks and dependencies", "[TASK]", opts, 0 };

/* Whose subtasks are shown below them. */
static bool
is_top(struct scan_text record, void *arg)
{
	struct scan_text none;

	(void)arg;
	return !scan_member(record, "parent_id", &none);
}

static int
show(struct store *s, const char *prefix)
{
	const struct show all = { .view = &view, .set = "tasks", .wants = is_top, .limit = -1 };
	char id[ID_TEXT];
	int rc;

	if (!prefix)
		return tree_show(s, &all);
	if (ask_shown(s, prefix, id) < 0)
		return -1;
	view.state = id;
	rc = tree_show_task(s, &view, id);
	view.state = NULL;
	return rc;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	bool is_dot = format ? !strcmp(format, "dot") : !isatty(STDOUT_FILENO);
	struct store *s;

	(void)argc;
	if (operands[0] && operands[1])
		opt_usage(&cmd, "want at most one task");
	if (format && !is_dot && strcmp(format, "text") != 0)
		opt_usage(&cmd, "--format: want dot or text, got '%.20s'", format);
	view.format = "text";
	view.color = color;
	if (view_open(&view, is_dot ? &graph_dot : &rows_graph, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()))
		err_exit();
	if (is_dot)
		graph_begin(&view);
	if (show(s, operands[0]) < 0)
		err_exit();
	if (is_dot)
		graph_end(&view);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
