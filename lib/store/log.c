#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "err.h"
#include "json.h"
#include "log.h"

enum { TAIL_BYTES = 16 << 10, HELD_KEPT = 64 << 10 };

struct log {
	int fd;
	off_t end; /* of the last whole line */
	int64_t count;
	bool is_held;
	struct buf held;
	int64_t held_from; /* count when that began */
	const struct mask *mask;
	void (*then)(void *arg);
	void *arg;
	char name[TRAIL_NAME_BYTES];
};

/* The number of the event on a line; 0: another kind of line. */
static int64_t
event_number(const char *line, size_t len)
{
	struct scan_text kind, n, text = { line, len };

	if (scan_check(line, len) < 0 || *line != '{' || !scan_member(text, "kind", &kind) ||
	    !scan_is(kind, "event") || !scan_member(text, "n", &n))
		return 0;
	return strtoll(n.p, NULL, 10);
}

/* The last event's number, and where the last whole line ends, among the last bytes of fd.  -1 with
 * errno. */
static int64_t
scan_tail(int fd, off_t size, off_t from, off_t *end)
{
	struct buf b = { 0 };
	ssize_t n =
	    dir_read_all(fd, buf_room(&b, (size_t)(size - from)), (size_t)(size - from), from);
	int64_t last = 0;
	char *p, *newline;

	if (n < 0) {
		buf_release(&b);
		return -1;
	}
	b.len = (size_t)n;
	p = b.p;
	if (from > 0) /* the first line may begin before */
		p = b.len ? memchr(b.p, '\n', b.len) : NULL;
	p = p && from > 0 ? p + 1 : p;
	*end = p ? from + (p - b.p) : from;
	for (; p && (newline = memchr(p, '\n', (size_t)(b.p + b.len - p))); p = newline + 1) {
		int64_t number = event_number(p, (size_t)(newline - p));

		last = number > last ? number : last;
		*end = from + (newline + 1 - b.p);
	}
	buf_release(&b);
	return last;
}

/* Looks at the end first, at more only where no event is there.  -1 with errno. */
static int64_t
last_event(int fd, off_t *end)
{
	int64_t last = 0;
	struct stat st;

	*end = 0;
	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_size == 0)
		return 0;
	for (off_t back = TAIL_BYTES;; back *= 8) {
		off_t from = back < st.st_size ? st.st_size - back : 0;

		last = scan_tail(fd, st.st_size, from, end);
		if (last != 0 || from == 0)
			return last;
	}
}

struct log *
log_open(int logs_fd, const char *task_id, int64_t posted)
{
	struct log *log;

	if (strchr(task_id, '/')) { /* it becomes a file's name */
		err_set(EX_DATAERR, "task %.40s: not an id", task_id);
		return NULL;
	}
	log = xmalloc(sizeof *log);
	*log = (struct log){ .fd = -1 };
	trail_name(task_id, log->name);
	log->fd = dir_open_file(logs_fd, log->name, O_RDWR | O_CREAT | O_APPEND);
	if (log->fd < 0) {
		err_sys("logs/agents/%s", log->name);
		free(log);
		return NULL;
	}
	log->count = last_event(log->fd, &log->end);
	if (log->count < 0 || ftruncate(log->fd, log->end) < 0) {
		err_sys("logs/agents/%s", log->name);
		log_close(log);
		return NULL;
	}
	if (log->count < posted)
		log->count = posted;
	return log;
}

void
log_close(struct log *log)
{
	if (!log)
		return;
	close(log->fd);
	buf_release(&log->held);
	free(log);
}

/* Writes what is held. */
static int
write_held(struct log *log)
{
	struct buf *b = &log->held;
	int rc = 0;

	if (b->len > 0 && dir_write_all(log->fd, b->p, b->len) < 0)
		rc = err_set(EX_IOERR, "logs/agents/%s: %s", log->name, strerror(errno));
	else
		log->end += (off_t)b->len;
	if (rc < 0 && ftruncate(log->fd, log->end) < 0)
		err_add("half a line is left"); /* the next attempt cuts it off */
	if (rc == 0 && b->len > 0 && log->then)
		log->then(log->arg);
	if (b->cap > HELD_KEPT)
		buf_release(b);
	b->len = 0;
	return rc;
}

/* Gives members back that were masked. */
static jv
give_back(jv masked, jv line, const char *const *names)
{
	for (; *names; names++) {
		jv value = jv_object_get(jv_copy(line), jv_string(*names));

		masked = json_set_valid(masked, *names, value);
	}
	return masked;
}

/* A line (consumed) in which there is a secret, without it.  What it is found and understood by
 * stays. */
