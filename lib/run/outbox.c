#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "err.h"
#include "lease.h"
#include "log.h"
#include "outbox.h"
#include "speech.h"
#include "task.h"

/* How much is taken from the logs before it is written. */
enum { PENDING_BYTES = 64 << 10 };

struct item {
	char id[ID_TEXT];
	struct bell *bell;
	struct trail reader;
	int64_t printed; /* the last event's number */
	bool is_held, is_done;
};

struct outbox {
	struct store *s;
	int fd;
	struct buf pending;
	struct item *item;
	size_t len;
	bool has_more; /* in a log, than was taken at once */
	struct lease_watch leases;
};

struct outbox *
outbox_open(struct store *s, int out_fd)
{
	struct outbox *o = xmalloc(sizeof *o);

	*o = (struct outbox){ .s = s, .fd = out_fd, .leases.run_fd = store_run_fd(s) };
	return o;
}

static void
release_item(struct item *item)
{
	bell_close(item->bell);
	trail_release(&item->reader);
}

void
outbox_close(struct outbox *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->len; i++)
		release_item(&o->item[i]);
	lease_release(&o->leases);
	buf_release(&o->pending);
	free(o->item);
	free(o);
}

bool
outbox_has(const struct outbox *o, const char *task_id)
{
	for (size_t i = 0; i < o->len; i++)
		if (!strcmp(o->item[i].id, task_id))
			return true;
	return false;
}

size_t
outbox_len(const struct outbox *o)
{
	return o->len;
}

bool
outbox_is_blocked(const struct outbox *o)
{
	return o->pending.len > 0 || o->has_more;
}

int
outbox_add(struct outbox *o, jv task, bool is_held)
{
	const char *id = json_peek_string(task, "id");
	struct item *item;
	struct bell *bell = NULL;
	char *topic;

	if (outbox_has(o, id))
		return 0;
	if (!is_held && !task_is_over(task)) { /* else all that it has to say is there */
		topic = xprintf("task-%s", id);
		bell = bell_open(store_watch_fd(o->s), topic);
		free(topic);
		if (!bell)
			return -1;
	}
	o->item = xrealloc(o->item, (o->len + 1) * sizeof *o->item);
	item = &o->item[o->len++];
	*item = (struct item){ .bell = bell,
		.reader.fd = -1,
		.printed = json_peek_int(task, "posted", 0),
		.is_held = is_held };
	memcpy(item->id, id, ID_TEXT - 1);
	return 0;
}

void
outbox_let_go(struct outbox *o, const char *task_id)
{
	for (size_t i = 0; i < o->len; i++)
		if (!strcmp(o->item[i].id, task_id))
			o->item[i].is_held = false;
}

size_t
outbox_poll_fds(const struct outbox *o, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ o->fd, outbox_is_blocked(o) ? POLLOUT : 0, 0 };
	for (size_t i = 0; i < o->len; i++)
		fds[i + 1] =
		    (struct pollfd){ o->item[i].bell ? bell_fd(o->item[i].bell) : -1, POLLIN, 0 };
	return o->len + 1;
}

/* Writes pending bytes while that does not block.  0, OUTBOX_GONE, or -1 with err. */
static int
write_pending(struct outbox *o)
{
	while (o->pending.len > 0) {
		struct pollfd p = { o->fd, POLLOUT, 0 };
		size_t len = o->pending.len < PIPE_BUF ? o->pending.len : PIPE_BUF;
		ssize_t n;

		if (poll(&p, 1, 0) <= 0)
			return 0;
		if (p.revents & POLLERR)
			return OUTBOX_GONE;
		n = write(o->fd, o->pending.p, len);
		if (n < 0 && errno == EPIPE)
			return OUTBOX_GONE;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_set(EX_IOERR, "stdout: %s", strerror(errno));
		if (n > 0)
			buf_cut(&o->pending, (size_t)n);
	}
	return 0;
}

static void
take(struct outbox *o, struct item *item, jv event, int64_t n)
{
	json_dump(&o->pending, event);
	buf_putc(&o->pending, '\n');
	item->printed = n;
}

/* The task's events in the log, as far as there is room.  -1 with err. */
static int
take_logged(struct outbox *o, struct item *item)
{
	while (o->pending.len < PENDING_BYTES) {
		jv event;
		int64_t n =
		    log_read(&item->reader, store_logs_fd(o->s), item->id, item->printed, &event);

		if (n <= 0)
			return (int)n;
		take(o, item, event, n);
	}
	return 1;
}

static void
take_closing(struct outbox *o, struct item *item, jv task)
{
	jv closing = speech_closing(task);

	jv_array_foreach (closing, i, event) {
		int64_t n = json_peek_int(event, "n", 0);

		if (n > item->printed)
			take(o, item, event, n);
		else
			jv_free(event);
	}
	jv_free(closing);
	item->is_done = true;
}

static int
get_task(struct outbox *o, const char *id, jv *task)
{
	struct tx *tx = store_read(o->s);

	*task = jv_invalid();
	if (!tx)
		return -1;
	*task = task_get(tx, id);
	return store_end(tx);
}

/* The log has no more for now: is there more to come?  1: there is already. */
static int
look_at_record(struct outbox *o, struct item *item)
{
	const char *lease;
	jv task;
	int rc = get_task(o, item->id, &task);

	if (rc == 0) {
		lease = jv_is_valid(task) ? json_peek_string(task, "lease") : NULL;
		if (jv_is_valid(task) && task_is_over(task)) {
			/* its last events were logged before it ended, maybe after we looked */
			rc = take_logged(o, item);
			if (rc == 0)
				take_closing(o, item, task);
		} else if (!item->is_held && (!lease || !lease_is_live(&o->leases, lease))) {
			/* who runs it next begins with what is not printed; while it waits for a
			 * decision that is nobody */
			rc = take_logged(o, item);
			item->is_done = rc == 0;
		}
	}
	jv_free(task);
	return rc;
}

int
outbox_pump(struct outbox *o)
{
	int rc;

	for (size_t i = 0; i < o->len; i++)
		if (o->item[i].bell)
			bell_clear(o->item[i].bell);
	o->has_more = false;
	if ((rc = write_pending(o)) != 0)
		return rc;
	for (size_t i = 0; i < o->len && o->pending.len < PENDING_BYTES; i++) {
		struct item *item = &o->item[i];
		int more = take_logged(o, item);

		if (more == 0)
			more = look_at_record(o, item);
		if (more < 0)
			return -1;
		if ((rc = write_pending(o)) != 0)
			return rc;
		o->has_more |= more > 0;
		if (item->is_done) {
			release_item(item);
			/* in their order: a parent's end is not to be told before its subtask's */
			o->len--;
			memmove(item, item + 1, (o->len - i) * sizeof *item);
			i--;
		}
	}
	lease_forget(&o->leases);
	return 0;
}
