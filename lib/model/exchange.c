#include "exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cassette.h"
#include "clock.h"
#include "err.h"
#include "json.h"
#include "mend.h"
#include "request.h"
#include "sse.h"

enum {
	RAW_MAX = 64 * 1024 * 1024, /* of an answer, as it comes */
	LAST_MS = 1000,             /* for the rest of a stream that has ended */
	ASKED_MAX_MS = 60000,       /* a server that asks for more is not waited for so long */
	IDLE_MS = 60000
};

struct exchange {
	const struct exchange_setup *setup;
	jv request; /* with its model and "stream" */
	jv id;      /* invalid: it has none */
	struct provider to;
	char *url;
	jv recorded; /* the request as cassettes know it */
	struct buf body;
	struct http_call *call; /* NULL: none runs */
	struct http_answer head;
	struct reply answer;
	struct sse sse;
	struct buf raw; /* the answer as it came, where it is kept */
	bool is_stream; /* it comes as events */
	long attempt;   /* from 1 */
	long long begun_ms, again_ms;
	bool is_over;
	int status;
};

/* --- events */

static jv
with_id(jv id, jv event)
{
	jv v = jv_object();

	if (jv_get_kind(id) == JV_KIND_STRING)
		v = json_set(v, "id", jv_copy(id));
	return jv_object_merge(v, event);
}

static void
emit(void *arg, jv event)
{
	struct exchange *x = arg;

	x->setup->emit(x->setup->arg, with_id(x->id, event));
}

static jv
masked(const struct exchange *x, const char *text)
{
	struct buf b = { 0 };
	jv v;

	buf_puts(&b, text);
	if (x->to.name)
		provider_mask(&x->to, &b);
	v = json_utf8(b.p, b.len);
	buf_release(&b);
	return v;
}

static void
end_well(struct exchange *x)
{
	jv event = json_set_string(jv_object(), "type", "stop");

	event = json_set_string(event, "reason", x->answer.reason);
	event = json_set_string(event, "model",
	    x->answer.model ? x->answer.model : json_peek_string(x->request, "model"));
	emit(x, json_set_int(event, "ms", clock_mono_ms() - x->begun_ms));
	x->is_over = true;
}

static void
end_badly(struct exchange *x)
{
	const struct fault *f = &x->answer.fault;
	jv event = fault_event(f);

	if (x->answer.has_emitted)
		reply_usage(&x->answer);
	event = json_set(event, "message", masked(x, f->message));
	if (f->code)
		event = json_set(event, "code", masked(x, f->code));
	emit(x, event);
	x->status = fault_exit(f->category);
	x->is_over = true;
}

/* --- the answer */

static void
take_event(void *arg, const char *name, const char *data, size_t len)
{
	struct exchange *x = arg;

	x->to.dialect->event(&x->answer, name, data, len);
}

static bool
is_good(int status)
{
	return status >= 200 && status < 300;
}

/* Streams say what they are, or are at least not said to be something else. */
static bool
is_event_stream(const struct exchange *x, const struct http_answer *head)
{
	if (!is_good(head->status))
		return false;
	if (!strcmp(head->content_type, "text/event-stream"))
		return true;
	return json_peek_bool(x->request, "stream") &&
	       strcmp(head->content_type, "application/json") != 0 &&
	       strcmp(head->content_type, "text/html") != 0;
}

static void
fail_too_long(struct exchange *x)
{
	fault_set(&x->answer.fault, "service", "too_long", "the answer is too long");
	x->answer.fault.is_retryable = false;
}

static bool
take_bytes(void *arg, const struct http_answer *head, const char *bytes, size_t len)
{
	struct exchange *x = arg;

	x->is_stream = is_event_stream(x, head);
	if (x->raw.len + len > RAW_MAX)
		fail_too_long(x);
	else if (!x->is_stream || x->setup->record)
		buf_add(&x->raw, bytes, len);
	if (x->is_stream && !x->answer.fault.category && sse_feed(&x->sse, bytes, len) < 0)
		fail_too_long(x);
	if (x->call && x->answer.is_ended)
		http_hurry(x->call, LAST_MS);
	return x->answer.fault.category == NULL;
}

/* An answer that came at once. */
static void
take_whole(struct exchange *x)
{
	jv v = mend_parse(x->raw.p ? x->raw.p : "", x->raw.len, true);

	if (jv_is_valid(v)) {
		x->to.dialect->whole(&x->answer, v);
		return;
	}
	jv_free(v);
	fault_of_answer(&x->answer.fault, 0, x->raw.p ? x->raw.p : "", x->raw.len);
	free(x->answer.fault.code);
	x->answer.fault.code = xstrdup("no_json");
}

