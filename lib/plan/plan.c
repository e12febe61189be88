/*
 * plan.c - nothing from outside is trusted to be of its kind: what only looks odd is put right with
 * a warning, what could mean two things is refused.
 */
#include "plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crew.h"
#include "deps.h"
#include "divide.h"
#include "err.h"
#include "hire.h"
#include "json.h"

/* What the steps of plan_normalise share. */
struct normal {
	jv crew;      /* borrowed */
	jv *warnings; /* the caller's */
	struct hire hire;
	struct deps deps;
	double hours; /* so far */
};

__attribute__((format(printf, 2, 3))) static void
warn(struct normal *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*n->warnings = jv_array_append(*n->warnings, jv_string_vfmt(fmt, ap));
	va_end(ap);
}

static bool
is_empty(const char *s)
{
	return !s || s[strspn(s, " \t\r\n")] == '\0';
}

/* Whether the member is something, but no text that can be used. */
static bool
is_unusable(jv object, const char *name)
{
	jv v = jv_object_get(jv_copy(object), jv_string(name));
	jv_kind kind = jv_get_kind(v);

	jv_free(v);
	return kind != JV_KIND_INVALID && kind != JV_KIND_NULL && !json_peek_string(object, name);
}

/* Title and description from each other; what is no object has neither. */
static jv
normal_name(struct normal *n, jv subtask, int i)
{
	const char *title = json_peek_string(subtask, "title");
	const char *text = json_peek_string(subtask, "description");
	const char *fault = "no object";

	if (!is_empty(title) || !is_empty(text)) {
		if (is_unusable(subtask, "title") || is_unusable(subtask, "description"))
			warn(n, "subtask %d: its %s is no text", i,
			    title ? "description" : "title");
		if (is_empty(title))
			return json_set(subtask, "title", divide_title(text));
		if (is_empty(text))
			return json_set_string(subtask, "description", title);
		return subtask;
	}
	if (jv_get_kind(subtask) == JV_KIND_OBJECT)
		fault = "neither title nor description";
	err_set(EX_DATAERR, "subtask %d: %s", i, fault);
	jv_free(subtask);
	return jv_invalid();
}

static jv
normal_priority(struct normal *n, jv subtask, int i)
{
	static const char *const known[] = { "high", "medium", "low" };
	const char *priority = json_peek_string(subtask, "priority");

	for (size_t k = 0; priority && k < sizeof known / sizeof *known; k++)
		if (strcmp(priority, known[k]) == 0)
			return subtask;
	if (priority)
		warn(n, "subtask %d: unknown priority \"%s\": medium", i, priority);
	else
		warn(n, "warning: subtask %d has no known priority; taking medium", i);
	return json_set_string(subtask, "priority", "medium");
}

/* The role of the first agent; invalid: there is none. */
static jv
first_role(struct normal *n)
{
	jv agent = crew_find(n->crew, NULL),
	   role = crew_role(agent) ? jv_string(crew_role(agent)) : jv_invalid();

	jv_free(agent);
	return role;
}

/* The role that has what was meant for `wanted`; invalid: there is none. */
static jv
find_role(struct normal *n, const char *wanted)
{
	jv role = hire_find(n->crew, wanted);

	if (jv_is_valid(role))
		return role;
	jv_free(role);
	return jv_object_get(jv_copy(n->hire.instead), hire_role_key(wanted));
}

static jv
normal_role(struct normal *n, jv subtask, int i)
{
	const char *wanted = json_peek_string(subtask, "assigned_to"), *name;
	jv role = wanted ? find_role(n, wanted) : jv_invalid();

	if (!jv_is_valid(role)) {
		jv_free(role);
		role = first_role(n);
		name = jv_is_valid(role) ? jv_string_value(role) : wanted ? HIRE_BY : NULL;
		if (wanted && strcmp(wanted, name) != 0)
			warn(n, "subtask %d: no agent \"%s\": %s", i, wanted, name);
		else if (!wanted && name)
			warn(n, "warning: subtask %d has no known agent; taking %s", i, name);
		subtask = json_set_string(subtask, "assigned_to", name);
		jv_free(role);
		return subtask;
	}
	return json_set(subtask, "assigned_to", role);
}

