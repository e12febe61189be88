/* chat-session - watch chats and speak in them, as one user */
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "brief.h"
#include "chat.h"
#include "clock.h"
#include "err.h"
#include "follow.h"
#include "history.h"
#include "id.h"
#include "lines.h"
#include "opt.h"
#include "overhear.h"
#include "person.h"
#include "stop.h"
#include "task.h"
#include "teller.h"

/* How long a lost bell may go unnoticed; how many lines are taken, and how many bytes of events are
 * kept, before the others have their turn. */
enum { POLL_MS = 2000, LINES_AT_ONCE = 64, BYTES_AT_ONCE = 1 << 20 };

/* How long after having told that tasks have changed that is not told again. */
enum { TASKS_MS = 300 };

static struct history history = { .view.format = "json" };
static const char *user, *heartbeat = "30";
static long since = -1, newest = -1;
static bool partial, tasks;

static const struct opt opts[] = { { 'u', "user", "user", "as whom; must be given", .str = &user },
	{ 0, "since", "seq", "begin after this event (0: the first; default: only new ones)",
	    .num = &since, .max = LONG_MAX },
	{ 0, "last", "count", "begin with the last count events there are", .num = &newest,
	    .max = LONG_MAX },
	{ 0, "heartbeat", "time", "print a sign of life that often (default: 30; 0: never)",
	    .str = &heartbeat },
	{ 0, "partial", NULL, "also what agents are about to say, while they say it",
	    .set = &partial },
	{ 0, "tasks", NULL, "also that tasks of the chat have changed", .set = &tasks }, { 0 } };

static const struct cmd cmd = { "chat-session", "watch chats and speak in them, as one user",
	"[CHAT]", opts, 0 };

struct session {
	char id[ID_TEXT];
	struct teller teller;
	struct lines in;
	struct follow follow; /* is_in: of the teller's chat, with what rings for it */
	struct bell *bell, *partial_bell, *task_bell;
	struct overhear *overhear;
	long long beat_ms, next_beat_ms; /* monotonic; beat_ms 0: none */
	long long next_tasks_ms;         /* monotonic, too */
	bool is_in;
	bool has_ended; /* the input */
	bool is_over;   /* it cannot go on */
	int status;
};

/* The error in err is the last one. */
static void
give_up(struct session *s)
{
	if (!s->is_over && !stop_signal() && !lines_reader_gone(STDOUT_FILENO))
		s->status = err_print();
	s->is_over = true;
}

static void
flush(struct session *s)
{
	if (history_acknowledge(&history, s->teller.s, false) < 0)
		give_up(s);
}

/* A line of the session's own (consumed). */
static void
say(struct session *s, jv line)
{
	char now[CLOCK_TEXT];

	line = json_set_string(line, "at", clock_format(clock_now_ms(), now));
	line = json_set_string(json_set_string(line, "session_id", s->id), "user_id", user);
	view_add(&history.view, NULL, line);
}

/* What is wrong, as err says; number: of the line that asked for it, 0: none did. */
static void
say_error(struct session *s, unsigned long number)
{
	jv data = json_set_int(jv_object(), "code", err_code());

	data = json_set(data, "message", json_utf8(err_text(), strlen(err_text())));
	say(s, teller_answer(&s->teller, "error", data, number));
}

/* --- the chat */

static void
leave(struct session *s)
{
	overhear_close(s->overhear);
	bell_close(s->task_bell);
	bell_close(s->partial_bell);
	bell_close(s->bell);
	follow_close(&s->follow);
	s->overhear = NULL;
	s->task_bell = s->partial_bell = s->bell = NULL;
	s->is_in = false;
}

/* A bell of a topic (consumed). */
static struct bell *
open_bell(struct session *s, char *topic)
{
	struct bell *bell = bell_open(store_watch_fd(s->teller.s), topic);

	free(topic);
	return bell;
}

/* What was posted before is rung for first: whoever reads us may take his time. */
static void
print_past(struct session *s)
{
	flush(s);
	if (follow_print_past(&s->follow, &history, -1) < 0)
		give_up(s);
}

static void
listen(struct session *s)
{
	overhear_close(s->overhear);
	s->overhear = partial ? overhear_open(store_run_fd(s->teller.s), s->teller.chat_id) : NULL;
}

static jv
last_seq(const struct session *s)
{
	return json_set_int(jv_object(), "last_seq",
	    (int64_t)follow_last(&s->follow, s->teller.chat_id));
}

/* Whether the user may still read the chat, and it is there; number: of the line that has led here,
 * 0: none has. */
static bool
may_stay(struct session *s, unsigned long number)
{
	if (!s->follow.is_denied && !s->follow.is_gone)
		return true;
	/* now the audit has it, too */
	if (teller_enter(&s->teller, s->teller.chat_id) == 0)
		return true;
	if (err_code() != EX_NOPERM && err_code() != EX_NOINPUT) {
		give_up(s);
		return false;
	}
	say_error(s, number);
	leave(s);
	*s->teller.chat_id = '\0';
	return false;
}

