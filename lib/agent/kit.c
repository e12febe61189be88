#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "declare.h"
#include "err.h"
#include "json.h"
#include "permit.h"
#include "schema.h"

enum { WARNINGS_MAX = 20 };

static void
release(struct tool *tool)
{
	schema_close(tool->schema);
	jv_free(tool->declaration);
	free(tool->asked);
	free(tool->path);
}

const struct tool *
kit_find(const struct kit *kit, const char *name)
{
	for (size_t i = 0; i < kit->len; i++)
		if (!strcmp(kit->tool[i].name, name))
			return &kit->tool[i];
	return NULL;
}

/* Find the tool that is asked for, and all that is to be known of it.  -1 with err. */
static int
find_out(const struct kit *kit, struct tool *tool)
{
	bool is_ours;

	tool->path = declare_find(tool->asked, &is_ours);
	if (!tool->path && permit_is_of_server(tool->asked) && json_has(kit->agent, "mcp"))
		return err_set(EX_CONFIG, "tool %s: no MCP server of the agent has it",
		    tool->asked);
	if (!tool->path)
		return -1;
	tool->declaration = declare_ask(kit->place, tool->path, tool->asked, is_ours);
	if (!jv_is_valid(tool->declaration))
		return -1;
	tool->name = json_peek_string(tool->declaration, "name");
	tool->is_confined = is_ours && json_peek_bool(tool->declaration, "confined");
	tool->is_launcher = is_ours && json_peek_bool(tool->declaration, "launcher");
	tool->is_harmless = is_ours && json_has(tool->declaration, "x-legwork-scope");
	if (kit_find(kit, tool->name))
		return err_set(EX_CONFIG, "tool %s: there are two of the name %s", tool->asked,
		    tool->name);
	tool->schema = schema_open(json_get(tool->declaration, "parameters", JV_KIND_OBJECT));
	if (!tool->schema)
		return err_set(EX_CONFIG, "tool %s: --schema: parameters: %s", tool->asked,
		    err_text());
	return 0;
}

static void
add(struct kit *kit, struct tool tool)
{
	kit->tool = xrealloc(kit->tool, (kit->len + 1) * sizeof *kit->tool);
	kit->tool[kit->len++] = tool;
}

/* Add one program.  -1 with err. */
static int
load(struct kit *kit, const char *asked)
{
	struct tool tool = { .asked = xstrdup(asked), .declaration = jv_invalid() };

	if (find_out(kit, &tool) < 0) {
		release(&tool);
		return -1;
	}
	add(kit, tool);
	return 0;
}

/* Whether an item of a list is for anything that there is, allowed or not. */
static bool
is_for_any(const struct kit *kit, const char *item)
{
	jv foreign = bridge_tools(kit->bridge);
	bool is = false;

	for (size_t i = 0; i < kit->len; i++)
		is = is || permit_matches(item, kit->tool[i].name);
	jv_array_foreach (foreign, i, one) {
		is = is || permit_matches(item, json_peek_string(one, "name")) ||
		     permit_matches(item, json_peek_string(one, "spelt"));
		jv_free(one);
	}
	jv_free(foreign);
	return is;
}

/* Whether a tool was found by that name, or cannot be. */
static bool
is_known(const struct kit *kit, const char *asked)
{
	for (size_t i = 0; i < kit->len; i++)
		if (!strcmp(kit->tool[i].asked, asked))
			return true;
	return permit_is_pattern(asked) || permit_of(kit->agent, asked) == PERMIT_DENY ||
	       (permit_is_of_server(asked) && is_for_any(kit, asked));
}

/* Add the programs in a list of the agent's that are not there yet, nor denied.  -1 with err. */
static int
load_all(struct kit *kit, const char *which)
{
	jv list = permit_list(kit->agent, which);
	int rc = 0;

	jv_array_foreach (list, i, item) {
		if (rc == 0 && !is_known(kit, jv_string_value(item)))
			rc = load(kit, jv_string_value(item));
		jv_free(item);
	}
	jv_free(list);
	return rc;
}

/* Whether an item is for nothing by mistake: a pattern, as what was to be asked for would not be; a
 * name that is denied, of a server that is there, as that tool would be called otherwise. */
