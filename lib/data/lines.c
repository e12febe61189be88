#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "json.h"
#include "lines.h"
#include "stop.h"
#include "utf8.h"

enum { CHUNK_BYTES = 64 * 1024, DEFAULT_MAX_BYTES = 16 * 1024 * 1024 };

static size_t
limit_bytes(void)
{
	const char *text = getenv("LEGWORK_MAX_LINE");
	char *end;
	unsigned long long limit;

	if (!text || *text < '1' || *text > '9')
		return DEFAULT_MAX_BYTES;
	errno = 0;
	limit = strtoull(text, &end, 10);
	return errno || *end || limit > SIZE_MAX / 4 ? DEFAULT_MAX_BYTES : (size_t)limit;
}

void
lines_init(struct lines *l, int fd, int out_fd, const char *name)
{
	*l = (struct lines){ .fd = fd, .out_fd = out_fd, .name = name, .max = limit_bytes() };
}

void
lines_release(struct lines *l)
{
	buf_release(&l->buf);
	l->taken = l->scanned = 0;
}

static bool
is_reader_gone(short revents)
{
	return revents & (POLLERR | POLLHUP);
}

bool
lines_reader_gone(int out_fd)
{
	struct pollfd p = { .fd = out_fd };

	return poll(&p, 1, 0) > 0 && is_reader_gone(p.revents);
}

/*
 * Whether the buffer holds the end of a line, at *end.  Of a line that has grown over the
 * limit nothing is kept.
 */
static bool
find_end(struct lines *l, size_t *end)
{
	const char *newline = NULL;

	if (l->scanned < l->taken)
		l->scanned = l->taken;
	if (l->scanned < l->buf.len)
		newline = memchr(l->buf.p + l->scanned, '\n', l->buf.len - l->scanned);
	if (newline) {
		*end = l->scanned = (size_t)(newline - l->buf.p);
		return true;
	}
	l->scanned = l->buf.len;
	if (l->is_long || l->buf.len - l->taken > l->max) {
		l->is_long = true;
		l->taken = l->scanned = l->buf.len;
	}
	*end = l->buf.len;
	return l->is_eof && (l->is_long || l->buf.len > l->taken);
}

/* Read what there is.  False, with errno, if that failed. */
static bool
fill(struct lines *l)
{
	ssize_t n;
	char *to;

	buf_cut(&l->buf, l->taken);
	l->scanned -= l->taken;
	l->taken = 0;
	to = buf_room(&l->buf, CHUNK_BYTES);
	n = read(l->fd, to, CHUNK_BYTES);
	if (n < 0)
		return false;
	to[n] = '\0';
	l->buf.len += (size_t)n;
	l->is_eof = n == 0;
	return true;
}

/* Hand out the line that ends at end. */
static enum lines_result
take_line(struct lines *l, size_t end, const char **text, size_t *len)
{
	bool is_long = l->is_long || end - l->taken > l->max;

	*text = l->buf.p + l->taken;
	*len = end - l->taken;
	l->buf.p[end] = '\0';
	l->taken = end < l->buf.len ? end + 1 : end;
	l->is_long = false;
	l->number++;
	if (!is_long)
		return LINES_OK;
	err_set(EX_DATAERR, "%s:%lu: line longer than %zu bytes", l->name, l->number, l->max);
	return LINES_BAD;
}

static enum lines_result
fail(const struct lines *l)
{
	if (errno == EINTR)
		err_set(EX_TEMPFAIL, "%s: interrupted", l->name);
	else
		err_set(EX_IOERR, "%s: %s", l->name, strerror(errno));
	return LINES_FAIL;
}

/* Sleep until there is input (LINES_OK), nobody reads our output (LINES_END), or a signal. */
static enum lines_result
wait_input(const struct lines *l)
{
	struct pollfd p[] = { { .fd = l->fd, .events = POLLIN }, { .fd = l->out_fd } };

	for (;;) {
		if (poll(p, 2, -1) < 0)
			return fail(l);
		if (is_reader_gone(p[1].revents))
			return LINES_END;
		if (p[0].revents)
			return LINES_OK;
		p[1].fd = -1; /* closed: writing will tell */
	}
}

enum lines_result
lines_next(struct lines *l, const char **text, size_t *len)
{
	enum lines_result result;
	size_t end;

	for (;;) {
		if (find_end(l, &end))
			return take_line(l, end, text, len);
		if (l->is_eof)
			return LINES_END;
		result = wait_input(l);
		if (result != LINES_OK)
			return result;
		if (!fill(l) && errno != EAGAIN)
			return fail(l);
	}
}

