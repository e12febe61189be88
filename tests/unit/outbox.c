#include <poll.h>

#include "bell.h"
#include "domain.h"
#include "life.h"
#include "log.h"
#include "outbox.h"
#include "proc.h"
#include "speech.h"
#include "task.h"

enum { MANY = 400, TURNS = 100000 };

static int counter;

/* Stores a task in progress under the lease, in a chat that need not be there. */
static void
new_task(char id[ID_TEXT], const char *lease, int posted)
{
	struct tx *tx = domain_begin();

	snprintf(id, ID_TEXT, "aaaaaaaa-0000-4000-8000-%012d", ++counter);
	task_put(tx, record("{'id':'%s','instruction':'x','status':'in_progress','lease':'%s',"
			    "'chat_id':'c','user_id':'alice','attempt':1,'posted':%d}",
			 id, lease, posted));
	domain_commit(tx);
}

static jv
get(const char *id)
{
	struct tx *tx = domain_begin();
	jv task = task_get(tx, id);

	store_end(tx);
	return task;
}

/* Logs count events of that many bytes of text. */
static void
log_events(const char *id, int count, size_t bytes)
{
	struct log *log = log_open(store_logs_fd(domain), id, 0);
	char *text = xmalloc(bytes + 1);
	jv task = get(id);

	memset(text, 'x', bytes);
	text[bytes] = '\0';
	while (count-- > 0)
		log_event(log,
		    speech_event(task, "message", json_set_string(jv_object(), "text", text), "s"));
	jv_free(task);
	free(text);
	log_close(log);
}

static void
end_task(const char *id)
{
	struct tx *tx = domain_begin();

	life_complete(tx, task_get(tx, id), jv_string("the answer"));
	domain_commit(tx);
}

static void
follow(struct outbox *o, const char *id, bool is_held)
{
	jv task = get(id);

	if (outbox_add(o, task, is_held) < 0)
		abort();
	jv_free(task);
}

/* A pipe whose reading end does not block. */
static void
make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		abort();
}

static void
take_all(int fd, struct buf *b)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof bytes)) > 0)
		buf_add(b, bytes, (size_t)n);
}

/* The next whole line's task, number and type: "1:2 message", or "". */
static const char *
next_line(struct buf *b, char text[60])
{
	char *newline = b->len ? memchr(b->p, '\n', b->len) : NULL;
	jv event, data;

	text[0] = '\0';
	if (!newline)
		return text;
	event = json_parse_object(b->p, (size_t)(newline - b->p));
	data = json_get(event, "data", JV_KIND_OBJECT);
	snprintf(text, 60, "%ld:%lld %s", strtol(json_peek_string(data, "task_id") + 24, NULL, 10),
	    (long long)json_peek_int(event, "n", -1), json_peek_string(event, "type"));
	jv_free(data);
	jv_free(event);
	buf_cut(b, (size_t)(newline + 1 - b->p));
	return text;
}

/* What there is to read, as the lines' summaries with commas between. */
static void
reads(int fd, const char *want, const char *fact)
{
	struct buf bytes = { 0 }, list = { 0 };
	char line[60];

	take_all(fd, &bytes);
	buf_puts(&list, "");
	while (*next_line(&bytes, line))
		buf_printf(&list, "%s%s", list.len ? ", " : "", line);
	is(list.p, want, fact);
	is_int((long long)bytes.len, 0, "... in whole lines");
	buf_release(&list);
	buf_release(&bytes);
}

static void
test_order(void)
{
	char id[ID_TEXT], want[200];
	struct outbox *o;
	int fds[2];

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	new_task(id, "L", 0);
	ok(!outbox_has(o, id) && outbox_len(o) == 0, "a new outbox follows nothing");
	is_int(outbox_pump(o), 0, "and has nothing to write");
	follow(o, id, true);
	follow(o, id, true);
	ok(outbox_has(o, id) && outbox_len(o) == 1, "a task is followed once");
	is_int(outbox_pump(o), 0, "one without a log has nothing yet");
	log_events(id, 2, 10);
	outbox_pump(o);
	snprintf(want, sizeof want, "%d:1 message, %d:2 message", counter, counter);
	reads(fds[0], want, "logged events are written in order");
	outbox_pump(o);
	reads(fds[0], "", "and not again");
	log_events(id, 1, 10);
	end_task(id);
	outbox_pump(o);
	snprintf(want, sizeof want, "%d:3 message, %d:4 message, %d:5 status", counter, counter,
	    counter);
	reads(fds[0], want, "those that were logged last come before the closing ones");
	ok(!outbox_has(o, id) && outbox_len(o) == 0, "a task that ended is let go of");
	outbox_close(o);
	close(fds[0]);
	close(fds[1]);
}

