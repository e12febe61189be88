#include "hire.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crew.h"
#include "err.h"
#include "json.h"

enum { HOURS = 4 };

/* The text without blanks around it. */
static size_t
trim(const char **text)
{
	size_t len;

	*text += strspn(*text, " \t\r\n");
	for (len = strlen(*text); len > 0 && strchr(" \t\r\n", (*text)[len - 1]);)
		len--;
	return len;
}

jv
hire_key(const char *name)
{
	size_t len = trim(&name);
	char *key = xprintf("%.*s", (int)len, name);
	jv text;

	for (char *p = key; *p; p++)
		if ((unsigned char)*p < 0x80)
			*p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
	text = jv_string(key);
	free(key);
	return text;
}

jv
hire_role_key(const char *name)
{
	jv role = crew_role_of(name), key;

	key = hire_key(jv_is_valid(role) ? jv_string_value(role) : name);
	jv_free(role);
	return key;
}

jv
hire_find(jv crew, const char *name)
{
	jv key = hire_role_key(name), found = jv_invalid();

	jv_array_foreach (crew, i, agent) {
		const char *role = crew_role(agent);

		if (role && !jv_is_valid(found) && jv_equal(hire_role_key(role), jv_copy(key)))
			found = (jv_free(found), jv_string(role));
		jv_free(agent);
	}
	jv_free(key);
	return found;
}

/* Whether an agent has all skills of the proposal. */
static bool
has_skills_of(jv agent, jv creation)
{
	jv wanted = crew_strings(creation, "skills"), has = crew_strings(agent, "skills");
	jv keys = jv_object();
	bool has_all = jv_array_length(jv_copy(wanted)) > 0;

	jv_array_foreach (has, i, skill) {
		keys = jv_object_set(keys, hire_key(jv_string_value(skill)), jv_true());
		jv_free(skill);
	}
	jv_array_foreach (wanted, i, skill) {
		has_all = has_all && jv_object_has(jv_copy(keys), hire_key(jv_string_value(skill)));
		jv_free(skill);
	}
	jv_free(keys);
	jv_free(has);
	jv_free(wanted);
	return has_all;
}

/* The role of the first agent that has all its skills; invalid: none. */
static jv
who_has_skills_of(jv crew, jv creation)
{
	jv found = jv_invalid();

	jv_array_foreach (crew, i, agent) {
		if (!jv_is_valid(found) && crew_role(agent) && has_skills_of(agent, creation)) {
			jv_free(found);
			found = jv_string(crew_role(agent));
		}
		jv_free(agent);
	}
	return found;
}

/* Who has the work of a proposed role (borrowed) without its being created; invalid: nobody. */
static jv
find_instead(struct hire *h, jv crew, jv creation, jv key, jv *warnings)
{
	const char *role = json_peek_string(creation, "role"), *other;
	jv instead = hire_find(crew, role);

	if (jv_is_valid(instead)) {
		*warnings = jv_array_append(*warnings,
		    jv_string_fmt("agent \"%s\" exists: not created again", role));
		return instead;
	}
	jv_free(instead);
	instead = jv_object_get(jv_copy(h->instead), jv_copy(key));
	if (jv_is_valid(instead)) {
		*warnings = jv_array_append(*warnings,
		    jv_string_fmt("agent \"%s\" is proposed twice: created once", role));
		return instead;
	}
	jv_free(instead);
	instead = who_has_skills_of(crew, creation);
	other = jv_is_valid(instead) ? jv_string_value(instead) : NULL;
	if (other)
		*warnings = jv_array_append(*warnings,
		    jv_string_fmt("agent \"%s\": \"%s\" has all its skills: not created", role,
			other));
	return instead;
}

