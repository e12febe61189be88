/*
 * rules.c - what people write as a list is read line by line: one pass, no tree.
 * Deeper levels stay in their item's text, because an agent gets a whole item.
 */
#include "rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TAB_COLUMNS = 4, DEEPER_COLUMNS = 2, NUMBER_DIGITS = 9, FENCE_TICKS = 3 };

struct line {
	const char *start;
	size_t len;
	const char *text; /* behind the indentation */
	size_t text_len;
	size_t indent; /* columns */
	size_t marker; /* bytes of the marker and the blanks behind it; 0: no item */
	bool is_numbered;
	bool is_inside; /* a fence was open before it */
};

struct reader {
	const char *next;
	size_t fence; /* ticks of the open fence; 0: none is open */
};

/* Where in a list we are. */
struct place {
	bool is_item;
	size_t base;   /* indentation of the outermost item so far */
	size_t indent; /* of the present item's marker */
	size_t body;   /* column at which its text begins */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_all(const char *p, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(set, p[i]))
			return false;
	return true;
}

static size_t
next_column(size_t column, char c)
{
	if (((unsigned char)c & 0xC0) == 0x80) /* a sign goes on */
		return column;
	return c == '\t' ? column - column % TAB_COLUMNS + TAB_COLUMNS : column + 1;
}

static size_t
bullet_sign(const char *p, size_t len)
{
	static const char *const signs[] = { "•", "‣", "◦", "▪", "▫", "●", "○", "■", "□", "⁃",
		"∙" };

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (len >= strlen(signs[i]) && memcmp(p, signs[i], strlen(signs[i])) == 0)
			return strlen(signs[i]);
	return 0;
}

static size_t
number_sign(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && n < NUMBER_DIGITS && isdigit((unsigned char)p[n]))
		n++;
	return n > 0 && n < len && (p[n] == '.' || p[n] == ')') ? n + 1 : 0;
}

/* Bytes of the marker and the blanks behind it; 0 where the line is no item. */
static size_t
marker_size(const char *p, size_t len, bool *is_numbered)
{
	size_t n = number_sign(p, len);
	bool needs_blank = true;

	*is_numbered = n > 0;
	if (n == 0) {
		n = bullet_sign(p, len);
		needs_blank = n == 0;
	}
	if (n == 0 && len > 0 && strchr("-*+", p[0]) && !is_all(p, len, "-*+ \t"))
		n = 1; /* and no ruler */
	if (n == 0 || n == len || (needs_blank && !is_blank(p[n])))
		return 0;
	while (n < len && is_blank(p[n]))
		n++;
	return is_all(p + n, len - n, " \t\r") ? 0 : n;
}

static void
follow_fence(size_t *fence, const char *p, size_t len)
{
	size_t ticks = 0;

	while (ticks < len && p[ticks] == '`')
		ticks++;
	if (*fence == 0 && ticks >= FENCE_TICKS && !memchr(p + ticks, '`', len - ticks))
		*fence = ticks;
	else if (*fence > 0 && ticks >= *fence && is_all(p + ticks, len - ticks, " \t"))
		*fence = 0;
}

static bool
read_line(struct reader *r, struct line *line)
{
	const char *end = strchrnul(r->next, '\n');
	size_t i = 0;

	if (*r->next == '\0')
		return false;
	*line = (struct line){ .start = r->next, .len = (size_t)(end - r->next) };
	r->next = *end ? end + 1 : end;
	if (line->len > 0 && line->start[line->len - 1] == '\r')
		line->len--;
	for (; i < line->len && is_blank(line->start[i]); i++)
		line->indent = next_column(line->indent, line->start[i]);
	line->text = line->start + i;
	line->text_len = line->len - i;
	line->is_inside = r->fence > 0;
	if (!line->is_inside)
		line->marker = marker_size(line->text, line->text_len, &line->is_numbered);
	follow_fence(&r->fence, line->text + line->marker, line->text_len - line->marker);
	return true;
}

static bool
is_item_of(const struct rules_list *list, const struct place *at, const struct line *line)
{
	if (line->marker == 0)
		return false;
	if (list->len == 0)
		return true;
	return line->is_numbered == list->is_numbered && line->indent < at->base + DEEPER_COLUMNS;
}