/* Goes to the teller's chat: its past is printed, then what comes will be. */
static void
enter(struct session *s, unsigned long number)
{
	const char *chat_id = s->teller.chat_id;
	struct follow_from from = s->teller.from;
	jv data, chat;

	leave(s);
	s->teller.has_moved = false;
	s->is_in = true;
	from.reader = user;
	follow_open(&s->follow, s->teller.s, chat_id, from);
	if (!(s->bell = open_bell(s, follow_topic(chat_id))) ||
	    (partial && !(s->partial_bell = open_bell(s, overhear_topic(chat_id)))) ||
	    (tasks && !(s->task_bell = open_bell(s, task_topic(chat_id)))) ||
	    follow_look(&s->follow) < 0) {
		give_up(s);
		return;
	}
	if (!may_stay(s, number))
		return;
	listen(s);
	print_past(s);
	chat = ask_record(s->teller.s, "chat", chat_id);
	data = json_set(last_seq(s), "may", brief_rights(chat, user));
	say(s, teller_answer(&s->teller, "chat_ready", json_set_valid(data, "chat", chat), number));
}

static void
take_delta(void *arg, jv delta)
{
	struct session *s = arg;
	int lets = s->is_over ? 0 : follow_lets(s->teller.s, s->teller.chat_id, user);

	if (lets < 0)
		give_up(s);
	if (lets > 0)
		view_add(&history.view, NULL, delta);
	else
		jv_free(delta);
}

/* An event is printed: it may say whole what was partial before. */
static void
add_event(struct session *s, struct scan_text event)
{
	jv value = s->overhear ? json_parse_object(event.p, event.len) : jv_invalid();

	if (jv_is_valid(value))
		overhear_said(s->overhear, value);
	jv_free(value);
	history_add(&history, event);
	if (view_len(&history.view) > BYTES_AT_ONCE)
		flush(s);
}

/* A compaction was faster than we, and the feed does not tell what was changed.  False: the user
 * may stay no longer. */
static bool
look_again(struct session *s)
{
	if (follow_look(&s->follow) < 0) {
		give_up(s);
		return false;
	}
	if (!may_stay(s, 0))
		return false;
	listen(s); /* what is said by now may be in the past that follows */
	print_past(s);
	return true;
}

static void
print_news(struct session *s)
{
	enum feed_result rc = FEED_CHANGE;
	struct scan_text event;

	if (s->overhear)
		overhear_look(s->overhear, take_delta, s);
	while (s->is_in && !s->is_over && rc != FEED_NONE) {
		if ((rc = follow_next(&s->follow, &event)) == FEED_FAIL)
			give_up(s);
		else if (!may_stay(s, 0))
			return;
		else if (rc == FEED_CHANGE)
			add_event(s, event);
		else if (rc == FEED_GONE && !look_again(s))
			return;
	}
}

/* --- what is typed */

static void
take_line(struct session *s)
{
	const char *text;
	size_t len;
	enum lines_result rc = lines_next(&s->in, &text, &len);
	jv answer = jv_null();

	if (rc == LINES_END)
		s->has_ended = true;
	else if (rc == LINES_FAIL)
		give_up(s);
	else if (rc == LINES_BAD)
		answer = jv_invalid();
	else if (text[strspn(text, " \t\r")])
		answer = teller_do(&s->teller, text, len, s->in.number);
	if (!jv_is_valid(answer))
		say_error(s, s->in.number);
	else if (s->teller.has_moved)
		enter(s, s->in.number);
	else if (jv_get_kind(answer) == JV_KIND_OBJECT)
		say(s, jv_copy(answer));
	jv_free(answer);
	print_news(s); /* what was said, before the next line moves elsewhere */
}

static void
beat(struct session *s)
{
	if (!s->beat_ms || clock_mono_ms() < s->next_beat_ms)
		return;
	s->next_beat_ms = clock_mono_ms() + s->beat_ms;
	say(s, teller_answer(&s->teller, "heartbeat", s->is_in ? last_seq(s) : jv_object(), 0));
}

static struct pollfd
of_bell(const struct bell *bell)
{
	return (struct pollfd){ bell ? bell_fd(bell) : -1, POLLIN, 0 };
}

/* The bell of tasks, while that may be told again; else nobody listens. */
static struct pollfd
of_task_bell(const struct session *s, long long now_ms)
{
	return of_bell(s->next_tasks_ms > now_ms ? NULL : s->task_bell);
}

/* Where the bell of tasks has rung, that is the news. */
static void
tell_tasks(struct session *s)
{
	long long now_ms = clock_mono_ms();
	struct pollfd bell = of_task_bell(s, now_ms);

	if (poll(&bell, 1, 0) <= 0)
		return;
	bell_clear(s->task_bell);
	s->next_tasks_ms = now_ms + TASKS_MS;
	say(s, teller_answer(&s->teller, "tasks_changed", jv_object(), 0));
}