/* Takes one proposal, which is consumed. */
static int
take(struct hire *h, jv crew, jv made, jv creation, int i, jv *warnings)
{
	const char *given = json_peek_string(creation, "role");
	jv role = given ? crew_role_of(given) : jv_invalid(), key, instead = jv_invalid();

	if (!jv_is_valid(role)) {
		err_set(EX_DATAERR, "agent_creations[%d]: %s%s%s", i, given ? "\"" : "no role",
		    given ? given : "", given ? "\" cannot be a role" : "");
		jv_free(role);
		jv_free(creation);
		return -1;
	}
	creation = json_set(creation, "role", role);
	creation = json_set(creation, "skills", crew_strings(creation, "skills"));
	key = hire_role_key(json_peek_string(creation, "role"));
	if (!jv_object_has(jv_copy(made), jv_copy(key)) ||
	    jv_object_has(jv_copy(h->instead), jv_copy(key)))
		instead = find_instead(h, crew, creation, key, warnings);
	if (!jv_is_valid(instead)) {
		jv_free(instead);
		instead = json_get(creation, "role", JV_KIND_STRING);
		h->kept = jv_array_append(h->kept, jv_copy(creation));
	}
	h->instead = jv_object_set(h->instead, key, instead);
	jv_free(creation);
	return 0;
}

int
hire_open(struct hire *h, jv plan, jv crew, jv made, jv *warnings)
{
	jv given = jv_object_get(jv_copy(plan), jv_string("agent_creations"));
	jv_kind kind = jv_get_kind(given);
	int result = 0;

	*h = (struct hire){ jv_array(), jv_object() };
	if (kind != JV_KIND_ARRAY) {
		jv_free(given);
		return kind == JV_KIND_INVALID || kind == JV_KIND_NULL
		           ? 0
		           : err_set(EX_DATAERR, "agent_creations: want an array");
	}
	jv_array_foreach (given, i, creation) {
		if (result < 0)
			jv_free(creation);
		else
			result = take(h, crew, made, creation, i, warnings);
	}
	jv_free(given);
	return result;
}

void
hire_close(struct hire *h)
{
	jv_free(h->kept);
	jv_free(h->instead);
}

/* What a person reads of the subtask. */
static jv
description_of(jv creation)
{
	const char *why = json_peek_string(creation, "justification");
	jv skills = crew_strings(creation, "skills"), text;
	struct buf b = { 0 };

	buf_printf(&b, "Create and set up an agent for the role %s",
	    json_peek_string(creation, "role"));
	jv_array_foreach (skills, i, skill) {
		buf_printf(&b, "%s%s", i ? ", " : " with these skills: ", jv_string_value(skill));
		jv_free(skill);
	}
	buf_printf(&b, ".%s%s", why && *why ? " " : "", why ? why : "");
	jv_free(skills);
	text = jv_string_sized(b.p, (int)b.len);
	buf_release(&b);
	return text;
}

jv
hire_subtask(jv creation)
{
	jv role = json_get(creation, "role", JV_KIND_STRING), subtask = jv_object();
	const char *name = jv_string_value(role);

	subtask = json_set(subtask, "title",
	    jv_string_fmt("Create %c%s Agent", toupper((unsigned char)*name), name + 1));
	subtask = json_set(subtask, "description", description_of(creation));
	subtask = json_set_string(subtask, "priority", "high");
	subtask = json_set_string(subtask, "assigned_to", HIRE_BY);
	subtask = json_set_int(subtask, "estimated_hours", HOURS);
	subtask = json_set(subtask, "dependencies", jv_array());
	subtask = json_set(subtask, "required_skills",
	    JV_ARRAY(jv_string("agent_configuration"), jv_string("system_design")));
	jv_free(role);
	return json_set(subtask, "creates", creation);
}

jv
hire_answer(const char *role)
{
	return jv_string_fmt("The agent %s is there.", role);
}

jv
hire_creates(jv subtask)
{
	jv creation = json_get(subtask, "creates", JV_KIND_OBJECT);
	const char *role = json_peek_string(creation, "role");
	jv key = role ? hire_role_key(role) : jv_invalid();

	jv_free(creation);
	return key;
}
