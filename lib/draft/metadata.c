#include "metadata.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "spec.h"
#include "wanted.h"

/* What a member of the metadata is in a spec. */
static const struct {
	const char *name, *parent; /* parent: the spec's object that has it, else NULL */
} known[] = { { "priority", NULL }, { "depends_on", NULL }, { "model_id", NULL }, { "scope", NULL },
	{ "labels", NULL }, { "required_skills", NULL }, { "timeout_s", "limits" },
	{ "max_attempts", "limits" } };

enum { KNOWN = sizeof known / sizeof *known };

/* One string counts as a list of it. */
static jv
as_list(const char *name, jv value)
{
	bool is_list = !strcmp(name, "depends_on") || !strcmp(name, "labels") ||
	               !strcmp(name, "required_skills");

	return is_list && jv_get_kind(value) == JV_KIND_STRING ? JV_ARRAY(value) : value;
}

/* value is consumed */
static void
take_known(jv *spec, size_t i, jv value, struct verdict *verdict)
{
	const char *name = known[i].name, *parent = known[i].parent;
	jv trial = json_set_string(jv_object(), "instruction", "x"), object;

	value = as_list(name, value);
	if (parent) {
		object = json_get(*spec, parent, JV_KIND_OBJECT);
		value = json_set(jv_is_valid(object) ? object : jv_object(), name, value);
		name = parent;
	}
	trial = json_set(trial, name, jv_copy(value));
	if (spec_check(trial) < 0) {
		verdict_note(verdict, "errors", "metadata: %s", err_text());
		jv_free(value);
	} else {
		*spec = json_set(*spec, name, value);
	}
	jv_free(trial);
}

/* value is consumed */
static void
take_member(jv *spec, const char *name, jv value, jv *rest, struct verdict *verdict)
{
	size_t i = 0;

	while (i < KNOWN && strcmp(known[i].name, name) != 0)
		i++;
	if (i < KNOWN) {
		take_known(spec, i, value, verdict);
	} else if (!strcmp(name, "agent")) {
		if (jv_get_kind(value) != JV_KIND_STRING)
			verdict_note(verdict, "errors", "metadata.agent: want a role, a string");
		jv_free(value);
	} else {
		*rest = json_set(*rest, name, value);
	}
}

jv
metadata_take(jv spec, jv metadata, struct verdict *verdict)
{
	jv rest = jv_object();

	jv_object_foreach (metadata, name, value) {
		if (jv_get_kind(value) == JV_KIND_NULL || wanted_has(jv_string_value(name)))
			jv_free(value);
		else
			take_member(&spec, jv_string_value(name), value, &rest, verdict);
		jv_free(name);
	}
	if (jv_object_length(jv_copy(rest)) > 0)
		return json_set(spec, "metadata", rest);
	jv_free(rest);
	return spec;
}
