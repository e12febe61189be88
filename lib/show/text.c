#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "json.h"
#include "text.h"

/* The columns of "14:03:07 ". */
enum { TIME_COLUMNS = 9 };

static bool
local_time(const char *at, struct tm *tm)
{
	int64_t ms;
	time_t seconds;

	if (!at || !clock_parse(at, &ms))
		return false;
	seconds = ms / 1000;
	return localtime_r(&seconds, tm) != NULL;
}

void
text_when(struct text *t, struct buf *b, const char *at)
{
	struct tm tm;
	char text[64];
	long day;

	if (!local_time(at, &tm)) {
		screen_paint(t->screen, b, DIM, "--:--:--");
		return;
	}
	day = (tm.tm_year + 1900) * 1000L + tm.tm_yday;
	if (day != t->day && t->day != TEXT_NO_DAYS &&
	    strftime(text, sizeof text, "--- %A, %Y-%m-%d", &tm) > 0) {
		screen_paint(t->screen, b, DIM, text);
		buf_putc(b, '\n');
	}
	if (t->day != TEXT_NO_DAYS)
		t->day = day;
	strftime(text, sizeof text, "%H:%M:%S", &tm);
	screen_paint(t->screen, b, DIM, text);
}

void
text_time(struct buf *b, const char *at)
{
	struct tm tm;
	char text[32];

	if (local_time(at, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) > 0)
		buf_puts(b, text);
}

const char *
text_duration(int64_t ms, char out[TEXT_AGE])
{
	static const struct {
		int64_t ms;
		char unit;
	} units[] = { { 365 * INT64_C(86400000), 'y' }, { 86400000, 'd' }, { 3600000, 'h' },
		{ 60000, 'm' }, { 1000, 's' } };
	size_t i = 0;

	while (i < 4 && ms < units[i].ms)
		i++;
	snprintf(out, TEXT_AGE, "%" PRId64 "%c", (ms > 0 ? ms : 0) / units[i].ms, units[i].unit);
	return out;
}

const char *
text_age(const char *at, int64_t now_ms, char out[TEXT_AGE])
{
	int64_t ms;

	*out = '\0';
	return at && clock_parse(at, &ms) ? text_duration(now_ms - ms, out) : out;
}

