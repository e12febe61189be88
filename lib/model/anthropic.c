#include "anthropic.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "mend.h"
#include "request.h"

/* --- the request */

static jv
typed(const char *type)
{
	return json_set_string(jv_object(), "type", type);
}

static jv
text_block(jv text)
{
	return json_set(typed("text"), "text", text);
}

/* The arguments of a call as an object, also where the model had written something else. */
static jv
use_block(jv call)
{
	jv block = json_set_string(typed("tool_use"), "id", json_peek_string(call, "id"));
	jv input = json_get(call, "arguments", JV_KIND_OBJECT);

	if (!jv_is_valid(input)) {
		jv_free(input);
		input = jv_object();
	}
	block = json_set_string(block, "name", json_peek_string(call, "name"));
	return json_set(block, "input", input);
}

static jv
result_block(jv message)
{
	jv block = json_set_string(typed("tool_result"), "tool_use_id",
	    json_peek_string(message, "tool_call_id"));

	block = json_set(block, "content", json_get(message, "content", JV_KIND_STRING));
	return json_peek_bool(message, "is_error") ? json_set(block, "is_error", jv_true()) : block;
}

/* What the assistant said, in the order that the API wants: thoughts, text, calls. */
static jv
assistant_blocks(jv message)
{
	jv blocks = json_get(message, "thinking", JV_KIND_ARRAY);
	jv content = json_get(message, "content", JV_KIND_STRING);
	jv calls = json_get(message, "tool_calls", JV_KIND_ARRAY);

	if (!jv_is_valid(blocks)) {
		jv_free(blocks);
		blocks = jv_array();
	}
	if (jv_is_valid(content) && jv_string_length_bytes(jv_copy(content)) > 0)
		blocks = jv_array_append(blocks, text_block(content));
	else
		jv_free(content);
	if (jv_is_valid(calls))
		jv_array_foreach (calls, i, call) {
			blocks = jv_array_append(blocks, use_block(call));
			jv_free(call);
		}
	jv_free(calls);
	return blocks;
}

/* The blocks of a message (borrowed), and whose they are. */
static jv
blocks_of(jv message, const char **role)
{
	const char *said_by = json_peek_string(message, "role");

	*role = "user";
	if (!strcmp(said_by, "tool"))
		return jv_array_append(jv_array(), result_block(message));
	if (!strcmp(said_by, "user"))
		return jv_array_append(jv_array(),
		    text_block(json_get(message, "content", JV_KIND_STRING)));
	*role = "assistant";
	return assistant_blocks(message);
}

/* Turns take turns: what the same one says next joins what it said before. */
static jv
add_turn(jv turns, const char *role, jv blocks)
{
	jv last = jv_array_get(jv_copy(turns), jv_array_length(jv_copy(turns)) - 1), before;
	const char *last_role = json_peek_string(last, "role");

	if (!last_role || strcmp(last_role, role) != 0) {
		jv_free(last);
		last = json_set_string(jv_object(), "role", role);
		return jv_array_append(turns, json_set(last, "content", blocks));
	}
	before = json_get(last, "content", JV_KIND_ARRAY);
	last = json_set(last, "content", jv_array_concat(before, blocks));
	return jv_array_set(turns, jv_array_length(jv_copy(turns)) - 1, last);
}

static jv
add_messages(jv body, jv request)
{
	jv messages = json_get(request, "messages", JV_KIND_ARRAY), turns = jv_array();
	jv system = jv_string("");

	jv_array_foreach (messages, i, message) {
		const char *role = json_peek_string(message, "role");

		if (!strcmp(role, "system")) {
			if (jv_string_length_bytes(jv_copy(system)) > 0)
				system = jv_string_append_str(system, "\n\n");
			system =
			    jv_string_concat(system, json_get(message, "content", JV_KIND_STRING));
		} else {
			jv blocks = blocks_of(message, &role);

			if (jv_array_length(jv_copy(blocks)) > 0)
				turns = add_turn(turns, role, blocks);
			else
				jv_free(blocks);
		}
		jv_free(message);
	}
	jv_free(messages);
	if (jv_string_length_bytes(jv_copy(system)) > 0)
		body = json_set(body, "system", jv_copy(system));
	jv_free(system);
	return json_set(body, "messages", turns);
}

/* tool is consumed. */
static jv
tool_of(jv tool)
{
	jv schema = json_get(tool, "parameters", JV_KIND_OBJECT);
	const char *description = json_peek_string(tool, "description");
	jv v = json_set_string(jv_object(), "name", json_peek_string(tool, "name"));

	if (description)
		v = json_set_string(v, "description", description);
	if (!jv_is_valid(schema)) {
		jv_free(schema);
		schema = typed("object");
	}
	jv_free(tool);
	return json_set(v, "input_schema", schema);
}

/* The choice as the API says it; invalid: none is said. */
static jv
choice_of(jv request)
{
	jv choice = json_get(request, "tool_choice", JV_KIND_OBJECT), v;
	const char *word = json_peek_string(request, "tool_choice");

	if (jv_is_valid(choice)) {
		v = json_set_string(typed("tool"), "name", json_peek_string(choice, "name"));
		jv_free(choice);
		return v;
	}
	jv_free(choice);
	if (!word)
		return jv_invalid();
	return typed(!strcmp(word, "required") ? "any" : word);
}