static bool
is_mistaken(const struct kit *kit, const char *which, const char *item)
{
	bool is_deny = !strcmp(which, "deny");
	bool is_sure = is_deny ? !permit_is_pattern(item) && bridge_has_server(kit->bridge, item)
	                       : permit_is_pattern(item);

	return is_sure && !is_for_any(kit, item);
}

/* -1 with err, where one of a list is for nothing. */
static int
check_items(const struct kit *kit, const char *which)
{
	jv list = permit_list(kit->agent, which);
	int rc = 0;

	jv_array_foreach (list, i, item) {
		const char *text = jv_string_value(item);

		if (rc == 0 && is_mistaken(kit, which, text))
			rc = err_set(EX_CONFIG, "tool %s: the agent has none like this", text);
		jv_free(item);
	}
	jv_free(list);
	return rc;
}

/* Add one of an MCP server's (declaration consumed), whose arguments the server checks where that
 * cannot be done here. */
static void
load_foreign(struct kit *kit, jv declaration)
{
	const char *name = json_peek_string(declaration, "name");
	const char *spelt = json_peek_string(declaration, "spelt");
	struct tool tool = { .asked = xstrdup(spelt), .name = name, .declaration = declaration };

	tool.schema = schema_open(json_get(declaration, "parameters", JV_KIND_OBJECT));
	if (!tool.schema)
		tool.schema = schema_open(jv_true());
	add(kit, tool);
}

/* What the agent may do with one of an MCP server's (borrowed), by either of its names. */
static enum permit
permit_foreign(const struct kit *kit, jv one)
{
	enum permit by_name = permit_of(kit->agent, json_peek_string(one, "name")),
		    by_spelling = permit_of(kit->agent, json_peek_string(one, "spelt"));

	return by_name > by_spelling ? by_name : by_spelling;
}

/* What is wrong with one of them (borrowed), as a sentence; invalid: nothing. */
static jv
complaint_of(jv one)
{
	const char *name = json_peek_string(one, "name"), *fault = json_peek_string(one, "fault"),
		   *remark = json_peek_string(one, "remark");

	if (fault)
		return jv_string_fmt("tool %s cannot be used: %s", name, fault);
	return remark ? jv_string_fmt("tool %s %s", name, remark) : jv_invalid();
}

/* Adds a sentence (consumed; invalid: none) to the warnings; only so many are worth reading. */
static void
warn(struct kit *kit, jv sentence)
{
	int len = jv_array_length(jv_copy(kit->warnings));

	if (jv_is_valid(sentence) && len <= WARNINGS_MAX)
		kit->warnings = jv_array_append(kit->warnings,
		    len < WARNINGS_MAX ? jv_copy(sentence)
				       : jv_string("and other tools of MCP servers, too"));
	jv_free(sentence);
}

/* Add what MCP servers offer, as far as the agent may use it.  -1 with err. */
static int
load_bridge(struct kit *kit)
{
	jv all, useless;

	if (!(kit->bridge = bridge_open(kit->agent, kit->place)))
		return -1;
	useless = bridge_useless(kit->bridge);
	jv_array_foreach (useless, i, sentence)
		warn(kit, sentence);
	jv_free(useless);
	all = bridge_tools(kit->bridge);
	jv_array_foreach (all, i, one) {
		enum permit permit = permit_foreign(kit, one);
		bool is_wanted = permit == PERMIT_ALLOW || permit == PERMIT_ASK;

		if (is_wanted)
			warn(kit, complaint_of(one));
		if (is_wanted && !json_has(one, "fault"))
			load_foreign(kit, one);
		else
			jv_free(one);
	}
	jv_free(all);
	return 0;
}

int
kit_open(struct kit *kit, jv agent, const struct place_terms *place)
{
	*kit = (struct kit){ .agent = jv_copy(agent), .warnings = jv_array() };
	if (permit_check(agent) < 0 || !(kit->place = place_open(place)) || load_bridge(kit) < 0 ||
	    load_all(kit, "allow") < 0 || load_all(kit, "ask") < 0 ||
	    check_items(kit, "allow") < 0 || check_items(kit, "ask") < 0)
		return -1;
	return check_items(kit, "deny");
}

void
kit_close(struct kit *kit)
{
	for (size_t i = 0; i < kit->len; i++)
		release(&kit->tool[i]);
	free(kit->tool);
	jv_free(kit->agent);
	jv_free(kit->warnings);
	bridge_close(kit->bridge);
	place_close(kit->place);
}
