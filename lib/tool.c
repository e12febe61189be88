#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bridge.h"
#include "buf.h"
#include "clock.h"
#include "declare.h"
#include "err.h"
#include "fence.h"
#include "json.h"
#include "mcp.h"
#include "permit.h"
#include "schema.h"
#include "spill.h"
#include "tool.h"

struct tool {
	char *asked;      /* by which name it was asked for */
	char *path;       /* NULL: it is one of an MCP server */
	const char *name; /* in its declaration */
	jv declaration;
	struct schema *schema; /* of its parameters */
	bool is_confined;      /* it needs no sandbox */
	bool is_launcher;      /* it starts agents */
	bool is_harmless;      /* it has nothing to do with accounts and regions */
};

struct tools {
	struct place *place;
	struct tool *tool;
	size_t len;
	jv agent;
	struct bridge *bridge; /* to its MCP servers */
	char *call_id;
};

static void
release(struct tool *tool)
{
	schema_close(tool->schema);
	jv_free(tool->declaration);
	free(tool->asked);
	free(tool->path);
}

static const struct tool *
find(const struct tools *t, const char *name)
{
	for (size_t i = 0; i < t->len; i++)
		if (!strcmp(t->tool[i].name, name))
			return &t->tool[i];
	return NULL;
}

/* Find the tool that is asked for, and all that is to be known of it.  -1 with err. */
static int
find_out(const struct tools *t, struct tool *tool)
{
	bool is_ours;

	tool->path = declare_find(tool->asked, &is_ours);
	if (!tool->path && permit_is_of_server(tool->asked) && json_has(t->agent, "mcp"))
		return err_set(EX_CONFIG, "tool %s: no MCP server of the agent has it",
		    tool->asked);
	if (!tool->path)
		return -1;
	tool->declaration = declare_ask(t->place, tool->path, tool->asked, is_ours);
	if (!jv_is_valid(tool->declaration))
		return -1;
	tool->name = json_peek_string(tool->declaration, "name");
	tool->is_confined = is_ours && json_peek_bool(tool->declaration, "confined");
	tool->is_launcher = is_ours && json_peek_bool(tool->declaration, "launcher");
	tool->is_harmless = is_ours && json_has(tool->declaration, "x-legwork-scope");
	if (find(t, tool->name))
		return err_set(EX_CONFIG, "tool %s: there are two of the name %s", tool->asked,
		    tool->name);
	tool->schema = schema_open(json_get(tool->declaration, "parameters", JV_KIND_OBJECT));
	if (!tool->schema)
		return err_set(EX_CONFIG, "tool %s: --schema: parameters: %s", tool->asked,
		    err_text());
	return 0;
}

static void
add(struct tools *t, struct tool tool)
{
	t->tool = xrealloc(t->tool, (t->len + 1) * sizeof *t->tool);
	t->tool[t->len++] = tool;
}

/* Add one program.  -1 with err. */
static int
load(struct tools *t, const char *asked)
{
	struct tool tool = { .asked = xstrdup(asked), .declaration = jv_invalid() };

	if (find_out(t, &tool) < 0) {
		release(&tool);
		return -1;
	}
	add(t, tool);
	return 0;
}

/* Whether a tool was found by that name, or cannot be. */
static bool
is_known(const struct tools *t, const char *asked)
{
	for (size_t i = 0; i < t->len; i++)
		if (!strcmp(t->tool[i].asked, asked))
			return true;
	return permit_is_pattern(asked) || permit_of(t->agent, asked) == PERMIT_DENY;
}

/* Add the programs in a list of the agent's that are not there yet, nor denied.  -1 with err. */
static int
load_all(struct tools *t, const char *which)
{
	jv list = permit_list(t->agent, which);
	int rc = 0;

	jv_array_foreach (list, i, item) {
		if (rc == 0 && !is_known(t, jv_string_value(item)))
			rc = load(t, jv_string_value(item));
		jv_free(item);
	}
	jv_free(list);
	return rc;
}

/* Whether a pattern is for anything that there is, allowed or not. */
static bool
is_for_any(const struct tools *t, const char *pattern)
{
	jv foreign = bridge_tools(t->bridge);
	bool is = false;

	for (size_t i = 0; i < t->len; i++)
		is = is || permit_matches(pattern, t->tool[i].name);
	jv_array_foreach (foreign, i, one) {
		is = is || permit_matches(pattern, json_peek_string(one, "name"));
		jv_free(one);
	}
	jv_free(foreign);
	return is;
}

/* A pattern that is for nothing is a mistake: what was to be asked for would not be.  -1 with err. */
static int
check_patterns(const struct tools *t, const char *which)
{
	jv list = permit_list(t->agent, which);
	int rc = 0;

	jv_array_foreach (list, i, item) {
		const char *text = jv_string_value(item);

		if (rc == 0 && permit_is_pattern(text) && !is_for_any(t, text))
			rc = err_set(EX_CONFIG, "tool %s: the agent has none like this", text);
		jv_free(item);
	}
	jv_free(list);
	return rc;
}

