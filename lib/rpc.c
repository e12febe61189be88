#include "rpc.h"

#include <string.h>

#include "json.h"

/* Whether an id may be one: a string, or a number without a fraction. */
static bool
is_id(jv message)
{
	jv id = jv_object_get(jv_copy(message), jv_string("id"));
	jv_kind kind = jv_get_kind(id);
	bool is_good = kind == JV_KIND_STRING || (kind == JV_KIND_NUMBER && jv_is_integer(id));

	jv_free(id);
	return is_good;
}

enum rpc_kind
rpc_kind(jv message)
{
	const char *version;

	if (jv_get_kind(message) != JV_KIND_OBJECT)
		return RPC_BAD;
	version = json_peek_string(message, "jsonrpc");
	if (!version || strcmp(version, "2.0") != 0)
		return RPC_BAD;
	if (json_peek_string(message, "method"))
		return !json_has(message, "id") ? RPC_NOTIFICATION
		       : is_id(message)         ? RPC_REQUEST
		                                : RPC_BAD;
	if (json_has(message, "result"))
		return is_id(message) ? RPC_RESULT : RPC_BAD;
	return json_has(message, "error") ? RPC_ERROR : RPC_BAD;
}

static jv
message(jv id)
{
	jv m = json_set_string(jv_object(), "jsonrpc", "2.0");

	return json_set_valid(m, "id", id);
}

jv
rpc_request(jv id, const char *method, jv params)
{
	return json_set_valid(json_set_string(message(id), "method", method), "params", params);
}

jv
rpc_result(jv id, jv result)
{
	return json_set(message(id), "result", result);
}

jv
rpc_error(jv id, int code, const char *text, jv data)
{
	jv error = json_set_int(jv_object(), "code", code);

	error = json_set(error, "message", json_utf8(text, strlen(text)));
	error = json_set_valid(error, "data", data);
	return json_set(message(jv_is_valid(id) ? id : jv_null()), "error", error);
}
