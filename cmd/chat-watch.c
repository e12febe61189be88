/* chat-watch - print what is said in a chat, as it happens */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "bundle.h"
#include "chat.h"
#include "clock.h"
#include "dir.h"
#include "err.h"
#include "feed.h"
#include "footer.h"
#include "growing.h"
#include "history.h"
#include "json.h"
#include "may.h"
#include "notice.h"
#include "opt.h"
#include "overhear.h"
#include "stop.h"
#include "task.h"
#include "underway.h"

/* How long a lost bell may go unnoticed; how long a terminal is left in peace, where a text grows
 * and where only time goes by; and the rows that events have at least. */
enum { POLL_MS = 2000, REDRAW_MS = 40, TICK_MS = 1000, ROWS_MIN = 8 };

static struct history history;
static const char *cursor, *timeout, *notify;
static long since = -1, newest = -1, count = -1;
static bool all, partial;

static const struct opt opts[] = { { 0, "all", NULL, "of every chat, also those to come",
				       .set = &all },
	{ 0, "since", "seq", "begin after this event (0: the first; default: only new ones)",
	    .num = &since, .max = LONG_MAX },
	{ 0, "last", "count", "begin with the last count events there are", .num = &newest,
	    .max = LONG_MAX },
	{ 0, "cursor", "name", "go on where this named reader has come to, and pass its name on",
	    .str = &cursor },
	{ 0, "count", "count", "end after count events", .num = &count, .min = 1, .max = LONG_MAX },
	{ 0, "partial", NULL, "also what agents are about to say, while they say it",
	    .set = &partial },
	{ 0, "notify", "command", "run this line of sh for each task that ends", .str = &notify },
	{ 't', "timeout", "time", "end after this time, with status 124 if --count was not reached",
	    .str = &timeout },
	HISTORY_GROUP(history), CHOICE_OPTIONS(history.choice), VIEW_FORMAT(history.view),
	VIEW_JQ(history.view), VIEW_IDS(history.view), { 0 } };

static const struct cmd cmd = { "chat-watch", "print what is said in a chat, as it happens",
	"CHAT | --all", opts, 0 };

/* A chat: what was printed of it, and what is to be printed from its past. */
struct past {
	char chat_id[ID_TEXT];
	uint64_t since, last;
	bool is_hidden; /* you may not read it */
	bool is_tail;   /* it begins with the last events */
};

struct watch {
	struct store *s;
	struct bell *bell;
	struct bell *partial_bell; /* NULL, as the next: they are not wanted, or cannot be shown */
	struct overhear *overhear;
	bool has_footer; /* it is a terminal that shows what goes on, below the events */
	struct footer footer;
	struct growing growing;
	struct underway underway;
	struct notice notice;
	jv ended; /* array: ids of tasks that may have */
	struct feed *feed;
	struct past *past;
	size_t pasts;
	const char *only;      /* prefix of the keys to print */
	const char *chat;      /* key of the only chat; NULL: all are watched */
	long long deadline_ms; /* monotonic; 0: none */
	bool is_again;         /* it is not the first look */
	bool is_late;          /* --timeout is over */
	bool is_gone;          /* the chat was deleted */
	bool is_denied;        /* you may not read it any more */
};

static bool
is_enough(void)
{
	return count >= 0 && history.printed >= count;
}

/* Where to begin in a chat: its cursor, else --last or --since, else behind what is there. */
static void
begin(struct tx *tx, struct past *p, bool is_known_reader)
{
	int64_t seq = cursor ? chat_cursor(tx, cursor, p->chat_id) : -1;

	p->is_tail = seq < 0 && !is_known_reader && newest >= 0;
	if (seq >= 0)
		p->since = (uint64_t)seq;
	else if (is_known_reader) /* a chat that was made while it was away */
		p->since = 0;
	else if (newest >= 0)
		p->since = p->last > (uint64_t)newest ? p->last - (uint64_t)newest : 0;
	else
		p->since = since >= 0 ? (uint64_t)since : p->last;
}

