#include <stdbool.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "request.h"

/* A member and the kind it has to be of; booleans are of JV_KIND_TRUE. */
struct member {
	const char *name;
	jv_kind kind;
	bool is_needed;
};

static const char *
kind_name(jv_kind kind)
{
	switch (kind) {
	case JV_KIND_TRUE:
		return "true or false";
	case JV_KIND_NUMBER:
		return "a number";
	case JV_KIND_STRING:
		return "a string";
	case JV_KIND_ARRAY:
		return "an array";
	default:
		return "an object";
	}
}

/* v is consumed. */
static int
check_kind(jv v, const struct member *m)
{
	jv_kind kind = jv_get_kind(v);

	jv_free(v);
	if (kind == JV_KIND_FALSE)
		kind = JV_KIND_TRUE;
	if (kind == m->kind || (!m->is_needed && kind <= JV_KIND_NULL))
		return 0;
	return err_set(EX_DATAERR, "%s: want %s", m->name, kind_name(m->kind));
}

/* Whether object (borrowed) is one, and has its members; their list ends with a NULL. */
static int
check_members(jv object, const struct member *m)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return err_set(EX_DATAERR, "want an object");
	for (; m->name; m++)
		if (check_kind(jv_object_get(jv_copy(object), jv_string(m->name)), m) < 0)
			return -1;
	return 0;
}

/* Each item of the array that is a member of object, if it is there; "NAME[2]: " stands before what
 * check says. */
static int
check_items(jv object, const char *name, int (*check)(jv item))
{
	jv items = json_get(object, name, JV_KIND_ARRAY);
	int result = 0;

	if (!jv_is_valid(items)) {
		jv_free(items);
		return 0;
	}
	jv_array_foreach (items, i, item) {
		if (result == 0 && check(item) < 0)
			result = err_add("%s[%d]", name, i);
		jv_free(item);
	}
	jv_free(items);
	return result;
}

static int
check_object(jv item)
{
	return check_members(item, (const struct member[]){ { .name = NULL } });
}

static int
check_string(jv item)
{
	return jv_get_kind(item) == JV_KIND_STRING ? 0 : err_set(EX_DATAERR, "want a string");
}

static int
check_call(jv call)
{
	static const struct member members[] = { { "id", JV_KIND_STRING, true },
		{ "name", JV_KIND_STRING, true }, { "arguments", JV_KIND_OBJECT, false },
		{ "arguments_text", JV_KIND_STRING, false }, { .name = NULL } };

	return check_members(call, members);
}

static int
check_message(jv message)
{
	static const struct member any[] = { { "role", JV_KIND_STRING, true }, { .name = NULL } };
	static const struct member said[] = { { "content", JV_KIND_STRING, true },
		{ .name = NULL } };
	static const struct member answered[] = { { "content", JV_KIND_STRING, false },
		{ "tool_calls", JV_KIND_ARRAY, false }, { "thinking", JV_KIND_ARRAY, false },
		{ .name = NULL } };
	static const struct member done[] = { { "content", JV_KIND_STRING, true },
		{ "tool_call_id", JV_KIND_STRING, true }, { "is_error", JV_KIND_TRUE, false },
		{ .name = NULL } };
	const char *role;

	if (check_members(message, any) < 0)
		return -1;
	role = json_peek_string(message, "role");
	if (role && (!strcmp(role, "system") || !strcmp(role, "user")))
		return check_members(message, said);
	if (role && !strcmp(role, "tool"))
		return check_members(message, done);
	if (!role || strcmp(role, "assistant") != 0)
		return err_set(EX_DATAERR, "role: want system, user, assistant or tool");
	if (check_members(message, answered) < 0 ||
	    check_items(message, "tool_calls", check_call) < 0)
		return -1;
	return check_items(message, "thinking", check_object);
}

static int
check_tool(jv tool)
{
	static const struct member members[] = { { "name", JV_KIND_STRING, true },
		{ "description", JV_KIND_STRING, false }, { "parameters", JV_KIND_OBJECT, false },
		{ .name = NULL } };

	return check_members(tool, members);
}