/* Who works for a role that is new waits for its creation. */
static jv
with_creator(struct normal *n, jv dependencies, jv subtask, int i)
{
	const char *role = json_peek_string(subtask, "assigned_to");
	jv on = role ? jv_object_get(jv_copy(n->deps.creators), hire_role_key(role)) : jv_invalid(),
	   all;

	if (!jv_is_valid(on) || (int)jv_number_value(on) == i) {
		jv_free(on);
		return dependencies;
	}
	all = JV_ARRAY(jv_copy(on));
	jv_array_foreach (dependencies, k, one) {
		if (jv_equal(jv_copy(one), jv_copy(on)))
			jv_free(one);
		else
			all = jv_array_append(all, one);
	}
	jv_free(on);
	jv_free(dependencies);
	return all;
}

static jv
normal_hours(struct normal *n, jv subtask, int i)
{
	jv hours = json_get(subtask, "estimated_hours", JV_KIND_NUMBER);
	double x = jv_is_valid(hours) ? jv_number_value(hours) : -1;

	jv_free(hours);
	if (!isfinite(n->hours + x) || x < 0) {
		if (json_has(subtask, "estimated_hours"))
			warn(n, "subtask %d: estimated_hours is not 0 or more: 0", i);
		x = 0;
	}
	n->hours += x;
	return json_set(subtask, "estimated_hours", jv_number(x));
}

/* The subtask (consumed) made normal, its dependencies still numbers; invalid with err. */
static jv
normal_subtask(struct normal *n, jv subtask, int at)
{
	int i = at - n->deps.front;
	jv dependencies, context;

	subtask = normal_name(n, subtask, i);
	if (!jv_is_valid(subtask))
		return subtask;
	dependencies = jv_object_get(jv_copy(subtask), jv_string("dependencies"));
	dependencies = deps_normalise(&n->deps, dependencies, at);
	if (!jv_is_valid(dependencies)) {
		jv_free(subtask);
		return dependencies;
	}
	subtask = normal_priority(n, subtask, i);
	if (json_has(subtask, "creates"))
		subtask = json_set_string(subtask, "assigned_to", HIRE_BY);
	else
		subtask = normal_role(n, subtask, i);
	dependencies = with_creator(n, dependencies, subtask, at);
	subtask = json_set(subtask, "dependencies", dependencies);
	subtask = normal_hours(n, subtask, i);
	subtask = json_set(subtask, "required_skills", crew_strings(subtask, "required_skills"));
	context = json_get(subtask, "context", JV_KIND_STRING);
	if (!jv_is_valid(context))
		subtask = json_drop(subtask, "context");
	jv_free(context);
	return subtask;
}

/* The keys of the roles that subtasks of the plan create already. */
static jv
made_roles(jv given)
{
	jv made = jv_object();

	jv_array_foreach (given, i, subtask) {
		jv key = hire_creates(subtask);

		if (jv_is_valid(key))
			made = jv_object_set(made, key, jv_true());
		jv_free(subtask);
	}
	return made;
}

/* A given subtask; it creates what is proposed, and what no other does, or nothing. */
static jv
settle_creation(struct normal *n, jv subtask, jv proposed, jv *made, int i)
{
	jv key = hire_creates(subtask), creation = jv_invalid();

	if (!json_has(subtask, "creates"))
		return subtask;
	if (jv_is_valid(key) && jv_object_has(jv_copy(*made), jv_copy(key))) {
		creation = jv_object_get(jv_copy(proposed), jv_copy(key));
		*made = jv_object_delete(*made, jv_copy(key));
	}
	jv_free(key);
	if (jv_is_valid(creation))
		return json_set(subtask, "creates", creation);
	jv_free(creation);
	warn(n, "subtask %d: creates no agent that is proposed, or one twice", i);
	return json_drop(subtask, "creates");
}

