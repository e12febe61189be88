#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "follow.h"

/* A chat: what was printed of it, and what is to be printed from its past. */
struct follow_past {
	char chat_id[ID_TEXT];
	uint64_t since, last;
};

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
	free(f->past);
	free(f->only);
	free(f->chat);
	*f = (struct follow){ .is_gone = f->is_gone };
}

char *
follow_topic(const char *chat_id)
{
	return chat_id ? xprintf("chat-%s", chat_id) : xstrdup("chats");
}

/* Where to begin in a chat: its cursor, else the newest or since, else behind what is there. */
static uint64_t
begin_of(struct follow *f, struct tx *tx, const char *chat_id, bool is_known_reader, uint64_t last)
{
	const struct follow_from *from = &f->from;
	int64_t seq = from->cursor ? chat_cursor(tx, from->cursor, chat_id) : -1;

	if (seq >= 0)
		return (uint64_t)seq;
	if (is_known_reader) /* a chat that was made while it was away */
		return 0;
	if (from->newest >= 0)
		return last > (uint64_t)from->newest ? last - (uint64_t)from->newest : 0;
	return from->since >= 0 ? (uint64_t)from->since : last;
}

/* The chat's entry, made where it has none. */
static struct follow_past *
past_of(struct follow *f, const char *chat_id)
{
	for (size_t i = 0; i < f->pasts; i++)
		if (!strcmp(f->past[i].chat_id, chat_id))
			return &f->past[i];
	f->past = xrealloc(f->past, (f->pasts + 1) * sizeof *f->past);
	f->past[f->pasts] = (struct follow_past){ .since = 0 };
	memcpy(f->past[f->pasts].chat_id, chat_id, ID_TEXT - 1);
	return &f->past[f->pasts++];
}

static void
add_past(struct follow *f, struct tx *tx, const char *chat_id, bool is_known_reader)
{
	struct follow_past *p = past_of(f, chat_id);

	p->last = chat_last(tx, chat_id);
	if (f->is_again) /* a compaction was faster than we: go on where we are */
		return;
	p->since = begin_of(f, tx, chat_id, is_known_reader, p->last);
	if (f->from.cursor) /* from now on this is where it stands, also if it dies at once */
		chat_move_cursor(tx, f->from.cursor, chat_id, (int64_t)p->since);
}

static void
add_all_pasts(struct follow *f, struct tx *tx)
{
	const char *cursor = f->from.cursor;
	bool is_known = cursor && chat_cursor(tx, cursor, "all") >= 0;
	struct scan_text chat, id;

	for (uint64_t n = 0; (n = store_next(tx, "chats", n)) != 0;) {
		char chat_id[ID_TEXT] = "";

		if (store_peek(tx, n, &chat) && scan_member(chat, "id", &id) && id.len == 38) {
			memcpy(chat_id, id.p + 1, 36);
			add_past(f, tx, chat_id, is_known);
		}
	}
	if (cursor)
		chat_move_cursor(tx, cursor, "all", 0);
}

/* What the key of the only chat names. */
static const char *
only_chat(const struct follow *f)
{
	return f->chat + strlen("chat/");
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
		if (f->chat)
			add_past(f, tx, only_chat(f), false);
		else
			add_all_pasts(f, tx);
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

int
follow_print_past(struct follow *f, struct history *h, long count)
{
	for (size_t i = 0; i < f->pasts && (count < 0 || h->printed < count); i++) {
		long limit = count >= 0 ? count - h->printed : -1;
		struct follow_past *p = &f->past[i];

		if (history_print(h, f->s, p->chat_id, p->since, p->last, limit) < 0)
			return -1;
		if (p->since < p->last)
			p->since = p->last;
	}
	return 0;
}

uint64_t
follow_last(const struct follow *f, const char *chat_id)
{
	for (size_t i = 0; i < f->pasts; i++)
		if (!strcmp(f->past[i].chat_id, chat_id))
			return f->past[i].since;
	return 0;
}

/* Whether a change in the feed is an event of theirs that has not been handed out. */
static bool
is_news(struct follow *f, const char *key)
{
	char chat_id[ID_TEXT] = "";
	struct follow_past *p;
	uint64_t seq;

	if (strncmp(key, f->only, strlen(f->only)) != 0)
		return false;
	strncpy(chat_id, key + strlen("event/"), ID_TEXT - 1);
	p = past_of(f, chat_id);
	seq = strtoull(key + strlen("event/") + ID_TEXT, NULL, 10);
	if (seq <= p->since)
		return false;
	p->since = seq;
	return true;
}

enum feed_result
follow_next(struct follow *f, struct scan_text *event)
{
	enum feed_result rc;
	const char *key;

	while ((rc = feed_next(f->feed, &key, event)) == FEED_CHANGE) {
		if (f->chat && !strcmp(key, f->chat)) {
			f->is_changed = true;
			f->is_gone = f->is_gone || !event->p;
		} else if (event->p && is_news(f, key)) {
			break;
		}
	}
	return rc;
}
