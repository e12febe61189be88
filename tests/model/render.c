/* render.c - see render.h */
#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

void
flow_text(struct flow *flow, const char *text)
{
	if (flow->has_comments)
		buf_printf(flow->out, ": OPENROUTER PROCESSING%s%s", flow->eol, flow->eol);
	buf_printf(flow->out, "data: %s%s%s", text, flow->eol, flow->eol);
}

void
flow_event(struct flow *flow, const char *name, jv data)
{
	struct buf text = { 0 };

	json_dump(&text, data);
	if (flow->left != 0) {
		flow->left -= flow->left > 0;
		if (name)
			buf_printf(flow->out, "event: %s%s", name, flow->eol);
		flow_text(flow, text.p);
		if (name && flow->has_pings && strcmp(name, "message_stop"))
			buf_printf(flow->out, "event: ping%sdata: {\"type\":\"ping\"}%s%s",
			    flow->eol, flow->eol, flow->eol);
	}
	buf_release(&text);
}

bool
render_is_failing(const struct ask *ask)
{
	return json_has(ask->says, "error");
}

static void
stream_answer(struct buf *out, const struct ask *ask)
{
	struct flow flow = {
		.out = out,
		.eol = json_peek_bool(ask->says, "crlf") ? "\r\n" : "\n",
		.has_comments = json_peek_bool(ask->says, "comments"),
		.has_pings = json_peek_bool(ask->says, "pings"),
		.left = (long)json_peek_int(ask->says, "error_after", -1),
	};

	if (ask->is_anthropic)
		stream_anthropic(&flow, ask);
	else
		stream_openai(&flow, ask);
	if (render_is_failing(ask)) {
		flow.left = -1;
		flow_event(&flow, ask->is_anthropic ? "error" : NULL,
		    render_error(ask, 500, json_get(ask->says, "error", JV_KIND_OBJECT)));
	}
}

void
render_answer(struct buf *out, const struct ask *ask)
{
	if (ask->is_stream)
		stream_answer(out, ask);
	else if (render_is_failing(ask))
		json_dump(out,
		    render_error(ask, 500, json_get(ask->says, "error", JV_KIND_OBJECT)));
	else
		json_dump(out, ask->is_anthropic ? render_anthropic(ask) : render_openai(ask));
}

static const char *
error_type(bool is_anthropic, int status)
{
	static const struct {
		int status;
		const char *openai, *anthropic;
	} known[] = {
		{ 400, "invalid_request_error", "invalid_request_error" },
		{ 401, "invalid_request_error", "authentication_error" },
		{ 402, "insufficient_quota", "billing_error" },
		{ 403, "invalid_request_error", "permission_error" },
		{ 404, "invalid_request_error", "not_found_error" },
		{ 413, "invalid_request_error", "request_too_large" },
		{ 429, "rate_limit_exceeded", "rate_limit_error" },
		{ 504, "server_error", "timeout_error" },
		{ 529, "server_error", "overloaded_error" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].status == status)
			return is_anthropic ? known[i].anthropic : known[i].openai;
	return is_anthropic ? "api_error" : "server_error";
}

jv
render_error(const struct ask *ask, int status, jv error)
{
	char *id = xprintf("req_%ld", ask->n);
	jv whole = jv_object();

	if (!jv_is_valid(error)) {
		jv_free(error);
		error = jv_object();
	}
	if (!json_has(error, "type"))
		error = json_set_string(error, "type", error_type(ask->is_anthropic, status));
	if (!json_has(error, "message"))
		error = json_set_string(error, "message", "the script wants it so");
	if (ask->is_anthropic) {
		whole = json_set_string(whole, "type", "error");
		whole = json_set(whole, "error", json_drop(error, "code"));
		whole = json_set_string(whole, "request_id", id);
	} else {
		error = json_set_string(error, "param", NULL);
		if (!json_has(error, "code"))
			error = json_set_string(error, "code", NULL);
		whole = json_set(whole, "error", error);
	}
	free(id);
	return whole;
}

const char *
render_string(const struct ask *ask, const char *name, const char * or)
{
	const char *s = json_peek_string(ask->says, name);

	return s ? s : or ;
}

const char *
render_stop(const struct ask *ask, const char *const names[][2])
{
	bool has_calls = json_has(ask->says, "tool_calls");
	const char *stop = render_string(ask, "stop", has_calls ? "tool_calls" : "end");

	for (size_t i = 0; names[i][0]; i++)
		if (!strcmp(names[i][0], stop))
			return names[i][1];
	return stop;
}

long
render_usage(const struct ask *ask, const char *name)
{
	jv usage = json_get(ask->says, "usage", JV_KIND_OBJECT);
	long usual = !strcmp(name, "input") ? 10 : !strcmp(name, "output") ? 5 : -1;
	bool is_told = jv_is_valid(usage) || !json_has(ask->says, "usage");
	long n = (long)json_peek_int(usage, name, usual);

	jv_free(usage);
	return is_told ? n : -1;
}

char *
render_call_id(const struct ask *ask, jv call, int place)
{
	const char *id = json_peek_string(call, "id");

	if (id)
		return xstrdup(id);
	return xprintf("%s_%ld_%d", ask->is_anthropic ? "toolu" : "call", ask->n, place + 1);
}

char *
render_arguments(jv call)
{
	const char *raw = json_peek_string(call, "arguments");
	jv object = json_get(call, "arguments", JV_KIND_OBJECT);
	struct buf text = { 0 };

	buf_puts(&text, raw ? raw : "");
	if (!raw)
		json_dump(&text, jv_is_valid(object) ? jv_copy(object) : jv_object());
	jv_free(object);
	return text.p;
}

size_t
render_piece(const char *text, long pieces)
{
	size_t len = strlen(text), n;

	if (pieces == 0) {
		n = strcspn(text, " \n");
		return n + strspn(text + n, " \n");
	}
	n = (len + (size_t)pieces - 1) / (size_t)pieces;
	while (n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

long
render_pieces(const struct ask *ask)
{
	long pieces = (long)json_peek_int(ask->says, "args_pieces", 2);

	return json_peek_bool(ask->says, "whole_arguments") || pieces < 1 ? 1 : pieces;
}