/* Goes on behind what is in the chat, closing events included. */
static void
test_posted(void)
{
	char id[ID_TEXT], want[100];
	struct outbox *o;
	struct tx *tx;
	int fds[2];

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	new_task(id, "L", 2);
	log_events(id, 3, 10);
	follow(o, id, true);
	outbox_pump(o);
	snprintf(want, sizeof want, "%d:3 message", counter);
	reads(fds[0], want, "what is posted is not written again");
	end_task(id);
	tx = domain_begin();
	task_put(tx, json_set_int(task_get(tx, id), "posted", 4));
	domain_commit(tx);
	outbox_close(o);
	o = outbox_open(domain, fds[1]);
	follow(o, id, false);
	outbox_pump(o);
	snprintf(want, sizeof want, "%d:5 status", counter);
	reads(fds[0], want, "nor are closing events");
	is_int((long long)outbox_len(o), 0, "with the last it is done");
	outbox_close(o);
	close(fds[0]);
	close(fds[1]);
}

/* A process that holds a lease until it is killed. */
static pid_t
start_runner(char lease[ID_TEXT])
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0)
		abort();
	if ((pid = box_fork()) == 0) {
		struct proc_lease own;

		if (proc_lease_take(&own, store_run_fd(domain)) < 0 ||
		    write(fds[1], own.id, ID_TEXT) != ID_TEXT)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], lease, ID_TEXT) != ID_TEXT)
		abort();
	close(fds[0]);
	return pid;
}

static void
test_held(void)
{
	char held[ID_TEXT], dead[ID_TEXT], live[ID_TEXT], lease[ID_TEXT], want[60];
	struct outbox *o;
	pid_t runner = start_runner(lease);
	int fds[2];

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	new_task(held, "", 0);
	new_task(live, lease, 0);
	new_task(dead, "aaaaaaaa-0000-4000-8000-00000000dead", 0);
	log_events(dead, 1, 10);
	follow(o, held, true);
	follow(o, dead, false);
	follow(o, live, false);
	outbox_pump(o);
	ok(outbox_has(o, held), "a task that somebody holds is kept");
	ok(outbox_has(o, live), "so is one whose runner lives");
	ok(!outbox_has(o, dead), "one whose runner is dead is let go of");
	snprintf(want, sizeof want, "%d:1 message", counter);
	reads(fds[0], want, "... when its events are written");
	outbox_let_go(o, held);
	outbox_let_go(o, "unknown");
	ok(outbox_has(o, held), "to let go of one does not drop it");
	outbox_pump(o);
	ok(!outbox_has(o, held), "... but the next pump does");
	box_kill(runner);
	outbox_pump(o);
	is_int((long long)outbox_len(o), 0, "and one whose runner dies goes too");
	outbox_close(o);
	close(fds[0]);
	close(fds[1]);
}

/* Bells ring for tasks; the output is polled for writing only when something waits for it. */
static void
test_poll(void)
{
	char id[ID_TEXT], topic[60];
	struct pollfd polled[2];
	struct outbox *o;
	int fds[2];

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	is_int((long long)outbox_poll_fds(o, polled), 1, "an empty outbox watches its output");
	ok(polled[0].fd == fds[1] && polled[0].events == 0, "... for the end of its reader only");
	new_task(id, "L", 0);
	follow(o, id, false);
	is_int((long long)outbox_poll_fds(o, polled), 2, "a task has a bell");
	is_int(poll(polled, 2, 0), 0, "which is silent");
	snprintf(topic, sizeof topic, "task-%s", id);
	bell_ring(store_watch_fd(domain), topic);
	ok(poll(polled, 2, 0) == 1 && polled[1].revents, "until it is rung");
	outbox_pump(o);
	is_int(poll(polled, 1, 0), 0, "a pump answers it");
	new_task(id, "L", 0);
	follow(o, id, true);
	outbox_poll_fds(o, polled);
	is_int(polled[1].fd, -1, "of a task that is held its runner tells");
	log_events(id, 200, 1000);
	outbox_pump(o);
	ok(outbox_is_blocked(o), "a full pipe blocks the outbox");
	outbox_poll_fds(o, polled);
	is_int(polled[0].events, POLLOUT, "which waits to write then");
	outbox_close(o);
	close(fds[0]);
	close(fds[1]);
}

