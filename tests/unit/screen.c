#include "screen.h"
#include "box.h"
#include "err.h"
#include "tap.h"

#define E_ACUTE "e\xcc\x81"        /* two characters, one column */
#define HAN     "\xe4\xb8\xad"     /* two columns */
#define ROBOT   "\xf0\x9f\xa4\x96" /* two columns */
#define EURO    "\xe2\x82\xac"     /* one column */
#define CSI     "\xc2\x9b"         /* ESC [ in one character */
#define EVIL    "\xe2\x80\xae"     /* turns the direction */

static struct screen
screen_of(size_t columns)
{
	return (struct screen){ .columns = columns };
}

/* A file that is no terminal. */
static struct screen
opened(const char *color, int *rc)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct screen s = { .columns = 77, .has_colour = true };

	*rc = screen_open(&s, fd, color);
	close(fd);
	return s;
}

static size_t
columns_by(const char *value)
{
	int rc;

	setenv("COLUMNS", value, 1);
	return opened(NULL, &rc).columns;
}

static void
test_open(void)
{
	int rc;

	unsetenv("COLUMNS");
	is_int((long long)opened(NULL, &rc).columns, 0, "what is no terminal has no limit");
	ok(rc == 0 && !opened(NULL, &rc).has_colour, "nor colours");
	ok(!opened("auto", &rc).has_colour && rc == 0, "auto is the same");
	ok(opened("always", &rc).has_colour && rc == 0, "unless they are wanted always");
	ok(!opened("never", &rc).has_colour && rc == 0, "or never");
	opened("yes please", &rc);
	ok(rc == -1 && err_code() == EX_USAGE, "another word is misuse");
	is(err_text(), "color 'yes please': want auto, always or never", "... which is named");
	is_int((long long)columns_by("132"), 132, "COLUMNS is a limit");
	is_int((long long)columns_by("1"), 20, "no screen is narrower than 20");
	is_int((long long)columns_by("0"), 0, "0 is none");
	is_int((long long)columns_by("-5"), 0, "nor is less");
	is_int((long long)columns_by("wide"), 0, "nor a word");
	unsetenv("COLUMNS");
}

/* Whether a terminal of that TERM and NO_COLOR has colours; NULL: unset. */
static bool
has_colour(const char *term, const char *no)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct screen s;

	if (fd < 0)
		abort();
	term ? setenv("TERM", term, 1) : unsetenv("TERM");
	no ? setenv("NO_COLOR", no, 1) : unsetenv("NO_COLOR");
	if (screen_open(&s, fd, NULL) < 0)
		abort();
	close(fd);
	unsetenv("NO_COLOR");
	is_int((long long)s.columns, 80, "a terminal that does not know its width has 80");
	return s.has_colour;
}

static void
test_terminal(void)
{
	ok(has_colour("xterm", NULL), "a terminal has colours");
	ok(has_colour("xterm", ""), "an empty NO_COLOR is none");
	ok(!has_colour("xterm", "1"), "not with NO_COLOR");
	ok(!has_colour("dumb", NULL), "not a dumb one");
	ok(!has_colour("", NULL) && !has_colour(NULL, NULL), "not one that nobody knows");
}

static void
wide(const char *text, size_t want, const char *fact)
{
	is_int((long long)screen_width(text, strlen(text)), (long long)want, fact);
}

static void
test_width(void)
{
	wide("", 0, "nothing has no width");
	wide("abc", 3, "letters have one column each");
	wide("Zo\xc3\xab " EURO, 5, "so have others, of whatever bytes");
	wide(E_ACUTE, 1, "a combining mark has none");
	wide(HAN HAN, 4, "Chinese has two");
	wide(ROBOT, 2, "so has a face");
	wide("\xe2\x94\x94\xe2\x94\x80 ", 3, "branches of a tree have one");
	wide("a\x01\nb", 2, "control characters have none");
	wide("\xff\xc3", 2, "bytes that are no UTF-8 have one each");
	wide(HAN "\xe4\xb8", 4, "so have those of half a character");
	is_int((long long)screen_width("ab\0c", 4), 4, "a NUL has one");
}

static void
fits(const char *text, size_t columns, const char *want, const char *fact)
{
	size_t len = screen_fit(text, strlen(text), columns);
	char got[64] = "";

	memcpy(got, text, len);
	is(got, want, fact);
}

static void
test_fit(void)
{
	fits("abc", 3, "abc", "what fits is whole");
	fits("abc", 2, "ab", "or cut");
	fits("abc", 0, "", "to nothing");
	fits(HAN HAN, 3, HAN, "half a character does not fit");
	fits(HAN, 1, "", "so none may");
	fits("a" E_ACUTE "b", 2, "a" E_ACUTE, "a mark stays with its letter");
	fits("a\xc3\xab", 1, "a", "bytes of a character stay together");
	fits("\xff\xff\xff", 2, "\xff\xff", "what is no UTF-8 is cut between bytes");
}