static jv
add_tools(jv body, jv request)
{
	jv tools = json_get(request, "tools", JV_KIND_ARRAY), all = jv_array(), choice;

	if (jv_is_valid(tools))
		jv_array_foreach (tools, i, tool)
			all = jv_array_append(all, tool_of(tool));
	jv_free(tools);
	if (jv_array_length(jv_copy(all)) == 0) {
		jv_free(all);
		return body;
	}
	body = json_set(body, "tools", all);
	choice = choice_of(request);
	if (jv_is_valid(choice))
		return json_set(body, "tool_choice", choice);
	jv_free(choice);
	return body;
}

static jv
add_output(jv body, jv request)
{
	jv wanted = json_get(request, "response_schema", JV_KIND_OBJECT), config = jv_object();
	const char *effort = json_peek_string(request, "effort");

	if (effort)
		config = json_set_string(config, "effort", effort);
	if (jv_is_valid(wanted))
		config = json_set(config, "format",
		    json_set(typed("json_schema"), "schema",
			json_get(wanted, "schema", JV_KIND_OBJECT)));
	jv_free(wanted);
	if (jv_object_length(jv_copy(config)) > 0)
		return json_set(body, "output_config", config);
	jv_free(config);
	return body;
}

/* Versions are dates; from this one on sampling is the model's own business. */
static bool
takes_temperature(const char *version)
{
	return version && strcmp(version, "2026-10-21") < 0;
}

jv
anthropic_body(jv request, const char *version, bool is_vendor)
{
	jv body = json_set_string(jv_object(), "model", json_peek_string(request, "model"));
	jv stop = json_get(request, "stop", JV_KIND_ARRAY);
	jv temperature = json_get(request, "temperature", JV_KIND_NUMBER);

	(void)is_vendor;
	body = json_set_int(body, "max_tokens",
	    json_peek_int(request, "max_tokens", ANTHROPIC_MAX_TOKENS));
	body = add_output(add_tools(add_messages(body, request), request), request);
	if (jv_is_valid(stop))
		body = json_set(body, "stop_sequences", jv_copy(stop));
	if (jv_is_valid(temperature) && takes_temperature(version))
		body = json_set(body, "temperature", jv_copy(temperature));
	if (json_peek_bool(request, "stream"))
		body = json_set(body, "stream", jv_true());
	jv_free(stop);
	jv_free(temperature);
	jv_free(request);
	return body;
}

/* --- the answer */

static void
take_count(int64_t *count, jv usage, const char *name)
{
	int64_t n = json_peek_int(usage, name, -1);

	if (n >= 0)
		*count = n;
}

/* What was read from and written to the cache is not in input_tokens, and is input all the same. */
static void
take_usage(struct reply *a, jv v)
{
	jv usage = json_get(v, "usage", JV_KIND_OBJECT);
	int64_t in = -1, read = 0, written = 0;

	take_count(&in, usage, "input_tokens");
	take_count(&read, usage, "cache_read_input_tokens");
	take_count(&written, usage, "cache_creation_input_tokens");
	if (in >= 0)
		a->input_tokens = in + read + written;
	take_count(&a->cached_tokens, usage, "cache_read_input_tokens");
	take_count(&a->output_tokens, usage, "output_tokens");
	jv_free(usage);
}

static void
take_reason(struct reply *a, jv v)
{
	static const char *const known[][2] = { { "max_tokens", "length" },
		{ "model_context_window_exceeded", "length" }, { "tool_use", "tool_calls" },
		{ "pause_turn", "paused" }, { "refusal", "refusal" } };
	const char *reason = json_peek_string(v, "stop_reason");

	if (!reason)
		return;
	a->reason = "end";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(reason, known[i][0]))
			a->reason = known[i][1];
}

/* Append a string (consumed) to b. */
static void
collect(struct reply *a, struct buf *b, jv piece)
{
	size_t len = 0;

	if (jv_get_kind(piece) == JV_KIND_STRING)
		len = (size_t)jv_string_length_bytes(jv_copy(piece));
	if (len > 0 && reply_count(a, len))
		buf_add(b, jv_string_value(piece), len);
	jv_free(piece);
}

/* A call, with the pieces of its arguments where it came in pieces. */
static void
take_use(struct reply *a, jv block)
{
	struct reply_call *call = reply_call(a, (int64_t)a->calls, json_peek_string(block, "id"),
	    json_peek_string(block, "name"));

	if (a->text.len > 0)
		reply_arguments(a, call, json_utf8(a->text.p, a->text.len));
	else
		reply_arguments(a, call, jv_object_get(jv_copy(block), jv_string("input")));
	jv_free(block);
}

