#include "bundle.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "task.h"

static jv
new_bundle(jv event, jv data)
{
	jv bundle = json_set_string(jv_object(), "type", "task");

	bundle = json_set_string(bundle, "task_id", json_peek_string(data, "task_id"));
	bundle = json_set_string(bundle, "chat_id", json_peek_string(event, "chat_id"));
	return json_set_string(bundle, "began_at", json_peek_string(event, "at"));
}

static jv
with_count(jv bundle, const char *type)
{
	jv counts = json_get(bundle, "counts", JV_KIND_OBJECT);

	if (!jv_is_valid(counts))
		counts = (jv_free(counts), jv_object());
	counts = json_set_int(counts, type, json_peek_int(counts, type, 0) + 1);
	bundle = json_set_int(bundle, "events", json_peek_int(bundle, "events", 0) + 1);
	return json_set(bundle, "counts", counts);
}

jv
bundle_add(jv bundle, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type");

	if (!jv_is_valid(bundle))
		bundle = (jv_free(bundle), new_bundle(event, data));
	bundle = with_count(bundle, type ? type : "?");
	bundle = json_set_string(bundle, "at", json_peek_string(event, "at"));
	bundle = json_set_int(bundle, "seq", json_peek_int(event, "seq", 0));
	if (type && !strcmp(type, "message"))
		bundle = json_set_valid(bundle, "answer", json_get(data, "text", JV_KIND_STRING));
	jv_free(data);
	return json_set(bundle, "last", event);
}

static bool
is_question(jv event)
{
	const char *type = json_peek_string(event, "type");

	return type && !strcmp(type, "approval_request");
}

/* Whether it may be the last that a task has said: no run's, or with how long the run took. */
static bool
is_end(jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	bool is = !json_has(event, "session_id") || json_has(data, "elapsed_ms");

	jv_free(data);
	return is;
}

bool
bundle_may_stop(jv event)
{
	return is_end(event) || is_question(event);
}

bool
bundle_has_stopped(jv bundle, jv task)
{
	jv last = json_get(bundle, "last", JV_KIND_OBJECT);
	bool has = bundle_may_stop(last);

	if (has && task_waits_for(task, "approval"))
		has = is_question(last);
	else if (has && jv_is_valid(task))
		has = task_is_over(task) &&
		      json_peek_int(last, "n", 0) >= json_peek_int(task, "events", 0);
	jv_free(last);
	return has;
}

