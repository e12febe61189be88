#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "event.h"
#include "history.h"

enum { AT_ONCE = 256, BYTES_AT_ONCE = 1 << 20 };

static void
show_event(struct view *v, struct tx *tx, jv event)
{
	const char *type = json_peek_string(event, "type");

	(void)tx;
	if (type && !strcmp(type, "task"))
		bundle_text(v->state, &v->out.buf, event);
	else
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

int
history_choose(struct history *h, struct store *s)
{
	return choice_open(&h->choice, s);
}

int
history_take(struct history *h, struct tx *tx, struct scan_text event)
{
	struct buf copy = { 0 }; /* choosing may look into the store, and the text be gone then */
	jv value;
	int wants;

	if (choice_is_all(&h->choice) && !h->is_grouped && !h->seen) {
		history_add(h, event);
		return 1;
	}
	buf_add(&copy, event.p, event.len);
	value = json_parse(copy.p, copy.len);
	wants = choice_wants(&h->choice, tx, value);
	if (h->seen)
		h->seen(h->arg, value);
	if (wants > 0 && h->is_grouped)
		gather_add(&h->gather, jv_copy(value));
	else if (wants > 0)
		history_add(h, (struct scan_text){ copy.p, copy.len });
	jv_free(value);
	buf_release(&copy);
	return wants;
}

static void
take_record(void *arg, jv record)
{
	struct history *h = arg;

	h->printed++;
	view_add(&h->view, NULL, record);
}

int
history_settle(struct history *h, struct store *s, int which, long limit, bool is_tail)
{
	struct gather_wish wish = { which, limit, is_tail, take_record, h };

	return h->is_grouped ? gather_settle(&h->gather, s, &wish) : 0;
}

int
history_acknowledge(struct history *h, struct store *s, bool is_last)
{
	int rc;

	if (!out_is_free(&h->view.out, view_len(&h->view)))
		store_ring_held(s);
	rc = view_flush(&h->view);
	if (is_last)
		store_ring_apart(s);
	else
		store_ring_held(s);
	return rc;
}

int
history_close(struct history *h)
{
	gather_release(&h->gather);
	choice_close(&h->choice);
	return view_close(&h->view);
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

		r->n = event_next(tx, r->chat_id, &r->at, r->n);
		if (!r->n || r->at > r->last)
			r->at = r->last;
		else if (store_peek(tx, r->n, &event) && history_take(h, tx, event) > 0)
			r->limit -= r->limit > 0;
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

/* Some of the events before record *n, in one transaction: counts those that are wanted. */
static int
count_back(struct history *h, struct tx *tx, struct range *r)
{
	for (int i = 0; i < AT_ONCE && r->limit > 0; i++) {
		struct scan_text event;
		jv value;

		r->n = event_prev(tx, r->chat_id, r->n);
		if (!r->n || !store_peek(tx, r->n, &event))
			return 0;
		value = json_parse(event.p, event.len);
		r->at = (uint64_t)json_peek_int(value, "seq", 0);
		r->limit -= r->at <= r->last && choice_wants(&h->choice, tx, value) > 0;
		jv_free(value);
	}
	return r->limit > 0;
}

int
history_tail(struct history *h, struct store *s, const char *chat_id, uint64_t last, long count,
    uint64_t *since)
{
	struct range range = { chat_id, last + 1, last, 0, count };
	int goes_on = !choice_is_all(&h->choice);

	*since = last > (uint64_t)count ? last - (uint64_t)count : 0;
	if (!goes_on)
		return 0;
	while (goes_on) {
		struct tx *tx = store_read(s);

		if (!tx)
			return -1;
		goes_on = count_back(h, tx, &range);
		if (store_end(tx) < 0)
			return -1;
	}
	*since = range.limit > 0 ? 0 : range.at - 1;
	return 0;
}
