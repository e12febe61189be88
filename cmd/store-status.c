/* store-status - show how a store stands */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "opt.h"
#include "overview.h"
#include "rows.h"
#include "staff.h"
#include "task.h"
#include "text.h"
#include "view.h"

/* What there is room for beside the reason. */
enum { TITLE_COLUMNS = 36 };

static struct view view;
static long limit = 5;

static const struct opt opts[] = { { 'n', "limit", "count",
				       "list at most count tasks of each kind (default: 5)",
				       .num = &limit, .max = 1000 },
	VIEW_FORMAT(view), VIEW_JQ(view), { 0 } };

static const struct cmd cmd = { "store-status", "show how a store stands", "", opts, 0 };

/* "Tasks  3 pending, 1 in_progress": the members that are not 0. */
static void
add_counts(struct buf *b, jv counts)
{
	const char *between = "";

	jv_object_foreach (counts, name, count) {
		int64_t n = (int64_t)jv_number_value(count);

		if (n > 0) {
			buf_printf(b, "%s%" PRId64 " %s", between, n, jv_string_value(name));
			between = ", ";
		}
		jv_free(count);
		jv_free(name);
	}
	buf_puts(b, *between ? "" : "none");
}

static void
add_name(struct view *v, const char *name)
{
	screen_paint(&v->screen, &v->out.buf, DIM, name);
}

static void
add_head(struct view *v, jv o)
{
	struct buf *b = &v->out.buf;
	jv tasks = json_get(o, "tasks", JV_KIND_OBJECT), pending;

	pending = json_get(o, "pending", JV_KIND_OBJECT);
	add_name(v, "Store    ");
	screen_clean(b, json_peek_string(o, "store"), false);
	buf_putc(b, '\n');
	add_name(v, "Tasks    ");
	add_counts(b, tasks);
	if (json_peek_int(tasks, "pending", 0) > 0) {
		buf_putc(b, '\n');
		add_name(v, "Pending  ");
		add_counts(b, pending);
	}
	buf_printf(b, "\n");
	add_name(v, "Chats    ");
	buf_printf(b, "%" PRId64 "\n", json_peek_int(o, "chats", 0));
	add_name(v, "Agents   ");
	buf_printf(b, "%" PRId64 "\n", json_peek_int(o, "agents", 0));
	jv_free(tasks);
	jv_free(pending);
}

static const struct column columns[] = { { "ID", false }, { "AGE", true }, { "TASK", false },
	{ NULL, false } };

/* A list of tasks below a heading, each with its reason, unless it is empty. */
static void
add_tasks(struct view *v, jv o, const char *member, const char *heading, const char *age)
{
	struct table table = { .column = columns, .screen = &v->screen, .has_heading = true };
	jv list = json_get(o, member, JV_KIND_ARRAY);
	int64_t now = clock_now_ms();

	if (jv_array_length(jv_copy(list)) > 0) {
		buf_putc(&v->out.buf, '\n');
		screen_paint(&v->screen, &v->out.buf, BOLD, heading);
		buf_putc(&v->out.buf, '\n');
	}
	jv_array_foreach (list, i, task) {
		const char *title = json_peek_string(task, "title"),
			   *role = json_peek_string(task, "agent"),
			   *why = json_peek_string(task, "why");
		char name[9], ago[TEXT_AGE];
		struct buf text = { 0 };

		title = title ? title : "";
		buf_add(&text, title, screen_fit(title, strlen(title), TITLE_COLUMNS));
		buf_printf(&text, "%s: %s", strlen(title) > text.len ? "…" : "",
		    !strcmp(member, "running") && role ? role : why);
		table_cell(&table, CYAN, task_short(json_peek_string(task, "id"), name));
		table_cell(&table, DIM, text_age(json_peek_string(task, age), now, ago));
		table_cell(&table, rows_paint(task), text.p);
		buf_release(&text);
		jv_free(task);
	}
	table_flush(&table, &v->out.buf);
	table_release(&table);
	jv_free(list);
}

static const struct column process_columns[] = { { "PID", true }, { "AGE", true },
	{ "COMMAND", false }, { NULL, false } };

static void
add_process(struct table *t, jv process)
{
	jv args = json_get(process, "args", JV_KIND_ARRAY);
	struct buf text = { 0 };
	char pid[24], age[TEXT_AGE];

	buf_puts(&text, json_peek_string(process, "command"));
	jv_array_foreach (args, i, arg) {
		buf_printf(&text, " %s", jv_string_value(arg));
		jv_free(arg);
	}
	snprintf(pid, sizeof pid, "%" PRId64, json_peek_int(process, "pid", 0));
	table_cell(t, CYAN, pid);
	table_cell(t, DIM, text_age(json_peek_string(process, "started_at"), clock_now_ms(), age));
	table_cell(t, PLAIN, text.p);
	buf_release(&text);
	jv_free(args);
}

/* Who works on it; and whether somebody takes the tasks that are ready. */
static void
add_processes(struct view *v, jv o)
{
	struct table table = { .column = process_columns,
		.screen = &v->screen,
		.has_heading = true };
	jv list = json_get(o, "processes", JV_KIND_ARRAY);
	bool is_taken = false;

	buf_putc(&v->out.buf, '\n');
	screen_paint(&v->screen, &v->out.buf, BOLD, "At work");
	buf_putc(&v->out.buf, '\n');
	jv_array_foreach (list, i, process) {
		is_taken |= !strcmp(json_peek_string(process, "command"), "task-watch");
		add_process(&table, process);
		jv_free(process);
	}
	table_flush(&table, &v->out.buf);
	if (!is_taken)
		buf_puts(&v->out.buf,
		    "No task-watch: nobody takes tasks.  Start the pipelines with: legwork run\n");
	table_release(&table);
	jv_free(list);
}

static void
show(struct view *v, struct tx *tx, jv o)
{
	(void)tx;
	add_head(v, o);
	add_tasks(v, o, "running", "Running", "started_at");
	add_tasks(v, o, "asking", "Waiting for approval", "created_at");
	add_tasks(v, o, "next", "Pending", "created_at");
	add_tasks(v, o, "failed", "Failed", "finished_at");
	add_processes(v, o);
}

static const struct view_form form = { .text = show };

int
main(int argc, char *argv[])
{
	struct store *s;
	struct tx *tx;
	jv o;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (view_open(&view, &form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || !(tx = store_read(s)))
		err_exit();
	o = overview_of(tx, limit);
	if (store_end(tx) < 0)
		err_exit();
	view_add(&view, NULL, json_set(o, "processes", staff_list(s)));
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