static jv
mask_line(const struct log *log, jv line)
{
	static const char *const ours[] = { "at", "kind", "n", "lease", NULL };
	static const char *const events[] = { "id", "at", "type", "session_id", "user_id",
		"chat_id", NULL };
	static const char *const datas[] = { "task_id", "request_id", NULL };
	jv masked = give_back(mask_value(log->mask, jv_copy(line)), line, ours);
	jv event = json_get(line, "event", JV_KIND_OBJECT), data, other;

	if (jv_is_valid(event)) {
		data = json_get(event, "data", JV_KIND_OBJECT);
		other = give_back(json_get(masked, "event", JV_KIND_OBJECT), event, events);
		if (jv_is_valid(data))
			other = json_set(other, "data",
			    give_back(json_get(other, "data", JV_KIND_OBJECT), data, datas));
		masked = json_set(masked, "event", other);
		jv_free(data);
	}
	jv_free(event);
	jv_free(line);
	return masked;
}

static int
append(struct log *log, jv line)
{
	size_t from = log->held.len;

	json_dump(&log->held, jv_copy(line));
	if (mask_hits(log->mask, log->held.p + from, log->held.len - from)) {
		log->held.len = from;
		json_dump(&log->held, mask_line(log, line));
	} else {
		jv_free(line);
	}
	buf_putc(&log->held, '\n');
	return log->is_held ? 0 : write_held(log);
}

void
log_mask(struct log *log, const struct mask *mask)
{
	log->mask = mask;
}

void
log_when_written(struct log *log, void (*then)(void *arg), void *arg)
{
	log->then = then;
	log->arg = arg;
}

const struct mask *
log_its_mask(const struct log *log)
{
	return log->mask;
}

void
log_hold(struct log *log)
{
	log->is_held = true;
	log->held_from = log->count;
}

int
log_let_go(struct log *log)
{
	log->is_held = false;
	if (write_held(log) == 0)
		return 0;
	log->count = log->held_from;
	return -1;
}

static jv
new_line(const char *kind)
{
	char now[CLOCK_TEXT];
	jv line = json_set_string(jv_object(), "at", clock_format(clock_now_ms(), now));

	return json_set_string(line, "kind", kind);
}

int
log_event(struct log *log, jv event)
{
	jv line = json_set_int(new_line("event"), "n", log->count + 1);

	if (append(log, json_set(line, "event", event)) < 0)
		return -1;
	log->count++;
	return 0;
}

int
log_note(struct log *log, const char *kind, jv detail)
{
	return append(log, jv_object_merge(new_line(kind), detail));
}

int64_t
log_count(const struct log *log)
{
	return log->count;
}

int
log_sync(struct log *log)
{
	return fdatasync(log->fd) < 0 ? err_sys("logs/agents/%s", log->name) : 0;
}

void
log_remove(int logs_fd, const char *task_id)
{
	char name[TRAIL_NAME_BYTES];

	if (!strchr(task_id, '/'))
		unlinkat(logs_fd, trail_name(task_id, name), 0);
}

int64_t
log_last(int logs_fd, const char *task_id)
{
	char name[TRAIL_NAME_BYTES];
	int64_t last;
	off_t end;
	int fd = dir_open_file(logs_fd, trail_name(task_id, name), O_RDONLY);

	if (fd < 0)
		return 0;
	last = last_event(fd, &end);
	close(fd);
	return last > 0 ? last : 0;
}

/* Whether a line is a note; events are not worth being parsed. */
static bool
is_note(const char *line, size_t len)
{
	struct scan_text kind;

	return scan_check(line, len) == 0 && *line == '{' &&
	       scan_member((struct scan_text){ line, len }, "kind", &kind) &&
	       !scan_is(kind, "event");
}

int
log_notes(int logs_fd, const char *task_id, void (*take)(void *arg, jv note), void *arg)
{
	struct trail t = { .fd = -1 };
	struct scan_text line;
	int rc;

	while ((rc = trail_next(&t, logs_fd, task_id, &line)) > 0) {
		jv note =
		    is_note(line.p, line.len) ? json_parse_object(line.p, line.len) : jv_invalid();

		if (jv_is_valid(note))
			take(arg, note);
		else
			jv_free(note);
	}
	trail_release(&t);
	return rc;
}

static jv
event_of(const char *line, size_t len, int64_t n)
{
	jv whole = json_parse_object(line, len), event;

	if (!jv_is_valid(whole)) {
		jv_free(whole);
		return jv_invalid();
	}
	event = json_get(whole, "event", JV_KIND_OBJECT);
	jv_free(whole);
	return jv_is_valid(event) ? json_set_int(event, "n", n) : event;
}

int64_t
log_read(struct trail *t, int logs_fd, const char *task_id, int64_t after, jv *event)
{
	struct scan_text line;
	int rc;

	*event = jv_invalid();
	while ((rc = trail_next(t, logs_fd, task_id, &line)) > 0) {
		int64_t n = event_number(line.p, line.len);

		if (n > after)
			*event = event_of(line.p, line.len, n);
		if (jv_is_valid(*event))
			return n;
	}
	return rc;
}
