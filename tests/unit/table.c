#include "table.h"
#include "box.h"
#include "tap.h"

#define HAN   "\xe4\xb8\xad" /* two columns */
#define DOTS  "\xe2\x80\xa6"
#define ACUTE "\xcc\x81"

static const struct column three[] = { { "ID", false }, { "N", true }, { "TITLE", false },
	{ NULL, false } };

static struct table
table_of(const struct screen *screen)
{
	return (struct table){ .column = three, .screen = screen };
}

static void
row(struct table *t, const char *a, const char *b, const char *c)
{
	table_cell(t, PLAIN, a);
	table_cell(t, PLAIN, b);
	table_cell(t, PLAIN, c);
}

static void
prints(struct table *t, const char *want, const char *fact)
{
	struct buf b = { 0 };

	buf_puts(&b, "");
	table_flush(t, &b);
	is(b.p, want, fact);
	buf_release(&b);
}

static void
test_align(void)
{
	struct screen s = { 0 };
	struct table t = table_of(&s);

	prints(&t, "", "no rows, no heading");
	row(&t, "a", "1", "one");
	row(&t, "bcd", "22", "two");
	prints(&t, "ID    N  TITLE\na     1  one\nbcd  22  two\n",
	    "columns stand below each other, numbers at the right");
	row(&t, "x", "3", "three");
	row(&t, "longer", "4444", "y");
	prints(&t, "x          3  three\nlonger  4444  y\n", "later rows have no heading again");
	row(&t, "x", "5", NULL);
	prints(&t, "x          5\n", "a column stays as wide as it was; no blanks at the end");
	row(&t, NULL, NULL, NULL);
	prints(&t, "\n", "a row of nothing is an empty line");
	table_release(&t);
	t = table_of(&s);
	row(&t, HAN HAN, "1", "a");
	row(&t, "e" ACUTE, "2", "b");
	row(&t, "abc", "3", "c");
	prints(&t, "ID    N  TITLE\n" HAN HAN "  1  a\ne" ACUTE "     2  b\nabc   3  c\n",
	    "a column counts columns, not bytes");
	table_release(&t);
	t = table_of(&s);
	t.has_heading = true;
	row(&t, "a", "1", "b");
	prints(&t, "a   1  b\n", "a heading may be left out");
	table_release(&t);
	table_release(&t);
	ok(t.cells == 0, "what was released may be again");
}

static void
cuts(size_t columns, const char *a, const char *b, const char *c, const char *want,
    const char *fact)
{
	struct screen s = { .columns = columns };
	struct table t = table_of(&s);

	t.has_heading = true;
	row(&t, a, b, c);
	prints(&t, want, fact);
	table_release(&t);
}

static void
test_cut(void)
{
	cuts(20, "ab", "1", "1234567890123", "ab  1  1234567890123\n", "what just fits is whole");
	cuts(20, "ab", "1", "12345678901234", "ab  1  123456789012" DOTS "\n",
	    "what does not is cut, with an ellipsis");
	cuts(20, "ab", "1", "12345678901" HAN "x", "ab  1  12345678901" DOTS "\n",
	    "before a character that has no room");
	cuts(20, "ab", "1", "1234567890" HAN "xx", "ab  1  1234567890" HAN DOTS "\n",
	    "behind one that has");
	cuts(20, "ab", "1", "12345678901" HAN, "ab  1  12345678901" HAN "\n", "or whole");
	cuts(20, "1234567890123456789", "1", "c", "1234567890123456789\n",
	    "columns behind the edge are left out");
	cuts(20, "123456789012345678901", "1", "c", "1234567890123456789" DOTS "\n",
	    "others are cut too");
	cuts(20, "12345678901234567", "1", "c", "12345678901234567  1\n",
	    "up to the edge they stay");
	cuts(20, "1234567890123456", "1", "c", "1234567890123456  1\n", "behind it nothing does");
	cuts(20, "1234567890123456", "123456", "c", "1234567890123456  1" DOTS "\n",
	    "numbers are cut as texts are");
	cuts(0, "ab", "1", "12345678901234567890", "ab  1  12345678901234567890\n",
	    "without a limit nothing is");
}

static void
test_colour(void)
{
	struct screen s = { .columns = 20, .has_colour = true };
	struct table t = table_of(&s);

	table_cell(&t, CYAN, "a");
	table_cell(&t, DIM, "1");
	table_cell(&t, RED, "12345678901234");
	prints(&t,
	    "\x1b[2mID\x1b[m  \x1b[2mN\x1b[m  \x1b[2mTITLE\x1b[m\n"
	    "\x1b[36ma\x1b[m   \x1b[2m1\x1b[m  \x1b[31m123456789012\x1b[m" DOTS "\n",
	    "colours have no width");
	table_release(&t);
}

static void
test_tsv(void)
{
	struct screen s = { .columns = 20, .has_colour = false };
	struct table t = table_of(&s);

	t.is_tsv = true;
	row(&t, "a", "1", "long enough to be cut elsewhere");
	row(&t, "b\tc\nd", NULL, "\x1b[31mred\x1b[m\r\n");
	row(&t, NULL, NULL, NULL);
	prints(&t, "a\t1\tlong enough to be cut elsewhere\nb c d\t\tred\n\t\t\n",
	    "tabs stand between cells only, newlines behind rows");
	row(&t, "e", "f", "g");
	prints(&t, "e\tf\tg\n", "there is no heading");
	table_release(&t);
}

static void
test_hostile(void)
{
	struct screen s = { 0 };
	struct table t = table_of(&s);

	t.has_heading = true;
	row(&t, "a\nb", "\x1b[2J1", "x\ty\x07\xc2\x9b");
	prints(&t, "a b  1  x y\n", "a cell is a line without controls");
	table_release(&t);
}

/* Cells of any kind on screens of any width: no line is wider, and rows are lines. */
static void
test_chance(void)
{
	static const char *const pieces[] = { "a", HAN, "e" ACUTE, " ", "\n", "\x1b[31m", "\t",
		"1234567", "\xff", DOTS };
	int wide = 0, lines = 0, want = 0;
	struct buf b = { 0 }, cell = { 0 };

	for (int i = 0; i < 3000; i++) {
		struct screen s = { .columns = 20 + box_random(60) };
		struct table t = table_of(&s);
		int rows = (int)box_random(5);

		for (int j = 0; j < 3 * rows; j++) {
			cell.len = 0;
			buf_puts(&cell, "");
			for (uint64_t n = box_random(12); n > 0; n--)
				buf_puts(&cell, pieces[box_random(10)]);
			table_cell(&t, RED, cell.p);
			if (j % 3 == 2 && box_random(3) == 0)
				table_flush(&t, &b);
		}
		table_flush(&t, &b);
		want += rows + (rows > 0);
		table_release(&t);
		for (char *p = b.p; p && *p; p += strcspn(p, "\n") + 1, lines++)
			wide += screen_width(p, strcspn(p, "\n")) > s.columns;
		buf_release(&b);
	}
	is_int(wide, 0, "three thousand tables: no line is wider than the screen");
	is_int(lines, want, "each row is a line, each table has one heading");
	buf_release(&cell);
}

int
main(void)
{
	struct screen s;

	box_state = 12;
	printf("# table: seed 12\n");
	screen_open(&s, STDIN_FILENO, "never");
	test_align();
	test_cut();
	test_colour();
	test_tsv();
	test_hostile();
	test_chance();
	return done_testing();
}