/* The chat's entry, made where it has none. */
static struct past *
past_of(struct watch *w, const char *chat_id)
{
	for (size_t i = 0; i < w->pasts; i++)
		if (!strcmp(w->past[i].chat_id, chat_id))
			return &w->past[i];
	w->past = xrealloc(w->past, (w->pasts + 1) * sizeof *w->past);
	w->past[w->pasts] = (struct past){ .since = 0 };
	memcpy(w->past[w->pasts].chat_id, chat_id, ID_TEXT - 1);
	return &w->past[w->pasts++];
}

static void
add_past(struct watch *w, struct tx *tx, const char *chat_id, bool is_known_reader)
{
	struct past *p = past_of(w, chat_id);

	p->last = chat_last(tx, chat_id);
	if (w->is_again) /* a compaction was faster than we: go on where we are */
		return;
	begin(tx, p, is_known_reader);
	if (cursor) /* from now on this is where it stands, also if it dies at once */
		chat_move_cursor(tx, cursor, chat_id, (int64_t)p->since);
}

/* Whether you may read a chat, by its record as text; false with err. */
static bool
may_read(struct scan_text chat)
{
	struct scan_text policy;
	jv record;
	bool is;

	if (!scan_member(chat, "policy", &policy))
		return true;
	record = json_parse_object(chat.p, chat.len);
	is = may(NULL, record, id_user(NULL), MAY_READ) == 0;
	jv_free(record);
	return is;
}

static void
add_all_pasts(struct watch *w, struct tx *tx)
{
	bool is_known = cursor && chat_cursor(tx, cursor, "all") >= 0;
	struct scan_text chat, id;

	for (uint64_t n = 0; (n = store_next(tx, "chats", n)) != 0;) {
		char chat_id[ID_TEXT] = "";

		if (store_peek(tx, n, &chat) && scan_member(chat, "id", &id) && id.len == 38) {
			memcpy(chat_id, id.p + 1, 36);
			past_of(w, chat_id)->is_hidden = !may_read(chat);
			add_past(w, tx, chat_id, is_known);
		}
	}
	if (cursor)
		chat_move_cursor(tx, cursor, "all", 0);
}

/* Takes away what stands below the events. */
static void
wipe(struct watch *w)
{
	if (w->has_footer)
		footer_erase(&w->footer, &history.view.out.buf);
}

/* Ends with the error in the slot, leaving no bell behind, and no footer where that can be. */
static _Noreturn void
die(struct watch *w)
{
	struct buf erase = { 0 };

	if (w->has_footer) {
		footer_erase(&w->footer, &erase);
		dir_write_all(STDOUT_FILENO, erase.p ? erase.p : "", erase.len);
	}
	bell_close(w->bell);
	bell_close(w->partial_bell);
	if (stop_signal())
		exit(128 + stop_signal());
	err_exit();
}

