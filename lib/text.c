#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "json.h"
#include "text.h"
#include "utf8.h"

void
text_clean(struct buf *b, const char *s, const char *indent)
{
	for (; *s; s++) {
		size_t control = utf8_control(s);

		if (!control) {
			buf_putc(b, *s);
		} else if (*s == '\n' && indent && s[1]) {
			buf_putc(b, '\n');
			if (s[1] != '\n')
				buf_puts(b, indent);
		} else if (*s == '\n' || *s == '\t') {
			buf_putc(b, ' ');
		}
		s += control > 1 ? control - 1 : 0;
	}
	while (b->len > 0 && b->p[b->len - 1] == ' ')
		b->p[--b->len] = '\0';
}

static void
add_time(struct buf *b, const char *at)
{
	int64_t ms = 0;
	struct tm tm;
	time_t seconds;
	char text[16];

	if (!at || !clock_parse(at, &ms)) {
		buf_puts(b, "--:--:--");
		return;
	}
	seconds = ms / 1000;
	localtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%H:%M:%S", &tm);
	buf_puts(b, text);
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
	if (!strcmp(type, "status") && text && strstr(text, " completed successfully"))
		return "✅";
	return "🤖";
}

/* What an event says, in one text; what has no text of its own is shown as JSON. */
static void
add_body(struct buf *b, const char *type, jv data, const char *text)
{
	static const char indent[] = "         ";
	struct buf dump = { 0 };
	const char *name = json_peek_string(data, "name");

	if (text) {
		text_clean(b, text, indent);
		return;
	}
	if (name) {
		buf_puts(b, !strcmp(type, "tool_use") ? "Using tool: " : "Tool answered: ");
		text_clean(b, name, NULL);
		buf_putc(b, ' ');
	}
	json_dump(&dump, json_drop(json_drop(jv_copy(data), "task_id"), "name"));
	text_clean(b, dump.p, NULL);
	buf_release(&dump);
}

void
text_event(struct buf *b, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type"),
		   *user = json_peek_string(event, "user_id");
	const char *task, *text;

	if (!jv_is_valid(data))
		data = jv_object();
	task = json_peek_string(data, "task_id");
	text = json_peek_string(data, "text");
	if (!text)
		text = json_peek_string(data, "message");
	add_time(b, json_peek_string(event, "at"));
	buf_putc(b, ' ');
	if (task) {
		int len = (int)strnlen(task, 8);
		char about[24];

		while ((task[len] & 0xC0) == 0x80) /* not within a character */
			len--;
		snprintf(about, sizeof about, "Task %.*s", len, task);
		buf_printf(b, "%s ", mark_of(type ? type : "", text));
		if (!text || strncmp(text, about, strlen(about)) != 0) {
			text_clean(b, about, NULL);
			buf_puts(b, ": ");
		}
	} else {
		text_clean(b, user ? user : "?", NULL);
		buf_puts(b, ": ");
	}
	add_body(b, type ? type : "", data, text);
	buf_putc(b, '\n');
	jv_free(data);
}