static int
check_choice(jv request)
{
	jv choice = json_get(request, "tool_choice", JV_KIND_OBJECT);
	const char *word = json_peek_string(request, "tool_choice");
	bool is_good = json_peek_string(choice, "name") != NULL;

	jv_free(choice);
	if (is_good ||
	    (word && (!strcmp(word, "auto") || !strcmp(word, "none") || !strcmp(word, "required"))))
		return 0;
	choice = jv_object_get(jv_copy(request), jv_string("tool_choice"));
	is_good = jv_get_kind(choice) <= JV_KIND_NULL;
	jv_free(choice);
	return is_good ? 0
	               : err_set(EX_DATAERR,
			     "tool_choice: want auto, none, required or {\"name\": TOOL}");
}

static int
check_schema(jv request)
{
	static const struct member members[] = { { "schema", JV_KIND_OBJECT, true },
		{ "name", JV_KIND_STRING, false }, { .name = NULL } };
	jv schema = json_get(request, "response_schema", JV_KIND_OBJECT);
	int result = 0;

	if (jv_is_valid(schema) && check_members(schema, members) < 0)
		result = err_add("response_schema");
	jv_free(schema);
	return result;
}

static int
check_limits(jv request)
{
	jv limit = json_get(request, "max_tokens", JV_KIND_NUMBER);
	bool is_given = jv_is_valid(limit);

	jv_free(limit);
	if (is_given && json_peek_int(request, "max_tokens", 0) < 1)
		return err_set(EX_DATAERR, "max_tokens: want a whole number above 0");
	return 0;
}

int
request_check(jv request)
{
	static const struct member members[] = { { "id", JV_KIND_STRING, false },
		{ "model", JV_KIND_STRING, false }, { "provider", JV_KIND_STRING, false },
		{ "messages", JV_KIND_ARRAY, true }, { "tools", JV_KIND_ARRAY, false },
		{ "response_schema", JV_KIND_OBJECT, false },
		{ "max_tokens", JV_KIND_NUMBER, false }, { "temperature", JV_KIND_NUMBER, false },
		{ "effort", JV_KIND_STRING, false }, { "stop", JV_KIND_ARRAY, false },
		{ "stream", JV_KIND_TRUE, false }, { "extra", JV_KIND_OBJECT, false },
		{ .name = NULL } };

	if (check_members(request, members) < 0)
		return -1;
	if (jv_array_length(json_get(request, "messages", JV_KIND_ARRAY)) == 0)
		return err_set(EX_DATAERR, "messages: want one or more");
	if (check_items(request, "messages", check_message) < 0 ||
	    check_items(request, "tools", check_tool) < 0 ||
	    check_items(request, "stop", check_string) < 0 || check_choice(request) < 0 ||
	    check_schema(request) < 0)
		return -1;
	return check_limits(request);
}

char *
request_name(const char *name)
{
	char *plain = xstrdup(name && *name ? name : "answer");
	size_t len = strlen(plain);

	if (len > 64)
		plain[64] = '\0';
	for (char *p = plain; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *p))
			*p = '_';
	return plain;
}

jv
request_arguments(jv call)
{
	jv text = json_get(call, "arguments_text", JV_KIND_STRING), arguments;
	struct buf b = { 0 };

	if (jv_is_valid(text))
		return text;
	jv_free(text);
	arguments = json_get(call, "arguments", JV_KIND_OBJECT);
	json_dump(&b, jv_is_valid(arguments) ? arguments : jv_object());
	text = jv_string_sized(b.p, (int)b.len);
	buf_release(&b);
	return text;
}

jv
request_extend(jv body, jv extra)
{
	if (jv_get_kind(extra) != JV_KIND_OBJECT)
		return body;
	jv_object_foreach (extra, name, value) {
		if (jv_get_kind(value) == JV_KIND_NULL) {
			body = jv_object_delete(body, name);
			jv_free(value);
		} else {
			body = jv_object_set(body, name, value);
		}
	}
	return body;
}
