#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "dir.h"
#include "progress.h"

enum { PATIENCE_MS = 400, BAR = 20 };

void
progress_begin(struct progress *p, const char *what)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .what = what, .begun_ms = clock_mono_ms() };
	p->is_on = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

static void
say(const char *text, size_t len)
{
	dir_write_all(STDERR_FILENO, text, len); /* who cannot be shown it does without */
}

static bool
is_time(struct progress *p)
{
	int64_t now = clock_mono_ms();

	if (!p->is_on || now - p->begun_ms < PATIENCE_MS || now - p->drawn_ms < PROGRESS_MS)
		return false;
	p->drawn_ms = now;
	return true;
}

/* The line: what, a bar where part of whole is known, the numbers, the time. */
static void
draw(struct progress *p, uint64_t part, uint64_t whole, const char *numbers)
{
	struct buf b = { 0 };
	uint64_t filled = whole ? (part < whole ? part : whole) * BAR / whole : 0;

	buf_printf(&b, "\r\033[K%s  ", p->what);
	for (uint64_t i = 0; whole && i < BAR; i++)
		buf_puts(&b, i < filled ? "━" : "─");
	buf_printf(&b, "%s%s  %" PRId64 "s", whole ? "  " : "", numbers,
	    (p->drawn_ms - p->begun_ms) / 1000);
	say(b.p, b.len);
	buf_release(&b);
	p->is_drawn = true;
}

void
progress_step(struct progress *p, uint64_t done, uint64_t total)
{
	char *numbers;

	if (!is_time(p))
		return;
	numbers =
	    total ? xprintf("%" PRIu64 " of %" PRIu64, done, total) : xprintf("%" PRIu64, done);
	draw(p, done, total, numbers);
	free(numbers);
}

void
progress_read(struct progress *p, int fd, uint64_t count)
{
	struct stat st;
	off_t at;
	char *numbers;

	/* of a pipe nobody knows the end: maybe it has none, and the terminal is somebody else's */
	if (!is_time(p) || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return;
	at = lseek(fd, 0, SEEK_CUR);
	at = at < 0 ? 0 : at < st.st_size ? at : st.st_size;
	numbers = xprintf("%" PRIu64 "  %d %%", count, (int)(at * 100 / st.st_size));
	draw(p, (uint64_t)at, (uint64_t)st.st_size, numbers);
	free(numbers);
}

void
progress_clear(struct progress *p)
{
	static const char erase[] = "\r\033[K";

	if (p->is_drawn)
		say(erase, sizeof erase - 1);
	p->is_drawn = false;
}
