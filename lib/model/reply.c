#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "mend.h"
#include "reply.h"

void
reply_init(struct reply *a, void (*emit)(void *arg, jv event), void *arg, int turn)
{
	*a = (struct reply){ .emit = emit,
		.arg = arg,
		.turn = turn,
		.input_tokens = -1,
		.output_tokens = -1,
		.total_tokens = -1,
		.cached_tokens = -1,
		.fault = { .retry_after_ms = -1 },
		.block = jv_invalid() };
}

void
reply_release(struct reply *a)
{
	for (size_t i = 0; i < a->calls; i++) {
		free(a->call[i].id);
		free(a->call[i].name);
		buf_release(&a->call[i].arguments);
	}
	free(a->call);
	free(a->model);
	jv_free(a->block);
	buf_release(&a->text);
	buf_release(&a->signature);
	fault_release(&a->fault);
	*a = (struct reply){ .block = jv_invalid() };
}

bool
reply_count(struct reply *a, size_t len)
{
	a->size += len;
	if (a->size <= REPLY_MAX)
		return true;
	fault_set(&a->fault, "service", "too_long", "the answer is longer than %d MiB",
	    REPLY_MAX / 1024 / 1024);
	a->fault.is_retryable = false;
	return false;
}

static void
emit(struct reply *a, jv event)
{
	a->has_emitted = true;
	a->emit(a->arg, event);
}

static void
emit_delta(struct reply *a, const char *type, jv piece)
{
	size_t len = 0;

	if (jv_get_kind(piece) == JV_KIND_STRING)
		len = (size_t)jv_string_length_bytes(jv_copy(piece));
	if (len > 0 && reply_count(a, len))
		emit(a, json_set(json_set_string(jv_object(), "type", type), "delta", piece));
	else
		jv_free(piece);
}

void
reply_text(struct reply *a, jv piece)
{
	emit_delta(a, "text", piece);
}

void
reply_thought(struct reply *a, jv piece)
{
	emit_delta(a, "thought", piece);
}

void
reply_block(struct reply *a, jv block)
{
	emit(a, json_set(json_set_string(jv_object(), "type", "thinking"), "block", block));
}

void
reply_model(struct reply *a, const char *model)
{
	if (!model || !*model || a->model)
		return;
	a->model = xstrdup(model);
}

/* Whether a piece with this id and name goes on with the call. */
static bool
is_same_call(const struct reply_call *call, const char *id, const char *name)
{
	return !*id || !call->id || !*name || !strcmp(call->id, id);
}

static struct reply_call *
find_call(struct reply *a, int64_t index, const char *id, const char *name)
{
	for (size_t i = a->calls; i-- > 0;) {
		struct reply_call *call = &a->call[i];

		if (index >= 0 && call->index == index)
			return is_same_call(call, id, name) ? call : NULL;
		if (index < 0 && *id && call->id && !strcmp(call->id, id))
			return call;
	}
	/* a piece without anything to tell it by goes on with the last one */
	return index < 0 && !*id && !*name && a->calls > 0 ? &a->call[a->calls - 1] : NULL;
}

struct reply_call *
reply_call(struct reply *a, int64_t index, const char *id, const char *name)
{
	struct reply_call *call;

	id = id ? id : "";
	name = name ? name : "";
	call = find_call(a, index, id, name);
	if (!call) {
		reply_count(a, sizeof *call);
		a->call = xrealloc(a->call, (a->calls + 1) * sizeof *a->call);
		call = &a->call[a->calls++];
		*call = (struct reply_call){ .index = index };
	}
	if (!call->id && *id && reply_count(a, strlen(id)))
		call->id = xstrdup(id);
	if (!call->name && *name && reply_count(a, strlen(name)))
		call->name = xstrdup(name);
	return call;
}