/* A pipe that nobody reads for a while: no call waits, and afterwards all arrives. */
static void
test_blocked(void)
{
	char id[ID_TEXT], line[60], want[60];
	struct buf bytes = { 0 };
	struct outbox *o;
	int fds[2], wrong = 0, turns = 0;

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	new_task(id, "L", 0);
	log_events(id, MANY, 1000);
	end_task(id);
	follow(o, id, false);
	for (int i = 0; i < 5; i++)
		wrong += outbox_pump(o) != 0;
	is_int(wrong, 0, "a pipe that is full lets every pump return");
	ok(outbox_is_blocked(o) && outbox_has(o, id), "the task waits");
	for (int n = 1; n <= MANY + 2 && turns < TURNS; turns++) {
		take_all(fds[0], &bytes);
		for (; *next_line(&bytes, line); n++) {
			snprintf(want, sizeof want, "%d:%d %s", counter, n,
			    n == MANY + 2 ? "status" : "message");
			wrong += strcmp(line, want) != 0;
		}
		wrong += outbox_pump(o) != 0;
	}
	ok(turns < TURNS, "when it is read on all arrives");
	is_int(wrong, 0, "in order, each once");
	ok(!outbox_is_blocked(o) && outbox_len(o) == 0, "nothing is left");
	buf_release(&bytes);
	outbox_close(o);
	close(fds[0]);
	close(fds[1]);
}

/* Where nothing blocks, who waits as he is told gets all there is: no bell rings for the rest. */
static void
test_unblocked(void)
{
	char id[2][ID_TEXT];
	int fd = openat(box_fd, "out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), lines = 0;
	struct outbox *o = outbox_open(domain, fd);
	struct pollfd polled[3];
	char *text;
	size_t len;

	for (int i = 0; i < 2; i++) {
		new_task(id[i], "L", 0);
		log_events(id[i], MANY, 1000);
		end_task(id[i]);
		follow(o, id[i], false);
	}
	for (int turn = 0; turn < TURNS && outbox_pump(o) == 0; turn++)
		if (poll(polled, outbox_poll_fds(o, polled), 0) == 0)
			break;
	ok(!outbox_is_blocked(o) && outbox_len(o) == 0, "into a file all is written at once");
	text = box_read("out", &len);
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	is_int(lines, 2 * (MANY + 2), "every event is there");
	free(text);
	outbox_close(o);
	close(fd);
}

static void
test_reader_gone(void)
{
	char id[ID_TEXT];
	struct outbox *o;
	int fds[2];

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	new_task(id, "L", 0);
	follow(o, id, true);
	close(fds[0]);
	is_int(outbox_pump(o), 0, "nobody is missed while there is nothing to say");
	log_events(id, 1, 10);
	is_int(outbox_pump(o), OUTBOX_GONE, "a reader that is gone is told");
	outbox_close(o);
	outbox_close(NULL);
	close(fds[1]);
}

/* The task's record is deleted while it is followed. */
static void
test_deleted(void)
{
	char id[ID_TEXT], key[60];
	struct outbox *o;
	struct tx *tx;
	int fds[2];

	make_pipe(fds);
	o = outbox_open(domain, fds[1]);
	new_task(id, "L", 0);
	follow(o, id, false);
	snprintf(key, sizeof key, "task/%s", id);
	tx = domain_begin();
	store_delete(tx, key);
	domain_commit(tx);
	is_int(outbox_pump(o), 0, "a task that is deleted is no error");
	is_int((long long)outbox_len(o), 0, "it is let go of");
	outbox_close(o);
	close(fds[0]);
	close(fds[1]);
}

/* What is left behind: descriptors and bells. */
static void
test_tidy(void)
{
	int before = box_descriptors(), fds[2];
	char id[ID_TEXT], topic[60];

	for (int i = 0; i < 20; i++) {
		struct outbox *o;

		make_pipe(fds);
		o = outbox_open(domain, fds[1]);
		new_task(id, "L", 0);
		log_events(id, 1, 10);
		follow(o, id, i % 2);
		outbox_pump(o);
		outbox_close(o);
		close(fds[0]);
		close(fds[1]);
	}
	is_int(box_descriptors(), before, "closed outboxes leave no descriptor");
	snprintf(topic, sizeof topic, "task-%s", id);
	ok(faccessat(store_watch_fd(domain), topic, F_OK, 0) < 0, "nor a bell");
}

int
main(void)
{
	domain_open("outbox", 1);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	test_order();
	test_posted();
	test_held();
	test_poll();
	test_blocked();
	test_unblocked();
	test_reader_gone();
	test_deleted();
	test_tidy();
	domain_close();
	return done_testing();
}
