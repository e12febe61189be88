/* agent-ps - print the agents that run now */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bell.h"
#include "clock.h"
#include "dir.h"
#include "err.h"
#include "lines.h"
#include "opt.h"
#include "roll.h"
#include "spawned.h"
#include "stop.h"
#include "task.h"
#include "text.h"
#include "view.h"

/* How often ages are shown anew, and the least time between two looks. */
enum { TICK_MS = 1000, CALM_MS = 100, ROWS = 24 };

static bool watches, metrics;
static struct view view;

/* What has to be left as it was. */
static struct roll *roll;
static struct bell *bell;
static bool is_on_screen;

static const struct opt opts[] = { { 'w', "watch", NULL, "go on: show what changes",
				       .set = &watches },
	{ 0, "metrics", NULL, "how long it took to make the agents that were spawned",
	    .set = &metrics },
	VIEW_TABLE(view), VIEW_JQ(view), { 0 } };

static const struct cmd cmd = { "agent-ps", "print the agents that run now", "", opts, 0 };

/* --- how they look */

static const struct column columns[] = { { "TASK", false }, { "AGENT", false }, { "CHAT", false },
	{ "PID", true }, { "AGE", true }, { "TURNS", true }, { "TOKENS", true }, { "LAST", false },
	{ NULL, false } };

static void
id_cell(struct table *t, const char *id)
{
	char name[9];

	table_cell(t, t->is_tsv ? PLAIN : CYAN, t->is_tsv || !id ? id : task_short(id, name));
}

static void
number_cell(struct table *t, jv line, const char *member, bool is_shown)
{
	char *text = xprintf("%lld", (long long)json_peek_int(line, member, 0));

	table_cell(t, PLAIN, is_shown || t->is_tsv ? text : "");
	free(text);
}

/* The process, or why there is none to be shown. */
static void
pid_cell(struct table *t, jv line)
{
	const char *state = json_peek_string(line, "state");

	if (state && !strcmp(state, "running"))
		number_cell(t, line, "pid", json_has(line, "pid"));
	else
		table_cell(t, state && !strcmp(state, "dead") ? RED : YELLOW, state);
}

static void
age_cell(struct table *t, jv line)
{
	int64_t ms = json_peek_int(line, "age_ms", 0);
	char age[TEXT_AGE];

	if (t->is_tsv)
		table_cell(t, PLAIN, json_peek_string(line, "begun_at"));
	else
		table_cell(t, DIM, text_duration(ms < 0 ? 0 : ms, age));
}

static void
last_cell(struct table *t, jv line)
{
	jv last = json_get(line, "last_event", JV_KIND_OBJECT);
	const char *type = json_peek_string(last, "type"), *text = json_peek_string(last, "text");
	char *both =
	    xprintf("%s%s%s", type ? type : "", type && text ? ": " : "", text ? text : "");

	table_cell(t, PLAIN, both);
	free(both);
	jv_free(last);
}

static void
row(struct table *t, struct tx *tx, jv line, int64_t now_ms)
{
	(void)tx;
	(void)now_ms;
	id_cell(t, json_peek_string(line, "task_id"));
	table_cell(t, BOLD, json_peek_string(line, "agent"));
	id_cell(t, json_peek_string(line, "chat_id"));
	pid_cell(t, line);
	age_cell(t, line);
	number_cell(t, line, "turns", json_peek_int(line, "turns", 0) > 0);
	number_cell(t, line, "tokens", json_peek_int(line, "tokens", 0) > 0);
	last_cell(t, line);
}

static const struct view_form form = { columns, row, NULL };

static const struct column metric_columns[] = { { "PHASE", false }, { "COUNT", true },
	{ "P50 US", true }, { "P99 US", true }, { NULL, false } };

static void
metric_row(struct table *t, struct tx *tx, jv line, int64_t now_ms)
{
	(void)tx;
	(void)now_ms;
	table_cell(t, BOLD, json_peek_string(line, "phase"));
	number_cell(t, line, "count", true);
	number_cell(t, line, "p50_us", true);
	number_cell(t, line, "p99_us", true);
}

static const struct view_form metric_form = { metric_columns, metric_row, NULL };

/* --- the end */

static void
leave(void)
{
	static const char back[] = "\033[?25h\033[?1049l";

	if (is_on_screen)
		dir_write_all(STDOUT_FILENO, back, sizeof back - 1);
	bell_close(bell);
	roll_close(roll);
}

/* Ends with the error in the slot, leaving no bell behind, and the screen as it was.  That nobody
 * reads any more is no news to who has ended that. */
static _Noreturn void
die(void)
{
	leave();
	if (stop_signal())
		exit(128 + stop_signal());
	if (watches && lines_reader_gone(STDOUT_FILENO))
		exit(EX_IOERR);
	err_exit();
}

/* --- once */

static jv
call(bool wants_bells)
{
	jv lines = roll_call(roll, wants_bells);

	if (!jv_is_valid(lines))
		die();
	return lines;
}

