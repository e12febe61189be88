#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "event.h"
#include "follow.h"
#include "json.h"
#include "may.h"

void
follow_open(struct follow *f, struct store *s, const char *chat_id, struct follow_from from)
{
	*f = (struct follow){ .s = s, .from = from };
	f->only = chat_id ? xprintf("event/%s/", chat_id) : xstrdup("event/");
	f->chat = chat_id ? xprintf("chat/%s", chat_id) : NULL;
}

void
follow_close(struct follow *f)
{
	feed_close(f->feed);
	pasts_release(&f->pasts);
	free(f->only);
	free(f->chat);
	*f = (struct follow){ .is_gone = f->is_gone, .is_denied = f->is_denied };
}

char *
follow_topic(const char *chat_id)
{
	return chat_id ? xprintf("chat-%s", chat_id) : xstrdup("chats");
}

/* Where to begin in a chat: its cursor, else the newest or since, else behind what is there. */
static void
begin(const struct follow *f, struct tx *tx, struct past *p, bool is_known_reader)
{
	const struct follow_from *from = &f->from;
	int64_t seq = from->cursor ? cursor_seq(tx, from->cursor, p->chat_id) : -1;

	p->is_tail = seq < 0 && !is_known_reader && from->newest >= 0;
	if (seq >= 0)
		p->since = (uint64_t)seq;
	else if (is_known_reader) /* a chat that was made while it was away */
		p->since = 0;
	else if (from->newest >= 0)
		p->since = p->last > (uint64_t)from->newest ? p->last - (uint64_t)from->newest : 0;
	else
		p->since = from->since >= 0 ? (uint64_t)from->since : p->last;
}

static void
add_past(struct follow *f, struct tx *tx, const char *chat_id, bool is_known_reader)
{
	struct past *p = pasts_have(&f->pasts, chat_id);

	p->last = event_last(tx, chat_id);
	if (f->is_again) /* a compaction was faster than we: go on where we are */
		return;
	begin(f, tx, p, is_known_reader);
	if (f->from.cursor) /* from now on this is where it stands, also if it dies at once */
		cursor_move(tx, f->from.cursor, chat_id, (int64_t)p->since);
}

/* Whether the reader may read a chat, by its record as text; false with err. */
static bool
may_read(const struct follow *f, struct scan_text chat)
{
	struct scan_text policy;
	jv record;
	bool is;

	if (!f->from.reader || !scan_member(chat, "policy", &policy))
		return true;
	record = json_parse_object(chat.p, chat.len);
	is = may(NULL, record, f->from.reader, MAY_READ) == 0;
	jv_free(record);
	return is;
}

static void
add_all_pasts(struct follow *f, struct tx *tx)
{
	const char *cursor = f->from.cursor;
	bool is_known = cursor && cursor_seq(tx, cursor, "all") >= 0;
	struct scan_text chat, id;

	for (uint64_t n = 0; (n = store_next(tx, "chats", n)) != 0;) {
		char chat_id[ID_TEXT] = "";

		if (store_peek(tx, n, &chat) && scan_member(chat, "id", &id) && id.len == 38) {
			memcpy(chat_id, id.p + 1, 36);
			pasts_have(&f->pasts, chat_id)->is_hidden = !may_read(f, chat);
			add_past(f, tx, chat_id, is_known);
		}
	}
	if (cursor)
		cursor_move(tx, cursor, "all", 0);
}

/* What the key of the only chat names. */
static const char *
only_chat(const struct follow *f)
{
	return f->chat + strlen("chat/");
}

/* Whether the reader may not read the only chat. */
static bool
is_kept_out(const struct follow *f, struct tx *tx)
{
	uint64_t n = f->chat ? store_number(tx, f->chat) : 0;
	struct scan_text chat;

	return n && store_peek(tx, n, &chat) && !may_read(f, chat);
}

int
follow_look(struct follow *f)
{
	enum store_result rc;

	do {
		struct tx *tx = f->from.cursor ? store_begin(f->s) : store_read(f->s);

		if (!tx)
			return -1;
		feed_close(f->feed);
		f->is_gone = f->chat && !store_number(tx, f->chat);
		f->is_denied = is_kept_out(f, tx);
		if (f->chat)
			add_past(f, tx, only_chat(f), false);
		else
			add_all_pasts(f, tx);
		if (f->looked)
			f->looked(f->arg, tx);
		if (!(f->feed = feed_open(tx))) {
			store_end(tx);
			return -1;
		}
		rc = f->from.cursor ? store_commit(tx, STORE_DURABLE)
		                    : (enum store_result)store_end(tx);
	} while (rc == STORE_AGAIN);
	f->is_again = true;
	return rc == STORE_OK ? 0 : -1;
}

