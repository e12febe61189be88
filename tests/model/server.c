/*
 * server.c - model-server: a model that says what a script wants, for the tests
 *
 * usage: model-server [-i] SCRIPT LOG PORTFILE
 *
 * It listens on 127.0.0.1, on a port that is written into PORTFILE once it does, and speaks
 * HTTP/1.1 in two dialects, which the path of a request chooses: OpenAI's chat completions
 * (POST .../chat/completions) and Anthropic's messages (POST .../messages); as a stream of events
 * where the request says "stream":true.  It ends on TERM, INT and HUP, and with -i at the end
 * of stdin.
 *
 * SCRIPT has one answer a line, a JSON object.  Each is used for one request, in their order.
 * A request for which none is left gets status 500 and says so; one to another path 404; one that
 * is no HTTP, or no JSON object, 400.  An answer may have
 *
 *     "match": {"path", "contains", "model"}
 *                          it is used only for requests to exactly this path (else: to any path of
 *                          a model), whose body holds this text as it stands there, whose
 *                          "model" is this; the first that is left and fits is used
 *     "repeat": true       it is not used up
 *
 * What the model says, in either dialect (all may be left out):
 *
 *     "text": "..."        streamed a word an event
 *     "thought": "..."     reasoning_content, or what "thought_member" names; a thinking block
 *     "signature": "..."   of the thinking block, which is there then even without a thought
 *     "redacted": "..."    a block redacted_thinking with this data; Anthropic's only
 *     "tool_calls": [{"name", "arguments": {...} or "raw text", "id"}]
 *                          ids are call_N_1 ... (toolu_N_1 ...) of the Nth request if not given
 *     "usage": {"input": 10, "output": 5, "cached": n}
 *                          tokens, of the input all; null: none are told.  As a stream OpenAI's
 *                          dialect tells them only if stream_options.include_usage asks
 *     "stop": "end"        or "length", "tool_calls", "refusal", "paused", or anything, which
 *                          is said as it stands; tool_calls if there are some
 *     "model": "..."       the name of the model, else the request's
 *
 * How it is said, and what goes wrong:
 *
 *     "status": 429        an error of the dialect; "error" says which
 *     "error": {"type", "message", "code"}
 *                          without "status": as a stream it comes in place of the stream's end, or
 *                          with "error_after": N after N events; else it is all that is said
 *     "headers": {"Retry-After": "1", ...}      more of them; "Connection": "close" is heeded
 *     "body": "..."        instead of all that; text is sent as it stands, JSON as JSON
 *     "chunked": true      in chunks even where it is no stream
 *     "cut": N             in pieces of N bytes, not an event each
 *     "comments": true     a line ": OPENROUTER PROCESSING" before each event
 *     "pings": true        an event ping after each but the last; Anthropic's only
 *     "crlf": true         events with CR LF
 *     "no_done": true      without "[DONE]", message_stop
 *     "choices_null": true, "index_missing": true
 *                          choices of the chunk with the usage; index of tool calls; OpenAI's only
 *     "args_pieces": 2, "whole_arguments": true
 *                          in how many events arguments come; with the name, in one
 *     "delay_ms": N        it begins later
 *     "gate": "PATH"       it begins when this file is there; with "gate_after": N, N bytes of its
 *                          body come before
 *     "drop": true         the connection is closed instead; "drop_after": N, after N bytes of the
 *                          body; "hang_up": true, after all of it, and nobody was told
 *     "stall_after": N     nothing more comes after N bytes of the body, nor is it closed
 *
 * An answer with a member that is not one of these ends the server at its start (65).
 *
 * LOG gets one line a request, before its answer begins: {"n" (from 1), "connection" (from 1),
 * "method", "path", "headers" (names in lower case), "body" (the object; or "text", where it
 * is none), "answer" (its line in SCRIPT; null: none)}.  What could not be read is null.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "http.h"
#include "json.h"
#include "opt.h"
#include "reply.h"
#include "script.h"
#include "stop.h"

enum { WAIT_MS = 3, CONNECTIONS_MAX = 256, BLOCK = 64 << 10 };

struct connection {
	int fd;
	long id;
	struct buf in, out;
	struct reply reply;
	bool is_replying, is_waiting, is_last, has_continued;
};

static bool with_stdin;
static struct script script;
static int log_fd;
static long requests;
static struct connection connections[CONNECTIONS_MAX];
static size_t open_count;

static const struct opt opts[] = {
	{ 'i', "stdin", NULL, "end at the end of stdin", .set = &with_stdin },
	{ 0 },
};
static const struct cmd cmd = { "model-server", "a model that says what a script wants",
	"SCRIPT LOG PORTFILE", opts, 0 };

static void
write_log(const struct connection *c, const struct request *r, jv body, const struct answer *answer)
{
	struct buf line = { 0 };
	jv entry = json_set_int(jv_object(), "n", requests);

	entry = json_set_int(entry, "connection", c->id);
	entry = json_set_string(entry, "method", r->method);
	entry = json_set_string(entry, "path", r->path);
	entry = json_set(entry, "headers", jv_copy(r->headers));
	if (jv_is_valid(body))
		entry = json_set(entry, "body", jv_copy(body));
	else
		entry = json_set(entry, "text", json_utf8(r->body.p ? r->body.p : "", r->body.len));
	entry = json_set(entry, "answer", answer ? jv_number((double)answer->line) : jv_null());
	json_dump(&line, entry);
	buf_putc(&line, '\n');
	if (dir_write_all(log_fd, line.p, line.len) < 0) {
		err_sys("log");
		err_exit();
	}
	buf_release(&line);
}

static void
choose_reply(struct reply *reply, struct ask *ask, const struct request *r,
    const struct answer *answer)
{
	struct buf why = { 0 };

	ask->says = answer ? answer->says : jv_invalid();
	if (answer) {
		reply_make(reply, ask);
	} else if (!script_is_for_models(r->path)) {
		reply_fault(reply, ask, 404, "no such path");
	} else {
		buf_printf(&why, "the script has no answer left for request %ld, %s %s", requests,
		    r->method, r->path);
		reply_fault(reply, ask, 500, why.p);
	}
	buf_release(&why);
}

/* A request is answered: it is in the log before. */
static void
answer_request(struct connection *c, const struct request *r)
{
	jv body = json_parse_object(r->body.p ? r->body.p : "", r->body.len);
	bool is_get = r->body.len == 0;
	bool is_good = jv_is_valid(body) || (is_get && !script_is_for_models(r->path));
	const struct answer *answer = is_good ? script_pick(&script, r, body) : NULL;
	struct ask ask = { .body = body, .n = ++requests, .says = jv_invalid() };

	ask.is_anthropic = script_is_anthropic(r->path);
	ask.is_stream = json_peek_bool(body, "stream");
	write_log(c, r, body, answer);
	if (is_good)
		choose_reply(&c->reply, &ask, r, answer);
	else
		reply_fault(&c->reply, &ask, 400, err_text());
	c->is_replying = true;
	c->is_last = r->is_last;
	jv_free(body);
}

