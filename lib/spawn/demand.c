#include "demand.h"

#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "scope.h"
#include "spec.h"
#include "terms.h"

static const char *const members[] = { "task_description", "account_ids", "regions", "model_id",
	"agent", "chat_id", "tools", "limits", "output" };

/* A name that is not known would be a wish that is not granted.  -1 with err. */
static int
check_members(jv request)
{
	struct buf known = { 0 };
	int rc = 0;

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		buf_printf(&known, " %s", members[i]);
	jv_object_foreach (request, name, value) {
		bool is_known = false;

		for (size_t i = 0; i < sizeof members / sizeof *members; i++)
			is_known = is_known || !strcmp(jv_string_value(name), members[i]);
		if (!is_known)
			rc = err_set(EX_DATAERR, "%.80s: there is no such member; there are:%s",
			    jv_string_value(name), known.p);
		jv_free(name);
		jv_free(value);
	}
	buf_release(&known);
	return rc;
}

/* The limits likewise. */
static int
check_limits(jv request)
{
	jv limits = json_get(request, "limits", JV_KIND_OBJECT);
	int rc = jv_is_valid(limits) ? terms_check_names(limits) : 0;

	jv_free(limits);
	return rc;
}

/* A name that is empty is one that a variable did not hold. */
static int
check_model(jv request)
{
	const char *model = json_peek_string(request, "model_id");

	return model && !*model ? err_set(EX_DATAERR, "model_id: is empty; name one, or none") : 0;
}

/* Why there is no description. */
static int
refuse_missing(jv request)
{
	jv text = json_get(request, "task_description", JV_KIND_STRING);
	bool is_text = jv_is_valid(text);

	jv_free(text);
	return err_set(EX_DATAERR, "task_description: %s; say what is to be done",
	    is_text ? "U+0000 cannot be in it" : "is missing, or no string");
}

static int
check_description(jv request)
{
	const char *text = json_peek_string(request, "task_description");
	size_t chars = 0, len;

	if (!text)
		return refuse_missing(request);
	if (strlen(text) > SPEC_INSTRUCTION_MAX)
		return err_set(EX_DATAERR, "task_description: longer than %d bytes",
		    SPEC_INSTRUCTION_MAX);
	text += strspn(text, " \t\r\n");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]); len--)
		;
	for (size_t i = 0; i < len; i++)
		chars += ((unsigned char)text[i] & 0xc0) != 0x80;
	if (chars < DEMAND_CHARS_MIN)
		return err_set(EX_DATAERR,
		    "task_description: has %zu characters, want %d or more; say what is to be "
		    "done, "
		    "and what the answer shall be",
		    chars, DEMAND_CHARS_MIN);
	return 0;
}

/* One list of the scope, in place of what the request has.  -1 with err. */
static int
take_list(jv *spec, jv *scope, enum scope_kind kind)
{
	const char *name = scope_member(kind);
	jv given = jv_object_get(jv_copy(*spec), jv_string(name)), list;

	if (!jv_is_valid(given)) {
		jv_free(given);
		return 0;
	}
	list = scope_list(given);
	*spec = json_drop(*spec, name);
	if (!jv_is_valid(list))
		return err_add("%s", name);
	*scope = json_set(*scope, name, list);
	return 0;
}

static int
take_scope(jv *spec, bool is_any)
{
	jv scope = jv_object();
	int rc = take_list(spec, &scope, SCOPE_ACCOUNT);

	if (rc == 0)
		rc = take_list(spec, &scope, SCOPE_REGION);
	if (rc == 0)
		rc = scope_check(scope, is_any);
	if (jv_object_length(jv_copy(scope)) > 0)
		*spec = json_set(*spec, "scope", scope);
	else
		jv_free(scope);
	return rc;
}

static int
check_strings(jv spec, const char *name)
{
	jv list = jv_object_get(jv_copy(spec), jv_string(name));
	bool is_good = !jv_is_valid(list) || jv_get_kind(list) == JV_KIND_ARRAY;

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		jv_array_foreach (list, i, item) {
			is_good = is_good && jv_get_kind(item) == JV_KIND_STRING;
			jv_free(item);
		}
	jv_free(list);
	return is_good ? 0 : err_set(EX_DATAERR, "%s: want a list of strings", name);
}

/* A null says no more than nothing. */
static jv
without_nulls(jv object)
{
	jv out = jv_object();

	jv_object_foreach (object, name, value) {
		if (jv_get_kind(value) == JV_KIND_NULL) {
			jv_free(name);
			jv_free(value);
		} else {
			out = jv_object_set(out, name, value);
		}
	}
	jv_free(object);
	return out;
}

jv
demand_spec(jv request, bool is_any)
{
	jv spec = without_nulls(request);

	if (check_members(spec) < 0 || check_description(spec) < 0 || check_limits(spec) < 0 ||
	    check_model(spec) < 0 || take_scope(&spec, is_any) < 0 ||
	    check_strings(spec, "tools") < 0)
		goto fail;
	spec = json_set(spec, "instruction", json_get(spec, "task_description", JV_KIND_STRING));
	spec = json_drop(spec, "task_description");
	if (spec_check(spec) == 0)
		return spec;
fail:
	jv_free(spec);
	return jv_invalid();
}
