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
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "err.h"
#include "opt.h"
#include "stop.h"

enum { WAIT_MS = 3, CONNECTIONS_MAX = 256 };

static bool with_stdin;
static struct model model;
static struct connection connections[CONNECTIONS_MAX];
static size_t open_count;

static const struct opt opts[] = {
	{ 'i', "stdin", NULL, "end at the end of stdin", .set = &with_stdin },
	{ 0 },
};
static const struct cmd cmd = { "model-server", "a model that says what a script wants",
	"SCRIPT LOG PORTFILE", opts, 0 };

static void
welcome(int listener)
{
	static long accepted;
	/* cppcheck-suppress nullPointer ; who it is does not matter */
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
		bool is_there = !polled[2 + i].revents || connection_read(c);

		if (!is_there || !connection_serve(c, &model)) {
			connection_close(c);
			*c = connections[--open_count];
		}
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
	if (script_load(&model.script, operands[0]) < 0)
		err_exit();
	model.log_fd = open(operands[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (model.log_fd < 0) {
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
		connection_close(&connections[--open_count]);
	close(listener);
	close(model.log_fd);
	script_release(&model.script);
	return 0;
}
