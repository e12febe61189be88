#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "buf.h"
#include "clock.h"
#include "declare.h"
#include "err.h"
#include "fence.h"
#include "json.h"
#include "schema.h"
#include "spill.h"
#include "tool.h"

struct tool {
	char *asked; /* by which name it was asked for */
	char *path;
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
	jv deny, ask;         /* arrays of names */
	bool allows_unscoped; /* tools that take no accounts or regions */
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

static bool
has_string(jv list, const char *s)
{
	bool has = false;

	jv_array_foreach (list, i, item) {
		has = has || !strcmp(jv_string_value(item), s);
		jv_free(item);
	}
	return has;
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

/* Add one tool.  -1 with err. */
static int
load(struct tools *t, const char *asked)
{
	struct tool tool = { .asked = xstrdup(asked), .declaration = jv_invalid() };

	if (find_out(t, &tool) < 0) {
		release(&tool);
		return -1;
	}
	t->tool = xrealloc(t->tool, (t->len + 1) * sizeof *t->tool);
	t->tool[t->len++] = tool;
	return 0;
}

/* A list of names in the agent's "tools"; invalid with err where it is none. */
static jv
names(jv agent, const char *which)
{
	jv tools = json_get(agent, "tools", JV_KIND_OBJECT), list = jv_array();
	bool is_good = true;

	if (jv_is_valid(tools) && json_has(tools, which)) {
		jv_free(list);
		list = json_get(tools, which, JV_KIND_ARRAY);
		is_good = jv_is_valid(list);
	}
	jv_free(tools);
	if (is_good)
		jv_array_foreach (list, i, name) {
			is_good = is_good && jv_get_kind(name) == JV_KIND_STRING;
			jv_free(name);
		}
	if (is_good)
		return list;
	jv_free(list);
	err_set(EX_CONFIG, "tools.%s: want a list of names", which);
	return jv_invalid();
}

/* Add the tools of a list (borrowed) that are not there yet, nor denied.  -1 with err. */
static int
load_all(struct tools *t, jv list)
{
	int rc = 0;

	jv_array_foreach (list, i, item) {
		const char *asked = jv_string_value(item);
		bool is_new = !has_string(t->deny, asked);

		for (size_t n = 0; n < t->len; n++)
			is_new = is_new && strcmp(t->tool[n].asked, asked) != 0;
		if (rc == 0 && is_new)
			rc = load(t, asked);
		jv_free(item);
	}
	return rc;
}

struct tools *
tools_open(jv agent, const struct place_terms *place)
{
	struct tools *t = xmalloc(sizeof *t);
	jv allow = names(agent, "allow");
	int rc = -1;

	*t = (struct tools){ .deny = names(agent, "deny"),
		.ask = names(agent, "ask"),
		.allows_unscoped = json_peek_bool(agent, "allow_unscoped") };
	if (jv_is_valid(allow) && jv_is_valid(t->deny) && jv_is_valid(t->ask) &&
	    (t->place = place_open(place)) && load_all(t, allow) == 0)
		rc = load_all(t, t->ask);
	jv_free(allow);
	if (rc == 0)
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
	jv_free(t->deny);
	jv_free(t->ask);
	free(t->call_id);
	place_close(t->place);
	free(t);
}

enum tool_verdict
tools_verdict(const struct tools *t, const char *name)
{
	const struct tool *tool = find(t, name);
	const char *asked = tool ? tool->asked : name;

	if (has_string(t->deny, name) || has_string(t->deny, asked))
		return TOOL_DENIED;
	if (!tool)
		return TOOL_UNKNOWN;
	return has_string(t->ask, name) || has_string(t->ask, asked) ? TOOL_ASK : TOOL_ALLOWED;
}

int
tools_check_scope(const struct tools *t, const char *name, jv scope, jv args)
{
	const struct tool *tool = find(t, name);
	enum fence_need need = t->allows_unscoped ? FENCE_TRUSTED : FENCE_NAMED;

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

/* What a call gives back. */
static jv
result_of(const struct place_run *r, const struct spill *answer, bool is_done)
{
	struct buf text = { 0 };
	jv result = json_set_string(jv_object(), "status", is_done ? "success" : "error");

	buf_puts(&text, "");
	if (!is_done)
		place_say(r, &text);
	if (!is_done && answer->bytes > 0)
		buf_puts(&text, "\nIt had printed:\n");
	spill_text(answer, &text);
	result = json_set(result, "content", jv_string_sized(text.p, (int)text.len));
	result = json_set_int(result, "bytes", (int64_t)answer->bytes);
	if (answer->path)
		result = json_set_string(result, "file", answer->path);
	if (r->end == CALL_ENDED && WIFEXITED(r->status))
		result = json_set_int(result, "exit_status", WEXITSTATUS(r->status));
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

jv
tools_call(struct tools *t, const char *name, jv args)
{
	const struct tool *tool = find(t, name);
	jv result = refuse(t, tool, name, args);
	int64_t begin_ms = clock_mono_ms();
	struct buf input = { 0 };
	struct spill answer;
	struct place_run r;
	bool is_done;

	if (jv_is_valid(result)) {
		jv_free(args);
		return result;
	}
	json_dump(&input, args);
	buf_putc(&input, '\n');
	spill_init(&answer, place_folder(t->place), name);
	r = (struct place_run){ .path = tool->path,
		.input = input.p,
		.is_trusted = tool->is_confined,
		.is_launcher = tool->is_launcher,
		.call_id = t->call_id,
		.take = take,
		.arg = &answer };
	is_done = place_run(t->place, &r);
	result = result_of(&r, &answer, is_done);
	place_run_release(&r);
	spill_release(&answer);
	buf_release(&input);
	return json_set_int(result, "ms", clock_mono_ms() - begin_ms);
}
