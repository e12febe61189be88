/* chat-watch - print what is said in a chat, as it happens */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "bundle.h"
#include "clock.h"
#include "cursor.h"
#include "dir.h"
#include "err.h"
#include "follow.h"
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
	struct follow follow;
	long long deadline_ms; /* monotonic; 0: none */
	bool is_late;          /* --timeout is over */
};

static bool
is_enough(void)
{
	return count >= 0 && history.printed >= count;
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
		if (choice_has_task(&history.choice, tx, jv_string_value(id)) &&
		    task_is_over(task) &&
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
	if (w->follow.is_denied)
		return;
	if (follow_print_past(&w->follow, &history, count) < 0)
		die(w);
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

static void
print_event(struct watch *w, struct scan_text event)
{
	if (w->overhear)
		note_said(w, event);
	if (history_take(&history, NULL, event) < 0)
		die(w);
}

static void
take_delta(void *arg, jv delta)
{
	struct watch *w = arg;
	int wants = choice_wants(&history.choice, NULL, delta);

	if (wants > 0)
		wants = follow_lets(w->s, json_peek_string(delta, "chat_id"), id_user(NULL));
	if (wants < 0)
		die(w);
	if (!wants)
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

	if (w->has_footer)
		screen_measure(&history.view.screen, STDOUT_FILENO);
	print_partial(w);
	while (!is_enough() && (rc = follow_next(&w->follow, &event)) == FEED_CHANGE)
		print_event(w, event);
	if (follow_settle(&w->follow, &history, count) < 0)
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
	else
		bell_rest(w->bell, w->partial_bell, (int)left, -1);
	if (stop_signal() ||
	    bell_wait_either(w->bell, w->partial_bell, (int)left, STDOUT_FILENO) < 0)
		return -1;
	return stop_signal() ? -1 : 0;
}

static int
end_status(const struct watch *w, const char *chat_id)
{
	if (stop_signal())
		return 128 + stop_signal();
	if (w->follow.is_denied) {
		err_set(EX_NOPERM, "chat %.8s: %s may not read it any more", chat_id,
		    id_user(NULL));
		return err_print();
	}
	if (w->follow.is_gone && !is_enough()) {
		err_set(EX_NOINPUT, "chat %s: was deleted", chat_id);
		return err_print();
	}
	return count >= 0 && w->is_late ? EX_TIMEOUT : 0;
}

static bool
is_hidden(void *arg, const char *chat_id)
{
	const struct watch *w = arg;

	return all && follow_is_hidden(&w->follow, chat_id);
}

/* Who runs is looked for with the rest, and then seen to come and go. */
static void
look_for_running(void *arg, struct tx *tx)
{
	struct watch *w = arg;

	underway_look(&w->underway, tx);
}

static void
note_running(void *arg, const char *key, struct scan_text record)
{
	struct watch *w = arg;

	underway_take(&w->underway, key, record);
}

/* Only where lines can be replaced. */
static void
open_footer(struct watch *w, const char *chat_id)
{
	underway_open(&w->underway, chat_id, &history.choice);
	w->underway.is_hidden = is_hidden;
	w->underway.arg = w;
	w->has_footer = history.view.kind == VIEW_TEXT && history.view.screen.rows > 0;
	if (!w->has_footer)
		return;
	footer_open(&w->footer, &history.view.screen);
	w->follow.looked = look_for_running;
	w->follow.changed = note_running;
	w->follow.arg = w;
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
	size_t hidden = follow_hidden(&w->follow);

	if (hidden > 0)
		err_warn("%zu %s not shown: %s may not read %s", hidden,
		    hidden > 1 ? "chats are" : "chat is", id_user(NULL),
		    hidden > 1 ? "them" : "it");
}

/* One look at the store: what is past, and what is to come. */
static void
look(struct watch *w)
{
	if (follow_look(&w->follow) < 0)
		die(w);
}

static int
watch(struct watch *w, const char *chat_id)
{
	char *topic = follow_topic(chat_id);

	follow_open(&w->follow, w->s, chat_id,
	    (struct follow_from){ cursor, newest, since, id_user(NULL) });
	if (!(w->bell = bell_open(store_watch_fd(w->s), topic)))
		die(w);
	open_footer(w, chat_id);
	open_partial(w, chat_id);
	look(w);
	say_hidden(w);
	print_past(w);
	while (!is_enough() && !w->follow.is_denied) {
		if (print_news(w) == FEED_GONE) {
			look(w);
			close_partial(w); /* what is said by now may be in the past that follows */
			open_partial(w, chat_id);
			print_past(w);
		} else if (is_enough() || w->follow.is_gone || w->follow.is_denied ||
			   wait_for_news(w) < 0) {
			break;
		}
	}
	close_partial(w);
	close_footer(w);
	notice_close(&w->notice, say, w);
	jv_free(w->ended);
	bell_close(w->partial_bell);
	bell_close(w->bell);
	history_close(&history);
	follow_close(&w->follow);
	free(topic);
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
	if (cursor && cursor_check(cursor) < 0)
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
