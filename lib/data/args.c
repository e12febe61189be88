#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "err.h"
#include "json.h"
#include "lines.h"

#define each_arg(a, tool) for (const struct arg *a = (tool)->arg; a->name; a++)

static jv
schema_of(const struct arg *a)
{
	const char *type = a->text ? "string" : a->num ? "integer" : "boolean";
	jv schema = a->value ? json_parse(a->schema, strlen(a->schema))
	                     : json_set_string(jv_object(), "type", type);

	if (a->num)
		schema = json_set_int(json_set_int(schema, "minimum", a->min), "maximum", a->max);
	return json_set_string(schema, "description", a->help);
}

/* Print the declaration.  -1 with err. */
static int
declare(const struct args *tool)
{
	jv properties = jv_object(), required = jv_array(), declaration, parameters;
	struct out out = { .fd = STDOUT_FILENO };
	int rc;

	each_arg (a, tool) {
		properties = json_set(properties, a->name, schema_of(a));
		if (a->is_required)
			required = jv_array_append(required, jv_string(a->name));
	}
	parameters = json_set_string(jv_object(), "type", "object");
	parameters = json_set(json_set(parameters, "properties", properties), "required", required);
	parameters = json_set(parameters, "additionalProperties", jv_false());
	declaration = json_set_string(jv_object(), "name", tool->name);
	declaration = json_set_string(declaration, "description", tool->help);
	declaration = json_set(declaration, "parameters", parameters);
	declaration = json_set(declaration, "idempotent", jv_bool(tool->is_idempotent));
	if (tool->is_confined)
		declaration = json_set(declaration, "confined", jv_true());
	if (tool->is_launcher)
		declaration = json_set(declaration, "launcher", jv_true());
	if (tool->is_harmless)
		declaration = json_set_string(declaration, "x-legwork-scope", "none");
	out_json(&out, declaration);
	rc = out_flush(&out);
	buf_release(&out.buf);
	return rc;
}

/* The value goes where the table says.  -1 with err. */
static int
take(const struct arg *a, jv object)
{
	const int64_t none = INT64_MIN;
	int64_t number;

	if (!json_has(object, a->name))
		return a->is_required ? err_set(EX_DATAERR, "%s: is missing", a->name) : 0;
	if (a->text) {
		if (!(*a->text = json_peek_string(object, a->name)))
			return err_set(EX_DATAERR, "%s: want a string without U+0000", a->name);
	} else if (a->num) {
		number = json_peek_int(object, a->name, none);
		if (number == none || number < a->min || number > a->max)
			return err_set(EX_DATAERR, "%s: want a whole number from %ld to %ld",
			    a->name, a->min, a->max);
		*a->num = (long)number;
	} else if (a->value) {
		jv_free(*a->value);
		*a->value = jv_object_get(jv_copy(object), jv_string(a->name));
	} else {
		jv value = jv_object_get(jv_copy(object), jv_string(a->name));
		jv_kind kind = jv_get_kind(value);

		jv_free(value);
		if (kind != JV_KIND_TRUE && kind != JV_KIND_FALSE)
			return err_set(EX_DATAERR, "%s: want true or false", a->name);
		*a->set = kind == JV_KIND_TRUE;
	}
	return 0;
}

/* A name that the table does not have is a mistake that has to be told.  -1 with err. */
static int
check_names(const struct args *tool, jv object)
{
	struct buf known = { 0 };
	int rc = 0;

	each_arg (a, tool) {
		buf_printf(&known, " %s", a->name);
	}
	jv_object_foreach (object, key, value) {
		bool is_known = false;

		jv_free(value);
		each_arg (a, tool) {
			is_known = is_known || !strcmp(jv_string_value(key), a->name);
		}
		if (!is_known)
			rc = err_set(EX_DATAERR, "%.80s: there is no such argument; there are:%s",
			    jv_string_value(key), known.p);
		jv_free(key);
	}
	buf_release(&known);
	return rc;
}

/* Read the arguments from stdin and put them where the table says; what is not given stays as it
 * is.  The object, in which they are; invalid with err. */
static jv
read_args(const struct args *tool)
{
	struct buf text = { 0 };
	jv object = jv_invalid();
	int rc = lines_read_text(STDIN_FILENO, "arguments", &text);

	if (rc == 0) {
		object = json_parse_object(text.p, text.len);
		if (!jv_is_valid(object))
			rc = err_add("arguments");
	}
	buf_release(&text);
	if (rc == 0)
		rc = check_names(tool, object);
	each_arg (a, tool) {
		if (rc == 0)
			rc = take(a, object);
	}
	if (rc == 0)
		return object;
	jv_free(object);
	return jv_invalid();
}

int
args_run(const struct cmd *cmd, const struct args *tool, char **argv, int (*act)(void))
{
	char **operands = opt_parse(cmd, argv);
	int status;
	jv args;

	if (operands[0])
		opt_usage(cmd, "want no operand");
	if (tool->is_schema)
		return declare(tool) < 0 ? err_print() : 0;
	args = read_args(tool);
	status = jv_is_valid(args) ? act() : -1;
	jv_free(args);
	return status < 0 ? err_print() : status;
}
