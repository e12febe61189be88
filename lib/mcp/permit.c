#include "permit.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "json.h"

static const char *const lists[] = { "allow", "deny", "ask" };

/* One of the lists, of any kind; invalid: it is not there. */
static jv
list_of(jv agent, const char *which)
{
	jv tools = jv_is_valid(agent) ? json_get(agent, "tools", JV_KIND_OBJECT) : jv_invalid();

	return jv_is_valid(tools) ? jv_object_get(tools, jv_string(which)) : tools;
}

static bool
is_list(jv list)
{
	bool is_good = jv_get_kind(list) == JV_KIND_ARRAY;

	if (is_good)
		jv_array_foreach (list, i, item) {
			is_good = is_good && jv_get_kind(item) == JV_KIND_STRING;
			jv_free(item);
		}
	return is_good;
}

int
permit_check(jv agent)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		jv list = list_of(agent, lists[i]);

		if (jv_is_valid(list) && !is_list(list))
			rc = err_set(EX_CONFIG, "tools.%s: want a list of names", lists[i]);
		jv_free(list);
	}
	return rc;
}

jv
permit_list(jv agent, const char *which)
{
	jv list = list_of(agent, which), names = jv_array();

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		jv_array_foreach (list, i, item) {
			if (jv_get_kind(item) == JV_KIND_STRING)
				names = jv_array_append(names, item);
			else
				jv_free(item);
		}
	jv_free(list);
	return names;
}

bool
permit_is_pattern(const char *item)
{
	return !strchr(item, '/') && item[strcspn(item, "*?[")];
}

bool
permit_is_of_server(const char *item)
{
	const char *mark = strstr(item, "__"), *slash = strchr(item, '/');

	return mark && (!slash || mark < slash);
}

bool
permit_matches(const char *item, const char *name)
{
	return !strcmp(item, name) || (permit_is_pattern(item) && fnmatch(item, name, 0) == 0);
}

/* Whether one of a list is for that tool. */
static bool
has(jv agent, const char *which, const char *name)
{
	jv list = permit_list(agent, which);
	bool has = false;

	jv_array_foreach (list, i, item) {
		has = has || permit_matches(jv_string_value(item), name);
		jv_free(item);
	}
	jv_free(list);
	return has;
}

/* Whether the tools of servers are all allowed, as none is named. */
static bool
allows_servers(jv agent)
{
	jv list = permit_list(agent, "allow");
	bool is_any = false;

	jv_array_foreach (list, i, item) {
		const char *text = jv_string_value(item);

		is_any = is_any || permit_is_pattern(text) || permit_is_of_server(text);
		jv_free(item);
	}
	jv_free(list);
	return !is_any && jv_is_valid(agent) && json_has(agent, "mcp");
}

enum permit
permit_of(jv agent, const char *name)
{
	if (has(agent, "deny", name))
		return PERMIT_DENY;
	if (has(agent, "ask", name))
		return PERMIT_ASK;
	if (has(agent, "allow", name) || (permit_is_of_server(name) && allows_servers(agent)))
		return PERMIT_ALLOW;
	return PERMIT_NONE;
}
