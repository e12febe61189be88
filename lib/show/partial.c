#include "partial.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "buf.h"
#include "clock.h"
#include "dir.h"
#include "json.h"

/* The most that is written of a text: more than a person reads while it grows. */
enum { TEXT_MAX = 4 << 20 };

/* One text. */
struct text {
	char *name; /* of its file; NULL: none has begun */
	int fd;     /* -1: it could not be made, or written to */
	size_t written;
	struct buf held; /* what may be the beginning of a secret, as it was said */
};

struct partial {
	int run_fd, watch_fd;
	jv task;           /* borrowed */
	const char *lease; /* likewise, and the log */
	const struct log *log;
	char *topic;
	unsigned number; /* of the last file */
	struct text text[PARTIAL_KINDS];
};

static const char *const kinds[] = { "text", "thought" };

struct partial *
partial_open(int run_fd, int watch_fd, jv task, const char *lease, const struct log *log)
{
	const char *chat = json_peek_string(task, "chat_id");
	struct partial *p = xmalloc(sizeof *p);

	*p = (struct partial){ .run_fd = run_fd,
		.watch_fd = watch_fd,
		.task = task,
		.lease = lease,
		.log = log,
		.topic = xprintf("partial-%s", chat ? chat : "") };
	return p;
}

/* What the file says of the text. */
static jv
head_of(const struct partial *p, enum partial_kind kind)
{
	static const char *const members[] = { "user_id", "chat_id" };
	char now[CLOCK_TEXT];
	jv head = json_set_string(jv_object(), "at", clock_format(clock_now_ms(), now)), data;

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		head =
		    json_set_valid(head, members[i], json_get(p->task, members[i], JV_KIND_STRING));
	data = json_set_string(jv_object(), "task_id", json_peek_string(p->task, "id"));
	data = json_set_string(data, "kind", kinds[kind]);
	data = json_set_int(data, "attempt", json_peek_int(p->task, "attempt", 1));
	data = json_set_int(data, "after", log_count(p->log));
	return json_set(json_set_string(head, "session_id", p->lease), "data", data);
}

static void
remove_file(const struct partial *p, struct text *t)
{
	if (t->fd < 0)
		return;
	unlinkat(p->run_fd, t->name, 0);
	close(t->fd);
	t->fd = -1;
}

/* Appends a line (consumed); where that fails, nothing more of this text is shown. */
static void
append(const struct partial *p, struct text *t, jv line)
{
	struct buf b = { 0 };

	json_dump(&b, line);
	buf_putc(&b, '\n');
	if (t->fd >= 0 && dir_write_all(t->fd, b.p, b.len) < 0)
		remove_file(p, t);
	buf_release(&b);
}

static void
ring(const struct partial *p)
{
	bell_ring(p->watch_fd, p->topic);
	bell_ring(p->watch_fd, "partials");
}

static void
begin(struct partial *p, enum partial_kind kind)
{
	const char *chat = json_peek_string(p->task, "chat_id");
	struct text *t = &p->text[kind];

	t->name = xprintf("%s.%s.%u", p->lease, chat ? chat : "", ++p->number);
	t->fd = dir_open_file(p->run_fd, t->name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
	t->written = 0;
	append(p, t, head_of(p, kind));
}

static void
finish(struct partial *p, enum partial_kind kind, bool is_said)
{
	struct text *t = &p->text[kind];

	if (!t->name)
		return;
	if (is_said)
		append(p, t, json_set(jv_object(), "end", jv_true()));
	remove_file(p, t);
	ring(p);
	free(t->name);
	t->name = NULL;
	buf_release(&t->held);
}

/* How many of the bytes are whole characters, or none at all. */
static size_t
whole(const char *bytes, size_t len)
{
	size_t back = 0, want;
	unsigned char first;

	while (back < len && back < 3 && ((unsigned char)bytes[len - 1 - back] & 0xC0) == 0x80)
		back++;
	if (back == len)
		return len;
	first = (unsigned char)bytes[len - 1 - back];
	want = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
	return back < want ? len - 1 - back : len;
}

/* How much of what is held can be shown: all but an end in which a secret may have begun that is
 * not whole, in whole characters, and no part of one. */
static size_t
showable(const struct partial *p, const struct text *t)
{
	const struct mask *mask = log_its_mask(p->log);
	size_t longest = mask_longest(mask), back = longest > 0 ? longest - 1 : 0;

	if (t->held.len <= back)
		return 0;
	return mask_cut(mask, t->held.p, t->held.len, whole(t->held.p, t->held.len - back));
}

/* Shows so much of what is held. */
static void
show(const struct partial *p, struct text *t, size_t len)
{
	struct buf masked = { 0 };

	mask_text(log_its_mask(p->log), &masked, t->held.p, len);
	append(p, t, json_set(jv_object(), "text", json_utf8(masked.p, masked.len)));
	buf_release(&masked);
	buf_cut(&t->held, len);
}

size_t
partial_add(struct partial *p, enum partial_kind kind, const char *bytes, size_t len)
{
	struct text *t;
	size_t ready;

	if (!p || (len = whole(bytes, len)) == 0)
		return len;
	t = &p->text[kind];
	if (!t->name)
		begin(p, kind);
	t->written += len;
	if (t->fd < 0 || t->written > TEXT_MAX)
		return len;
	buf_add(&t->held, bytes, len);
	ready = showable(p, t);
	if (ready == 0)
		return len;
	show(p, t, ready);
	ring(p);
	return len;
}

void
partial_end(struct partial *p, enum partial_kind kind)
{
	if (p)
		finish(p, kind, true);
}

void
partial_drop(struct partial *p)
{
	for (int kind = 0; p && kind < PARTIAL_KINDS; kind++)
		finish(p, kind, false);
}

void
partial_close(struct partial *p)
{
	if (!p)
		return;
	partial_drop(p);
	free(p->topic);
	free(p);
}
