#include "sse.h"
#include "err.h"
#include "tap.h"

static struct buf got;

/* "NAME=DATA;" for each event. */
static void
note(void *arg, const char *name, const char *data, size_t len)
{
	(void)arg;
	buf_printf(&got, "%s=", name);
	buf_add(&got, data, len);
	buf_putc(&got, ';');
}

/* The events in bytes that come in pieces of `piece`. */
static const char *
events_in(const char *bytes, size_t len, size_t piece)
{
	struct sse s;

	buf_release(&got);
	buf_puts(&got, "");
	sse_init(&s, note, NULL, 64);
	for (size_t at = 0; at < len; at += piece)
		if (sse_feed(&s, bytes + at, len - at < piece ? len - at : piece) < 0)
			buf_puts(&got, "FAIL");
	sse_release(&s);
	return got.p;
}

/* However the bytes are cut, the events are the same. */
static void
check(const char *bytes, const char *want, const char *fact)
{
	size_t len = strlen(bytes);

	is(events_in(bytes, len, len), want, fact);
	for (size_t piece = 1; piece < len; piece++)
		if (strcmp(events_in(bytes, len, piece), want) != 0) {
			is(got.p, want, "the same in pieces");
			return;
		}
	ok(true, "the same in pieces");
}

int
main(void)
{
	check("data: one\n\ndata: two\n\n", "=one;=two;", "events end with a blank line");
	check("event: a\ndata: one\n\ndata: two\n\n", "a=one;=two;", "a name is of one event");
	check("data: one\r\n\r\ndata: two\r\rdata: three\n\n", "=one;=two;=three;",
	    "lines end in three ways");
	check("data: a\r\ndata: b\r\n\r\n", "=a\nb;", "data of several lines are joined");
	check("data:a\ndata:  b\ndata\n\n", "=a\n b\n;", "one blank behind the colon is left out");
	check(": hi\n\n:\ndata: a\n: hi\ndata: b\n\n", "=a\nb;", "comments are passed over");
	check("event: a\n\nid: 1\nretry: 5\nnonsense\n\ndata: x\n\n", "=x;",
	    "an event without data is none");
	check("\xef\xbb\xbf"
	      "data: a\n\n\xef\xbb\xbf"
	      "data: b\n\n",
	    "=a;", "a byte order mark is passed over at the beginning only");
	check("data: Gr\xc3\xbc\xc3\x9f\x65\n\n", "=Gr\xc3\xbc\xc3\x9f\x65;",
	    "characters may be cut");
	check("data: one\n\ndata: two\n", "=one;", "what has no end is none");
	check("data:\n\n", "=;", "data may be empty");
	is(events_in("data: a\0b\n\n", 11, 11), "=a", "data may hold a NUL");
	is_int((long long)got.len, 5, "which is kept");

	for (size_t piece = 1; piece < 90; piece += 88) {
		char line[90];

		memset(line, 'x', sizeof line);
		is_int(strncmp(events_in(line, sizeof line, piece), "FAIL", 4), 0,
		    "a line that is too long is refused");
	}
	is_int(strcmp(events_in("data: 012345678901234567890123456789\n"
				"data: 012345678901234567890123456789\n"
				"data: 0123456789\n\n",
			  91, 91),
		   "FAIL"),
	    0, "and so is an event");
	is_int(err_code(), EX_DATAERR, "as bad data");
	buf_release(&got);
	return done_testing();
}
