#include <string.h>
#include <unistd.h>

#include "chat.h"
#include "history.h"

enum { AT_ONCE = 256, BYTES_AT_ONCE = 1 << 20 };

static void
show_event(struct view *v, struct tx *tx, jv event)
{
	(void)tx;
	text_event(v->state, &v->out.buf, event);
}

int
history_open(struct history *h)
{
	static const struct view_form form = { .text = show_event };

	h->text.screen = &h->view.screen;
	h->view.state = &h->text;
	return view_open(&h->view, &form, STDOUT_FILENO);
}

/* The event with the name of the cursor as its last member. */
static void
add_with_cursor(struct history *h, struct scan_text event)
{
	struct buf b = { 0 };

	buf_add(&b, event.p, event.len - 1);
	buf_puts(&b, ",\"cursor\":");
	json_add_string(&b, h->cursor, strlen(h->cursor));
	buf_putc(&b, '}');
	view_add_line(&h->view, NULL, (struct scan_text){ b.p, b.len });
	buf_release(&b);
}

void
history_add(struct history *h, struct scan_text event)
{
	h->printed++;
	if (h->cursor)
		add_with_cursor(h, event);
	else
		view_add_line(&h->view, NULL, event);
}

/* What there is of a chat's events, and what is wanted of them. */
struct range {
	const char *chat_id;
	uint64_t at, last;
	uint64_t n; /* record number of the last one */
	long limit;
};

static bool
is_over(const struct range *r)
{
	return r->at >= r->last || r->limit == 0;
}

/* Some of the events that come next, in one transaction. */
static void
fetch(struct history *h, struct tx *tx, struct range *r)
{
	for (int i = 0; i < AT_ONCE && !is_over(r) && view_len(&h->view) < BYTES_AT_ONCE; i++) {
		struct scan_text event;

		r->n = chat_next(tx, r->chat_id, &r->at, r->n);
		if (!r->n || r->at > r->last)
			r->at = r->last;
		else if (store_peek(tx, r->n, &event)) {
			r->limit -= r->limit > 0;
			history_add(h, event);
		}
	}
}

int
history_print(struct history *h, struct store *s, const char *chat_id, uint64_t since,
    uint64_t last, long limit)
{
	struct range range = { chat_id, since, last, 0, limit };

	while (!is_over(&range)) {
		struct tx *tx = store_read(s);

		if (!tx)
			return -1;
		fetch(h, tx, &range);
		if (store_end(tx) < 0 || view_flush(&h->view) < 0)
			return -1;
	}
	return view_flush(&h->view);
}
