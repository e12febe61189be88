/*
 * log.c - a task's log that grows, is torn, is cut and is written on, and somebody who reads it
 *
 * Input: what happens, one after the other; see the switch.
 */
#include "fuzz.h"

#include "buf.h"
#include "json.h"
#include "log.h"

static const char task_id[] = "task", name[] = "task.log";

/* The file, and what a reader must have seen of it. */
struct world {
	int dir_fd;
	struct buf file;
	struct trail reader;
	size_t at; /* behind the last whole line taken */
	int64_t after;
};

/* A line's event number as log.h says; 0: none.  is_event: it can be read. */
static int64_t
number_of(const char *line, size_t len, bool *is_event)
{
	struct scan_text text = { line, len }, kind, n, event;

	*is_event = false;
	if (scan_check(line, len) < 0 || *line != '{' || !scan_member(text, "kind", &kind) ||
	    !scan_is(kind, "event") || !scan_member(text, "n", &n))
		return 0;
	*is_event = scan_member(text, "event", &event) && *event.p == '{';
	return strtoll(n.p, NULL, 10);
}

/* The next event behind w->at, which moves. */
static int64_t
expect(struct world *w)
{
	const char *newline;

	while (w->at < w->file.len &&
	       (newline = memchr(w->file.p + w->at, '\n', w->file.len - w->at))) {
		const char *line = w->file.p + w->at;
		bool is_event;
		int64_t n = number_of(line, (size_t)(newline - line), &is_event);

		w->at = (size_t)(newline + 1 - w->file.p);
		if (n > w->after && is_event)
			return n;
	}
	return 0;
}

static void
read_on(struct world *w)
{
	int64_t want, got;
	jv event;

	do {
		want = expect(w);
		got = log_read(&w->reader, w->dir_fd, task_id, w->after, &event);
		fuzz_fact(got == want);
		fuzz_fact((got > 0) == (jv_get_kind(event) == JV_KIND_OBJECT));
		fuzz_fact(got == 0 || json_peek_int(event, "n", 0) == got);
		jv_free(event);
		w->after = got > 0 ? got : w->after;
	} while (got > 0);
}

static int64_t
last_number(const struct world *w, size_t *end)
{
	const char *p = w->file.p, *newline;
	int64_t last = 0;
	bool is_event;

	*end = 0;
	while (*end < w->file.len && (newline = memchr(p + *end, '\n', w->file.len - *end))) {
		int64_t n = number_of(p + *end, (size_t)(newline - p) - *end, &is_event);

		last = n > last ? n : last;
		*end = (size_t)(newline + 1 - p);
	}
	return last;
}

static void
add(struct world *w, const void *bytes, size_t len)
{
	int fd = openat(w->dir_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || (len && write(fd, bytes, len) != (ssize_t)len))
		fuzz_stop();
	close(fd);
	buf_add(&w->file, bytes, len);
}

/* Another attempt: the torn end goes, all before it stays, numbers go on. */
static void
write_on(struct world *w, int64_t posted, unsigned events, bool is_in_order)
{
	size_t end, len;
	int64_t last = last_number(w, &end);
	struct log *log;
	char *now;

	fuzz_fact(!is_in_order || log_last(w->dir_fd, task_id) == last);
	if (!(log = log_open(w->dir_fd, task_id, posted)))
		fuzz_stop();
	if (is_in_order)
		fuzz_fact(log_count(log) == (last > posted ? last : posted));
	last = log_count(log);
	for (unsigned i = 0; i < events; i++)
		if (log_event(log, json_set_string(jv_object(), "a", "b")) < 0 ||
		    log_note(log, "stderr", json_set_string(jv_object(), "text", "c")) < 0)
			fuzz_stop();
	fuzz_fact(log_count(log) == last + events);
	log_close(log);
	now = fuzz_read(w->dir_fd, name, &len);
	fuzz_fact(now && len >= end && (end == 0 || !memcmp(now, w->file.p, end)));
	fuzz_fact(len == 0 || now[len - 1] == '\n');
	fuzz_fact((len > end) == (events > 0));
	w->file.len = 0;
	buf_add(&w->file, now, len);
	free(now);
}

/* Lines of any length: what is read comes in pieces. */
static void
add_padding(struct world *w, size_t len)
{
	struct buf line = { 0 };

	buf_puts(&line, "{\"kind\":\"stderr\",\"text\":\"");
	memset(buf_room(&line, len), 'x', len);
	line.len += len;
	buf_puts(&line, "\"}\n");
	add(w, line.p, line.len);
	buf_release(&line);
}

static void
add_event(struct world *w, int64_t n, const char *event)
{
	struct buf line = { 0 };

	buf_printf(&line, "{\"kind\":\"event\",\"n\":%lld,\"event\":%s}\n", (long long)n, event);
	add(w, line.p, line.len);
	buf_release(&line);
}

/* What happens next.  is_in_order becomes false where numbers may go back: then the last of them
 * need not be the greatest, and only reading has a rule. */
static void
happen(struct world *w, struct fuzz_bytes *b, int64_t *n, bool *is_in_order)
{
	static const char torn[] =
	    "{\"kind\":\"event\",\"n\":999,\"event\":{\"n\":123456789012345678";
	size_t len;
	const char *bytes;

	switch (fuzz_below(b, 9)) {
	case 0:
		add_event(w, ++*n, "{\"a\":1}");
		break;
	case 1:
		*is_in_order = false;
		add_event(w, fuzz_below(b, 256) - INT64_C(8), "{}");
		break;
	case 2:
		add_event(w, ++*n, "[1]");
		break;
	case 3:
		add_padding(w, fuzz_below(b, 256));
		break;
	case 4:
		add_padding(w, 512 * fuzz_below(b, 256));
		break;
	case 5:
		len = fuzz_below(b, 256);
		bytes = fuzz_take(b, &len);
		add(w, bytes, len);
		*is_in_order = false;
		break;
	case 6: /* a torn line */
		len = fuzz_below(b, 64);
		add(w, torn, len < sizeof torn - 1 ? len : sizeof torn - 1);
		break;
	case 7:
		write_on(w, fuzz_below(b, 2) ? *n : 0, fuzz_below(b, 3), *is_in_order);
		*n = *n + 3;
		break;
	default:
		read_on(w);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes b = { data, size };
	struct world w = { .dir_fd = fuzz_folder(), .reader = { .fd = -1 } };
	bool is_in_order = true;
	int64_t n = 0;

	while (b.left > 0 && w.file.len < 1 << 20)
		happen(&w, &b, &n, &is_in_order);
	read_on(&w);
	/* a new reader sees the same again */
	trail_release(&w.reader);
	w.reader = (struct trail){ .fd = -1 };
	w.at = 0;
	w.after = fuzz_below(&b, 4);
	read_on(&w);
	trail_release(&w.reader);
	buf_release(&w.file);
	return 0;
}
