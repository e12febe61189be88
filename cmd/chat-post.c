/* chat-post - append to chats: a text, a text per line, or events */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "chat.h"
#include "deed.h"
#include "err.h"
#include "event.h"
#include "history.h"
#include "lines.h"
#include "opt.h"
#include "remark.h"
#include "utf8.h"

/* The most events that one transaction takes. */
enum { BATCH = 256 };

static const char *user, *reply_to;
static struct history history = { .view.is_maker = true, .text.day = TEXT_NO_DAYS };

static const struct opt opts[] = { { 'u', "user", "user", "who says it (default: you)",
				       .str = &user },
	{ 0, "reply-to", "event", "what it answers: an event, or an agent's request",
	    .str = &reply_to },
	VIEW_FORMAT(history.view), VIEW_IDS(history.view), { 0 } };

static const struct cmd cmd = { "chat-post", "append to chats: a text, a text per line, or events",
	"[CHAT [TEXT ...]]", opts, 0 };

/* An event on its way, and what became of it. */
struct item {
	jv event, stored;
	unsigned long line; /* 0: from the command line */
	int result, code;
	char *why;
};

struct post {
	struct store *s;
	struct item item[BATCH];
	size_t items;
	bool is_last; /* no batch follows */
	int status;
};

static void
forget(struct item *item)
{
	jv_free(item->stored);
	free(item->why);
	item->stored = jv_invalid();
	item->why = NULL;
}

static void
post_one(struct tx *tx, struct item *item)
{
	forget(item);
	item->result = reply_to ? remark_check(tx, item->event) : 0;
	if (item->result == 0)
		item->result = remark_store(tx, jv_copy(item->event), &item->stored);
	if (item->result < 0) {
		item->code = err_code();
		item->why = xstrdup(err_text());
	}
}

/* Says what became of the batch, and empties it. */
static void
report(struct post *p)
{
	for (size_t i = 0; i < p->items; i++) {
		struct item *item = &p->item[i];

		if (item->result == EVENT_POSTED) {
			view_add(&history.view, NULL, jv_copy(item->stored));
		} else if (item->result < 0 && item->line) {
			err_warn("stdin:%lu: %s", item->line, item->why);
			if (item->code != EX_TEMPFAIL)
				p->status = EX_DATAERR;
			else if (!p->status)
				p->status = EX_TEMPFAIL;
		} else if (item->result < 0) {
			err_warn("%s", item->why);
			p->status = item->code;
		}
		forget(item);
		jv_free(item->event);
	}
	p->items = 0;
	if (history_acknowledge(&history, p->s, p->is_last) < 0)
		err_exit();
}

static int
post_all(void *arg, struct tx *tx)
{
	struct post *p = arg;

	for (size_t i = 0; i < p->items; i++)
		post_one(tx, &p->item[i]);
	return 0;
}

/* All that has been collected, in one transaction. */
static void
post_batch(struct post *p)
{
	if (p->items == 0)
		return;
	if (deed_change(p->s, post_all, p) < 0)
		err_exit();
	report(p);
}

static void
collect(struct post *p, jv event, unsigned long line)
{
	if (!json_peek_string(event, "user_id"))
		event = json_set_string(event, "user_id", id_user(user));
	p->item[p->items++] =
	    (struct item){ .event = event_stamp(event), .stored = jv_invalid(), .line = line };
	if (p->items == BATCH)
		post_batch(p);
}

static jv
text_event_of(const char *chat, const char *text, size_t len)
{
	jv data = json_set(jv_object(), "text", json_utf8(text, len));

	if (reply_to)
		data = json_set_string(data, "reply_to", reply_to);
	return event_new("message", data, id_user(user), chat);
}

static void
post_operands(struct post *p, const char *chat, char **words)
{
	struct buf text = { 0 };

	if (!strcmp(*words, "-") && !words[1]) {
		if (lines_read_text(STDIN_FILENO, "stdin", &text) < 0)
			err_exit();
		words++;
	}
	for (; *words; words++) {
		buf_puts(&text, *words);
		if (words[1])
			buf_putc(&text, ' ');
	}
	collect(p, text_event_of(chat, text.p ? text.p : "", text.len), 0);
	buf_release(&text);
}

/* Lines are texts if there is a chat, else events.  What can be read without waiting is one
 * transaction. */
static void
post_lines(struct post *p, const char *chat)
{
	enum lines_result rc = LINES_OK;
	struct lines in;
	const char *text;
	size_t len;
	jv event;

	lines_init(&in, STDIN_FILENO, STDOUT_FILENO, "stdin");
	while (rc != LINES_END && rc != LINES_FAIL) {
		if (p->items > 0 && !lines_is_ready(&in))
			post_batch(p);
		rc = chat ? lines_next(&in, &text, &len) : lines_next_object(&in, &event);
		if (rc == LINES_BAD)
			p->status = (err_print(), EX_DATAERR);
		if (rc == LINES_OK && chat && !utf8_is_text(text, len)) {
			err_warn("stdin:%lu: not UTF-8, or a NUL in it", in.number);
			p->status = EX_DATAERR;
			continue;
		}
		if (rc == LINES_OK && (!chat || text[strspn(text, " \t\r")]))
			collect(p, chat ? text_event_of(chat, text, len) : event, in.number);
	}
	post_batch(p);
	if (rc == LINES_FAIL || lines_check_end(&in) < 0)
		err_exit();
	lines_release(&in);
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv), chat[ID_TEXT];
	struct post p = { .items = 0 };

	(void)argc;
	if (user && chat_check_user(user) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (reply_to && !operands[0])
		opt_usage(&cmd, "--reply-to: events on standard input say it themselves");
	if (history_open(&history) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(p.s = store_open()) || (operands[0] && ask_id(p.s, "chat", operands[0], chat) < 0))
		err_exit();
	store_hold_bells(p.s);
	if (operands[0] && operands[1]) {
		post_operands(&p, chat, operands + 1);
		p.is_last = true;
		post_batch(&p);
	} else {
		post_lines(&p, operands[0] ? chat : NULL);
	}
	store_close(p.s);
	return view_close(&history.view) < 0 ? err_print() : p.status;
}
