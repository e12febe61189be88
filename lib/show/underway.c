#include "underway.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "task.h"
#include "text.h"

void
underway_open(struct underway *u, const char *chat_id, struct choice *choice)
{
	*u = (struct underway){ .tasks = jv_object(), .chat_id = chat_id, .choice = choice };
}

void
underway_close(struct underway *u)
{
	jv_free(u->tasks);
}

static bool
is_wanted(const struct underway *u, struct tx *tx, jv task)
{
	const char *in = json_peek_string(task, "chat_id"), *id = json_peek_string(task, "id");

	return in && id && (!u->chat_id || !strcmp(in, u->chat_id)) &&
	       choice_wants_task(u->choice, tx, id) > 0;
}

/* Adds one that runs (consumed), if it is wanted. */
static void
add(struct underway *u, struct tx *tx, jv task)
{
	static const char *const members[] = { "title", "agent", "started_at", "chat_id" };
	const char *id = json_peek_string(task, "id");
	jv entry = jv_object();

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		entry =
		    json_set_valid(entry, members[i], json_get(task, members[i], JV_KIND_STRING));
	if (is_wanted(u, tx, task))
		u->tasks = json_set(u->tasks, id, entry);
	else
		jv_free(entry);
	jv_free(task);
}

void
underway_look(struct underway *u, struct tx *tx)
{
	jv_free(u->tasks);
	u->tasks = jv_object();
	for (uint64_t n = 0; (n = store_next(tx, "status.in_progress", n)) != 0;)
		add(u, tx, store_at(tx, n));
}

void
underway_take(struct underway *u, const char *key, struct scan_text record)
{
	const char *id = key + strlen("task/");
	struct scan_text status;
	bool runs, ran;

	if (strncmp(key, "task/", strlen("task/")) != 0)
		return;
	ran = json_has(u->tasks, id);
	runs = record.p && scan_member(record, "status", &status) && scan_is(status, "in_progress");
	if (ran && !runs)
		u->tasks = json_drop(u->tasks, id);
	else if (runs && !ran)
		add(u, NULL, json_parse(record.p, record.len));
}

size_t
underway_len(const struct underway *u)
{
	return (size_t)jv_object_length(jv_copy(u->tasks));
}

/* In whole seconds: it is drawn once a second. */
static const char *
since(int64_t ms, char out[TEXT_AGE])
{
	return ms < 60000 ? text_duration(ms, out) : text_elapsed(ms, out);
}

static void
draw(const struct screen *screen, const char *id, jv task, int64_t now_ms, struct buf *out)
{
	const char *agent = json_peek_string(task, "agent"),
		   *title = json_peek_string(task, "title"),
		   *began = json_peek_string(task, "started_at");
	struct buf who = { 0 }, what = { 0 };
	char elapsed[TEXT_AGE];
	int64_t from;
	size_t taken;

	buf_printf(&who, "Task %.8s", id);
	buf_puts(out, "⏳ ");
	screen_paint(screen, out, text_task_paint(id), who.p);
	taken = 3 + who.len;
	buf_putc(&what, ' ');
	if (agent)
		screen_clean(&what, agent, false);
	if (began && clock_parse(began, &from))
		buf_printf(&what, "%s%s", agent ? ", " : "", since(now_ms - from, elapsed));
	if (title) {
		buf_puts(&what, ": ");
		screen_clean(&what, title, false);
	}
	screen_cut(screen, &what, taken);
	screen_paint(screen, out, DIM, what.p);
	buf_putc(out, '\n');
	buf_release(&what);
	buf_release(&who);
}

static bool
is_shown(const struct underway *u, jv task)
{
	const char *chat_id = json_peek_string(task, "chat_id");

	return !u->is_hidden || (chat_id && !u->is_hidden(u->arg, chat_id));
}

void
underway_draw(const struct underway *u, const struct screen *screen, int64_t now_ms,
    struct buf *out)
{
	size_t shown = 0;

	jv_object_foreach (u->tasks, id, task) {
		bool is = is_shown(u, task);

		if (is && shown < UNDERWAY_LINES)
			draw(screen, jv_string_value(id), task, now_ms, out);
		shown += is;
		jv_free(id);
		jv_free(task);
	}
	if (shown > UNDERWAY_LINES) {
		char *more = xprintf("⏳ and %zu more", shown - UNDERWAY_LINES);

		screen_paint(screen, out, DIM, more);
		buf_putc(out, '\n');
		free(more);
	}
}
