/* openai.c - chat completions: see render.h */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "render.h"

enum { CREATED = 1700000000 };

static const char *const stops[][2] = { { "end", "stop" }, { "length", "length" },
	{ "tool_calls", "tool_calls" }, { "refusal", "content_filter" }, { NULL, NULL } };

static jv
envelope(const struct ask *ask, const char *kind)
{
	const char *asked = json_peek_string(ask->body, "model");
	char *id = xprintf("chatcmpl-%ld", ask->n);
	jv whole = json_set_string(jv_object(), "id", id);

	free(id);
	whole = json_set_string(whole, "object", kind);
	whole = json_set_int(whole, "created", CREATED);
	return json_set_string(whole, "model", render_string(ask, "model", asked ? asked : "none"));
}

/* A whole answer or chunk with one choice; part is its message or delta, and consumed. */
static jv
with_choice(jv whole, const char *name, jv part, const char *finish)
{
	jv choice = json_set_int(jv_object(), "index", 0);

	choice = json_set(choice, name, part);
	choice = json_set_string(choice, "logprobs", NULL);
	choice = json_set_string(choice, "finish_reason", finish);
	return json_set(whole, "choices", jv_array_append(jv_array(), choice));
}

/* Invalid: nothing is told. */
static jv
usage_of(const struct ask *ask)
{
	long input = render_usage(ask, "input"), output = render_usage(ask, "output");
	long cached = render_usage(ask, "cached");
	jv usage = jv_object();

	if (input < 0) {
		jv_free(usage);
		return jv_invalid();
	}
	usage = json_set_int(usage, "prompt_tokens", input);
	usage = json_set_int(usage, "completion_tokens", output);
	usage = json_set_int(usage, "total_tokens", input + output);
	if (cached >= 0)
		usage = json_set(usage, "prompt_tokens_details",
		    json_set_int(jv_object(), "cached_tokens", cached));
	return usage;
}

static jv
call_part(const char *id, const char *name, const char *arguments)
{
	jv function = jv_object(), part = jv_object();

	if (id) {
		part = json_set_string(part, "id", id);
		part = json_set_string(part, "type", "function");
	}
	if (name)
		function = json_set_string(function, "name", name);
	function = json_set_string(function, "arguments", arguments);
	return json_set(part, "function", function);
}

static jv
whole_calls(const struct ask *ask)
{
	jv calls = json_get(ask->says, "tool_calls", JV_KIND_ARRAY), all = jv_array();

	if (jv_is_valid(calls)) {
		jv_array_foreach (calls, i, call) {
			char *id = render_call_id(ask, call, i),
			     *arguments = render_arguments(call);

			all = jv_array_append(all,
			    call_part(id, json_peek_string(call, "name"), arguments));
			free(id);
			free(arguments);
			jv_free(call);
		}
	}
	jv_free(calls);
	return all;
}

jv
render_openai(const struct ask *ask)
{
	const char *thought = json_peek_string(ask->says, "thought");
	jv message = json_set_string(jv_object(), "role", "assistant");
	jv calls = whole_calls(ask), usage = usage_of(ask), whole;

	message = json_set_string(message, "content", json_peek_string(ask->says, "text"));
	if (thought)
		message = json_set_string(message,
		    render_string(ask, "thought_member", "reasoning_content"), thought);
	if (jv_array_length(jv_copy(calls)) > 0)
		message = json_set(message, "tool_calls", jv_copy(calls));
	jv_free(calls);
	whole = with_choice(envelope(ask, "chat.completion"), "message", message,
	    render_stop(ask, stops));
	if (jv_is_valid(usage))
		whole = json_set(whole, "usage", jv_copy(usage));
	jv_free(usage);
	return whole;
}

static void
chunk(struct flow *flow, const struct ask *ask, jv delta, const char *finish)
{
	flow_event(flow, NULL,
	    with_choice(envelope(ask, "chat.completion.chunk"), "delta", delta, finish));
}

static void
stream_text(struct flow *flow, const struct ask *ask, const char *member, const char *text)
{
	for (size_t n; text && *text; text += n) {
		char *piece;

		n = render_piece(text, 0);
		piece = xprintf("%.*s", (int)n, text);
		chunk(flow, ask, json_set_string(jv_object(), member, piece), NULL);
		free(piece);
	}
}

/* One of tool_calls' pieces; part is consumed. */
static void
call_chunk(struct flow *flow, const struct ask *ask, int place, jv part)
{
	jv indexed = jv_object(), list;

	if (!json_peek_bool(ask->says, "index_missing"))
		indexed = json_set_int(indexed, "index", place);
	list = jv_array_append(jv_array(), jv_object_merge(indexed, part));
	chunk(flow, ask, json_set(jv_object(), "tool_calls", list), NULL);
}

static void
stream_call(struct flow *flow, const struct ask *ask, jv call, int place)
{
	char *id = render_call_id(ask, call, place), *arguments = render_arguments(call);
	const char *name = json_peek_string(call, "name"), *left = arguments;
	bool is_whole = json_peek_bool(ask->says, "whole_arguments");

	call_chunk(flow, ask, place, call_part(id, name, is_whole ? arguments : ""));
	for (long pieces = render_pieces(ask); !is_whole && *left; pieces -= pieces > 1) {
		size_t n = render_piece(left, pieces);
		char *piece = xprintf("%.*s", (int)n, left);

		call_chunk(flow, ask, place, call_part(NULL, NULL, piece));
		free(piece);
		left += n;
	}
	free(id);
	free(arguments);
}

static void
stream_usage(struct flow *flow, const struct ask *ask)
{
	jv options = json_get(ask->body, "stream_options", JV_KIND_OBJECT);
	jv usage = usage_of(ask), whole;

	if (json_peek_bool(options, "include_usage") && jv_is_valid(usage)) {
		whole = envelope(ask, "chat.completion.chunk");
		whole = json_set(whole, "choices",
		    json_peek_bool(ask->says, "choices_null") ? jv_null() : jv_array());
		flow_event(flow, NULL, json_set(whole, "usage", jv_copy(usage)));
	}
	jv_free(options);
	jv_free(usage);
}

void
stream_openai(struct flow *flow, const struct ask *ask)
{
	jv calls = json_get(ask->says, "tool_calls", JV_KIND_ARRAY);
	jv first = json_set_string(jv_object(), "role", "assistant");

	chunk(flow, ask, json_set_string(first, "content", jv_is_valid(calls) ? NULL : ""), NULL);
	stream_text(flow, ask, render_string(ask, "thought_member", "reasoning_content"),
	    json_peek_string(ask->says, "thought"));
	stream_text(flow, ask, "content", json_peek_string(ask->says, "text"));
	if (jv_is_valid(calls)) {
		jv_array_foreach (calls, i, call) {
			stream_call(flow, ask, call, i);
			jv_free(call);
		}
	}
	jv_free(calls);
	if (render_is_failing(ask))
		return;
	chunk(flow, ask, jv_object(), render_stop(ask, stops));
	stream_usage(flow, ask);
	if (!json_peek_bool(ask->says, "no_done"))
		flow_text(flow, "[DONE]");
}