static void
cleans(const char *text, bool keep_lines, const char *want, const char *fact)
{
	struct buf b = { 0 };

	buf_puts(&b, " ");
	screen_clean(&b, text, keep_lines);
	is(b.p + 1, want, fact);
	buf_release(&b);
}

static void
test_clean(void)
{
	char each[3] = "";
	int left = 0;

	cleans("plain", false, "plain", "a plain text is as it was");
	cleans("", false, "", "so is none");
	cleans("Zo\xc3\xab " EURO " " ROBOT, false, "Zo\xc3\xab " EURO " " ROBOT,
	    "letters of all sizes stay");
	cleans("a\tb", false, "a b", "a tab is a blank");
	cleans("a\nb\n\nc", false, "a b  c", "so is a newline");
	cleans("\x1b[1;31mred\x1b[m", false, "red", "colours are left out whole");
	cleans(CSI "31mred" CSI "m", false, "red", "also in 8 bits");
	cleans("\x1b[2Jx\x1b[?25l", false, "x", "so is what else begins like them");
	cleans("a\x1b[31", false, "a[31", "one that does not end is not swallowed");
	cleans("a\x1b[3\x1b[m1mb", false, "a[31mb", "nor does what is left make a new one");
	cleans("a\x1b[31\xc3\xab", false, "a[31\xc3\xab", "letters end none");
	cleans("\x1b]0;x\x07", false, "]0;x", "other escapes are taken their sting");
	cleans("a\rb\x08"
	       "c\x7f",
	    false, "abc", "other controls are left out");
	cleans("a\xc2\x80\xc2\x9f" EVIL "b\xe2\x81\xa6", false, "ab",
	    "the 8-bit ones too, and what turns the direction of writing");
	cleans("\xc2\xa0\xc2\xa1\xc2\xbf", false, "\xc2\xa0\xc2\xa1\xc2\xbf",
	    "their neighbours are letters");
	cleans("a\xc2", false, "a\xc2", "half a character at the end ends nothing else");
	cleans("a \t\n", false, "a", "no blank is left at the end");
	cleans("\x1b[m", false, "", "what was only controls is nothing, not what stood before");
	for (int c = 1; c < 32; c++) {
		struct buf b = { 0 };

		each[0] = (char)c;
		each[1] = 'x';
		screen_clean(&b, each, true);
		left += strcmp(b.p, c == '\t' ? " x" : c == '\n' ? "\nx" : "x") != 0;
		buf_release(&b);
	}
	is_int(left, 0, "no control character is let through");
	cleans("a\nb\n\nc", true, "a\nb\n\nc", "lines may be kept");
	cleans("a\r\nb", true, "a\nb", "CR LF is one newline");
	cleans("a\n \n", true, "a", "those at the end are not");
	cleans("\n", true, "", "a newline alone is nothing");
}

static void
paints(bool has, enum paint paint, const char *text, const char *want, const char *fact)
{
	struct screen s = { .has_colour = has };
	struct buf b = { 0 };

	screen_paint(&s, &b, paint, text);
	is(b.p, want, fact);
	buf_release(&b);
}

static void
test_paint(void)
{
	paints(true, RED, "x", "\x1b[31mx\x1b[m", "a colour is put on, and taken off");
	paints(true, BOLD, "x", "\x1b[1mx\x1b[m", "so is a weight");
	paints(true, CYAN, "x", "\x1b[36mx\x1b[m", "up to the last");
	paints(true, PLAIN, "x", "x", "what is plain is plain");
	paints(true, RED, "", "", "nothing has no colour");
	paints(false, RED, "x", "x", "nor has what has no colours");
}

static void
wraps(size_t columns, const char *before, size_t indent, const char *text, const char *want,
    const char *fact)
{
	struct screen s = screen_of(columns);
	struct buf b = { 0 };

	buf_puts(&b, before);
	screen_wrap(&s, &b, text, indent, screen_width(before, strlen(before)));
	is(b.p, want, fact);
	buf_release(&b);
}

#define TEN "1234567890"

static void
test_wrap(void)
{
	wraps(20, "", 0, "", "", "nothing is no line");
	wraps(0, "", 4, TEN TEN TEN " " TEN "\nb", TEN TEN TEN " " TEN "\n    b",
	    "without a limit only newlines break");
	wraps(20, "", 0, TEN TEN, TEN TEN, "what just fits is a line");
	wraps(20, "", 0, TEN " " TEN, TEN "\n" TEN, "one column more is two");
	wraps(20, "", 0, "one two three four five", "one two three four\nfive", "words are kept");
	wraps(20, "", 0, TEN "    " TEN TEN, TEN "\n" TEN TEN, "blanks between lines go");
	wraps(20, "", 0, "a  b   c", "a  b   c", "those in a line stay");
	wraps(20, "", 0, "  a\n    b", "  a\n    b", "also at its beginning");
	wraps(20, "", 0, TEN TEN TEN, TEN TEN "\n" TEN, "a word wider than a line is broken");
	wraps(20, "", 0, HAN HAN HAN HAN HAN HAN "a" HAN HAN HAN HAN,
	    HAN HAN HAN HAN HAN HAN "a" HAN HAN HAN "\n" HAN, "not within a character");
	wraps(20, "", 0, TEN TEN "\nb", TEN TEN "\nb", "a newline behind a full line is one");
	wraps(20, "", 0, TEN TEN "   \nb", TEN TEN "\nb", "also behind blanks");
	wraps(20, "", 0, TEN TEN "\n\n\nb", TEN TEN "\n\n\nb", "empty lines stay");
	wraps(20, "", 0, "a\n", "a", "a newline at the end begins no line");
	wraps(22, "", 2, "a\n\nb", "a\n\n  b", "an empty line has no indent");
	wraps(24, "at: ", 4, TEN TEN " b\n" TEN " " TEN,
	    "at: " TEN TEN "\n    b\n    " TEN "\n    " TEN, "each line has its indent");
}

