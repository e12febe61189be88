#include "footer.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t was_continued;

static void
note(int signum)
{
	if (signum == SIGCONT)
		was_continued = 1;
}

void
footer_open(struct footer *f, const struct screen *screen)
{
	struct sigaction act = { .sa_handler = note, .sa_flags = SA_RESTART };

	*f = (struct footer){ .screen = screen };
	sigaction(SIGWINCH, &act, NULL); /* poll(2) is interrupted all the same */
	sigaction(SIGCONT, &act, NULL);
}

/* How many rows a line takes up now. */
static size_t
rows_of(const struct screen *screen, const char *line, size_t len)
{
	struct buf text = { 0 }, plain = { 0 };
	size_t rows = 1, width;

	buf_add(&text, line, len);
	buf_puts(&text, "");
	screen_clean(&plain, text.p, false);
	width = screen_width(plain.p ? plain.p : "", plain.len);
	if (screen->columns && width > screen->columns)
		rows = (width + screen->columns - 1) / screen->columns;
	buf_release(&plain);
	buf_release(&text);
	return rows;
}

void
footer_erase(struct footer *f, struct buf *out)
{
	const char *line = f->shown.p, *end;
	size_t rows = 0;

	if (was_continued) { /* who knows what was printed meanwhile: they stay where they are */
		was_continued = 0;
		f->shown.len = 0;
	}
	if (f->shown.len == 0)
		return;
	for (; (end = strchr(line, '\n')); line = end + 1)
		rows += rows_of(f->screen, line, (size_t)(end - line));
	buf_printf(out, "\r\033[%zuA\033[J", rows);
	f->shown.len = 0;
	*f->shown.p = '\0';
}

void
footer_draw(struct footer *f, struct buf *out, const struct buf *lines)
{
	if (!was_continued && f->shown.len == lines->len &&
	    (lines->len == 0 || !memcmp(f->shown.p, lines->p, lines->len)))
		return;
	footer_erase(f, out);
	if (lines->len > 0) {
		buf_add(out, lines->p, lines->len);
		buf_add(&f->shown, lines->p, lines->len);
	}
}

void
footer_release(struct footer *f)
{
	buf_release(&f->shown);
}