static void
fail_transport(struct exchange *x, enum http_end end, const char *why)
{
	const char *category = end == HTTP_TIMEOUT    ? "timeout"
	                       : end == HTTP_UNUSABLE ? "configuration"
	                                              : "network";

	fault_set(&x->answer.fault, category, NULL, "%s: %s", x->to.base_url, why);
}

/* An answer of another status, and the address where nothing is there. */
static void
fail_status(struct exchange *x)
{
	struct fault *f = &x->answer.fault;
	char *message;

	fault_of_answer(f, x->head.status, x->raw.p ? x->raw.p : "", x->raw.len);
	f->retry_after_ms = x->head.retry_after_ms;
	if (x->head.should_retry >= 0)
		f->is_retryable = x->head.should_retry;
	if (x->head.status != 404 && x->head.status / 100 != 3)
		return;
	message = xprintf("%s: %s", x->url, f->message);
	free(f->message);
	f->message = message;
}

/* Whether the answer is whole; otherwise its fault is set. */
static bool
judge(struct exchange *x, enum http_end end, const char *why)
{
	struct reply *a = &x->answer;

	if (a->fault.category) {
		a->fault.status = a->fault.status ? a->fault.status : x->head.status;
		return false;
	}
	if (x->head.status && !is_good(x->head.status))
		fail_status(x);
	else if (end != HTTP_DONE && !(x->is_stream && (a->is_ended || a->reason)))
		fail_transport(x, end, why);
	else if (!x->is_stream)
		take_whole(x);
	if (!a->fault.category && reply_finish(a))
		return true;
	a->fault.status = a->fault.status ? a->fault.status : x->head.status;
	return false;
}

/* --- attempts */

/* How long to wait before the next attempt: as the server asks, or half a second, doubled each time
 * up to eight, less up to a quarter of it. */
static long long
delay_ms(const struct exchange *x)
{
	long long asked = x->answer.fault.retry_after_ms, delay = 500;
	unsigned char chance = 0;

	if (asked >= 0 && asked <= ASKED_MAX_MS)
		return asked;
	for (long i = 1; i < x->attempt && delay < 8000; i++)
		delay *= 2;
	if (getrandom(&chance, 1, 0) != 1)
		chance = 0;
	return delay - delay * chance / 1024;
}

static void
announce_retry(struct exchange *x)
{
	const struct fault *f = &x->answer.fault;
	long long delay = delay_ms(x);
	jv event = json_set_string(jv_object(), "type", "retry");

	event = json_set_int(event, "attempt", x->attempt + 1);
	event = json_set_int(event, "delay_ms", delay);
	event = f->status ? json_set_int(event, "status", f->status)
	                  : json_set(event, "status", jv_null());
	emit(x, json_set(event, "message", masked(x, f->message)));
	x->again_ms = clock_mono_ms() + delay;
}

static void
reset_answer(struct exchange *x)
{
	jv messages = json_get(x->request, "messages", JV_KIND_ARRAY);

	reply_release(&x->answer);
	reply_init(&x->answer, emit, x, jv_array_length(messages));
	sse_release(&x->sse);
	sse_init(&x->sse, take_event, x, REPLY_MAX);
	buf_release(&x->raw);
	x->is_stream = false;
}

/* Keep what came, if all of it did. */
static bool
record(struct exchange *x, enum http_end end)
{
	struct cassette c = { .status = x->head.status, .content_type = x->head.content_type };
	int result;

	if (!x->setup->record || !c.status || (end != HTTP_DONE && !x->answer.is_ended))
		return true;
	provider_mask(&x->to, &x->raw);
	c.body = x->raw;
	result = cassette_write(x->setup->record, jv_copy(x->recorded), &c);
	if (result < 0)
		fault_set(&x->answer.fault, "internal", NULL, "%s", err_text());
	return result == 0;
}

static void
end_attempt(void *arg, const struct http_answer *head, enum http_end end, const char *why)
{
	struct exchange *x = arg;
	bool is_whole;

	x->call = NULL;
	x->head = *head;
	is_whole = judge(x, end, why);
	if (!is_whole && x->answer.fault.is_retryable && !x->answer.has_emitted &&
	    x->attempt <= x->setup->retries) {
		announce_retry(x);
		return;
	}
	if (record(x, end) && is_whole)
		end_well(x);
	else
		end_badly(x);
}