void
reply_arguments(struct reply *a, struct reply_call *call, jv piece)
{
	size_t before = call->arguments.len;

	if (jv_get_kind(piece) == JV_KIND_STRING) {
		buf_add(&call->arguments, jv_string_value(piece),
		    (size_t)jv_string_length_bytes(jv_copy(piece)));
		jv_free(piece);
	} else if (jv_get_kind(piece) == JV_KIND_OBJECT) {
		json_dump(&call->arguments, piece);
	} else {
		jv_free(piece);
	}
	reply_count(a, call->arguments.len - before);
}

/* Whether a value (consumed) has more levels than are left. */
static bool
is_deeper(jv v, int levels)
{
	bool is = levels < 0;

	if (!is && jv_get_kind(v) == JV_KIND_ARRAY)
		jv_array_foreach (v, i, item)
			is = is_deeper(item, levels - 1) || is;
	if (!is && jv_get_kind(v) == JV_KIND_OBJECT)
		jv_object_foreach (v, name, member) {
			is = is_deeper(member, levels - 1) || is;
			jv_free(name);
		}
	jv_free(v);
	return is;
}

/* The arguments of a call that needs none may come as nothing at all. */
static jv
set_arguments(jv v, const struct buf *text)
{
	jv arguments;

	if (text->len == 0 || strspn(text->p, " \t\r\n") == text->len || !strcmp(text->p, "null"))
		return json_set(v, "arguments", jv_object());
	arguments = mend_parse(text->p, text->len, false);
	if (jv_get_kind(arguments) == JV_KIND_OBJECT &&
	    !is_deeper(jv_copy(arguments), REPLY_LEVELS_MAX))
		return json_set(v, "arguments", arguments);
	v = json_set(v, "arguments_text", json_utf8(text->p, text->len));
	if (jv_get_kind(arguments) == JV_KIND_OBJECT)
		v = json_set(v, "fault",
		    jv_string_fmt("the arguments have more than %d levels", REPLY_LEVELS_MAX));
	else if (jv_is_valid(arguments))
		v = json_set_string(v, "fault", "the arguments are no JSON object");
	else
		v = json_set(v, "fault",
		    jv_string_fmt("the arguments are no JSON: %s", err_text()));
	jv_free(arguments);
	return v;
}

static void
emit_call(struct reply *a, size_t i)
{
	const struct reply_call *call = &a->call[i];
	jv v = call->id ? json_set_string(jv_object(), "id", call->id)
	                : json_set(jv_object(), "id", jv_string_fmt("call_%d_%zu", a->turn, i));

	v = set_arguments(json_set_string(v, "name", call->name ? call->name : ""),
	    &call->arguments);
	emit(a, json_set(json_set_string(jv_object(), "type", "tool_call"), "call", v));
}

void
reply_usage(struct reply *a)
{
	int64_t in = a->input_tokens > 0 ? a->input_tokens : 0;
	int64_t out = a->output_tokens > 0 ? a->output_tokens : 0;
	jv event;

	if (a->input_tokens < 0 && a->output_tokens < 0)
		return;
	event = json_set_string(jv_object(), "type", "usage");
	event = json_set_int(event, "input_tokens", in);
	event = json_set_int(event, "output_tokens", out);
	event =
	    json_set_int(event, "total_tokens", a->total_tokens >= 0 ? a->total_tokens : in + out);
	if (a->cached_tokens >= 0)
		event = json_set_int(event, "cached_tokens", a->cached_tokens);
	emit(a, event);
}

bool
reply_finish(struct reply *a)
{
	if (!a->fault.category && !a->reason && !a->is_ended)
		fault_set(&a->fault, "network", "cut_off", "the answer ended before its end");
	if (a->fault.category)
		return false;
	for (size_t i = 0; i < a->calls; i++)
		emit_call(a, i);
	reply_usage(a);
	if (!a->reason || !strcmp(a->reason, "end"))
		a->reason = a->calls > 0 ? "tool_calls" : "end";
	return true;
}