/* All that can be done without waiting, and some of what is typed. */
static void
turn(struct session *s)
{
	print_news(s);
	for (int i = 0; i < LINES_AT_ONCE && !s->has_ended && !s->is_over && lines_is_ready(&s->in);
	     i++)
		take_line(s);
	tell_tasks(s);
	beat(s);
	flush(s);
}

/* The same while tasks are brought to their end. */
static void
turn_meanwhile(void *arg, size_t gone)
{
	struct session *s = arg;

	(void)gone;
	if (!s->is_over && !stop_signal())
		turn(s);
}

static void
end_tasks(struct session *s)
{
	unsigned long number;
	jv answer = teller_end(&s->teller, turn_meanwhile, s, &number);

	if (jv_is_valid(answer))
		say(s, answer);
	else
		say_error(s, number);
}

/* How long to sleep at most. */
static int
patience_ms(const struct session *s, long long now_ms)
{
	long long left = POLL_MS;

	if (s->beat_ms && s->next_beat_ms - now_ms < left)
		left = s->next_beat_ms - now_ms;
	if (s->next_tasks_ms > now_ms && s->next_tasks_ms - now_ms < left)
		left = s->next_tasks_ms - now_ms;
	return left > 0 ? (int)left : 0;
}

/* Sleeps until something is typed, said or done, a heartbeat is due, or nobody reads any more. */
static void
wait_for_news(struct session *s)
{
	long long now_ms = clock_mono_ms();
	struct pollfd fds[] = { { s->in.fd, POLLIN, 0 }, { STDOUT_FILENO, 0, 0 }, of_bell(s->bell),
		of_bell(s->partial_bell), of_task_bell(s, now_ms) };
	int patience = patience_ms(s, now_ms);

	if (lines_is_ready(&s->in))
		return;
	if (s->bell)
		bell_rest(s->bell, s->partial_bell, patience, s->in.fd);
	if (stop_signal() || poll(fds, 5, patience) <= 0)
		return;
	s->is_over = fds[1].revents & (POLLERR | POLLHUP | POLLNVAL);
	if (fds[2].revents)
		bell_clear(s->bell);
	if (fds[3].revents)
		bell_clear(s->partial_bell);
}

static int
serve(struct session *s)
{
	while (!s->is_over && !stop_signal()) {
		turn(s);
		if (teller_is_ending(&s->teller))
			end_tasks(s);
		else if (s->has_ended)
			break;
		else
			wait_for_news(s);
	}
	if (!s->is_over && !stop_signal()) {
		print_news(s); /* what was typed last */
		flush(s);
	}
	buf_release(&history.view.out.buf); /* nobody takes it any more */
	leave(s);
	teller_close(&s->teller);
	lines_release(&s->in);
	view_close(&history.view);
	return stop_signal() ? 128 + stop_signal() : s->status;
}

/* The first line, then the store, and the chat that was named.  0, or the exit status; both sides
 * are told then. */
static int
greet(struct session *s, const char *chat)
{
	jv data = json_set_int(jv_object(), "heartbeat_ms", s->beat_ms);
	int status;

	say(s, teller_answer(&s->teller, "session_info", data, 0));
	s->teller.s = store_open();
	if (!s->teller.s ||
	    person_check(s->teller.s, "post_refused", "speaks as nobody else") < 0 ||
	    (chat && teller_enter(&s->teller, chat) < 0)) {
		status = err_print();
		say_error(s, 0);
		view_flush(&history.view);
		return status;
	}
	store_hold_bells(s->teller.s);
	if (chat)
		enter(s, 0);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct session s = { .teller.from = { NULL, -1, -1 } };
	char **operands = opt_parse(&cmd, argv);
	int status;

	(void)argc;
	if (operands[0] && operands[1])
		opt_usage(&cmd, "want one chat at most");
	if (!user)
		opt_usage(&cmd, "want --user");
	if (chat_check_user(user) < 0)
		opt_usage(&cmd, "%s", err_text());
	if ((s.beat_ms = opt_duration_ms(heartbeat)) < 0)
		opt_usage(&cmd, "--heartbeat: want a time such as 30, 500ms or 2m, got '%s'",
		    heartbeat);
	if (history_open(&history) < 0)
		opt_usage(&cmd, "%s", err_text());
	stop_catch();
	stop_at_pipe();
	s.teller.user = user;
	s.teller.from = (struct follow_from){ NULL, newest, since, NULL };
	s.next_beat_ms = clock_mono_ms() + s.beat_ms;
	id_new(s.id);
	lines_init(&s.in, STDIN_FILENO, STDOUT_FILENO, "stdin");
	if ((status = greet(&s, operands[0])) == 0)
		status = serve(&s);
	store_close(s.teller.s);
	return status;
}
