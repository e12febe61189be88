#include "profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "buf.h"
#include "crew.h"
#include "err.h"
#include "json.h"
#include "toolbox.h"

static bool
is_one_of(const char *text, const char *const *words)
{
	while (*words && strcmp(*words, text) != 0)
		words++;
	return *words != NULL;
}

void
profile_unknown(struct profile *p, jv given, const char *const *known, const char *what)
{
	struct buf names = { 0 };

	jv_object_foreach (given, name, value) {
		if (!is_one_of(jv_string_value(name), known) && jv_get_kind(value) != JV_KIND_NULL)
			buf_printf(&names, "%s%s", names.len ? ", " : "", jv_string_value(name));
		jv_free(name);
		jv_free(value);
	}
	if (names.len)
		verdict_note(p->verdict, "warnings", "%s: unknown, and %s: %s", what,
		    p->keeps_unknown ? "kept" : "left out", names.p);
	buf_release(&names);
}

const char *
profile_name(jv object, const char *const *members)
{
	for (; *members; members++) {
		const char *text = json_peek_string(object, *members);

		if (text && text[strspn(text, " \t\r\n")])
			return text;
	}
	return NULL;
}

/* --- the role */

/* The name as a role; invalid with err. */
static jv
role_of(const char *name)
{
	jv role = crew_role_of(name);

	if (!jv_is_valid(role))
		agent_check_role(name);
	return role;
}

int
profile_note_role(jv *seen, jv record, const char *what)
{
	const char *role = json_peek_string(record, "role"), *other;
	char *key = xstrdup(role);

	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	other = json_peek_string(*seen, key);
	if (other)
		err_set(EX_DATAERR, "%s: the role %s is that of %s", what, role, other);
	else
		*seen = json_set_string(*seen, key, what);
	free(key);
	return other ? -1 : 0;
}

/* --- the record */

/* Of an agent's record; those apart for which there are other names or forms. */
static const char *const plain[] = { "kind", "command", "adapter", "input", "provider", "folder",
	"context_tokens", "max_running", "one_at_a_time", "effort", "sandbox", "network",
	"allow_unscoped", "mcp", NULL };

static const char *const known[] = { "role", "name", "label", "description", "goal", "skills",
	"crews", "kind", "command", "adapter", "input", "model_id", "model", "llm", "provider",
	"system_prompt", "backstory", "tools", "disallowedTools", "max_turns", "maxTurns",
	"max_iter", "context_tokens", "max_running", "one_at_a_time", "effort", "sandbox",
	"network", "allow_unscoped", "mcp", "folder", "status", "created_at", "updated_at", NULL };

/* Takes over the first of some members that is there. */
static jv
take_first(jv agent, const char *name, jv given, const char *const *members)
{
	while (*members && !toolbox_has(given, *members))
		members++;
	return *members ? json_set(agent, name, jv_object_get(jv_copy(given), jv_string(*members)))
	                : agent;
}

static jv
take_list(jv agent, const char *name, jv given)
{
	jv list = jv_object_get(jv_copy(given), jv_string(name));

	if (toolbox_has(given, name))
		return json_set(agent, name, toolbox_list(list));
	jv_free(list);
	return agent;
}

/* What it is told of how to work, of the parts in which others say it; title: its role, as it was
 * written where that cannot be one. */
static jv
prompt_of(jv given, const char *title)
{
	const char *story = json_peek_string(given, "backstory"),
		   *goal = json_peek_string(given, "goal");
	struct buf text = { 0 };
	jv prompt;

	if (story && *story)
		buf_puts(&text, story);
	if (goal && *goal)
		buf_printf(&text, "%sYour goal: %s", text.len ? "\n\n" : "", goal);
	if (title && text.len)
		buf_printf(&text, "\n\nYour role: %s", title);
	prompt = text.len ? json_utf8(text.p, text.len) : jv_invalid();
	buf_release(&text);
	return prompt;
}