static void
add_context(struct rules_list *list, const struct line *line)
{
	struct buf *b = &list->context;
	bool is_gap = line->text_len == 0 && !line->is_inside;

	if (is_gap && (b->len < 2 || memcmp(b->p + b->len - 2, "\n\n", 2) == 0))
		return;
	buf_add(b, line->start, is_gap ? 0 : line->len);
	buf_putc(b, '\n');
}

static void
start_item(struct rules_list *list, struct place *at, const struct line *line)
{
	/* Doubling at powers of two needs no capacity of its own. */
	if ((list->len & (list->len - 1)) == 0)
		list->item =
		    xrealloc(list->item, (list->len ? 2 * list->len : 1) * sizeof *list->item);
	if (list->len == 0) {
		list->first = line->start;
		list->is_numbered = line->is_numbered;
	}
	if (list->len == 0 || line->indent < at->base)
		at->base = line->indent;
	at->is_item = true;
	at->indent = at->body = line->indent;
	for (size_t i = 0; i < line->marker; i++)
		at->body = next_column(at->body, line->text[i]);
	list->item[list->len] = (struct buf){ 0 };
	buf_add(&list->item[list->len], line->text + line->marker, line->text_len - line->marker);
	list->len++;
	add_context(list, &(struct line){ .start = "" }); /* what follows it stands apart */
}

static void
continue_item(struct rules_list *list, const struct place *at, const struct line *line)
{
	struct buf *b = &list->item[list->len - 1];
	size_t column = 0, i = 0;

	while (i < line->len && is_blank(line->start[i]) && column < at->body)
		column = next_column(column, line->start[i++]);
	buf_putc(b, '\n');
	buf_add(b, line->start + i, line->len - i);
}

static void
trim_end(struct buf *b)
{
	while (b->len > 0 && strchr(" \t\r\n", b->p[b->len - 1]))
		b->p[--b->len] = '\0';
}

void
rules_read(struct rules_list *list, const char *text)
{
	struct reader r = { .next = text };
	struct place at = { 0 };
	struct line line;

	*list = (struct rules_list){ 0 };
	while (read_line(&r, &line)) {
		if (is_item_of(list, &at, &line)) {
			start_item(list, &at, &line);
			continue;
		}
		if (!line.is_inside && line.text_len > 0 && line.indent <= at.indent)
			at.is_item = false;
		if (at.is_item)
			continue_item(list, &at, &line);
		else
			add_context(list, &line);
	}
	for (size_t i = 0; i < list->len; i++)
		trim_end(&list->item[i]);
	trim_end(&list->context);
}

void
rules_release(struct rules_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		buf_release(&list->item[i]);
	free(list->item);
	buf_release(&list->context);
	*list = (struct rules_list){ 0 };
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
ends_word(const char *p)
{
	if (is_word(*p))
		return false;
	return *p == '\0' || !strchr("-./@", *p) || !is_word(p[1]);
}

const char *
rules_mention(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (len == 0)
		return NULL;
	for (const char *p = strchr(text, '@'); p; p = strchr(p + 1, '@'))
		if ((p == text || strchr(" \t\n([{\"'", p[-1])) &&
		    strncasecmp(p + 1, name, len) == 0 && ends_word(p + 1 + len))
			return p;
	return NULL;
}

static bool
is_in_brackets(const char *text, const char *from, const char *to)
{
	const char *open;

	if (from == text || *to == '\0')
		return false;
	open = strchr("([{\"'", from[-1]);
	return open && *to == ")]}\"'"[open - strchr("([{\"'", '(')];
}

char *
rules_without(const char *text, const char *at, size_t len)
{
	const char *from = at, *to = at + len;

	if (is_in_brackets(text, from, to)) {
		from--;
		to++;
	}
	if (from == text && (*to == ':' || *to == ','))
		to++;
	if (strchr(" \t\r\n.,;:!?", *to)) /* its NUL too: the end */
		while (from > text && (is_blank(from[-1]) || (*to == '\0' && from[-1] == '\n')))
			from--;
	if (from == text)
		to += strspn(to, " \t\r\n");
	else if (from[-1] == '\n')
		to += *to == '\n' ? 1 : strspn(to, " \t");
	return xprintf("%.*s%s", (int)(from - text), text, to);
}