/* One look at the store: what is past, and a feed of what is to come. */
static void
look(struct watch *w, const char *chat_id)
{
	enum store_result rc;

	do {
		struct tx *tx = cursor ? store_begin(w->s) : store_read(w->s);

		if (!tx)
			die(w);
		feed_close(w->feed);
		w->is_gone = w->chat && !store_number(tx, w->chat);
		if (chat_id)
			add_past(w, tx, chat_id, false);
		else
			add_all_pasts(w, tx);
		if (w->has_footer)
			underway_look(&w->underway, tx);
		if (!(w->feed = feed_open(tx))) {
			store_end(tx);
			die(w);
		}
		rc = cursor ? store_commit(tx, STORE_DURABLE) : (enum store_result)store_end(tx);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		die(w);
}

/* How many more may be printed; -1: any number. */
static long
lines_left(void)
{
	return count >= 0 ? count - history.printed : -1;
}

/* Of --last and --group or a choice: what counts is what is printed. */
static int
find_tail(struct watch *w, struct past *p)
{
	if (!p->is_tail)
		return 0;
	if (history.is_grouped)
		p->since = 0;
	else if (history_tail(&history, w->s, p->chat_id, p->last, newest, &p->since) < 0)
		return -1;
	return 0;
}

/* Adds the lines of what was gathered: of a past that began with --last only so many. */
static int
settle(struct watch *w, bool is_tail)
{
	long limit = lines_left();

	if (is_tail && (limit < 0 || newest < limit))
		limit = newest;
	return history_settle(&history, w->s, GATHER_STOPPED, limit, is_tail);
}

static void
note_end(void *arg, jv event)
{
	struct watch *w = arg;
	jv data = json_get(event, "data", JV_KIND_OBJECT),
	   id = json_get(data, "task_id", JV_KIND_STRING);

	if (jv_is_valid(id) && bundle_may_stop(event))
		w->ended = jv_array_append(w->ended, id);
	else
		jv_free(id);
	jv_free(data);
}

static void
say(void *arg, const char *warning)
{
	wipe(arg);
	view_flush(&history.view);
	err_warn("%s", warning);
}

/* Has --notify's command run for tasks that have ended, and of which all is said. */
static void
notify_ends(struct watch *w)
{
	struct tx *tx = NULL;

	jv_array_foreach (w->ended, i, id) {
		jv task;

		if (!tx && !(tx = store_read(w->s)))
			die(w);
		task = task_get(tx, jv_string_value(id));
		if (task_is_over(task) &&
		    json_peek_int(task, "posted", 0) >= json_peek_int(task, "events", 0))
			notice_add(&w->notice, task);
		else
			jv_free(task);
		jv_free(id);
	}
	if (tx && store_end(tx) < 0)
		die(w);
	jv_free(w->ended);
	w->ended = jv_array();
	notice_look(&w->notice, say, w);
}

static void
print_past(struct watch *w)
{
	wipe(w);
	for (size_t i = 0; i < w->pasts && !is_enough(); i++) {
		struct past *p = &w->past[i];
		bool is_tail = p->is_tail;

		if (p->is_hidden)
			continue;
		if (find_tail(w, p) < 0 ||
		    history_print(&history, w->s, p->chat_id, p->since, p->last,
			history.is_grouped ? -1 : lines_left()) < 0 ||
		    settle(w, is_tail) < 0 || view_flush(&history.view) < 0)
			die(w);
		p->is_tail = false;
		if (p->since < p->last)
			p->since = p->last;
	}
	if (notify && !history.seen) { /* of what ends from now on */
		history.seen = note_end;
		history.arg = w;
	}
}

/* An event is about to be printed: it may say whole what was shown of it before. */
static void
note_said(struct watch *w, struct scan_text event)
{
	jv value = json_parse_object(event.p, event.len);

	if (jv_is_valid(value)) {
		overhear_said(w->overhear, value);
		growing_replace(&w->growing, value);
	}
	jv_free(value);
}

/* A chat has changed, by its key and its record: its rules, it may be. */
static void
note_rules(struct watch *w, const char *key, struct scan_text chat)
{
	bool is_mine = w->chat && !strcmp(key, w->chat);

	if (is_mine)
		w->is_denied = !may_read(chat);
	else if (!w->chat && strlen(key) == strlen("chat/") + ID_TEXT - 1)
		past_of(w, key + strlen("chat/"))->is_hidden = !may_read(chat);
}

/* A change in the feed: an event is printed, unless its key says that it is another chat's or was
 * printed. */
static void
print_event(struct watch *w, const char *key, struct scan_text event)
{
	char chat_id[ID_TEXT] = "";
	uint64_t seq;
	struct past *p;

	if (!event.p && w->chat && !strcmp(key, w->chat))
		w->is_gone = true;
	if (event.p && !strncmp(key, "chat/", 5))
		note_rules(w, key, event);
	if (w->has_footer)
		underway_take(&w->underway, key, event);
	if (!event.p || strncmp(key, w->only, strlen(w->only)) != 0)
		return;
	strncpy(chat_id, key + strlen("event/"), ID_TEXT - 1);
	p = past_of(w, chat_id);
	seq = strtoull(key + strlen("event/") + ID_TEXT, NULL, 10);
	if (seq <= p->since || p->is_hidden)
		return;
	p->since = seq;
	if (w->overhear)
		note_said(w, event);
	if (history_take(&history, NULL, event) < 0)
		die(w);
}

static void
take_delta(void *arg, jv delta)
{
	struct watch *w = arg;
	const char *chat_id = json_peek_string(delta, "chat_id");
	int wants = choice_wants(&history.choice, NULL, delta);

	if (wants < 0)
		die(w);
	if (!wants || (all && chat_id && past_of(w, chat_id)->is_hidden))
		jv_free(delta);
	else if (history.view.kind == VIEW_TEXT)
		growing_take(&w->growing, delta);
	else
		view_add(&history.view, NULL, delta);
}

/* What agents are about to say. */
static void
print_partial(struct watch *w)
{
	if (w->overhear)
		overhear_look(w->overhear, take_delta, w);
}

/* Puts what goes on below what is about to be printed, in place of what stood there. */
static void
draw_footer(struct watch *w)
{
	struct buf *out = &history.view.out.buf, lines = { 0 }, whole = { 0 };
	size_t rows = history.view.screen.rows;
	bool has_room = rows >= ROWS_MIN + UNDERWAY_LINES + 1;

	if (!w->has_footer)
		return;
	if (out->len > 0) {
		footer_erase(&w->footer, &whole);
		buf_add(&whole, out->p, out->len);
		buf_release(out);
		*out = whole;
	}
	growing_lines(&w->growing, has_room ? rows - UNDERWAY_LINES - 2 : rows - 1, &lines);
	if (has_room)
		underway_draw(&w->underway, &history.view.screen, clock_now_ms(), &lines);
	footer_draw(&w->footer, out, &lines);
	buf_release(&lines);
}

/* FEED_GONE: look again. */
static enum feed_result
print_news(struct watch *w)
{
	enum feed_result rc = FEED_NONE;
	struct scan_text event;
	const char *key;

	if (w->has_footer)
		screen_measure(&history.view.screen, STDOUT_FILENO);
	print_partial(w);
	while (
	    !is_enough() && !w->is_denied && (rc = feed_next(w->feed, &key, &event)) == FEED_CHANGE)
		print_event(w, key, event);
	if (settle(w, false) < 0)
		die(w);
	draw_footer(w);
	if (rc == FEED_FAIL || view_flush(&history.view) < 0)
		die(w);
	notify_ends(w);
	return rc;
}

/* Sleeps until there may be news.  -1: time to end, w->is_late tells whether the time is over. */
static int
wait_for_news(struct watch *w)
{
	long long left = POLL_MS;

	if (w->deadline_ms) {
		left = w->deadline_ms - clock_mono_ms();
		w->is_late = left <= 0;
		if (w->is_late)
			return -1;
		left = left < POLL_MS ? left : POLL_MS;
	}
	if (w->has_footer && underway_len(&w->underway) > 0 && left > TICK_MS)
		left = TICK_MS;
	if (w->growing.len > 0)
		poll(NULL, 0, left < REDRAW_MS ? (int)left : REDRAW_MS);
	return bell_wait_either(w->bell, w->partial_bell, (int)left, STDOUT_FILENO) < 0 ||
	               stop_signal()
	           ? -1
	           : 0;
}

static int
end_status(const struct watch *w, const char *chat_id)
{
	if (stop_signal())
		return 128 + stop_signal();
	if (w->is_denied) {
		err_set(EX_NOPERM, "chat %.8s: %s may not read it any more", chat_id,
		    id_user(NULL));
		return err_print();
	}
	if (w->is_gone && !is_enough()) {
		err_set(EX_NOINPUT, "chat %s: was deleted", chat_id);
		return err_print();
	}
	return count >= 0 && w->is_late ? EX_TIMEOUT : 0;
}

static bool
is_hidden(void *arg, const char *chat_id)
{
	return all && past_of(arg, chat_id)->is_hidden;
}

/* Only where lines can be replaced. */
static void
open_footer(struct watch *w, const char *chat_id)
{
	underway_open(&w->underway, chat_id, &history.choice);
	w->underway.is_hidden = is_hidden;
	w->underway.arg = w;
	w->has_footer = history.view.kind == VIEW_TEXT && history.view.screen.rows > 0;
	if (w->has_footer)
		footer_open(&w->footer, &history.view.screen);
}

static void
close_footer(struct watch *w)
{
	wipe(w);
	if (w->has_footer)
		footer_release(&w->footer);
	underway_close(&w->underway);
	w->has_footer = false;
}

/* As text they need a terminal where they can be replaced. */
static void
open_partial(struct watch *w, const char *chat_id)
{
	char *topic;

	if (!partial || (history.view.kind == VIEW_TEXT && !w->has_footer))
		return;
	topic = overhear_topic(chat_id);
	if (!w->partial_bell && !(w->partial_bell = bell_open(store_watch_fd(w->s), topic)))
		die(w);
	w->overhear = overhear_open(store_run_fd(w->s), chat_id);
	growing_open(&w->growing, &history.view.screen, all);
	free(topic);
}

static void
close_partial(struct watch *w)
{
	growing_release(&w->growing);
	overhear_close(w->overhear);
	w->overhear = NULL;
}

/* Nothing is left out silently. */
static void
say_hidden(const struct watch *w)
{
	size_t hidden = 0;

	for (size_t i = 0; i < w->pasts; i++)
		hidden += w->past[i].is_hidden;
	if (hidden > 0)
		err_warn("%zu %s not shown: %s may not read %s", hidden,
		    hidden > 1 ? "chats are" : "chat is", id_user(NULL),
		    hidden > 1 ? "them" : "it");
}

static int
watch(struct watch *w, const char *chat_id)
{
	char *topic = chat_id ? xprintf("chat-%s", chat_id) : xstrdup("chats");
	char *only = chat_id ? xprintf("event/%s/", chat_id) : xstrdup("event/");
	char *chat = chat_id ? xprintf("chat/%s", chat_id) : NULL;

	w->only = only;
	w->chat = chat;
	if (!(w->bell = bell_open(store_watch_fd(w->s), topic)))
		die(w);
	open_footer(w, chat_id);
	open_partial(w, chat_id);
	look(w, chat_id);
	say_hidden(w);
	print_past(w);
	while (!is_enough()) {
		if (print_news(w) == FEED_GONE) {
			w->is_again = true;
			look(w, chat_id);
			close_partial(w); /* what is said by now may be in the past that follows */
			open_partial(w, chat_id);
			print_past(w);
		} else if (is_enough() || w->is_gone || w->is_denied || wait_for_news(w) < 0) {
			break;
		}
	}
	close_partial(w);
	close_footer(w);
	notice_close(&w->notice, say, w);
	jv_free(w->ended);
	bell_close(w->partial_bell);
	bell_close(w->bell);
	feed_close(w->feed);
	history_close(&history);
	free(w->past);
	free(topic);
	free(only);
	free(chat);
	return end_status(w, chat_id);
}

int
main(int argc, char *argv[])
{
	struct watch w = { 0 };
	char **operands = opt_parse(&cmd, argv), id[ID_TEXT];
	int status;

	(void)argc;
	if (!operands[0] == !all || (operands[0] && operands[1]))
		opt_usage(&cmd, "want one chat, or --all");
	if (history_open(&history) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (partial && (cursor || history.view.is_ids))
		opt_usage(&cmd, "--partial goes with neither --cursor nor --ids");
	if (history.is_grouped && (cursor || history.view.is_ids || partial))
		opt_usage(&cmd, "--group goes with none of --cursor, --ids and --partial");
	if (cursor && chat_check_cursor(cursor) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (timeout && opt_duration_ms(timeout) < 0)
		opt_usage(&cmd, "--timeout: want a time such as 10, 500ms or 2m, got '%s'",
		    timeout);
	history.cursor = cursor;
	history.text.has_chats = all;
	notice_open(&w.notice, notify);
	w.ended = jv_array();
	w.deadline_ms = timeout ? clock_mono_ms() + opt_duration_ms(timeout) + 1 : 0;
	stop_catch();
	if (!(w.s = store_open()) || history_choose(&history, w.s) < 0)
		err_exit();
	if (operands[0] && (ask_id(w.s, "chat", operands[0], id) < 0 ||
			       may_ask(w.s, id, id_user(NULL), MAY_READ) < 0))
		err_exit();
	status = watch(&w, operands[0] ? id : NULL);
	store_close(w.s);
	return status;
}