static jv
with_prompt(jv agent, jv given, const char *name)
{
	bool is_same = !strcmp(name, json_peek_string(agent, "role"));

	if (toolbox_has(given, "system_prompt"))
		return json_set(agent, "system_prompt",
		    jv_object_get(jv_copy(given), jv_string("system_prompt")));
	return json_set_valid(agent, "system_prompt", prompt_of(given, is_same ? NULL : name));
}

static jv
with_model(struct profile *p, jv agent, jv given, const char *what)
{
	static const char *const members[] = { "model_id", "model", "llm", NULL },
				 *const aliases[] = { "sonnet", "opus", "haiku", NULL };
	const char *model;

	agent = take_first(agent, "model_id", given, members);
	model = json_peek_string(agent, "model_id");
	if (model && is_one_of(model, aliases) && !toolbox_has(given, "model_id"))
		verdict_note(p->verdict, "warnings",
		    "%s: model %s: left out: no provider has one of that name", what, model);
	else if (!model || strcmp(model, "inherit") != 0)
		return agent;
	return json_drop(agent, "model_id");
}

/* What it may use; invalid with err. */
static jv
with_tools(struct profile *p, jv agent, jv given, const char *what)
{
	jv tools = toolbox_read(given, p->has_tool, p->verdict, what);

	if (jv_get_kind(tools) == JV_KIND_OBJECT)
		return json_set(agent, "tools", tools);
	if (jv_get_kind(tools) == JV_KIND_NULL)
		return (jv_free(tools), agent);
	jv_free(agent);
	return tools;
}

/* The agent, which has a role, with all else; invalid with err. */
static jv
fill(struct profile *p, jv agent, jv given, const char *name, const char *what)
{
	static const char *const description[] = { "description", "goal", NULL },
				 *const turns[] = { "max_turns", "maxTurns", "max_iter", NULL },
				 *const status[] = { "status", NULL };
	bool is_program = toolbox_has(given, "command") || toolbox_has(given, "adapter");

	agent = json_set_string(agent, "description", "");
	agent = take_first(agent, "description", given, description);
	agent = json_set(agent, "skills", jv_array());
	agent = take_list(take_list(agent, "skills", given), "crews", given);
	agent = json_set_string(agent, "kind", is_program ? "exec" : "llm");
	if (is_program)
		agent = json_set_string(agent, "input", "text");
	for (const char *const *m = plain; *m; m++)
		agent = take_first(agent, *m, given, (const char *const[]){ *m, NULL });
	agent = with_model(p, agent, given, what);
	agent = take_first(with_prompt(agent, given, name), "max_turns", given, turns);
	agent = json_set_string(agent, "status", "active");
	agent = take_first(agent, "status", given, status);
	return with_tools(p, agent, given, what);
}

/* Of a name that is there. */
static jv
record_of(struct profile *p, jv given, const char *name, const char *what)
{
	jv role = role_of(name), agent;

	if (!jv_is_valid(role))
		return role;
	agent = p->keeps_unknown ? jv_copy(given) : jv_object();
	for (const char *const *m = known; *m; m++)
		agent = json_drop(agent, *m);
	agent = fill(p, json_set(agent, "role", role), given, name, what);
	if (jv_is_valid(agent) && agent_check(agent) == 0)
		return agent;
	jv_free(agent);
	return jv_invalid();
}

jv
profile_record(struct profile *p, jv given, const char *what)
{
	static const char *const names[] = { "role", "name", "label", NULL };
	bool is_object = jv_get_kind(given) == JV_KIND_OBJECT;
	const char *name = is_object ? profile_name(given, names) : NULL;
	jv agent = name ? record_of(p, given, name, what) : jv_invalid();

	if (!name)
		err_set(EX_DATAERR, is_object ? "role: is missing" : "want an object");
	if (jv_is_valid(agent))
		profile_unknown(p, given, known, what);
	jv_free(given);
	return agent;
}
