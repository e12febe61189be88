#include "toolbox.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "permit.h"

struct toolbox {
	bool (*has_tool)(const char *name);
	struct verdict *verdict;
	const char *what;
	bool has_servers; /* whether there are tools of MCP servers */
};

bool
toolbox_has(jv object, const char *member)
{
	jv value = jv_object_get(jv_copy(object), jv_string(member));
	jv_kind kind = jv_get_kind(value);

	jv_free(value);
	return kind != JV_KIND_INVALID && kind != JV_KIND_NULL;
}

/* Adds a text's part without blanks around it, unless that is nothing. */
static jv
add_part(jv list, const char *p, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", *p))
		p++, len--;
	while (len > 0 && strchr(" \t\r\n", p[len - 1]))
		len--;
	return len > 0 ? jv_array_append(list, jv_string_sized(p, (int)len)) : list;
}

/* The parts of a text between commas that stand in no brackets. */
static jv
split(const char *text)
{
	jv list = jv_array();
	const char *begin = text;
	int depth = 0;

	for (; *text; text++) {
		depth += (*text == '(') - (*text == ')');
		if (*text == ',' && depth <= 0) {
			list = add_part(list, begin, (size_t)(text - begin));
			begin = text + 1;
		}
	}
	return add_part(list, begin, (size_t)(text - begin));
}

/* Each item of an array (consumed), or of an object its name. */
static jv
names_of(jv given)
{
	jv list = jv_array();

	jv_array_foreach (given, i, item) {
		const char *name = json_peek_string(item, "name");

		list = jv_array_append(list, name ? jv_string(name) : jv_copy(item));
		jv_free(item);
	}
	jv_free(given);
	return list;
}

jv
toolbox_list(jv given)
{
	jv list;

	if (jv_get_kind(given) == JV_KIND_ARRAY)
		return names_of(given);
	if (jv_get_kind(given) != JV_KIND_STRING)
		return given;
	list = split(jv_string_value(given));
	jv_free(given);
	return list;
}

/* What is called otherwise here. */
static const char *
name_here(const char *name)
{
	static const char *const tools[][2] = { { "Bash", "run" }, { "Read", "read_file" },
		{ "Write", "write_file" } };

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		if (!strcmp(tools[i][0], name))
			return tools[i][1];
	return name;
}

/* Adds a tool that is allowed, if it can be. */
static jv
allow(const struct toolbox *t, jv list, const char *tool)
{
	size_t len = strcspn(tool, "(");
	char *name = xprintf("%.*s", (int)len, tool);
	const char *here = name_here(name);

	if (t->has_servers && !tool[len] && (permit_is_of_server(tool) || permit_is_pattern(tool)))
		list = jv_array_append(list, jv_string(tool));
	else if (!t->has_tool(here))
		verdict_note(t->verdict, "warnings", "%s: tool %s: left out: there is none here",
		    t->what, tool);
	else if (tool[len])
		verdict_note(t->verdict, "warnings",
		    "%s: tool %s: left out: what %s is used for cannot be limited here", t->what,
		    tool, here);
	else
		list = jv_array_append(list, jv_string(here));
	free(name);
	return list;
}

static jv
deny(const struct toolbox *t, jv list, const char *tool)
{
	size_t len = strcspn(tool, "(");
	char *name = xprintf("%.*s", (int)len, tool);
	const char *here = name_here(name);

	if (tool[len])
		verdict_note(t->verdict, "warnings", "%s: tool %s: all uses of %s are denied",
		    t->what, tool, here);
	list = jv_array_append(list, jv_string(here));
	free(name);
	return list;
}

/* Each name in the list that a member is, if it is there; invalid with err. */
static jv
read_list(const struct toolbox *t, jv given, const char *member,
    jv (*add)(const struct toolbox *t, jv list, const char *tool))
{
	jv names, list = jv_array();
	bool is_good;

	if (!toolbox_has(given, member))
		return list;
	names = toolbox_list(jv_object_get(jv_copy(given), jv_string(member)));
	is_good = jv_get_kind(names) == JV_KIND_ARRAY;
	for (int i = 0; is_good && i < jv_array_length(jv_copy(names)); i++) {
		jv name = jv_array_get(jv_copy(names), i);

		is_good = jv_get_kind(name) == JV_KIND_STRING;
		if (is_good)
			list = add(t, list, jv_string_value(name));
		jv_free(name);
	}
	jv_free(names);
	if (is_good)
		return list;
	jv_free(list);
	err_set(EX_DATAERR, "%s: want the names of tools", member);
	return jv_invalid();
}

jv
toolbox_read(jv given, bool (*has_tool)(const char *name), struct verdict *v, const char *what)
{
	struct toolbox t = { has_tool, v, what, toolbox_has(given, "mcp") };
	jv own = json_get(given, "tools", JV_KIND_OBJECT), allowed, denied;

	if (jv_is_valid(own))
		return own;
	jv_free(own);
	if (!toolbox_has(given, "tools") && !toolbox_has(given, "disallowedTools"))
		return jv_null();
	allowed = read_list(&t, given, "tools", allow);
	denied =
	    jv_is_valid(allowed) ? read_list(&t, given, "disallowedTools", deny) : jv_invalid();
	if (jv_is_valid(denied))
		return json_set(json_set(jv_object(), "allow", allowed), "deny", denied);
	jv_free(allowed);
	return denied;
}
