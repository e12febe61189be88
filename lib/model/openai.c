#include "openai.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "mend.h"
#include "request.h"

/* --- the request */

static jv
function_of(jv call)
{
	jv function = json_set_string(jv_object(), "name", json_peek_string(call, "name"));

	return json_set(function, "arguments", request_arguments(call));
}

static jv
calls_of(jv message)
{
	jv calls = json_get(message, "tool_calls", JV_KIND_ARRAY), all = jv_array();

	if (!jv_is_valid(calls)) {
		jv_free(calls);
		return all;
	}
	jv_array_foreach (calls, i, call) {
		jv one = json_set_string(jv_object(), "id", json_peek_string(call, "id"));

		one = json_set_string(one, "type", "function");
		all = jv_array_append(all, json_set(one, "function", function_of(call)));
		jv_free(call);
	}
	jv_free(calls);
	return all;
}

/* message is consumed. */
static jv
message_of(jv message)
{
	const char *role = json_peek_string(message, "role");
	jv content = json_get(message, "content", JV_KIND_STRING), calls = calls_of(message);
	jv said = json_set_string(jv_object(), "role", role);

	said = json_set(said, "content", jv_is_valid(content) ? content : jv_null());
	if (jv_array_length(jv_copy(calls)) > 0)
		said = json_set(said, "tool_calls", jv_copy(calls));
	if (!strcmp(role, "tool"))
		said = json_set_string(said, "tool_call_id",
		    json_peek_string(message, "tool_call_id"));
	jv_free(calls);
	jv_free(message);
	return said;
}

static jv
messages_of(jv request)
{
	jv messages = json_get(request, "messages", JV_KIND_ARRAY), all = jv_array();

	jv_array_foreach (messages, i, message)
		all = jv_array_append(all, message_of(message));
	jv_free(messages);
	return all;
}

/* tool is consumed. */
static jv
tool_of(jv tool)
{
	jv parameters = json_get(tool, "parameters", JV_KIND_OBJECT), function;
	const char *description = json_peek_string(tool, "description");

	function = json_set_string(jv_object(), "name", json_peek_string(tool, "name"));
	if (description)
		function = json_set_string(function, "description", description);
	if (!jv_is_valid(parameters))
		parameters = json_set_string(jv_object(), "type", "object");
	function = json_set(function, "parameters", parameters);
	jv_free(tool);
	return json_set(json_set_string(jv_object(), "type", "function"), "function", function);
}

static jv
add_tools(jv body, jv request)
{
	jv tools = json_get(request, "tools", JV_KIND_ARRAY), all = jv_array(), choice, named;

	if (!jv_is_valid(tools) || jv_array_length(jv_copy(tools)) == 0) {
		jv_free(all);
		jv_free(tools);
		return body;
	}
	jv_array_foreach (tools, i, tool)
		all = jv_array_append(all, tool_of(tool));
	jv_free(tools);
	body = json_set(body, "tools", all);
	choice = jv_object_get(jv_copy(request), jv_string("tool_choice"));
	if (jv_get_kind(choice) == JV_KIND_OBJECT) {
		named = json_set_string(jv_object(), "name", json_peek_string(choice, "name"));
		jv_free(choice);
		choice = json_set_string(jv_object(), "type", "function");
		choice = json_set(choice, "function", named);
	}
	if (jv_get_kind(choice) > JV_KIND_NULL)
		return json_set(body, "tool_choice", choice);
	jv_free(choice);
	return body;
}

static jv
add_format(jv body, jv request)
{
	jv wanted = json_get(request, "response_schema", JV_KIND_OBJECT), schema, format;
	char *name;

	if (!jv_is_valid(wanted)) {
		jv_free(wanted);
		return body;
	}
	name = request_name(json_peek_string(wanted, "name"));
	schema = json_set_string(jv_object(), "name", name);
	schema = json_set(schema, "schema", json_get(wanted, "schema", JV_KIND_OBJECT));
	format = json_set_string(jv_object(), "type", "json_schema");
	free(name);
	jv_free(wanted);
	return json_set(body, "response_format", json_set(format, "json_schema", schema));
}