/* How many more may be printed; -1: any number. */
static long
lines_left(const struct history *h, long count)
{
	return count >= 0 ? count - h->printed : -1;
}

/* Where the newest begin: what counts is what is printed. */
static int
find_tail(const struct follow *f, struct history *h, struct past *p)
{
	if (!p->is_tail)
		return 0;
	if (h->is_grouped)
		p->since = 0;
	else if (history_tail(h, f->s, p->chat_id, p->last, f->from.newest, &p->since) < 0)
		return -1;
	return 0;
}

/* Adds the lines of what was gathered: of a past that begins with the newest only so many. */
static int
settle(const struct follow *f, struct history *h, long count, bool is_tail)
{
	long limit = lines_left(h, count);

	if (is_tail && (limit < 0 || f->from.newest < limit))
		limit = f->from.newest;
	return history_settle(h, f->s, GATHER_STOPPED, limit, is_tail);
}

int
follow_settle(struct follow *f, struct history *h, long count)
{
	return settle(f, h, count, false);
}

int
follow_print_past(struct follow *f, struct history *h, long count)
{
	for (size_t i = 0; i < f->pasts.len && lines_left(h, count) != 0; i++) {
		struct past *p = f->pasts.past[i];
		bool is_tail = p->is_tail;

		if (p->is_hidden)
			continue;
		if (find_tail(f, h, p) < 0 ||
		    history_print(h, f->s, p->chat_id, p->since, p->last,
			h->is_grouped ? -1 : lines_left(h, count)) < 0 ||
		    settle(f, h, count, is_tail) < 0 || view_flush(&h->view) < 0)
			return -1;
		p->is_tail = false;
		if (p->since < p->last)
			p->since = p->last;
	}
	return 0;
}

size_t
follow_hidden(const struct follow *f)
{
	size_t hidden = 0;

	for (size_t i = 0; i < f->pasts.len; i++)
		hidden += f->pasts.past[i]->is_hidden;
	return hidden;
}

bool
follow_is_hidden(const struct follow *f, const char *chat_id)
{
	const struct past *past = pasts_find(&f->pasts, chat_id);

	return past && past->is_hidden;
}

int
follow_lets(struct store *s, const char *chat_id, const char *reader)
{
	struct tx *tx = store_read(s);
	bool lets;

	if (!tx)
		return -1;
	lets = may_in(tx, chat_id, reader, MAY_READ) == 0;
	return store_end(tx) < 0 ? -1 : lets;
}

uint64_t
follow_last(const struct follow *f, const char *chat_id)
{
	const struct past *past = pasts_find(&f->pasts, chat_id);

	return past ? past->since : 0;
}

/* Whether a change in the feed is an event of theirs that has not been handed out. */
static bool
is_news(struct follow *f, const char *key)
{
	char chat_id[ID_TEXT] = "";
	struct past *p;
	uint64_t seq;

	if (strncmp(key, f->only, strlen(f->only)) != 0)
		return false;
	strncpy(chat_id, key + strlen("event/"), ID_TEXT - 1);
	p = pasts_have(&f->pasts, chat_id);
	seq = strtoull(key + strlen("event/") + ID_TEXT, NULL, 10);
	if (seq <= p->since || p->is_hidden)
		return false;
	p->since = seq;
	return true;
}

/* Whether what a chat's record says, whose key is that, is not what was seen of its rules at the
 * last look. */
static bool
has_new_rules(struct follow *f, const char *key, struct scan_text chat)
{
	if (f->chat)
		return !strcmp(key, f->chat) && f->is_denied == may_read(f, chat);
	return strlen(key) == strlen("chat/") + ID_TEXT - 1 &&
	       pasts_have(&f->pasts, key + strlen("chat/"))->is_hidden == may_read(f, chat);
}

enum feed_result
follow_next(struct follow *f, struct scan_text *event)
{
	enum feed_result rc;
	const char *key;

	while ((rc = feed_next(f->feed, &key, event)) == FEED_CHANGE) {
		if (f->changed)
			f->changed(f->arg, key, *event);
		if (event->p && f->from.reader && !strncmp(key, "chat/", 5) &&
		    has_new_rules(f, key, *event))
			return FEED_GONE;
		if (f->chat && !strcmp(key, f->chat))
			f->is_gone = f->is_gone || !event->p;
		else if (event->p && is_news(f, key))
			break;
	}
	return rc;
}