/* What came in pieces is put into a block that is to be handed back as it was. */
static jv
fill_block(struct reply *a, jv block)
{
	jv input;

	if (a->signature.len > 0)
		block = json_set(block, "signature", json_utf8(a->signature.p, a->signature.len));
	if (a->text.len == 0)
		return block;
	if (!strcmp(json_peek_string(block, "type"), "thinking"))
		return json_set(block, "thinking", json_utf8(a->text.p, a->text.len));
	input = mend_parse(a->text.p, a->text.len, false);
	if (jv_is_valid(input))
		return json_set(block, "input", input);
	jv_free(input);
	return block;
}

/* A block (consumed) that has all it will get. */
static void
take_block(struct reply *a, jv block)
{
	const char *type = json_peek_string(block, "type");

	if (type && !strcmp(type, "tool_use"))
		take_use(a, block);
	else if (type && strcmp(type, "text") != 0)
		reply_block(a, fill_block(a, block));
	else
		jv_free(block);
	a->text.len = a->signature.len = 0;
}

static void
end_block(struct reply *a)
{
	jv block = a->block;

	a->block = jv_invalid();
	if (jv_is_valid(block))
		take_block(a, block);
	else
		jv_free(block);
}

/* Where the end of the one before was not told, this tells it. */
static void
begin_block(struct reply *a, jv v)
{
	end_block(a);
	a->block = json_get(v, "content_block", JV_KIND_OBJECT);
	a->text.len = a->signature.len = 0;
	reply_text(a, json_get(a->block, "text", JV_KIND_STRING));
}

static void
take_delta(struct reply *a, jv v)
{
	jv delta = json_get(v, "delta", JV_KIND_OBJECT);
	jv thought = json_get(delta, "thinking", JV_KIND_STRING);

	reply_text(a, json_get(delta, "text", JV_KIND_STRING));
	collect(a, &a->text, json_get(delta, "partial_json", JV_KIND_STRING));
	collect(a, &a->signature, json_get(delta, "signature", JV_KIND_STRING));
	collect(a, &a->text, jv_copy(thought));
	reply_thought(a, thought);
	jv_free(delta);
}

/* The error in v, or v itself where there is none in it. */
static void
take_error(struct reply *a, jv v)
{
	jv error = json_get(v, "error", JV_KIND_OBJECT);

	if (jv_is_valid(error)) {
		fault_of_error(&a->fault, error);
		return;
	}
	jv_free(error);
	fault_of_error(&a->fault, jv_copy(v));
}

static void
begin_message(struct reply *a, jv v)
{
	jv message = json_get(v, "message", JV_KIND_OBJECT);

	reply_model(a, json_peek_string(message, "model"));
	take_usage(a, message);
	jv_free(message);
}

static void
end_message(struct reply *a, jv v)
{
	jv delta = json_get(v, "delta", JV_KIND_OBJECT);

	end_block(a);
	take_reason(a, delta);
	take_usage(a, v);
	jv_free(delta);
}

/* Events of other types are new ones, and passed over. */
static void
take_event(struct reply *a, const char *type, jv v)
{
	if (!strcmp(type, "content_block_delta"))
		take_delta(a, v);
	else if (!strcmp(type, "content_block_start"))
		begin_block(a, v);
	else if (!strcmp(type, "content_block_stop"))
		end_block(a);
	else if (!strcmp(type, "message_start"))
		begin_message(a, v);
	else if (!strcmp(type, "message_delta"))
		end_message(a, v);
	else if (!strcmp(type, "message_stop"))
		a->is_ended = true;
	else if (!strcmp(type, "error"))
		take_error(a, v);
}

void
anthropic_event(struct reply *a, const char *name, const char *data, size_t len)
{
	const char *type;
	jv v;

	if (a->is_ended || a->fault.category)
		return;
	v = mend_parse(data, len, true);
	type = json_peek_string(v, "type");
	if (jv_is_valid(v))
		take_event(a, type ? type : name, v);
	else
		fault_set(&a->fault, "service", "no_json",
		    "the server sent an event that is no JSON: %s", err_text());
	jv_free(v);
}

/* All texts together, as one. */
static jv
joined_text(jv content)
{
	jv text = jv_string("");

	jv_array_foreach (content, i, block) {
		jv piece = json_get(block, "text", JV_KIND_STRING);

		if (jv_is_valid(piece))
			text = jv_string_concat(text, piece);
		else
			jv_free(piece);
		jv_free(block);
	}
	return text;
}

void
anthropic_whole(struct reply *a, jv answer)
{
	jv content = json_get(answer, "content", JV_KIND_ARRAY);

	reply_model(a, json_peek_string(answer, "model"));
	take_usage(a, answer);
	take_reason(a, answer);
	if (json_has(answer, "error")) {
		take_error(a, answer);
	} else if (!jv_is_valid(content)) {
		fault_set(&a->fault, "service", "no_answer",
		    "the server sent JSON that is no answer (no content)");
	} else {
		jv_array_foreach (content, i, block) {
			reply_thought(a, json_get(block, "thinking", JV_KIND_STRING));
			take_block(a, block);
		}
		reply_text(a, joined_text(content));
		a->is_ended = true;
	}
	jv_free(content);
	jv_free(answer);
}
