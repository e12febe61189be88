#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "err.h"
#include "screen.h"
#include "utf8.h"

/* No line is narrower than this, however narrow the terminal says it is. */
enum { COLUMNS_MIN = 20 };

/* Of a terminal that does not say. */
enum { ROWS = 24 };

static size_t
columns_of(int fd)
{
	const char *given = getenv("COLUMNS");
	struct winsize size;
	long columns = given ? strtol(given, NULL, 10) : 0;

	if (columns <= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col > 0 ? size.ws_col : 80;
	if (columns <= 0)
		return 0;
	return columns < COLUMNS_MIN ? COLUMNS_MIN : (size_t)columns;
}

/* Whether it is a terminal that does more than print. */
static bool
is_able(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

static size_t
rows_of(int fd)
{
	struct winsize size;

	if (!is_able(fd))
		return 0;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : ROWS;
}

static bool
wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return is_able(fd) && !(no && *no);
}

int
screen_open(struct screen *s, int fd, const char *color)
{
	if (uselocale((locale_t)0) == LC_GLOBAL_LOCALE) { /* the first time */
		locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

		if (utf8)
			uselocale(utf8);
	}
	if (!color || !strcmp(color, "auto"))
		s->has_colour = wants_colour(fd);
	else if (!strcmp(color, "always") || !strcmp(color, "never"))
		s->has_colour = *color == 'a';
	else
		return err_set(EX_USAGE, "color '%.20s': want auto, always or never", color);
	screen_measure(s, fd);
	return 0;
}

void
screen_measure(struct screen *s, int fd)
{
	s->columns = columns_of(fd);
	s->rows = rows_of(fd);
}

/* The bytes of the CSI sequence that s begins with; 0: none. */
static size_t
sequence(const char *s)
{
	size_t begin = !strncmp(s, "\033[", 2) || !strncmp(s, "\xc2\x9b", 2) ? 2 : 0, len = begin;

	while (begin && s[len] >= ' ' && s[len] <= '?')
		len++;
	return begin && s[len] >= '@' && s[len] <= '~' ? len + 1 : 0;
}

void
screen_clean(struct buf *b, const char *text, bool keep_lines)
{
	size_t begin = b->len, gone;

	for (; *text; text += gone ? gone : 1) {
		gone = sequence(text);
		if (!gone)
			gone = utf8_control(text);
		if (!gone || (*text == '\n' && keep_lines))
			buf_putc(b, *text);
		else if (*text == '\n' || *text == '\t')
			buf_putc(b, ' ');
	}
	while (b->len > begin && (b->p[b->len - 1] == ' ' || b->p[b->len - 1] == '\n'))
		b->p[--b->len] = '\0';
}

/* The character at text: its bytes, and its columns. */
static size_t
next(const char *text, size_t len, size_t *columns)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t bytes = mbrtowc(&c, text, len, &state);
	int width;

	*columns = 1;
	if (bytes == 0 || bytes > len) /* a NUL; no UTF-8, or another locale */
		return 1;
	width = wcwidth(c);
	*columns = width > 0 ? (size_t)width : 0;
	return bytes;
}

size_t
screen_fit(const char *text, size_t len, size_t columns)
{
	size_t at = 0, width;

	while (at < len) {
		size_t bytes = next(text + at, len - at, &width);

		if (width > columns)
			break;
		columns -= width;
		at += bytes;
	}
	return at;
}

void
screen_cut(const struct screen *s, struct buf *b, size_t taken)
{
	size_t room = s->columns > taken ? s->columns - taken : 0;

	if (!s->columns || !b->p || screen_width(b->p, b->len) <= room)
		return;
	b->len = screen_fit(b->p, b->len, room > 0 ? room - 1 : 0);
	b->p[b->len] = '\0';
	if (room > 0)
		buf_puts(b, "…");
}

size_t
screen_width(const char *text, size_t len)
{
	size_t all = 0, width;

	for (size_t at = 0; at < len; all += width)
		at += next(text + at, len - at, &width);
	return all;
}

void
screen_paint(const struct screen *s, struct buf *b, enum paint paint, const char *text)
{
	static const char *const codes[] = { "", "1", "2", "31", "32", "33", "34", "35", "36" };

	if (s->has_colour && paint != PLAIN && *text)
		buf_printf(b, "\033[%sm%s\033[m", codes[paint], text);
	else
		buf_puts(b, text);
}

/* The bytes of a line that fit into so many columns, broken behind a blank where there is one. */
static size_t
line_of(const char *text, size_t len, size_t columns)
{
	size_t fit = screen_fit(text, len, columns), blank;

	if (fit == len)
		return len;
	for (blank = fit; blank > 0 && text[blank] != ' '; blank--)
		;
	if (blank > strspn(text, " "))
		return blank;
	return fit > 0 ? fit : len;
}

/* Whether a first line, of which so many columns are taken, is left to what stands there: the first
 * word would fit the next line, or hardly anything this one. */
static bool
begins_below(const char *text, size_t taken, size_t indent, size_t limit)
{
	size_t blanks = strspn(text, " "), word = strcspn(text + blanks, " \n");
	size_t width = screen_width(text, blanks + word);

	return *text && taken > indent && taken + width > limit &&
	       (indent + width <= limit || taken + COLUMNS_MIN > limit);
}

/* A newline, with no blanks before it, and the next line's indent. */
static void
next_line(struct buf *b, size_t indent)
{
	while (b->len > 0 && b->p[b->len - 1] == ' ')
		b->p[--b->len] = '\0';
	buf_putc(b, '\n');
	while (indent-- > 0)
		buf_putc(b, ' ');
}

void
screen_wrap(const struct screen *s, struct buf *b, const char *text, size_t indent, size_t at)
{
	size_t limit = s->columns ? s->columns : SIZE_MAX;

	if (limit < indent + COLUMNS_MIN)
		limit = SIZE_MAX;
	if (begins_below(text, at, indent, limit)) {
		next_line(b, indent);
		text += strspn(text, " ");
		at = indent;
	}
	for (;;) {
		size_t end = strcspn(text, "\n"), len = line_of(text, end, limit - at);

		buf_add(b, text, len);
		text += len;
		if (len < end)
			text += strspn(text, " ");
		if (*text == '\n')
			text++;
		if (!*text)
			return;
		next_line(b, indent);
		at = indent;
	}
}
