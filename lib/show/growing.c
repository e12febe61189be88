#include "growing.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

struct growing_text {
	jv last;          /* the last delta */
	struct buf whole; /* all of them */
};

void
growing_open(struct growing *g, const struct screen *screen, bool has_chats)
{
	*g = (struct growing){
		.text = { .screen = screen, .day = TEXT_NO_DAYS, .has_chats = has_chats }
	};
}

static bool
is_same_string(jv a, jv b, const char *name)
{
	const char *x = json_peek_string(a, name), *y = json_peek_string(b, name);

	return x && y && !strcmp(x, y);
}

/* The text that the data of a delta is about; g->len: a new one. */
static size_t
find(const struct growing *g, jv data)
{
	size_t i = 0;

	for (; i < g->len; i++) {
		jv other = json_get(g->list[i].last, "data", JV_KIND_OBJECT);
		bool is = is_same_string(data, other, "task_id") &&
		          is_same_string(data, other, "kind") &&
		          json_peek_int(data, "after", 0) == json_peek_int(other, "after", 0);

		jv_free(other);
		if (is)
			break;
	}
	return i;
}

static void
drop(struct growing *g, size_t i)
{
	jv_free(g->list[i].last);
	buf_release(&g->list[i].whole);
	g->len--;
	memmove(g->list + i, g->list + i + 1, (g->len - i) * sizeof *g->list);
}

static void
add(struct growing *g, size_t i, jv delta, const char *text)
{
	if (i == g->len) {
		g->list = xrealloc(g->list, (g->len + 1) * sizeof *g->list);
		g->list[g->len++] = (struct growing_text){ .last = jv_invalid() };
	}
	jv_free(g->list[i].last);
	g->list[i].last = jv_copy(delta);
	buf_puts(&g->list[i].whole, text);
}

void
growing_take(struct growing *g, jv delta)
{
	jv data = json_get(delta, "data", JV_KIND_OBJECT);
	const char *text = json_peek_string(data, "text");
	size_t i = find(g, data);

	if (text && *text)
		add(g, i, delta, text);
	else if (i < g->len)
		drop(g, i);
	jv_free(data);
	jv_free(delta);
}

/* Whether the event says the whole of a text with that last delta. */
static bool
is_whole_of(jv event, jv delta)
{
	jv said = json_get(event, "data", JV_KIND_OBJECT),
	   partial = json_get(delta, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type"),
		   *kind = json_peek_string(partial, "kind");
	bool is = type && kind && is_same_string(said, partial, "task_id") &&
	          !strcmp(type, !strcmp(kind, "text") ? "message" : kind) &&
	          json_peek_int(event, "n", 0) > json_peek_int(partial, "after", 0);

	jv_free(said);
	jv_free(partial);
	return is;
}

void
growing_replace(struct growing *g, jv event)
{
	for (size_t i = g->len; i-- > 0;)
		if (is_whole_of(event, g->list[i].last))
			drop(g, i);
}

/* As an event that says so much; only the end of a text that would not fit anyway. */
static void
add_lines(struct growing *g, struct buf *lines, const struct growing_text *t, size_t rows)
{
	size_t most = rows * 4 * (g->text.screen->columns ? g->text.screen->columns : 200);
	size_t from = t->whole.len > most ? t->whole.len - most : 0;
	jv event = jv_copy(t->last), data = json_get(event, "data", JV_KIND_OBJECT);
	const char *kind = json_peek_string(data, "kind");

	while (from > 0 && (t->whole.p[from] & 0xC0) == 0x80)
		from++;
	event = json_set_string(event, "type", kind && !strcmp(kind, "text") ? "message" : kind);
	data = json_set_string(data, "text", t->whole.p + from);
	event = json_set(event, "data", data);
	text_event(&g->text, lines, event);
	jv_free(event);
}

/* The last of these lines. */
static const char *
last_lines(const struct buf *lines, size_t rows)
{
	const char *p = lines->p + lines->len;
	size_t count = 0;

	while (p > lines->p && !(p[-1] == '\n' && count++ == rows))
		p--;
	return p;
}

void
growing_lines(struct growing *g, size_t rows, struct buf *out)
{
	struct buf lines = { 0 };

	*g->text.chat = '\0';
	for (size_t i = 0; i < g->len; i++)
		add_lines(g, &lines, &g->list[i], rows);
	if (lines.len > 0)
		buf_puts(out, last_lines(&lines, rows));
	buf_release(&lines);
}

void
growing_release(struct growing *g)
{
	while (g->len > 0)
		drop(g, g->len - 1);
	free(g->list);
	g->list = NULL;
}