/* Members that only have another name there. */
static jv
add_settings(jv body, jv request, bool is_vendor)
{
	const char *const names[][2] = { { "max_tokens",
					     is_vendor ? "max_completion_tokens" : "max_tokens" },
		{ "temperature", "temperature" }, { "effort", "reasoning_effort" },
		{ "stop", "stop" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		jv v = jv_object_get(jv_copy(request), jv_string(names[i][0]));

		if (jv_get_kind(v) > JV_KIND_NULL)
			body = json_set(body, names[i][1], v);
		else
			jv_free(v);
	}
	return body;
}

jv
openai_body(jv request, const char *version, bool is_vendor)
{
	jv body = json_set_string(jv_object(), "model", json_peek_string(request, "model"));
	jv options = json_set(jv_object(), "include_usage", jv_true());

	(void)version;
	body = json_set(body, "messages", messages_of(request));
	body = add_format(add_tools(body, request), request);
	body = add_settings(body, request, is_vendor);
	if (json_peek_bool(request, "stream")) {
		if (is_vendor)
			options = json_set(options, "include_obfuscation", jv_false());
		body = json_set(body, "stream", jv_true());
		body = json_set(body, "stream_options", jv_copy(options));
	}
	jv_free(options);
	jv_free(request);
	return body;
}

/* --- the answer */

/* Whole numbers of 0 and more; `or` where there is none. */
static int64_t
count_of(jv object, const char *name, int64_t or)
{
	int64_t n = json_peek_int(object, name, -1);

	return n >= 0 ? n : or ;
}

static void
take_usage(struct reply *a, jv v)
{
	jv usage = json_get(v, "usage", JV_KIND_OBJECT);
	jv details = json_get(usage, "prompt_tokens_details", JV_KIND_OBJECT);

	a->input_tokens = count_of(usage, "prompt_tokens", a->input_tokens);
	a->output_tokens = count_of(usage, "completion_tokens", a->output_tokens);
	a->total_tokens = count_of(usage, "total_tokens", a->total_tokens);
	a->cached_tokens = count_of(details, "cached_tokens", a->cached_tokens);
	jv_free(details);
	jv_free(usage);
}

/* Pieces of tool calls; where they have no index, their place counts if they begin a call. */
static void
take_calls(struct reply *a, jv calls)
{
	if (jv_get_kind(calls) != JV_KIND_ARRAY) {
		jv_free(calls);
		return;
	}
	jv_array_foreach (calls, i, piece) {
		jv function = json_get(piece, "function", JV_KIND_OBJECT);
		struct reply_call *call = reply_call(a, count_of(piece, "index", -1),
		    json_peek_string(piece, "id"), json_peek_string(function, "name"));

		reply_arguments(a, call,
		    jv_is_valid(function) ? jv_object_get(function, jv_string("arguments"))
					  : function);
		jv_free(piece);
	}
	jv_free(calls);
}

/* A text, or an array of parts that have one. */
static void
take_content(struct reply *a, jv content)
{
	if (jv_get_kind(content) != JV_KIND_ARRAY) {
		reply_text(a, content);
		return;
	}
	jv_array_foreach (content, i, part) {
		reply_text(a, json_get(part, "text", JV_KIND_STRING));
		jv_free(part);
	}
	jv_free(content);
}

/* A delta, or a whole message: both have the same members. */
static void
take_message(struct reply *a, jv message)
{
	jv thought = json_get(message, "reasoning_content", JV_KIND_STRING), refusal;

	if (!jv_is_valid(thought)) {
		jv_free(thought);
		thought = json_get(message, "reasoning", JV_KIND_STRING);
	}
	reply_thought(a, thought);
	take_content(a, jv_object_get(jv_copy(message), jv_string("content")));
	refusal = json_get(message, "refusal", JV_KIND_STRING);
	if (jv_is_valid(refusal) && jv_string_length_bytes(jv_copy(refusal)) > 0)
		a->reason = "refusal";
	reply_text(a, refusal);
	take_calls(a, json_get(message, "tool_calls", JV_KIND_ARRAY));
	jv_free(message);
}

static void
take_reason(struct reply *a, const char *reason)
{
	static const char *const known[][2] = { { "length", "length" },
		{ "tool_calls", "tool_calls" }, { "function_call", "tool_calls" },
		{ "content_filter", "refusal" } };

	if (!reason || !*reason)
		return;
	if (!a->reason)
		a->reason = "end";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(reason, known[i][0]))
			a->reason = known[i][1];
	if (!strcmp(reason, "error"))
		fault_set(&a->fault, "service", "error",
		    "the server ended the answer with an error");
}

/* The first choice; others were not asked for. */
static void
take_choice(struct reply *a, jv choice)
{
	jv message = json_get(choice, "delta", JV_KIND_OBJECT);

	if (!jv_is_valid(message)) {
		jv_free(message);
		message = json_get(choice, "message", JV_KIND_OBJECT);
	}
	if (json_peek_int(choice, "index", 0) == 0) {
		if (jv_is_valid(message))
			take_message(a, jv_copy(message));
		take_reason(a, json_peek_string(choice, "finish_reason"));
	}
	jv_free(message);
	jv_free(choice);
}

/* An error that came with status 200; v is not consumed. */
static bool
take_error(struct reply *a, jv v, bool is_named)
{
	jv error = json_has(v, "error") ? jv_object_get(jv_copy(v), jv_string("error")) : jv_null();

	if (jv_get_kind(error) <= JV_KIND_FALSE && !is_named) {
		jv_free(error);
		return false;
	}
	if (jv_get_kind(error) <= JV_KIND_FALSE) {
		jv_free(error);
		error = jv_copy(v);
	}
	fault_of_error(&a->fault, error);
	return true;
}

static void
take_chunk(struct reply *a, jv v)
{
	jv choices = json_get(v, "choices", JV_KIND_ARRAY);

	reply_model(a, json_peek_string(v, "model"));
	if (jv_is_valid(choices))
		jv_array_foreach (choices, i, choice)
			take_choice(a, choice);
	jv_free(choices);
	take_usage(a, v);
	jv_free(v);
}

void
openai_event(struct reply *a, const char *name, const char *data, size_t len)
{
	jv v;

	if (a->is_ended || a->fault.category)
		return;
	if (len == 6 && !memcmp(data, "[DONE]", 6)) {
		a->is_ended = true;
		return;
	}
	v = mend_parse(data, len, true);
	if (jv_is_valid(v) && !take_error(a, v, !strcmp(name, "error"))) {
		take_chunk(a, v);
		return;
	}
	if (!jv_is_valid(v))
		fault_set(&a->fault, "service", "no_json",
		    "the server sent an event that is no JSON: %s", err_text());
	jv_free(v);
}

void
openai_whole(struct reply *a, jv answer)
{
	jv choices = json_get(answer, "choices", JV_KIND_ARRAY);
	bool is_one = jv_is_valid(choices) && jv_array_length(jv_copy(choices)) > 0;

	jv_free(choices);
	if (take_error(a, answer, false)) {
		jv_free(answer);
		return;
	}
	if (!is_one) {
		fault_set(&a->fault, "service", "no_answer",
		    "the server sent JSON that is no answer (no choices)");
		jv_free(answer);
		return;
	}
	take_chunk(a, answer);
	a->is_ended = true;
}