static void
print(jv lines)
{
	jv_array_foreach (lines, i, line)
		view_add(&view, NULL, line);
	jv_free(lines);
	if (view_flush(&view) < 0)
		die();
}

/* --- again and again: lines for programs */

/* One that is gone from the roll. */
static jv
farewell(struct store *s, const char *id)
{
	struct tx *tx = store_read(s);
	jv task = tx ? task_get(tx, id) : jv_invalid(), line;

	if (!tx || store_end(tx) < 0)
		die();
	line = json_set_string(jv_object(), "task_id", id);
	line = json_set_string(line, "state",
	    jv_is_valid(task) ? json_peek_string(task, "status") : "deleted");
	jv_free(task);
	return line;
}

/* Prints those that are not as they were, but for their ages, and who has gone.  Returns them as
 * they are now, by task; before is consumed. */
static jv
print_changes(struct store *s, jv before, jv lines)
{
	jv now = jv_object();

	jv_array_foreach (lines, i, line) {
		const char *id = json_peek_string(line, "task_id");
		jv lasting = json_drop(jv_copy(line), "age_ms");

		if (!jv_equal(jv_object_get(jv_copy(before), jv_string(id)), jv_copy(lasting)))
			view_add(&view, NULL, jv_copy(line));
		now = json_set(now, id, lasting);
		jv_free(line);
	}
	jv_free(lines);
	jv_object_foreach (before, id, line) {
		if (!json_has(now, jv_string_value(id)))
			view_add(&view, NULL, farewell(s, jv_string_value(id)));
		jv_free(line);
		jv_free(id);
	}
	jv_free(before);
	if (view_flush(&view) < 0)
		die();
	return now;
}

/* --- again and again: a screen for a person */

static size_t
rows_of_screen(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : ROWS;
}

static void
write_out(const char *text, size_t len)
{
	if (dir_write_all(STDOUT_FILENO, text, len) >= 0)
		return;
	err_sys("stdout");
	die();
}

/* Each line over what stood there (ECMA-48: HOME, EL, ED); what does not fit is counted. */
static void
lay_out(const struct buf *table, size_t count)
{
	size_t room = rows_of_screen() - 1, shown = 0;
	struct buf b = { 0 };
	const char *p = table->p, *end;

	buf_puts(&b, "\033[H");
	for (; p && shown < room && (end = strchr(p, '\n')); p = end + 1, shown++) {
		buf_add(&b, p, (size_t)(end - p));
		buf_puts(&b, "\033[K\r\n");
	}
	if (count == 0)
		buf_puts(&b, "nothing runs\033[K");
	else if (count + 1 > shown)
		buf_printf(&b, "and %zu more\033[K", count + 1 - shown);
	buf_puts(&b, "\033[J");
	write_out(b.p, b.len);
	buf_release(&b);
}

static void
draw(jv lines)
{
	struct screen screen;
	struct table table = { .column = columns, .screen = &screen };
	struct buf b = { 0 };
	size_t count = 0;

	if (screen_open(&screen, STDOUT_FILENO, view.color) < 0)
		die();
	jv_array_foreach (lines, i, line) {
		row(&table, NULL, line, 0);
		count++;
		jv_free(line);
	}
	jv_free(lines);
	buf_puts(&b, "");
	table_flush(&table, &b);
	lay_out(&b, count);
	table_release(&table);
	buf_release(&b);
}

static bool
is_screen(void)
{
	return view.kind == VIEW_TEXT && !view.table.is_tsv && isatty(STDOUT_FILENO);
}

/* Until a signal comes, or nobody reads.  The exit status. */
static int
watch(struct store *s)
{
	static const char other[] = "\033[?1049h\033[?25l"; /* screen, no cursor (xterm) */
	jv before = jv_object();
	bool is_gone = false;

	if (!(bell = bell_open(store_watch_fd(s), "tasks")))
		die();
	if ((is_on_screen = is_screen()))
		write_out(other, sizeof other - 1);
	while (!stop_signal() && !is_gone) {
		if (is_on_screen)
			draw(call(true));
		else
			before = print_changes(s, before, call(true));
		is_gone = roll_wait(roll, bell, TICK_MS, STDOUT_FILENO) < 0;
		if (!stop_signal() &&
		    !is_gone) /* what comes all the time is shown some times a second */
			poll(NULL, 0, CALM_MS);
	}
	jv_free(before);
	return is_gone ? EX_IOERR : 128 + stop_signal();
}

static int
print_metrics(struct store *s)
{
	jv lines = spawned_metrics(s);

	if (!jv_is_valid(lines))
		die();
	print(lines);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct store *s;
	int status = 0;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (watches && metrics)
		opt_usage(&cmd, "--metrics watches nothing");
	if (view_open(&view, metrics ? &metric_form : &form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (watches) {
		stop_catch();
		stop_at_pipe();
	}
	if (!(s = store_open()))
		err_exit();
	roll = roll_open(s);
	if (metrics)
		status = print_metrics(s);
	else if (watches)
		status = watch(s);
	else
		print(call(false));
	leave();
	store_close(s);
	return view_close(&view) < 0 ? err_print() : status;
}