static void
test_wrap_first(void)
{
	wraps(30, "who speaks: ", 4, "a b " TEN TEN, "who speaks: a b\n    " TEN TEN,
	    "what stands before counts");
	wraps(30, "who speaks: ", 4, TEN TEN, "who speaks:\n    " TEN TEN,
	    "a word that fits the next line begins there");
	wraps(30, "who: ", 4, TEN TEN TEN, "who: " TEN TEN "12345\n    67890",
	    "one that no line has room for begins at once");
	wraps(30, TEN TEN ": ", 4, TEN TEN TEN, TEN TEN ":\n    " TEN TEN "123456\n    7890",
	    "but not where little is left");
	wraps(30, TEN TEN TEN TEN ": ", 4, "a b", TEN TEN TEN TEN ":\n    a b",
	    "nor behind the screen's edge");
	wraps(30, TEN TEN TEN TEN, 4, "", TEN TEN TEN TEN, "where nothing is nothing");
	wraps(30, TEN TEN TEN TEN, 4, HAN, TEN TEN TEN TEN "\n    " HAN, "nor a wide one");
	wraps(30, TEN TEN TEN, 4, "\nb", TEN TEN TEN "\n    b", "a newline is no word");
	wraps(30, "", 11, TEN TEN TEN " b", TEN TEN TEN " b",
	    "where the indent leaves less than 20 columns nothing is broken");
}

/* A text of words, wide ones, blanks and newlines. */
static void
random_text(struct buf *b)
{
	static const char *const pieces[] = { "a", "bc", HAN, ROBOT, E_ACUTE, " ", "  ", "\n", EURO,
		TEN, " ", " ", "x" };

	b->len = 0;
	buf_puts(b, "");
	for (uint64_t n = box_random(60); n > 0; n--)
		buf_puts(b, pieces[box_random(sizeof pieces / sizeof *pieces)]);
}

/* What of a text is neither blank nor newline. */
static void
ink(struct buf *b, const char *text)
{
	b->len = 0;
	buf_puts(b, "");
	for (; *text; text++)
		if (*text != ' ' && *text != '\n')
			buf_putc(b, *text);
}

/* Whether all lines fit and begin with the indent. */
static bool
are_lines_right(const char *text, size_t columns, size_t indent, size_t at)
{
	for (bool is_first = true; *text; is_first = false) {
		size_t len = strcspn(text, "\n"), width = screen_width(text, len);

		if (width + (is_first ? at : 0) > columns)
			return false;
		if (!is_first && len > 0 && strspn(text, " ") < indent)
			return false;
		text += len + (text[len] == '\n');
	}
	return true;
}

static void
test_wrap_chance(void)
{
	struct buf text = { 0 }, got = { 0 }, before = { 0 }, after = { 0 };
	int wrong = 0, lost = 0, again = 0;

	for (int i = 0; i < 20000; i++) {
		size_t indent = box_random(15), columns = indent + 20 + box_random(30);
		size_t at = box_random(columns + 1);
		struct screen s = screen_of(columns);

		random_text(&text);
		got.len = 0;
		buf_puts(&got, "");
		screen_wrap(&s, &got, text.p, indent, at);
		ink(&before, text.p);
		ink(&after, got.p);
		wrong += !are_lines_right(got.p, columns, indent, at);
		lost += strcmp(before.p, after.p) != 0;
		s.columns = 0;
		got.len = 0;
		screen_wrap(&s, &got, text.p, 0, 0);
		again += strcmp(got.p, text.p) != 0 && text.p[text.len - 1] != '\n' &&
		         !strstr(text.p, " \n");
	}
	is_int(wrong, 0, "twenty thousand texts: each line fits, and has its indent");
	is_int(lost, 0, "nothing is lost");
	is_int(again, 0, "without a limit they are as they were");
	buf_release(&text);
	buf_release(&got);
	buf_release(&before);
	buf_release(&after);
}

int
main(void)
{
	box_state = 11;
	printf("# screen: seed 11\n");
	test_open();
	test_terminal();
	test_width();
	test_fit();
	test_clean();
	test_paint();
	test_wrap();
	test_wrap_first();
	test_wrap_chance();
	return done_testing();
}