static void
refuse(struct connection *c, const struct request *r)
{
	struct ask ask = { .body = jv_invalid(), .says = jv_invalid(), .n = ++requests };

	write_log(c, r, ask.body, NULL);
	reply_fault(&c->reply, &ask, 400, err_text());
	c->is_replying = c->is_last = true;
}

/* Whether there was a request to begin with. */
static bool
take_request(struct connection *c)
{
	struct request r;
	enum http_result result = http_take(&c->in, &r);

	if (result == HTTP_OK) {
		answer_request(c, &r);
		c->has_continued = false;
	} else if (result == HTTP_BAD) {
		refuse(c, &r);
	} else if (result == HTTP_MORE_BODY && r.wants_continue && !c->has_continued) {
		buf_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		c->has_continued = true;
		result = HTTP_OK;
	}
	http_release(&r);
	return result == HTTP_OK || result == HTTP_BAD;
}

static void
close_connection(struct connection *c)
{
	close(c->fd);
	buf_release(&c->in);
	buf_release(&c->out);
	reply_release(&c->reply);
	*c = connections[--open_count];
}

/* What is waiting to be written: 1 all is, 0 the client has to read first, -1 nobody is there. */
static int
flush(struct connection *c)
{
	while (c->out.len > 0) {
		ssize_t n = write(c->fd, c->out.p, c->out.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		buf_cut(&c->out, (size_t)n);
	}
	return 1;
}

/* The reply goes on; false: not now. */
static bool
go_on(struct connection *c, bool *is_over)
{
	enum reply_state state = reply_next(&c->reply, &c->out);

	c->is_waiting = state == REPLY_WAIT;
	if (state == REPLY_DONE) {
		reply_release(&c->reply);
		c->is_replying = false;
		state = c->is_last ? REPLY_CLOSE : REPLY_MORE;
	}
	*is_over = state == REPLY_CLOSE;
	return state == REPLY_MORE;
}

/* Do what can be done now; false: the connection is over. */
static bool
serve(struct connection *c)
{
	bool is_over = false, is_going = true;
	int written = 1;

	while (is_going && (written = flush(c)) == 1)
		is_going = c->is_replying ? go_on(c, &is_over) : take_request(c);
	return written >= 0 && !is_over;
}

/* Read what has come; false: the client has gone. */
static bool
read_some(struct connection *c)
{
	ssize_t n = read(c->fd, buf_room(&c->in, BLOCK), BLOCK);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->in.len += (size_t)n;
	if (c->in.p)
		c->in.p[c->in.len] = '\0';
	return n > 0;
}

static void
welcome(int listener)
{
	static long accepted;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;

	if (fd < 0)
		return;
	if (open_count == CONNECTIONS_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	connections[open_count++] = (struct connection){ .fd = fd, .id = ++accepted };
}

/* Fill in what to wait for; returns for how long, in milliseconds. */
static int
prepare(struct pollfd *polled, int listener)
{
	int wait_ms = -1;

	polled[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = with_stdin ? STDIN_FILENO : -1, .events = POLLIN };
	for (size_t i = 0; i < open_count; i++) {
		const struct connection *c = &connections[i];

		polled[2 + i] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
		if (c->out.len > 0)
			polled[2 + i].events |= POLLOUT;
		if (c->is_waiting)
			wait_ms = WAIT_MS;
	}
	return wait_ms;
}

static bool
has_stdin_ended(void)
{
	char block[256];

	return read(STDIN_FILENO, block, sizeof block) == 0;
}

/* One round; false: it is time to end.  Last to first, as a closed one's place goes to the last. */
static bool
turn(int listener, const sigset_t *unblocked)
{
	static struct pollfd polled[2 + CONNECTIONS_MAX];
	int wait_ms = prepare(polled, listener);
	struct timespec wait = { .tv_nsec = wait_ms * 1000000L };

	if (ppoll(polled, 2 + open_count, wait_ms < 0 ? NULL : &wait, unblocked) < 0)
		return errno == EINTR && !stop_signal();
	if (polled[1].revents && has_stdin_ended())
		return false;
	for (size_t i = open_count; i-- > 0;) {
		struct connection *c = &connections[i];
		bool is_there = !polled[2 + i].revents || read_some(c);

		if (!is_there || !serve(c))
			close_connection(c);
	}
	if (polled[0].revents)
		welcome(listener);
	return true;
}

static int
listen_on_loopback(const char *portfile)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	char *new_name = xprintf("%s.new", portfile);
	FILE *file;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
		err_sys("127.0.0.1");
		err_exit();
	}
	file = fopen(new_name, "we");
	if (!file || fprintf(file, "%d\n", ntohs(at.sin_port)) < 0 || fclose(file) != 0 ||
	    rename(new_name, portfile) < 0) {
		err_sys("%s", portfile);
		err_exit();
	}
	free(new_name);
	return fd;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	sigset_t blocked, unblocked;
	int listener;

	(void)argc;
	if (!operands[0] || !operands[1] || !operands[2] || operands[3])
		opt_usage(&cmd, "SCRIPT, LOG and PORTFILE are needed");
	if (script_load(&script, operands[0]) < 0)
		err_exit();
	log_fd = open(operands[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0) {
		err_sys("%s", operands[1]);
		err_exit();
	}
	stop_catch();
	stop_at_pipe();
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	listener = listen_on_loopback(operands[2]);
	while (turn(listener, &unblocked))
		;
	while (open_count > 0)
		close_connection(&connections[open_count - 1]);
	close(listener);
	close(log_fd);
	script_release(&script);
	return 0;
}
