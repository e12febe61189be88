#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "buf.h"
#include "clock.h"
#include "content.h"
#include "err.h"
#include "fence.h"
#include "json.h"
#include "kit.h"
#include "mcp.h"
#include "permit.h"
#include "schema.h"
#include "spill.h"

struct tools {
	struct kit kit;
	char *call_id;
};

struct tools *
tools_open(jv agent, const struct place_terms *place)
{
	struct tools *t = xmalloc(sizeof *t);

	t->call_id = NULL;
	if (kit_open(&t->kit, agent, place) == 0)
		return t;
	tools_close(t);
	return NULL;
}

void
tools_close(struct tools *t)
{
	if (!t)
		return;
	kit_close(&t->kit);
	free(t->call_id);
	free(t);
}

jv
tools_warnings(const struct tools *t)
{
	return jv_copy(t->kit.warnings);
}

enum tool_verdict
tools_verdict(const struct tools *t, const char *name)
{
	const struct tool *tool = kit_find(&t->kit, name);
	enum permit by_name = permit_of(t->kit.agent, name),
		    by_path = tool ? permit_of(t->kit.agent, tool->asked) : PERMIT_NONE;

	if (by_name == PERMIT_DENY || by_path == PERMIT_DENY)
		return TOOL_DENIED;
	if (!tool)
		return TOOL_UNKNOWN;
	return by_name == PERMIT_ASK || by_path == PERMIT_ASK ? TOOL_ASK : TOOL_ALLOWED;
}

int
tools_check_scope(const struct tools *t, const char *name, jv scope, jv args)
{
	const struct tool *tool = kit_find(&t->kit, name);
	enum fence_need need =
	    json_peek_bool(t->kit.agent, "allow_unscoped") ? FENCE_TRUSTED : FENCE_NAMED;

	if (!tool)
		return 0; /* it is not called */
	return fence_check(tool->schema, scope, args, tool->is_harmless ? FENCE_HARMLESS : need);
}

bool
tools_is_idempotent(const struct tools *t, const char *name)
{
	const struct tool *tool = kit_find(&t->kit, name);

	return tool && json_peek_bool(tool->declaration, "idempotent");
}

jv
tools_declarations(const struct tools *t)
{
	static const char *const members[] = { "name", "description", "parameters" };
	jv list = jv_array();

	for (size_t i = 0; i < t->kit.len; i++) {
		jv declaration;

		if (tools_verdict(t, t->kit.tool[i].name) == TOOL_DENIED)
			continue;
		declaration = jv_object();
		for (size_t m = 0; m < sizeof members / sizeof *members; m++)
			declaration = json_set(declaration, members[m],
			    jv_object_get(jv_copy(t->kit.tool[i].declaration),
				jv_string(members[m])));
		list = jv_array_append(list, declaration);
	}
	return list;
}

/* An error that has cost nothing. */
static jv
refusal(const char *text)
{
	jv result = json_set_string(jv_object(), "status", "error");

	result = json_set(result, "content", jv_string(text));
	return json_set_int(json_set_int(result, "bytes", 0), "ms", 0);
}

/* Why the call cannot be made, as its result; invalid: it can. */
static jv
refuse(const struct tools *t, const struct tool *tool, const char *name, jv args)
{
	struct buf why = { 0 };
	jv result;

	if (tools_verdict(t, name) == TOOL_DENIED) {
		buf_puts(&why, "this tool may not be used; go on without it");
	} else if (!tool) {
		buf_puts(&why, "there is no tool of this name; there are:");
		for (size_t i = 0; i < t->kit.len; i++)
			if (tools_verdict(t, t->kit.tool[i].name) != TOOL_DENIED)
				buf_printf(&why, " %s", t->kit.tool[i].name);
	} else if (jv_get_kind(args) != JV_KIND_OBJECT) {
		buf_puts(&why, "arguments: want a JSON object");
	} else if (schema_check(tool->schema, args) < 0) {
		buf_printf(&why, "arguments: %s", err_text());
	}
	result = why.p ? refusal(why.p) : jv_invalid();
	buf_release(&why);
	return result;
}

/* What a call gives back: why it failed, if that is known, and what it has answered. */
static jv
result_of(bool is_done, const struct buf *why, const struct spill *answer)
{
	struct buf text = { 0 };
	jv result = json_set_string(jv_object(), "status", is_done ? "success" : "error");

	buf_puts(&text, why->len > 0 ? why->p : "");
	if (why->len > 0 && answer->bytes > 0)
		buf_puts(&text, "\nIt had printed:\n");
	spill_text(answer, &text);
	result = json_set(result, "content", jv_string_sized(text.p, (int)text.len));
	result = json_set_int(result, "bytes", (int64_t)answer->bytes);
	if (answer->path)
		result = json_set_string(result, "file", answer->path);
	buf_release(&text);
	return result;
}

static void
take(void *answer, const char *bytes, size_t len)
{
	spill_add(answer, bytes, len);
}

void
tools_name_call(struct tools *t, const char *id)
{
	free(t->call_id);
	t->call_id = xstrdup(id);
}

static jv
call_program(struct tools *t, const struct tool *tool, jv args, struct spill *answer)
{
	struct buf input = { 0 }, why = { 0 };
	struct place_run r = { .path = tool->path,
		.is_trusted = tool->is_confined,
		.is_launcher = tool->is_launcher,
		.call_id = t->call_id,
		.take = take,
		.arg = answer };
	bool is_done;
	jv result;

	json_dump(&input, args);
	buf_putc(&input, '\n');
	r.input = input.p;
	is_done = place_run(t->kit.place, &r);
	if (!is_done)
		place_say(&r, &why);
	result = result_of(is_done, &why, answer);
	if (r.end == CALL_ENDED && WIFEXITED(r.status))
		result = json_set_int(result, "exit_status", WEXITSTATUS(r.status));
	place_run_release(&r);
	buf_release(&input);
	buf_release(&why);
	return result;
}

static jv
call_server(struct tools *t, const struct tool *tool, jv args, struct spill *answer)
{
	int64_t begin_ms = clock_mono_ms(), until_ms = place_until(t->kit.place);
	jv given = bridge_call(t->kit.bridge, tool->declaration, args, until_ms), text, result;
	bool is_done = jv_is_valid(given) && !json_peek_bool(given, "isError");
	struct buf why = { 0 };

	if (jv_is_valid(given)) {
		text = content_text(given);
		spill_add(answer, jv_string_value(text),
		    (size_t)jv_string_length_bytes(jv_copy(text)));
		jv_free(text);
	} else if (err_code() == EX_TIMEOUT) {
		buf_printf(&why, "no answer within %g s, so it was cancelled",
		    (double)(until_ms - begin_ms) / 1000);
	} else {
		buf_puts(&why, err_text());
	}
	result = result_of(is_done, &why, answer);
	buf_release(&why);
	jv_free(given);
	return result;
}

jv
tools_call(struct tools *t, const char *name, jv args)
{
	const struct tool *tool = kit_find(&t->kit, name);
	jv result = refuse(t, tool, name, args);
	int64_t begin_ms = clock_mono_ms();
	struct spill answer;

	if (jv_is_valid(result)) {
		jv_free(args);
		return result;
	}
	spill_init(&answer, place_folder(t->kit.place), name);
	result =
	    tool->path ? call_program(t, tool, args, &answer) : call_server(t, tool, args, &answer);
	spill_release(&answer);
	return json_set_int(result, "ms", clock_mono_ms() - begin_ms);
}
