#include "wares.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "schema.h"

static jv
schema_of(const struct ware_arg *a)
{
	static const char *const types[] = { "string", "array", "boolean", "integer" };
	static const char *const least[] = { "minLength", "minItems", NULL, "minimum" },
				 *const most[] = { "maxLength", "maxItems", NULL, "maximum" };
	jv schema = a->kind == WARES_SCHEMA ? json_parse(a->schema, strlen(a->schema))
	                                    : json_set_string(jv_object(), "type", types[a->kind]);

	if (a->kind == WARES_WORDS)
		schema = json_set(schema, "items",
		    json_set_int(json_set_string(jv_object(), "type", "string"), "minLength", 1));
	if (a->max > 0)
		schema = json_set_int(json_set_int(schema, least[a->kind], a->min), most[a->kind],
		    a->max);
	return json_set_string(schema, "description", a->help);
}

/* The JSON Schema of its arguments, an owned object. */
static jv
schema_of_tool(const struct ware *tool)
{
	jv properties = jv_object(), required = jv_array(), schema;

	for (const struct ware_arg *a = tool->args; a->name; a++) {
		properties = json_set(properties, a->name, schema_of(a));
		if (a->is_required)
			required = jv_array_append(required, jv_string(a->name));
	}
	schema = json_set_string(jv_object(), "type", "object");
	schema = json_set(json_set(schema, "properties", properties), "required", required);
	return json_set(schema, "additionalProperties", jv_false());
}

jv
wares_listed(const struct ware *tool)
{
	jv hints = json_set(jv_object(), "readOnlyHint", jv_bool(tool->hints & WARES_READS)), one;

	hints = json_set(hints, "destructiveHint", jv_bool(tool->hints & WARES_DESTROYS));
	hints = json_set(hints, "idempotentHint", jv_bool(tool->hints & WARES_AGAIN));
	hints = json_set(hints, "openWorldHint", jv_bool(tool->hints & WARES_OPEN));
	one = json_set_string(jv_object(), "name", tool->name);
	one = json_set_string(one, "title", tool->title);
	one = json_set_string(one, "description", tool->help);
	one = json_set(one, "inputSchema", schema_of_tool(tool));
	one = json_set(one, "outputSchema", json_parse(tool->output, strlen(tool->output)));
	return json_set(one, "annotations", hints);
}

int
wares_check(const struct ware *tool, jv args)
{
	struct schema *schema = schema_open(schema_of_tool(tool));
	int rc = schema ? schema_check(schema, args) : -1;

	schema_close(schema);
	for (const struct ware_arg *a = tool->args; rc == 0 && a->name; a++)
		if (a->kind == WARES_TEXT && json_has(args, a->name) &&
		    !json_peek_string(args, a->name))
			rc = err_set(EX_DATAERR, "/%s: want no U+0000 in it", a->name);
	return rc < 0 ? err_add("arguments") : 0;
}