/* The plan's subtasks (consumed), with those that create agents before them. */
static jv
with_creations(struct normal *n, jv given, jv made)
{
	jv all = jv_array(), proposed = jv_object();

	jv_array_foreach (n->hire.kept, i, creation) {
		jv key = hire_role_key(json_peek_string(creation, "role"));

		if (!jv_object_has(jv_copy(made), jv_copy(key)))
			all = jv_array_append(all, hire_subtask(jv_copy(creation)));
		proposed = jv_object_set(proposed, key, creation);
	}
	n->deps.front = jv_array_length(jv_copy(all));
	jv_array_foreach (given, i, subtask)
		all = jv_array_append(all, settle_creation(n, subtask, proposed, &made, i));
	jv_free(proposed);
	jv_free(made);
	jv_free(given);
	return all;
}

/* The dependencies as a plan has them: strings of digits.  Consumes the subtasks. */
static jv
with_strings(jv subtasks)
{
	jv all = jv_array();

	jv_array_foreach (subtasks, i, subtask) {
		jv numbers = json_get(subtask, "dependencies", JV_KIND_ARRAY), strings = jv_array();

		jv_array_foreach (numbers, k, on)
			strings =
			    jv_array_append(strings, jv_string_fmt("%d", (int)jv_number_value(on)));
		jv_free(numbers);
		all = jv_array_append(all, json_set(subtask, "dependencies", strings));
	}
	jv_free(subtasks);
	return all;
}

/* Consumes the plan's subtasks, with those that create agents. */
static jv
normal_subtasks(struct normal *n, jv given)
{
	jv subtasks = jv_array();
	bool is_good = true;

	for (int i = 0; is_good && i < n->deps.len; i++) {
		jv one = normal_subtask(n, jv_array_get(jv_copy(given), i), i);

		is_good = jv_is_valid(one);
		if (is_good)
			subtasks = jv_array_append(subtasks, one);
	}
	jv_free(given);
	if (is_good && deps_check(subtasks, n->deps.front) == 0)
		return with_strings(subtasks);
	jv_free(subtasks);
	return jv_invalid();
}

/* The plan's own subtasks; invalid with err. */
static jv
given_subtasks(jv plan)
{
	jv given = json_get(plan, "subtasks", JV_KIND_ARRAY);
	bool is_array = jv_is_valid(given);

	if (is_array && jv_array_length(jv_copy(given)) > 0)
		return given;
	jv_free(given);
	err_set(EX_DATAERR, "subtasks: %s", is_array ? "empty" : "want an array");
	return jv_invalid();
}

jv
plan_normalise(jv plan, jv crew, jv *warnings)
{
	struct normal n = { .crew = crew, .warnings = warnings };
	jv given = given_subtasks(plan), made;

	*warnings = jv_array();
	if (!jv_is_valid(given)) {
		jv_free(plan);
		return given;
	}
	made = made_roles(given);
	if (hire_open(&n.hire, plan, crew, made, warnings) < 0) {
		hire_close(&n.hire);
		jv_free(made);
		jv_free(given);
		jv_free(plan);
		return jv_invalid();
	}
	given = with_creations(&n, given, made);
	deps_open(&n.deps, given, n.deps.front);
	given = normal_subtasks(&n, given);
	if (jv_is_valid(given)) {
		plan = json_set(json_set(plan, "subtasks", given), "agent_creations",
		    jv_copy(n.hire.kept));
		plan = json_set(plan, "computed_total_hours", jv_number(n.hours));
	} else {
		jv_free(plan);
		plan = given;
	}
	deps_close(&n.deps);
	hire_close(&n.hire);
	return plan;
}
