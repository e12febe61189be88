#include "rpc.h"

#include <string.h>

#include "json.h"

jv
rpc_id(jv message)
{
	jv id = json_get(message, "id", JV_KIND_STRING);

	if (jv_is_valid(id))
		return id;
	jv_free(id);
	id = json_get(message, "id", JV_KIND_NUMBER);
	if (jv_is_valid(id) && jv_is_integer(id))
		return id;
	jv_free(id);
	return jv_invalid();
}

static bool
has_id(jv message)
{
	jv id = rpc_id(message);
	bool has = jv_is_valid(id);

	jv_free(id);
	return has;
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
		       : has_id(message)        ? RPC_REQUEST
		                                : RPC_BAD;
	if (json_has(message, "result"))
		return has_id(message) ? RPC_RESULT : RPC_BAD;
	return json_has(message, "error") ? RPC_ERROR : RPC_BAD;
}

static jv
message(jv id)
{
	jv m = json_set_string(jv_object(), "jsonrpc", "2.0");

	return json_set_valid(m, "id", id);
}

bool
rpc_is_bloated(const char *line, size_t len)
{
	bool is_in_string = false;
	size_t parts = 0;

	for (const char *p = line, *end = line + len; p < end && parts <= RPC_PARTS_MAX; p++)
		if (*p == '"')
			is_in_string = !is_in_string;
		else if (is_in_string)
			p += *p == '\\'; /* what is behind it is no end */
		else
			parts += *p == '[' || *p == '{';
	return parts > RPC_PARTS_MAX;
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
