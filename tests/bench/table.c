#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum { ROWS_MAX = 120, NOTES_MAX = 20, COLUMNS = 7, CELL = 96 };

static char cell[ROWS_MAX][COLUMNS][CELL] = { { "", "figure", "beside", "its figure", "ratio",
    "wanted", "" } };
static char note[NOTES_MAX][160];
static int rows = 1, notes, misses;

static void
write_figure(char text[CELL], double figure, enum unit unit)
{
	if (unit == UNIT_PERCENT)
		snprintf(text, CELL, "%.3f %%", figure);
	else if (unit == UNIT_KB)
		snprintf(text, CELL, "%.1f MB", figure / 1000);
	else if (unit == UNIT_PER_S)
		snprintf(text, CELL, "%.0f/s", figure);
	else if (figure < 1e3)
		snprintf(text, CELL, "%.0f us", figure);
	else if (figure < 1e6)
		snprintf(text, CELL, figure < 1e5 ? "%.2f ms" : "%.0f ms", figure / 1e3);
	else
		snprintf(text, CELL, "%.2f s", figure / 1e6);
}

static void
write_ratio(char text[CELL], double ratio)
{
	snprintf(text, CELL, ratio < 10 ? "%.2f" : "%.0f", ratio);
}

static bool
is_met(const struct row *row, double ratio)
{
	return row->wanted == WANT_AT_MOST ? ratio <= row->limit : ratio >= row->limit;
}

/* The next row, its name written. */
static char (*new_row(const char *fmt, va_list ap))[CELL]
{
	if (rows == ROWS_MAX)
		dief("too many rows");
	vsnprintf(cell[rows][0], CELL, fmt, ap);
	fprintf(stderr, "bench: %s\n", cell[rows][0]);
	return cell[rows++];
}

void
table_row(struct row row, const char *fmt, ...)
{
	double ratio =
	    row.wanted == WANT_FASTER ? row.reference / row.figure : row.figure / row.reference;
	char(*column)[CELL];
	va_list ap;

	va_start(ap, fmt);
	column = new_row(fmt, ap);
	va_end(ap);
	write_figure(column[1], row.figure, row.unit);
	snprintf(column[2], CELL, "%s", row.beside);
	write_figure(column[3], row.reference, row.unit);
	write_ratio(column[4], ratio);
	if (row.wanted == WANT_NOTHING)
		return;
	snprintf(column[5], CELL, row.wanted == WANT_AT_MOST ? "at most %g" : "at least %g",
	    row.limit);
	snprintf(column[6], CELL, "%s", is_met(&row, ratio) ? "met" : "missed");
	misses += !is_met(&row, ratio);
}

void
table_missing(const char *peer, const char *fmt, ...)
{
	char(*column)[CELL];
	va_list ap;

	va_start(ap, fmt);
	column = new_row(fmt, ap);
	va_end(ap);
	snprintf(column[2], CELL, "%s", peer);
	snprintf(column[3], CELL, "not installed");
}

void
table_note(const char *fmt, ...)
{
	va_list ap;

	if (notes == NOTES_MAX)
		dief("too many notes");
	va_start(ap, fmt);
	vsnprintf(note[notes++], sizeof note[0], fmt, ap);
	va_end(ap);
}

static void
print_row(int row, const int width[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		bool is_number = i == 1 || i == 3 || i == 4;

		printf(is_number ? "| %*s " : "| %-*s ", width[i], cell[row][i]);
	}
	printf("|\n");
}

int
table_print(void)
{
	int width[COLUMNS] = { 0 };

	for (int row = 0; row < rows; row++)
		for (int i = 0; i < COLUMNS; i++)
			if ((int)strlen(cell[row][i]) > width[i])
				width[i] = (int)strlen(cell[row][i]);
	for (int row = 0; row < rows; row++) {
		print_row(row, width);
		for (int i = 0; row == 0 && i < COLUMNS; i++) {
			bool is_number = i == 1 || i == 3 || i == 4;

			printf("|%.*s%s", width[i] + 1 + !is_number,
			    "----------------------------------------------------------------------"
			    "------------------------------------",
			    is_number ? ":" : "");
		}
		if (row == 0)
			printf("|\n");
	}
	printf("\n");
	for (int i = 0; i < notes; i++)
		printf("%s\n", note[i]);
	return misses;
}
