#include "logtext.h"

#include <string.h>

#include "json.h"
#include "wording.h"

/* The columns before a text: "14:03:07 tool_start   ". */
enum { KIND_COLUMNS = 12, TEXT_COLUMNS = 9 + KIND_COLUMNS + 1 };

static const char *
string_of(jv object, const char *name)
{
	const char *text = json_peek_string(object, name);

	return text ? text : "";
}

/* Whether an event says what a model's turns and tool calls have said in the log. */
static bool
is_repeated(const struct logtext *t, jv line)
{
	static const char *const types[] = { "message", "tool_use", "tool_result", "token_usage" };
	jv event = json_get(line, "event", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type");
	bool is = false;

	for (size_t i = 0; t->is_llm && type && i < sizeof types / sizeof *types; i++)
		is = is || !strcmp(type, types[i]);
	jv_free(event);
	return is && !t->shows_all;
}

static void
add_line(struct logtext *t, struct buf *b, const char *at, const char *kind, enum paint paint,
    const char *text)
{
	struct buf name = { 0 }, clean = { 0 };
	size_t width;

	text_when(&t->text, b, at);
	buf_putc(b, ' ');
	screen_clean(&name, kind, false);
	screen_paint(t->text.screen, b, paint, name.p ? name.p : "");
	width = name.p ? screen_width(name.p, name.len) : 0;
	screen_clean(&clean, text, true);
	if (clean.len > 0) {
		buf_printf(b, "%*s", (int)(width < KIND_COLUMNS ? KIND_COLUMNS + 1 - width : 1),
		    "");
		screen_wrap(t->text.screen, b, clean.p, TEXT_COLUMNS,
		    9 + (width < KIND_COLUMNS ? KIND_COLUMNS : width) + 1);
	}
	buf_putc(b, '\n');
	buf_release(&name);
	buf_release(&clean);
}

/* Keeps track of attempts. */
static void
follow(struct logtext *t, struct buf *b, jv line, const char *kind)
{
	jv agent;

	if (!strcmp(kind, "end"))
		t->is_open = false;
	if (strcmp(kind, "start") != 0)
		return;
	if (t->is_open)
		add_line(t, b, json_peek_string(line, "at"), "(no end)", RED,
		    "whoever ran the attempt before was killed");
	t->is_open = true;
	agent = json_get(line, "agent", JV_KIND_OBJECT);
	t->is_llm = !strcmp(string_of(agent, "kind"), "llm");
	jv_free(agent);
}

static void
show(struct view *v, struct tx *tx, jv line)
{
	struct logtext *t = v->state;
	const char *kind = string_of(line, "kind");
	struct buf text = { 0 };
	enum paint paint;

	(void)tx;
	follow(t, &v->out.buf, line, kind);
	if (!strcmp(kind, "event") && is_repeated(t, line))
		return;
	buf_puts(&text, "");
	paint = wording_of(&text, line);
	add_line(t, &v->out.buf, json_peek_string(line, "at"), kind, paint, text.p);
	buf_release(&text);
}

const struct view_form logtext_form = { NULL, NULL, show };
