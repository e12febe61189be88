/* reply.c - see reply.h */
#include "reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "inbound.h"
#include "json.h"

/* The headers that the answer asks for, and whether it has one of its own for the type. */
static bool
add_headers(struct reply *reply, jv headers)
{
	bool has_type = false;

	jv_object_foreach (headers, name, value) {
		const char *s = jv_string_value(name), *is = json_peek_string(headers, s);

		buf_printf(&reply->head, "%s: %s\r\n", s, is ? is : "");
		has_type = has_type || !strcasecmp(s, "content-type");
		reply->hangs_up = reply->hangs_up ||
		                  (!strcasecmp(s, "connection") && is && !strcasecmp(is, "close"));
		jv_free(name);
		jv_free(value);
	}
	return has_type;
}

static void
write_head(struct reply *reply, const struct ask *ask, int status, const char *type)
{
	jv headers = json_get(ask->says, "headers", JV_KIND_OBJECT);

	buf_printf(&reply->head, "HTTP/1.1 %d %s\r\n", status, inbound_reason(status));
	buf_printf(&reply->head, "%s: req_%ld\r\n",
	    ask->is_anthropic ? "request-id" : "x-request-id", ask->n);
	if (!jv_is_valid(headers) || !add_headers(reply, headers))
		buf_printf(&reply->head, "Content-Type: %s\r\n", type);
	jv_free(headers);
	if (reply->is_chunked)
		buf_puts(&reply->head, "Transfer-Encoding: chunked\r\n\r\n");
	else
		buf_printf(&reply->head, "Content-Length: %zu\r\n\r\n", reply->body.len);
}

/* The body that the script gives as it is; returns its type, NULL: there is none. */
static const char *
take_raw_body(struct reply *reply, jv says)
{
	jv body =
	    jv_is_valid(says) ? jv_object_get(jv_copy(says), jv_string("body")) : jv_invalid();
	const char *type = NULL;

	if (jv_get_kind(body) == JV_KIND_STRING) {
		buf_add(&reply->body, jv_string_value(body),
		    (size_t)jv_string_length_bytes(jv_copy(body)));
		type = "text/plain; charset=utf-8";
	} else if (jv_is_valid(body)) {
		json_dump(&reply->body, jv_copy(body));
		type = "application/json";
	}
	jv_free(body);
	return type;
}

/* The body, and its type. */
static const char *
write_body(struct reply *reply, const struct ask *ask, int status)
{
	const char *type = take_raw_body(reply, ask->says);

	if (type)
		return type;
	if (status == 200) {
		reply->is_chunked = reply->is_chunked || ask->is_stream;
		render_answer(&reply->body, ask);
		return ask->is_stream ? "text/event-stream; charset=utf-8" : "application/json";
	}
	json_dump(&reply->body,
	    render_error(ask, status, json_get(ask->says, "error", JV_KIND_OBJECT)));
	return "application/json";
}

static void
arrange_faults(struct reply *reply, jv says)
{
	const char *gate = json_peek_string(says, "gate");
	int64_t cut = json_peek_int(says, "cut", 0);

	reply->cut = cut > 0 ? (size_t)cut : 0;
	reply->drop_after = json_peek_int(says, "drop_after", -1);
	reply->stall_after = json_peek_int(says, "stall_after", -1);
	reply->gate_after = json_peek_int(says, "gate_after", -1);
	reply->gate = gate ? xstrdup(gate) : NULL;
	reply->begins_ms = clock_mono_ms() + json_peek_int(says, "delay_ms", 0);
	reply->drops = json_peek_bool(says, "drop");
	reply->hangs_up = json_peek_bool(says, "hang_up");
	reply->is_chunked = json_peek_bool(says, "chunked");
}

void
reply_make(struct reply *reply, const struct ask *ask)
{
	int status = (int)json_peek_int(ask->says, "status", 200);

	*reply = (struct reply){ 0 };
	arrange_faults(reply, ask->says);
	write_head(reply, ask, status, write_body(reply, ask, status));
}

void
reply_fault(struct reply *reply, const struct ask *ask, int status, const char *message)
{
	jv error = json_set_string(jv_object(), "message", message);

	*reply = (struct reply){ .drop_after = -1,
		.stall_after = -1,
		.gate_after = -1,
		.hangs_up = status == 400 };
	json_dump(&reply->body, render_error(ask, status, error));
	write_head(reply, ask, status, "application/json");
}

static bool
is_gate_shut(const struct reply *reply)
{
	return reply->gate && access(reply->gate, F_OK) < 0;
}

/* How many bytes of the body may go now: up to the first that something is to happen before. */
static size_t
limit_of(const struct reply *reply)
{
	size_t limit = reply->body.len;

	if (reply->drop_after >= 0 && (size_t)reply->drop_after < limit)
		limit = (size_t)reply->drop_after;
	if (reply->stall_after >= 0 && (size_t)reply->stall_after < limit)
		limit = (size_t)reply->stall_after;
	if (reply->gate_after >= 0 && (size_t)reply->gate_after < limit && is_gate_shut(reply))
		limit = (size_t)reply->gate_after;
	return limit;
}

/* The next piece: so many bytes, or an event; without chunks, all. */
static size_t
piece_of(const struct reply *reply, size_t limit)
{
	const char *from = reply->body.p + reply->sent, *end;
	size_t len = limit - reply->sent;

	if (reply->cut > 0)
		return reply->cut < len ? reply->cut : len;
	if (!reply->is_chunked)
		return len;
	end = memmem(from, len, "\n\n", 2);
	if (end)
		return (size_t)(end + 2 - from);
	end = memmem(from, len, "\r\n\r\n", 4);
	return end ? (size_t)(end + 4 - from) : len;
}

static void
send_piece(struct reply *reply, struct buf *out, size_t len)
{
	if (reply->is_chunked)
		buf_printf(out, "%zx\r\n", len);
	buf_add(out, reply->body.p + reply->sent, len);
	if (reply->is_chunked)
		buf_puts(out, "\r\n");
	reply->sent += len;
}

static enum reply_state
begin(struct reply *reply, struct buf *out)
{
	if (clock_mono_ms() < reply->begins_ms || (reply->gate_after < 0 && is_gate_shut(reply)))
		return REPLY_WAIT;
	if (reply->drops)
		return REPLY_CLOSE;
	buf_add(out, reply->head.p, reply->head.len);
	reply->is_begun = true;
	return REPLY_MORE;
}

/* All that may go has gone. */
static enum reply_state
end(struct reply *reply, struct buf *out)
{
	if (reply->drop_after >= 0 && reply->sent >= (size_t)reply->drop_after)
		return REPLY_CLOSE;
	if (reply->stall_after >= 0 && reply->sent >= (size_t)reply->stall_after)
		return REPLY_STALL;
	if (reply->sent < reply->body.len)
		return REPLY_WAIT;
	if (reply->is_chunked && !reply->is_ended) {
		buf_puts(out, "0\r\n\r\n");
		reply->is_ended = true;
		return REPLY_MORE;
	}
	return reply->hangs_up ? REPLY_CLOSE : REPLY_DONE;
}

enum reply_state
reply_next(struct reply *reply, struct buf *out)
{
	size_t limit;

	if (!reply->is_begun)
		return begin(reply, out);
	limit = limit_of(reply);
	if (reply->sent >= limit)
		return end(reply, out);
	send_piece(reply, out, piece_of(reply, limit));
	return REPLY_MORE;
}

void
reply_release(struct reply *reply)
{
	buf_release(&reply->head);
	buf_release(&reply->body);
	free(reply->gate);
	*reply = (struct reply){ 0 };
}
