/*
 * rpc.h - JSON-RPC 2.0 messages (source: jsonrpc.org/specification), as MCP uses them: a line each,
 * an id is a string or a whole number
 */
#ifndef RPC_H
#define RPC_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

/* Codes of errors: the specification's, and MCP's (2026-07-28). */
enum {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_NO_METHOD = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL_ERROR = -32603,
	RPC_NO_RESOURCE = -32002,   /* until 2025-11-25; its data.uri names it */
	RPC_NO_CAPABILITY = -32021, /* its data.requiredCapabilities lists what the client lacks */
	RPC_BAD_VERSION = -32022,   /* its data.supported lists versions */
};

/* What a message is.  RPC_BAD: none that may be answered with a result, but its id may be told. */
enum rpc_kind { RPC_BAD, RPC_REQUEST, RPC_NOTIFICATION, RPC_RESULT, RPC_ERROR };

/* rpc_kind - of a message (borrowed), any value. */
enum rpc_kind rpc_kind(jv message);

/* rpc_is_bloated - whether a line has more than RPC_PARTS_MAX arrays and objects: each takes some
 * 400 bytes when it is parsed, where three were sent. */
enum { RPC_PARTS_MAX = 250000 };
bool rpc_is_bloated(const char *line, size_t len);

/* rpc_id - the id of a message (borrowed), any value: owned; invalid: none that may be one. */
jv rpc_id(jv message);

/* rpc_request - id and params are consumed; params invalid: none.  An id that is invalid makes it a
 * notification. */
jv rpc_request(jv id, const char *method, jv params);

/* rpc_result, rpc_error - the answer to the request with that id (consumed; invalid: null, where
 * the request's is not known).  data invalid: none. */
jv rpc_result(jv id, jv result);
jv rpc_error(jv id, int code, const char *message, jv data);

#endif