/* Add one of an MCP server's (declaration consumed), whose arguments the server checks where that
 * cannot be done here. */
static void
load_foreign(struct tools *t, jv declaration)
{
	const char *name = json_peek_string(declaration, "name");
	struct tool tool = { .asked = xstrdup(name), .name = name, .declaration = declaration };

	tool.schema = schema_open(json_get(declaration, "parameters", JV_KIND_OBJECT));
	if (!tool.schema)
		tool.schema = schema_open(jv_true());
	add(t, tool);
}

/* Add what MCP servers offer, as far as the agent may use it.  -1 with err. */
static int
load_bridge(struct tools *t)
{
	jv all;

	if (!(t->bridge = bridge_open(t->agent, t->place)))
		return -1;
	all = bridge_tools(t->bridge);
	jv_array_foreach (all, i, one) {
		enum permit permit = permit_of(t->agent, json_peek_string(one, "name"));

		if (permit == PERMIT_ALLOW || permit == PERMIT_ASK)
			load_foreign(t, one);
		else
			jv_free(one);
	}
	jv_free(all);
	return 0;
}

struct tools *
tools_open(jv agent, const struct place_terms *place)
{
	struct tools *t = xmalloc(sizeof *t);

	*t = (struct tools){ .agent = jv_copy(agent) };
	if (permit_check(agent) == 0 && (t->place = place_open(place)) && load_bridge(t) == 0 &&
	    load_all(t, "allow") == 0 && load_all(t, "ask") == 0 &&
	    check_patterns(t, "allow") == 0 && check_patterns(t, "ask") == 0)
		return t;
	tools_close(t);
	return NULL;
}

void
tools_close(struct tools *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->len; i++)
		release(&t->tool[i]);
	free(t->tool);
	jv_free(t->agent);
	free(t->call_id);
	bridge_close(t->bridge);
	place_close(t->place);
	free(t);
}

enum tool_verdict
tools_verdict(const struct tools *t, const char *name)
{
	const struct tool *tool = find(t, name);
	enum permit by_name = permit_of(t->agent, name),
		    by_path = tool ? permit_of(t->agent, tool->asked) : PERMIT_NONE;

	if (by_name == PERMIT_DENY || by_path == PERMIT_DENY)
		return TOOL_DENIED;
	if (!tool)
		return TOOL_UNKNOWN;
	return by_name == PERMIT_ASK || by_path == PERMIT_ASK ? TOOL_ASK : TOOL_ALLOWED;
}

int
tools_check_scope(const struct tools *t, const char *name, jv scope, jv args)
{
	const struct tool *tool = find(t, name);
	enum fence_need need =
	    json_peek_bool(t->agent, "allow_unscoped") ? FENCE_TRUSTED : FENCE_NAMED;

	if (!tool)
		return 0; /* it is not called */
	return fence_check(tool->schema, scope, args, tool->is_harmless ? FENCE_HARMLESS : need);
}

bool
tools_is_idempotent(const struct tools *t, const char *name)
{
	const struct tool *tool = find(t, name);

	return tool && json_peek_bool(tool->declaration, "idempotent");
}

jv
tools_declarations(const struct tools *t)
{
	static const char *const members[] = { "name", "description", "parameters" };
	jv list = jv_array();

	for (size_t i = 0; i < t->len; i++) {
		jv declaration;

		if (tools_verdict(t, t->tool[i].name) == TOOL_DENIED)
			continue;
		declaration = jv_object();
		for (size_t m = 0; m < sizeof members / sizeof *members; m++)
			declaration = json_set(declaration, members[m],
			    jv_object_get(jv_copy(t->tool[i].declaration), jv_string(members[m])));
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
		for (size_t i = 0; i < t->len; i++)
			if (tools_verdict(t, t->tool[i].name) != TOOL_DENIED)
				buf_printf(&why, " %s", t->tool[i].name);
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
	is_done = place_run(t->place, &r);
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
	int64_t begin_ms = clock_mono_ms(), until_ms = place_until(t->place);
	jv given = bridge_call(t->bridge, tool->declaration, args, until_ms), text, result;
	bool is_done = jv_is_valid(given) && !json_peek_bool(given, "isError");
	struct buf why = { 0 };

	if (jv_is_valid(given)) {
		text = mcp_text(given);
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
	const struct tool *tool = find(t, name);
	jv result = refuse(t, tool, name, args);
	int64_t begin_ms = clock_mono_ms();
	struct spill answer;

	if (jv_is_valid(result)) {
		jv_free(args);
		return result;
	}
	spill_init(&answer, place_folder(t->place), name);
	result =
	    tool->path ? call_program(t, tool, args, &answer) : call_server(t, tool, args, &answer);
	spill_release(&answer);
	return json_set_int(result, "ms", clock_mono_ms() - begin_ms);
}
