/*
 * table.h - rows in aligned columns that fit a screen, or separated by tabs
 *
 * Rows are collected and printed some at a time; a column is as wide as the widest of its cells so
 * far, so that a long table can be read while it is made.  What reaches beyond the screen is cut,
 * with an ellipsis: no line is wider.
 */
#ifndef TABLE_H
#define TABLE_H

#include "screen.h"

enum { TABLE_COLUMNS = 8 };

struct column {
	const char *name; /* for the heading; NULL: behind the last column */
	bool is_right;    /* numbers stand at the right */
};

struct table {
	const struct column *column;
	const struct screen *screen;
	bool is_tsv;      /* tabs between cells, no heading, nothing cut */
	bool has_heading; /* it was printed */
	size_t width[TABLE_COLUMNS];
	struct cell *cell;
	size_t cells;
	struct buf text; /* of the cells */
};

/*
 * table_cell - add the next cell of a row; a row has as many as there are columns
 *
 * text  copied; control characters are left out, NULL is empty
 */
void table_cell(struct table *t, enum paint paint, const char *text);

/* table_flush - append the rows that are complete to b; the first time behind a heading. */
void table_flush(struct table *t, struct buf *b);

/* table_release - free what it holds; rows that were not flushed are lost. */
void table_release(struct table *t);

#endif
