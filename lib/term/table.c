#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { GAP = 2 };

struct cell {
	size_t at, len, width; /* in the table's text; columns */
	enum paint paint;
};

static size_t
count_columns(const struct table *t)
{
	size_t n = 0;

	while (t->column[n].name)
		n++;
	return n;
}

void
table_cell(struct table *t, enum paint paint, const char *text)
{
	struct cell cell = { .at = t->text.len, .paint = paint };

	screen_clean(&t->text, text ? text : "", false);
	cell.len = t->text.len - cell.at;
	if (cell.len > 0)
		cell.width = screen_width(t->text.p + cell.at, cell.len);
	buf_putc(&t->text, '\0');
	t->cell = xrealloc(t->cell, (t->cells + 1) * sizeof *t->cell);
	t->cell[t->cells++] = cell;
}

static void
add_blanks(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_putc(b, ' ');
}

/* A cell's text, cut to `room` columns. */
static void
add_text(const struct table *t, struct buf *b, char *text, const struct cell *cell, size_t room)
{
	size_t len = cell->len;

	if (cell->width <= room) {
		screen_paint(t->screen, b, cell->paint, text);
		return;
	}
	len = screen_fit(text, len, room > 1 ? room - 1 : 0);
	text[len] = '\0';
	screen_paint(t->screen, b, cell->paint, text);
	buf_puts(b, "…");
}

static void
add_row(const struct table *t, struct buf *b, const struct cell *row, char *text, size_t columns)
{
	size_t limit = t->screen->columns ? t->screen->columns : SIZE_MAX, at = 0;

	for (size_t i = 0; i < columns && at < limit; i++) {
		size_t pad = t->width[i] - row[i].width, left = t->column[i].is_right ? pad : 0;

		if (left < limit - at) {
			add_blanks(b, left);
			add_text(t, b, text + row[i].at, &row[i], limit - at - left);
			add_blanks(b, pad - left + GAP);
		}
		at += t->width[i] + GAP;
	}
	while (b->len > 0 && b->p[b->len - 1] == ' ')
		b->p[--b->len] = '\0';
	buf_putc(b, '\n');
}

static void
add_tsv(struct buf *b, const struct cell *row, const char *text, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		buf_printf(b, "%s%s", text + row[i].at, i + 1 < columns ? "\t" : "\n");
}

static void
add_heading(const struct table *t, struct buf *b, size_t columns)
{
	struct table head = { .column = t->column, .screen = t->screen };

	memcpy(head.width, t->width, sizeof head.width);
	for (size_t i = 0; i < columns; i++)
		table_cell(&head, DIM, t->column[i].name);
	add_row(&head, b, head.cell, head.text.p, columns);
	table_release(&head);
}

void
table_flush(struct table *t, struct buf *b)
{
	size_t columns = count_columns(t), rows = t->cells / columns;

	for (size_t i = 0; i < columns; i++)
		if (t->width[i] < strlen(t->column[i].name))
			t->width[i] = strlen(t->column[i].name);
	for (size_t i = 0; i < t->cells; i++)
		if (t->width[i % columns] < t->cell[i].width)
			t->width[i % columns] = t->cell[i].width;
	if (rows > 0 && !t->has_heading && !t->is_tsv)
		add_heading(t, b, columns);
	t->has_heading |= rows > 0;
	for (size_t i = 0; i < rows; i++)
		if (t->is_tsv)
			add_tsv(b, t->cell + i * columns, t->text.p, columns);
		else
			add_row(t, b, t->cell + i * columns, t->text.p, columns);
	t->cells = 0;
	t->text.len = 0;
}

void
table_release(struct table *t)
{
	buf_release(&t->text);
	free(t->cell);
	t->cell = NULL;
	t->cells = 0;
}
