#include <string.h>

#include "err.h"
#include "sse.h"

void
sse_init(struct sse *s, void (*take)(void *arg, const char *name, const char *data, size_t len),
    void *arg, size_t max)
{
	*s = (struct sse){ .take = take, .arg = arg, .max = max };
}

void
sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->name);
	buf_release(&s->data);
}

/* data has a newline behind each line, the last too; it is empty only where there was none. */
static void
end_event(struct sse *s)
{
	if (s->data.len > 0) {
		s->data.p[--s->data.len] = '\0';
		s->take(s->arg, s->name.len ? s->name.p : "", s->data.p, s->data.len);
	}
	s->data.len = s->name.len = 0;
}

static bool
is_field(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && !memcmp(line, name, len);
}

static int
take_field(struct sse *s, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon ? (size_t)(colon - line) : len, skip = name_len + (colon != NULL);

	if (skip < len && line[skip] == ' ')
		skip++;
	if (is_field(line, name_len, "data")) {
		if (s->data.len + len - skip > s->max)
			return err_set(EX_DATAERR, "event longer than %zu bytes", s->max);
		buf_add(&s->data, line + skip, len - skip);
		buf_putc(&s->data, '\n');
	} else if (is_field(line, name_len, "event")) {
		s->name.len = 0;
		buf_add(&s->name, line + skip, len - skip);
		buf_puts(&s->name, "");
	}
	return 0;
}

static int
end_line(struct sse *s)
{
	const char *line = s->line.p;
	size_t len = s->line.len;
	int result = 0;

	if (!s->is_begun && len >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) {
		line += 3;
		len -= 3;
	}
	s->is_begun = true;
	if (len == 0)
		end_event(s);
	else if (*line != ':')
		result = take_field(s, line, len);
	s->line.len = 0;
	return result;
}

/* How many bytes there are before the line's end. */
static size_t
span_line(const char *bytes, size_t len)
{
	const char *lf = memchr(bytes, '\n', len);
	size_t span = lf ? (size_t)(lf - bytes) : len;
	const char *cr = memchr(bytes, '\r', span);

	return cr ? (size_t)(cr - bytes) : span;
}

int
sse_feed(struct sse *s, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t span = span_line(bytes, len);

		if (s->is_after_cr && *bytes == '\n') {
			s->is_after_cr = false;
			bytes++;
			len--;
			continue;
		}
		if (s->line.len + span > s->max)
			return err_set(EX_DATAERR, "event longer than %zu bytes", s->max);
		buf_add(&s->line, bytes, span);
		s->is_after_cr = span < len && bytes[span] == '\r';
		if (span < len && end_line(s) < 0)
			return -1;
		span += span < len;
		bytes += span;
		len -= span;
	}
	return 0;
}