/* What became of a task whose record is gone, as its last words tell. */
static const char *
status_of(jv last)
{
	jv data = json_get(last, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(last, "type"),
		   *words = json_peek_string(data, "message"), *status = "deleted";

	if (type && !strcmp(type, "error"))
		status = "failed";
	else if (type && !strcmp(type, "status") && words && strstr(words, " completed success"))
		status = "completed";
	jv_free(data);
	return status;
}

/* From the task's beginning to its end, or to now; -1: it has not begun. */
static int64_t
elapsed_ms(jv task, int64_t now_ms)
{
	const char *began = json_peek_string(task, "started_at"),
		   *ended = json_peek_string(task, "finished_at");
	int64_t from, to = now_ms;

	if (!began || !clock_parse(began, &from))
		return -1;
	if (task_is_over(task) && ended)
		clock_parse(ended, &to);
	return to > from ? to - from : 0;
}

jv
bundle_close(jv bundle, jv task, int64_t now_ms)
{
	int64_t ms = elapsed_ms(task, now_ms);
	jv last = json_get(bundle, "last", JV_KIND_OBJECT);

	if (jv_is_valid(task)) {
		bundle = json_set_valid(bundle, "title", json_get(task, "title", JV_KIND_STRING));
		bundle = json_set_valid(bundle, "agent", json_get(task, "agent", JV_KIND_STRING));
		bundle =
		    json_set_valid(bundle, "waiting", json_get(task, "waiting", JV_KIND_STRING));
		bundle = json_set_string(bundle, "status", json_peek_string(task, "status"));
	} else {
		bundle = json_set_string(bundle, "status", status_of(last));
	}
	jv_free(last);
	return ms >= 0 ? json_set_int(bundle, "elapsed_ms", ms) : bundle;
}

/* --- as text */

struct state {
	const char *status, *mark, *words, *between;
	enum paint paint;
};

static const struct state states[] = { { "completed", "✅", "completed", " in ", GREEN },
	{ "failed", "❌", "failed", " after ", RED },
	{ "cancelled", "🚫", "cancelled", " after ", YELLOW },
	{ "in_progress", "⏳", "running", " for ", CYAN },
	{ "pending", "⏳", "waiting", " after ", CYAN },
	{ "deleted", "🤖", "deleted", NULL, DIM } };

static const struct state asking = { NULL, "✋", "asks", NULL, YELLOW };

static const struct state *
state_of(jv bundle)
{
	const char *status = json_peek_string(bundle, "status"),
		   *waiting = json_peek_string(bundle, "waiting");
	size_t i = 0;

	if (waiting && !strcmp(waiting, "approval"))
		return &asking;
	while (i + 1 < sizeof states / sizeof *states &&
	       (!status || strcmp(status, states[i].status) != 0))
		i++;
	return &states[i];
}

/* Appends the first line of a text, behind ": "; an ellipsis tells that there are more. */
static void
add_gist(struct buf *b, const char *text)
{
	text += text ? strspn(text, " \t\r\n") : 0;
	if (text && *text) {
		buf_puts(b, ": ");
		buf_add(b, text, strcspn(text, "\r\n"));
		text += strcspn(text, "\r\n");
		if (text[strspn(text, " \t\r\n")])
			buf_puts(b, "…");
	}
}

/* What the last event says, without naming the task: "Task 1f3c9a2b failed: why".  NULL of one that
 * runs and has said nothing itself. */
static const char *
last_words(jv last, jv data, const struct state *state)
{
	const char *type = json_peek_string(last, "type");
	static const char *const members[] = { "question", "text", "message", "name" };
	const char *words = NULL, *rest;

	if (type && !strcmp(type, "status") && state->paint == CYAN)
		return NULL;
	for (size_t i = 0; !words && i < 4; i++)
		words = json_peek_string(data, members[i]);
	if (words && !strncmp(words, "Task ", 5) && (rest = strstr(words, ": ")))
		words = rest + 2;
	return words;
}

/* A title: where the line has an end, so much of it that the rest can be seen, too. */
static void
add_title(struct buf *b, const struct screen *screen, const char *title)
{
	const struct screen third = { .columns = screen->columns / 3 };
	struct buf part = { 0 };

	if (!title)
		return;
	screen_clean(&part, title, false);
	screen_cut(&third, &part, 0);
	add_gist(b, part.p);
	buf_release(&part);
}

void
bundle_text(struct text *t, struct buf *b, jv bundle)
{
	const struct state *state = state_of(bundle);
	jv last = json_get(bundle, "last", JV_KIND_OBJECT),
	   data = json_get(last, "data", JV_KIND_OBJECT);
	const char *title = json_peek_string(bundle, "title");
	int64_t events = json_peek_int(bundle, "events", 0);
	struct buf line = { 0 };
	char elapsed[TEXT_AGE];

	buf_puts(&line, state->words);
	if (state->between && json_has(bundle, "elapsed_ms"))
		buf_printf(&line, "%s%s", state->between,
		    text_elapsed(json_peek_int(bundle, "elapsed_ms", 0), elapsed));
	buf_printf(&line, " (%" PRId64 " event%s)", events, events == 1 ? "" : "s");
	add_title(&line, t->screen, title);
	add_gist(&line, state == &states[0] ? json_peek_string(bundle, "answer")
					    : last_words(last, data, state));
	text_task_line(t, b, bundle, state->mark, state->paint, line.p);
	buf_release(&line);
	jv_free(data);
	jv_free(last);
}
