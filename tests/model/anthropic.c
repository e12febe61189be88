/* anthropic.c - messages: see render.h */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "render.h"

static const char *const stops[][2] = { { "end", "end_turn" }, { "length", "max_tokens" },
	{ "tool_calls", "tool_use" }, { "refusal", "refusal" }, { "paused", "pause_turn" },
	{ NULL, NULL } };

/* The tokens read; input_tokens does not count those that were cached.  output -1: not told. */
static jv
usage_of(const struct ask *ask, long output)
{
	long input = render_usage(ask, "input"), cached = render_usage(ask, "cached");
	jv usage = jv_object();

	if (input >= 0) {
		usage = json_set_int(usage, "input_tokens", input - (cached > 0 ? cached : 0));
		usage = json_set_int(usage, "cache_creation_input_tokens", 0);
		usage = json_set_int(usage, "cache_read_input_tokens", cached > 0 ? cached : 0);
	}
	return output >= 0 ? json_set_int(usage, "output_tokens", output) : usage;
}

static jv
envelope(const struct ask *ask, jv content, const char *stop, long output)
{
	const char *asked = json_peek_string(ask->body, "model");
	char *id = xprintf("msg_%ld", ask->n);
	jv whole = json_set_string(jv_object(), "id", id);

	free(id);
	whole = json_set_string(whole, "type", "message");
	whole = json_set_string(whole, "role", "assistant");
	whole =
	    json_set_string(whole, "model", render_string(ask, "model", asked ? asked : "none"));
	whole = json_set(whole, "content", content);
	whole = json_set_string(whole, "stop_reason", stop);
	whole = json_set_string(whole, "stop_sequence", NULL);
	return json_set(whole, "usage", usage_of(ask, output));
}

/* An object with a type and a string. */
static jv
typed(const char *type, const char *name, const char *value)
{
	return json_set_string(json_set_string(jv_object(), "type", type), name, value);
}

/* The input that the arguments are; text that is no object stays a string. */
static jv
input_of(const char *arguments)
{
	jv input = json_parse_object(arguments, strlen(arguments));

	if (jv_is_valid(input))
		return input;
	jv_free(input);
	return json_utf8(arguments, strlen(arguments));
}

static jv
call_block(const struct ask *ask, jv call, int place, jv input)
{
	char *id = render_call_id(ask, call, place);
	jv block = typed("tool_use", "id", id);

	free(id);
	block = json_set_string(block, "name", json_peek_string(call, "name"));
	return json_set(block, "input", input);
}

static jv
thinking_block(const char *thought, const char *signature)
{
	return json_set_string(typed("thinking", "thinking", thought), "signature", signature);
}

static bool
has_thought(const struct ask *ask)
{
	return json_has(ask->says, "thought") || json_has(ask->says, "signature");
}

/* What comes before the calls. */
static jv
first_blocks(const struct ask *ask)
{
	const char *redacted = json_peek_string(ask->says, "redacted");
	const char *text = json_peek_string(ask->says, "text");
	jv blocks = jv_array();

	if (has_thought(ask))
		blocks = jv_array_append(blocks, thinking_block(render_string(ask, "thought", ""),
						     render_string(ask, "signature", "signed")));
	if (redacted)
		blocks = jv_array_append(blocks, typed("redacted_thinking", "data", redacted));
	if (text)
		blocks = jv_array_append(blocks, typed("text", "text", text));
	return blocks;
}

jv
render_anthropic(const struct ask *ask)
{
	jv calls = json_get(ask->says, "tool_calls", JV_KIND_ARRAY), blocks = first_blocks(ask);

	if (jv_is_valid(calls)) {
		jv_array_foreach (calls, i, call) {
			char *arguments = render_arguments(call);

			blocks =
			    jv_array_append(blocks, call_block(ask, call, i, input_of(arguments)));
			free(arguments);
			jv_free(call);
		}
	}
	jv_free(calls);
	return envelope(ask, blocks, render_stop(ask, stops), render_usage(ask, "output"));
}