static bool
is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

enum lines_result
lines_next_object(struct lines *l, jv *rec)
{
	enum lines_result result;
	const char *text;
	size_t len;

	do {
		result = lines_next(l, &text, &len);
		if (result != LINES_OK)
			return result;
	} while (is_blank(text, len));
	*rec = json_parse_object(text, len);
	if (jv_get_kind(*rec) != JV_KIND_INVALID)
		return LINES_OK;
	jv_free(*rec);
	*rec = jv_null();
	if (len == 1 && *text == '{') /* how tools that print for people begin */
		err_set(EX_DATAERR, "want a whole object on each line, as jq -c prints them");
	err_add("%s:%lu", l->name, l->number);
	return LINES_BAD;
}

int
lines_read_text(int fd, const char *name, struct buf *text)
{
	struct lines l;
	ssize_t n = 1;

	lines_init(&l, fd, -1, name);
	while (n > 0 && text->len <= l.max) {
		n = read(fd, buf_room(text, 4096), 4096);
		if (n < 0 && errno == EINTR && !stop_signal())
			n = 1;
		else if (n > 0)
			text->len += (size_t)n;
	}
	buf_puts(text, "");
	lines_release(&l);
	if (n < 0)
		return err_set(EX_IOERR, "%s: %s", name, strerror(errno));
	if (text->len > l.max)
		return err_set(EX_DATAERR, "%s: longer than %zu bytes", name, l.max);
	text->p[text->len] = '\0';
	if (!utf8_is_text(text->p, text->len))
		return err_set(EX_DATAERR, "%s: not UTF-8, or a NUL in it", name);
	while (text->len > 0 && text->p[text->len - 1] == '\n')
		text->p[--text->len] = '\0';
	return 0;
}

int
lines_read_file(const char *path, struct buf *text)
{
	int fd, rc;

	if (!strcmp(path, "-"))
		return lines_read_text(STDIN_FILENO, "stdin", text);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return err_set(EX_NOINPUT, "%s: %s", path, strerror(errno));
	rc = lines_read_text(fd, path, text);
	close(fd);
	return rc;
}

int
lines_check_end(const struct lines *l)
{
	return l->is_eof
	           ? 0
	           : err_set(EX_IOERR, "stdout: nobody reads it; the rest of %s was left", l->name);
}

bool
lines_is_ready(struct lines *l)
{
	struct pollfd p[] = { { .fd = l->fd, .events = POLLIN }, { .fd = l->out_fd } };
	size_t end;

	while (!find_end(l, &end) && !l->is_eof) {
		if (poll(p, 2, 0) <= 0)
			return false;
		if (is_reader_gone(p[1].revents))
			return true;
		if (!p[0].revents)
			return false;
		if (!fill(l))
			return errno != EAGAIN && errno != EINTR; /* lines_next meets it again */
	}
	return true;
}

void
out_json(struct out *o, jv v)
{
	json_dump(&o->buf, v);
	buf_putc(&o->buf, '\n');
}

static int
write_all(int fd, const char *p, size_t len)
{
	struct pollfd full = { .fd = fd, .events = POLLOUT };

	while (len) {
		int signals = stop_count();
		ssize_t n = write(fd, p, len);

		/* a pipe that was full in the middle: the rest would wait again */
		if (n >= 0 && (size_t)n < len && stop_count() != signals) {
			errno = EINTR;
			return -1;
		}
		if (n < 0 && errno == EAGAIN)
			poll(&full, 1, -1);
		else if (n < 0 && (errno != EINTR || stop_signal()))
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

bool
out_is_free(const struct out *o, size_t len)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	return len == 0 || (len <= PIPE_BUF && poll(&p, 1, 0) > 0 && p.revents == POLLOUT);
}

int
out_flush(struct out *o)
{
	int result = write_all(o->fd, o->buf.p, o->buf.len);

	if (result < 0 && errno == EINTR)
		err_set(EX_TEMPFAIL, "interrupted");
	else if (result < 0 && o->fd == STDOUT_FILENO)
		err_set(EX_IOERR, "stdout: %s", strerror(errno));
	else if (result < 0)
		err_set(EX_IOERR, "descriptor %d: %s", o->fd, strerror(errno));
	buf_release(&o->buf);
	return result;
}
