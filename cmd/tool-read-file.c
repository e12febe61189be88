/* tool-read-file - a tool: read lines of a text file */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "buf.h"
#include "dir.h"
#include "err.h"
#include "jail.h"
#include "opt.h"
#include "spill.h"
#include "utf8.h"

/* With the note behind it, it is all that a model gets at once. */
enum { TEXT_MAX = SPILL_TEXT_MAX - 200, READ_BYTES = 64 << 10 };

static const char *path;
static long first = 1, count = 1000000000;

static const struct arg arg[] = {
	{ "path", "the file, relative to the work folder", .text = &path, .is_required = true },
	{ "offset", "the first line to read, from 1", .num = &first, .min = 1, .max = 1000000000 },
	{ "limit", "how many lines", .num = &count, .min = 1, .max = 1000000000 },
	{ 0 },
};

static struct args tool = {
	.name = "read_file",
	.help =
	    "Read a text file in the work folder, or some lines of it. A long text is cut after a "
	    "whole line; a note at its end then says where to go on.",
	.arg = arg,
	.is_idempotent = true,
	.is_confined = true,
	.is_harmless = true,
};

static const struct opt opts[] = { ARGS_SCHEMA(tool), { 0 } };

static const struct cmd cmd = { "tool-read-file", "a tool: read lines of a text file", "", opts,
	0 };

/* What is read. */
struct text {
	struct buf buf;
	long line;         /* where we are, from 1 */
	size_t line_begin; /* in buf */
	bool is_begun;     /* something of the line was there */
	bool is_full;      /* there is more, which is not wanted, or too much */
	bool is_cut;       /* the only line is too long */
};

/* A line of the file, or a part of one. */
static void
take_part(struct text *t, const char *bytes, size_t len)
{
	size_t room = TEXT_MAX - t->buf.len;

	if (t->line < first)
		return;
	t->is_full = t->line - first >= count || len > room;
	if (!t->is_full) {
		buf_add(&t->buf, bytes, len);
	} else if (t->line == first) {
		t->is_cut = true;
		buf_add(&t->buf, bytes, room);
		for (int i = 0; i < 3 && !utf8_is_text(t->buf.p, t->buf.len); i++)
			t->buf.len--; /* no character in two */
	} else {
		t->buf.len = t->line_begin;
	}
}

static void
take(struct text *t, const char *bytes, size_t len)
{
	while (len > 0 && !t->is_full) {
		const char *newline = memchr(bytes, '\n', len);
		size_t part = newline ? (size_t)(newline - bytes) + 1 : len;

		take_part(t, bytes, part);
		t->is_begun = !newline;
		if (newline && !t->is_full) {
			t->line++;
			t->line_begin = t->buf.len;
		}
		bytes += part;
		len -= part;
	}
}

/* -1 with err. */
static int
read_file(int fd, struct text *t)
{
	char bytes[READ_BYTES];
	ssize_t n = 1;

	while (n > 0 && !t->is_full) {
		n = read(fd, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0 && memchr(bytes, '\0', (size_t)n))
			return err_set(EX_DATAERR, "%s: is binary, not text", path);
		else if (n > 0)
			take(t, bytes, (size_t)n);
	}
	if (n < 0)
		return err_sys("%s", path);
	if (t->buf.len > 0 && !utf8_is_text(t->buf.p, t->buf.len))
		return err_set(EX_DATAERR, "%s: is no UTF-8 text", path);
	if (first > 1 && t->line - !t->is_begun < first && !t->is_full)
		return err_set(EX_DATAERR, "offset: lines in %s: %ld", path,
		    t->line - !t->is_begun);
	return 0;
}

/* Says where to go on, where there is more. */
static void
add_note(struct text *t)
{
	if (!t->is_full)
		return;
	if (t->is_cut)
		buf_printf(&t->buf,
		    "\n[this is the beginning of line %ld, which is too long; the next "
		    "line is offset %ld]\n",
		    t->line, t->line + 1);
	else
		buf_printf(&t->buf, "[lines %ld to %ld; there is more: go on with offset %ld]\n",
		    first, t->line - 1, t->line);
}

/* -1 with err. */
static int
act(void)
{
	struct text text = { .line = 1 };
	int fd = jail_open(AT_FDCWD, path, O_RDONLY), rc;

	if (fd < 0)
		return -1;
	rc = read_file(fd, &text);
	add_note(&text);
	if (rc == 0 && dir_write_all(STDOUT_FILENO, text.buf.p ? text.buf.p : "", text.buf.len) < 0)
		rc = err_sys("stdout");
	buf_release(&text.buf);
	close(fd);
	return rc;
}

int
main(int argc, char *argv[])
{
	(void)argc;
	return args_run(&cmd, &tool, argv, act);
}