/* An event whose data has its name as type; data is consumed. */
static void
event(struct flow *flow, const char *name, jv data)
{
	flow_event(flow, name, jv_object_merge(json_set_string(jv_object(), "type", name), data));
}

static void
begin_block(struct flow *flow, int index, jv block)
{
	jv data = json_set_int(jv_object(), "index", index);

	event(flow, "content_block_start", json_set(data, "content_block", block));
}

static void
delta(struct flow *flow, int index, const char *type, const char *name, const char *value)
{
	jv data = json_set_int(jv_object(), "index", index);

	event(flow, "content_block_delta", json_set(data, "delta", typed(type, name, value)));
}

static void
end_block(struct flow *flow, int index)
{
	event(flow, "content_block_stop", json_set_int(jv_object(), "index", index));
}

/* pieces  0: a word each */
static void
deltas(struct flow *flow, int index, const char *type, const char *name, const char *text,
    long pieces)
{
	while (*text) {
		size_t n = render_piece(text, pieces);
		char *piece = xprintf("%.*s", (int)n, text);

		delta(flow, index, type, name, piece);
		free(piece);
		text += n;
		pieces -= pieces > 1;
	}
}

/* What comes before the calls; returns the index of the next block. */
static int
stream_first(struct flow *flow, const struct ask *ask)
{
	const char *redacted = json_peek_string(ask->says, "redacted");
	const char *text = json_peek_string(ask->says, "text");
	int index = 0;

	if (has_thought(ask)) {
		begin_block(flow, index, thinking_block("", ""));
		deltas(flow, index, "thinking_delta", "thinking", render_string(ask, "thought", ""),
		    0);
		delta(flow, index, "signature_delta", "signature",
		    render_string(ask, "signature", "signed"));
		end_block(flow, index++);
	}
	if (redacted) {
		begin_block(flow, index, typed("redacted_thinking", "data", redacted));
		end_block(flow, index++);
	}
	if (text) {
		begin_block(flow, index, typed("text", "text", ""));
		deltas(flow, index, "text_delta", "text", text, 0);
		end_block(flow, index++);
	}
	return index;
}

static void
stream_call(struct flow *flow, const struct ask *ask, jv call, int place, int index)
{
	char *arguments = render_arguments(call);

	begin_block(flow, index, call_block(ask, call, place, jv_object()));
	delta(flow, index, "input_json_delta", "partial_json", "");
	if (strcmp(arguments, "{}"))
		deltas(flow, index, "input_json_delta", "partial_json", arguments,
		    render_pieces(ask));
	end_block(flow, index);
	free(arguments);
}

static void
stream_end(struct flow *flow, const struct ask *ask)
{
	jv stop = json_set_string(jv_object(), "stop_reason", render_stop(ask, stops));
	jv data = json_set(jv_object(), "delta", json_set_string(stop, "stop_sequence", NULL));
	long output = render_usage(ask, "output");

	if (output >= 0)
		data = json_set(data, "usage", json_set_int(jv_object(), "output_tokens", output));
	event(flow, "message_delta", data);
	if (!json_peek_bool(ask->says, "no_done"))
		event(flow, "message_stop", jv_object());
}

void
stream_anthropic(struct flow *flow, const struct ask *ask)
{
	jv calls = json_get(ask->says, "tool_calls", JV_KIND_ARRAY);
	int index;

	event(flow, "message_start",
	    json_set(jv_object(), "message",
		envelope(ask, jv_array(), NULL, render_usage(ask, "input") < 0 ? -1 : 1)));
	index = stream_first(flow, ask);
	if (jv_is_valid(calls)) {
		jv_array_foreach (calls, i, call) {
			stream_call(flow, ask, call, i, index++);
			jv_free(call);
		}
	}
	jv_free(calls);
	if (!render_is_failing(ask))
		stream_end(flow, ask);
}
