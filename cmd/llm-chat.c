/* llm-chat - ask models, a request per line, and print what they answer as events */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "exchange.h"
#include "lines.h"
#include "opt.h"
#include "request.h"
#include "stop.h"

enum { SILENCE_MS = 600000, SILENCE_STREAM_MS = 300000, WAIT_MS = 60000 };

static const char *model, *provider, *record, *replay, *timeout;
static bool stream;
static long jobs = 1, retries = 2;

static const struct opt opts[] = { { 0, "model", "model",
				       "ask this model where a request names none", .str = &model },
	{ 0, "provider", "provider", "ask it there where a request does not say where",
	    .str = &provider },
	{ 0, "stream", NULL, "print texts piece by piece, as they come", .set = &stream },
	{ 'j', "jobs", "count", "ask up to count requests at once", .num = &jobs, .min = 1,
	    .max = 1000 },
	{ 't', "timeout", "time", "how long the server may be silent", .str = &timeout },
	{ 0, "retries", "count", "try again up to count times (2)", .num = &retries, .max = 100 },
	{ 0, "record", "folder", "keep the exchanges in this folder", .str = &record },
	{ 0, "replay", "folder", "take the answers from this folder, and ask nobody",
	    .str = &replay },
	{ 0 } };

static const struct cmd cmd = { "llm-chat",
	"ask models, a request per line, and print what they answer as events", "", opts, 0 };

/* What runs. */
struct chat {
	struct exchange_setup setup;
	struct lines in;
	struct out out;
	struct exchange **running;
	size_t count;
	bool is_at_end; /* of the input */
	int status;
};

static void
print_event(void *arg, jv event)
{
	struct chat *c = arg;

	out_json(&c->out, event);
}

/* The status of all is that of the worst. */
static void
add_status(struct chat *c, int status)
{
	c->status = status > c->status ? status : c->status;
}

static _Noreturn void
die(void)
{
	if (stop_signal())
		_exit(128 + stop_signal());
	_exit(err_print());
}

static void
flush(struct chat *c)
{
	if (c->out.buf.len > 0 && out_flush(&c->out) < 0)
		die();
}

/* A line that is no request is answered as well. */
static void
refuse(struct chat *c, jv request)
{
	print_event(c, exchange_refuse(request));
	add_status(c, err_print());
	jv_free(request);
}

static void
take_line(struct chat *c)
{
	jv request;

	switch (lines_next_object(&c->in, &request)) {
	case LINES_OK:
		if (request_check(request) == 0) {
			c->running[c->count++] = exchange_begin(&c->setup, request);
			return;
		}
		err_add("%s:%lu", c->in.name, c->in.number);
		refuse(c, request);
		return;
	case LINES_BAD:
		refuse(c, jv_null());
		return;
	case LINES_END:
		c->is_at_end = true;
		return;
	case LINES_FAIL:
		die();
	}
}

/* Those that are over make room.  Returns how long there is nothing to do, in milliseconds. */
static long long
go_on(struct chat *c)
{
	long long wait_ms = WAIT_MS;

	for (size_t i = 0; i < c->count;) {
		long long left_ms = exchange_go_on(c->running[i]);

		if (left_ms < 0) {
			add_status(c, exchange_status(c->running[i]));
			exchange_close(c->running[i]);
			c->running[i] = c->running[--c->count];
		} else {
			wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
			i++;
		}
	}
	return wait_ms;
}

static bool
has_room(const struct chat *c)
{
	return !c->is_at_end && c->count < (size_t)jobs;
}

/* Ends the program where there is nobody to go on for. */
static void
check_end(const struct chat *c)
{
	if (stop_signal())
		die();
	if (lines_reader_gone(c->out.fd)) {
		err_set(EX_IOERR, "stdout: nobody reads it");
		die();
	}
}

static void
run(struct chat *c)
{
	while (!c->is_at_end || c->count > 0) {
		long long wait_ms;

		while (has_room(c) && lines_is_ready(&c->in))
			take_line(c);
		http_step(c->setup.http);
		wait_ms = go_on(c);
		flush(c);
		check_end(c);
		if (has_room(c) ? lines_is_ready(&c->in) : c->count == 0)
			continue;
		http_wait(c->setup.http, has_room(c) ? c->in.fd : -1, c->out.fd, wait_ms);
	}
}

static long long
silence_ms(void)
{
	long long ms = timeout ? opt_duration_ms(timeout) : stream ? SILENCE_STREAM_MS : SILENCE_MS;

	if (ms <= 0)
		opt_usage(&cmd, "--timeout: want a time such as 10, 500ms or 2m, got '%s'",
		    timeout);
	return ms;
}

int
main(int argc, char *argv[])
{
	struct chat c = { .out = { .fd = STDOUT_FILENO } };
	struct config config;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (record && replay)
		opt_usage(&cmd, "want --record or --replay, not both");
	config_open(&config);
	c.setup = (struct exchange_setup){ .config = &config,
		.http = http_open(),
		.provider = provider,
		.model = model,
		.record = record,
		.replay = replay,
		.is_stream = stream,
		.retries = retries,
		.silence_ms = silence_ms(),
		.emit = print_event,
		.arg = &c };
	if (!c.setup.http)
		err_exit();
	stop_catch();
	stop_at_pipe();
	lines_init(&c.in, STDIN_FILENO, -1, "stdin");
	c.running = xmalloc((size_t)jobs * sizeof(struct exchange *));
	run(&c);
	lines_release(&c.in);
	http_close(c.setup.http);
	config_close(&config);
	free(c.running);
	return c.status;
}