static void
begin_attempt(struct exchange *x)
{
	const struct http_hooks hooks = { take_bytes, end_attempt, x };

	x->attempt++;
	x->again_ms = 0;
	reset_answer(x);
	x->call = http_post(x->setup->http, x->url, x->to.headers, x->body.p, x->body.len,
	    x->setup->silence_ms, &hooks);
}

/* What was recorded, instead of an attempt; it is not repeated. */
static void
replay(struct exchange *x)
{
	struct http_answer head = { .retry_after_ms = -1, .should_retry = -1 };
	struct cassette c;

	x->attempt = x->setup->retries + 1;
	reset_answer(x);
	if (cassette_read(x->setup->replay, jv_copy(x->recorded), &c) < 0) {
		fault_set(&x->answer.fault, "configuration", "not_recorded", "%s", err_text());
		end_badly(x);
		return;
	}
	head.status = c.status;
	strncpy(head.content_type, c.content_type, sizeof head.content_type - 1);
	take_bytes(x, &head, c.body.p ? c.body.p : "", c.body.len);
	end_attempt(x, &head, HTTP_DONE, "");
	cassette_release(&c);
}

/* --- from the beginning to the end */

static jv
body_of(const struct exchange *x, bool is_vendor)
{
	jv extra = json_get(x->request, "extra", JV_KIND_OBJECT), body;

	body = x->to.dialect->body(jv_copy(x->request), x->to.version, is_vendor);
	body = request_extend(request_extend(body, x->to.extra), extra);
	jv_free(extra);
	return body;
}

/* All that is sent, and what it is known by, which does not depend on where it is sent to. */
static void
prepare(struct exchange *x, char *model)
{
	jv stream = json_get(x->request, "stream", JV_KIND_FALSE);
	bool is_stream = x->setup->is_stream && !jv_is_valid(stream);

	is_stream = is_stream || json_peek_bool(x->request, "stream");
	jv_free(stream);
	x->request = json_set_string(x->request, "model", model);
	x->request = json_set(x->request, "stream", jv_bool(is_stream));
	x->url = xprintf("%s%s", x->to.base_url, x->to.dialect->path);
	x->recorded = cassette_request(x->to.dialect->path, x->to.dialect->name, body_of(x, false));
	json_dump(&x->body, body_of(x, x->to.is_vendor));
	free(model);
}

static const char *
named(jv request, const char *member, const char *otherwise)
{
	const char *name = json_peek_string(request, member);

	return name ? name : otherwise;
}

struct exchange *
exchange_begin(const struct exchange_setup *setup, jv request)
{
	struct exchange *x = xmalloc(sizeof *x);
	char *model;

	*x = (struct exchange){ .setup = setup,
		.request = request,
		.id = json_get(request, "id", JV_KIND_STRING),
		.recorded = jv_invalid(),
		.begun_ms = clock_mono_ms() };
	reply_init(&x->answer, emit, x, 0);
	if (config_choose(setup->config, named(request, "provider", setup->provider),
		named(request, "model", setup->model), setup->replay != NULL, &x->to, &model) < 0) {
		fault_set(&x->answer.fault, "configuration", NULL, "%s", err_text());
		end_badly(x);
		return x;
	}
	prepare(x, model);
	if (setup->replay)
		replay(x);
	else
		begin_attempt(x);
	return x;
}

long long
exchange_go_on(struct exchange *x)
{
	long long left_ms = IDLE_MS;

	if (x->is_over)
		return -1;
	if (x->call)
		return left_ms;
	left_ms = x->again_ms - clock_mono_ms();
	if (left_ms > 0)
		return left_ms;
	begin_attempt(x);
	return 0;
}

int
exchange_status(const struct exchange *x)
{
	return x->status;
}

void
exchange_close(struct exchange *x)
{
	reply_release(&x->answer);
	sse_release(&x->sse);
	buf_release(&x->raw);
	buf_release(&x->body);
	provider_release(&x->to);
	jv_free(x->request);
	jv_free(x->id);
	jv_free(x->recorded);
	free(x->url);
	free(x);
}

jv
exchange_refuse(jv request)
{
	jv id = json_get(request, "id", JV_KIND_STRING), event;
	struct fault f = { .retry_after_ms = -1 };

	fault_set(&f, "validation", NULL, "%s", err_text());
	event = with_id(id, fault_event(&f));
	fault_release(&f);
	jv_free(id);
	return event;
}