const char *
text_elapsed(int64_t ms, char out[TEXT_AGE])
{
	int64_t s = (ms > 0 ? ms : 0) / 1000, tenths = (ms > 0 ? ms : 0) % 1000 / 100;

	if (s < 10)
		snprintf(out, TEXT_AGE, "%" PRId64 ".%" PRId64 "s", s, tenths);
	else if (s < 60)
		snprintf(out, TEXT_AGE, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(out, TEXT_AGE, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, TEXT_AGE, "%" PRId64 "h %" PRId64 "m", s / 3600, s % 3600 / 60);
	else
		snprintf(out, TEXT_AGE, "%" PRId64 "d %" PRId64 "h", s / 86400, s % 86400 / 3600);
	return out;
}

/* The mark of an event by its type; messages and status have that of their task. */
static const char *
mark_of(const char *type, const char *text)
{
	if (!strcmp(type, "error"))
		return "❌";
	if (!strcmp(type, "tool_use") || !strcmp(type, "tool_result"))
		return "🔧";
	if (!strcmp(type, "thought"))
		return "💭";
	if (!strcmp(type, "approval_request"))
		return "✋";
	if (!strcmp(type, "status") && text && strstr(text, " completed successfully"))
		return "✅";
	return "🤖";
}

enum paint
text_task_paint(const char *id)
{
	static const enum paint paints[] = { CYAN, MAGENTA, BLUE, YELLOW };
	unsigned sum = 0;

	for (size_t i = 0; i < 8 && id[i]; i++)
		sum += (unsigned char)id[i];
	return paints[sum % 4];
}

static enum paint
paint_of(const char *type, const char *mark, const char *task)
{
	if (!strcmp(type, "error"))
		return RED;
	if (!strcmp(mark, "✅"))
		return GREEN;
	return task ? text_task_paint(task) : PLAIN;
}

/* What is not said to anybody steps back. */
static enum paint
paint_of_text(const char *type)
{
	return !strcmp(type, "thought") || !strcmp(type, "token_usage") ||
	               !strncmp(type, "tool_", 5)
	           ? DIM
	           : PLAIN;
}

/* A value: a string as it is, all else as JSON.  Consumed. */
static void
add_value(struct buf *b, jv value)
{
	struct buf dump = { 0 };

	if (jv_get_kind(value) == JV_KIND_STRING) {
		buf_add(b, jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
		jv_free(value);
		return;
	}
	json_dump(&dump, value);
	buf_puts(b, dump.p);
	buf_release(&dump);
}

/* The one argument, if it is a string, as it is; several as JSON. */
static void
add_arguments(struct buf *b, jv args)
{
	jv only = jv_invalid();

	if (jv_get_kind(args) == JV_KIND_OBJECT && jv_object_length(jv_copy(args)) == 1)
		jv_object_foreach (args, name, value) {
			jv_free(name);
			only = value;
		}
	if (jv_get_kind(only) == JV_KIND_STRING) {
		buf_puts(b, ": ");
		add_value(b, only);
	} else {
		jv_free(only);
		buf_putc(b, ' ');
		add_value(b, jv_copy(args));
	}
	jv_free(args);
}

/* "Uses ls: /tmp", "ls says: ...", "ls failed: ..." */
static void
add_tool(struct buf *b, const char *name, jv data)
{
	jv args = jv_object_get(jv_copy(data), jv_string("args"));
	const char *status = json_peek_string(data, "status");

	if (jv_is_valid(args)) {
		buf_printf(b, "Uses %s", name);
		add_arguments(b, args);
		return;
	}
	jv_free(args);
	buf_printf(b, "%s %s: ", name, status && !strcmp(status, "error") ? "failed" : "says");
	args = jv_object_get(jv_copy(data), jv_string("result"));
	add_value(b, jv_is_valid(args) ? args : (jv_free(args), jv_string("")));
	while (b->len > 0 && b->p[b->len - 1] == '\n')
		b->p[--b->len] = '\0';
}

/* What an event without a text of its own says; one that we do not know, as JSON. */
static void
add_data(struct buf *b, const char *type, jv data)
{
	const char *name = json_peek_string(data, "name"),
		   *question = json_peek_string(data, "question"),
		   *task = json_peek_string(data, "task_id");

	if (!strcmp(type, "approval_request") && question) {
		buf_printf(b, "Asks: %s", question);
		if (task)
			buf_printf(b, " (task-approve %.8s)", task);
	} else if (!strcmp(type, "token_usage")) {
		buf_printf(b, "Used %" PRId64 " tokens (%" PRId64 " in, %" PRId64 " out)",
		    json_peek_int(data, "total_tokens",
			json_peek_int(data, "input_tokens", 0) +
			    json_peek_int(data, "output_tokens", 0)),
		    json_peek_int(data, "input_tokens", 0),
		    json_peek_int(data, "output_tokens", 0));
	} else if (name && !strncmp(type, "tool_", 5)) {
		add_tool(b, name, data);
	} else {
		add_value(b, json_drop(jv_copy(data), "task_id"));
	}
}

/* A line where another chat speaks than before. */
static void
add_chat(struct text *t, struct buf *b, const char *chat_id)
{
	struct buf line = { 0 };

	if (!t->has_chats || !chat_id || !strncmp(t->chat, chat_id, sizeof t->chat - 1))
		return;
	snprintf(t->chat, sizeof t->chat, "%s", chat_id);
	buf_puts(&line, "--- chat ");
	screen_clean(&line, t->chat, false);
	screen_paint(t->screen, b, DIM, line.p);
	buf_putc(b, '\n');
	buf_release(&line);
}

/* "Task 1f3c9a2b" */
static void
add_badge(struct buf *b, const char *task)
{
	struct buf id = { 0 };

	buf_add(&id, task, strnlen(task, 8));
	while (id.len > 0 && id.len < strlen(task) && (task[id.len] & 0xC0) == 0x80)
		id.p[--id.len] = '\0'; /* not within a character */
	buf_puts(b, "Task ");
	screen_clean(b, id.p, false);
	if (b->p[b->len - 1] == ' ')
		b->p[--b->len] = '\0';
	buf_release(&id);
}

/* Who speaks: "🤖 Task 1f3c9a2b" or a name.  `about` is set to what a text may begin with itself. */
static void
add_speaker(struct text *t, struct buf *b, enum paint paint, const char *mark, const char *task,
    const char *user, struct buf *about)
{
	if (task) {
		add_badge(about, task);
		buf_printf(b, "%s ", mark);
		screen_paint(t->screen, b, paint, about->p);
	} else {
		screen_clean(about, user ? user : "?", false);
		screen_paint(t->screen, b, BOLD, about->p ? about->p : "");
	}
}

/* A text: behind the speaker, or where a task says several lines below it. */
static void
add_text(struct text *t, struct buf *b, enum paint paint, const char *text, bool is_task, size_t at)
{
	struct buf clean = { 0 }, lines = { 0 };

	screen_clean(&clean, text, true);
	if (is_task && clean.len > 0 && strchr(clean.p, '\n')) {
		buf_printf(b, ":\n%*s", TIME_COLUMNS, "");
		screen_wrap(t->screen, &lines, clean.p, TIME_COLUMNS, TIME_COLUMNS);
	} else {
		buf_puts(b, ":");
		if (clean.len > 0) {
			buf_putc(&lines, ' ');
			screen_wrap(t->screen, &lines, clean.p, TIME_COLUMNS, at + 2);
		}
	}
	screen_paint(t->screen, b, paint, lines.p ? lines.p : "");
	buf_release(&lines);
	buf_release(&clean);
}

/* On a terminal: how long the task took that has ended with this event. */
static void
add_elapsed(const struct text *t, struct buf *b, jv data)
{
	char elapsed[TEXT_AGE];

	if (t->screen->rows > 0 && json_has(data, "elapsed_ms"))
		buf_printf(b, " (%s)", text_elapsed(json_peek_int(data, "elapsed_ms", 0), elapsed));
}

void
text_event(struct text *t, struct buf *b, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type"), *text, *task, *mark;
	struct buf about = { 0 }, made = { 0 };
	size_t at;

	if (!jv_is_valid(data))
		data = jv_object();
	type = type ? type : "";
	task = json_peek_string(data, "task_id");
	text = json_peek_string(data, "text");
	if (!text)
		text = json_peek_string(data, "message");
	if (!text) {
		add_data(&made, type, data);
		text = made.p;
	}
	mark = mark_of(type, text);
	add_chat(t, b, json_peek_string(event, "chat_id"));
	text_when(t, b, json_peek_string(event, "at"));
	buf_putc(b, ' ');
	add_speaker(t, b, paint_of(type, mark, task), mark, task,
	    json_peek_string(event, "user_id"), &about);
	at = TIME_COLUMNS + (task ? 3 : 0) + (about.p ? screen_width(about.p, about.len) : 0);
	if (task && !strncmp(text, about.p, about.len)) {
		struct buf rest = { 0 }; /* it names itself */

		screen_clean(&rest, text + about.len, true);
		add_elapsed(t, &rest, data);
		if (rest.p)
			screen_wrap(t->screen, b, rest.p, TIME_COLUMNS, at);
		buf_release(&rest);
	} else {
		add_text(t, b, paint_of_text(type), text, task != NULL, at);
	}
	buf_putc(b, '\n');
	buf_release(&made);
	buf_release(&about);
	jv_free(data);
}

void
text_task_line(struct text *t, struct buf *b, jv about, const char *mark, enum paint paint,
    const char *text)
{
	const struct screen narrow = { .columns = TEXT_LINE_COLUMNS };
	const char *task = json_peek_string(about, "task_id");
	struct buf badge = { 0 }, line = { 0 };
	size_t taken;

	add_badge(&badge, task ? task : "");
	add_chat(t, b, json_peek_string(about, "chat_id"));
	text_when(t, b, json_peek_string(about, "at"));
	buf_printf(b, " %s ", mark);
	screen_paint(t->screen, b, paint, badge.p);
	buf_putc(b, ' ');
	taken = TIME_COLUMNS + screen_width(mark, strlen(mark)) + badge.len + 2;
	screen_clean(&line, text, false);
	screen_cut(t->screen->columns ? t->screen : &narrow, &line, taken);
	buf_puts(b, line.p ? line.p : "");
	buf_putc(b, '\n');
	buf_release(&line);
	buf_release(&badge);
}

void
text_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=:,./@%";

	if (*word && !word[strspn(word, plain)]) {
		buf_puts(b, word);
		return;
	}
	buf_putc(b, '\'');
	for (; *word; word++)
		buf_puts(b, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
	buf_putc(b, '\'');
}
