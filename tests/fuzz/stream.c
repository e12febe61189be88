/*
 * stream.c - any bytes as what a model server sends: a stream, whole or in pieces, and an answer at
 * once, in both dialects
 *
 * However a stream is cut, the events are the same; each is a JSON object of a known type, whose
 * text parses again.
 */
#include "anthropic.h"
#include "err.h"
#include "fuzz.h"
#include "json.h"
#include "openai.h"
#include "sse.h"

struct run {
	struct reply answer;
	void (*event)(struct reply *a, const char *name, const char *data, size_t len);
	struct buf events;
};

static void
note(void *arg, jv event)
{
	static const char *const types[] = { "text", "thought", "thinking", "tool_call", "usage" };
	struct run *r = arg;
	const char *type = json_peek_string(event, "type");
	bool is_known = false;
	size_t before = r->events.len;
	jv again;

	fuzz_fact(type);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		is_known = is_known || !strcmp(type, types[i]);
	fuzz_fact(is_known);
	json_dump(&r->events, event);
	again = json_parse_object(r->events.p + before, r->events.len - before);
	fuzz_fact(jv_is_valid(again));
	jv_free(again);
	buf_putc(&r->events, '\n');
}

static void
take(void *arg, const char *name, const char *data, size_t len)
{
	struct run *r = arg;

	fuzz_fact(data[len] == '\0');
	r->event(&r->answer, name, data, len);
}

/* The end of an answer: events, and why it ended. */
static struct buf
end_run(struct run *r)
{
	jv event;

	if (reply_finish(&r->answer)) {
		fuzz_fact(r->answer.reason);
		buf_puts(&r->events, r->answer.reason);
	} else {
		fuzz_fact(r->answer.fault.category && r->answer.fault.message);
		event = fault_event(&r->answer.fault);
		json_dump(&r->events, event);
	}
	reply_release(&r->answer);
	return r->events;
}

static struct buf
stream(void (*event)(struct reply *a, const char *name, const char *data, size_t len),
    const char *bytes, size_t len, size_t piece)
{
	struct run r = { .event = event };
	bool is_good = true;
	struct sse s;

	reply_init(&r.answer, note, &r, 1);
	sse_init(&s, take, &r, 4096);
	for (size_t at = 0; at < len && is_good; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *copy = fuzz_copy(bytes + at, n);

		is_good = sse_feed(&s, copy, n) == 0;
		free(copy);
	}
	sse_release(&s);
	return end_run(&r);
}

static void
check_stream(void (*event)(struct reply *a, const char *name, const char *data, size_t len),
    const char *bytes, size_t len)
{
	struct buf whole = stream(event, bytes, len, len ? len : 1);

	for (size_t piece = 1; piece < 8; piece += 3) {
		struct buf cut = stream(event, bytes, len, piece);

		fuzz_fact(cut.len == whole.len && !memcmp(cut.p, whole.p, whole.len));
		buf_release(&cut);
	}
	buf_release(&whole);
}

static void
check_whole(void (*take_whole)(struct reply *a, jv answer), const char *bytes, size_t len)
{
	jv v = json_parse(bytes, len);
	struct run r = { 0 };
	struct buf events;

	if (!jv_is_valid(v)) {
		jv_free(v);
		return;
	}
	reply_init(&r.answer, note, &r, 1);
	take_whole(&r.answer, v);
	events = end_run(&r);
	buf_release(&events);
}

static void
check_fault(const char *bytes, size_t len)
{
	struct fault f = { .retry_after_ms = -1 };

	fault_of_answer(&f, 500, bytes, len);
	fuzz_fact(f.category && !strcmp(f.category, "service") && strlen(f.message) <= 1000);
	fuzz_fact(fuzz_is_utf8(f.message, strlen(f.message)));
	fault_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_copy(data, size);

	check_stream(openai_event, bytes, size);
	check_stream(anthropic_event, bytes, size);
	check_whole(openai_whole, bytes, size);
	check_whole(anthropic_whole, bytes, size);
	check_fault(bytes, size);
	free(bytes);
	return 0;
}
