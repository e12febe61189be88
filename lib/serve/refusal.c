#include "refusal.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "order.h"
#include "rpc.h"
#include "scan.h"

void
refusal_send(struct buf *out, jv id, int code, const char *why)
{
	json_dump(out, rpc_error(id, code, why, jv_invalid()));
	buf_putc(out, '\n');
}

/* Puts a member of an object's text into an object, if it is there and we can read it. */
static jv
with_member(jv object, struct scan_text text, const char *name)
{
	struct scan_text value;

	if (text.len == 0 || *text.p != '{' || !scan_member(text, name, &value))
		return object;
	return json_set_valid(object, name, json_parse(value.p, value.len));
}

/* What we can read of a line with something in it that we cannot: {"id"?,"method"?,"params"}. */
static jv
read_some(const char *line, const char *end)
{
	struct scan_text text = { line, (size_t)(end - line) }, part;
	jv some = with_member(with_member(jv_object(), text, "id"), text, "method"),
	   params = jv_object();

	if (*line == '{' && scan_member(text, "params", &part))
		params = with_member(params, part, "_meta");
	return json_set(some, "params", params);
}

void
refusal_line(struct buf *out, const char *line, size_t len)
{
	bool is_json = scan_is_json(line, len);
	char *why = xstrdup(err_text());
	jv some = is_json ? read_some(scan_skip_blanks(line, line + len), line + len) : jv_object(),
	   id = rpc_id(some);
	const char *method = json_peek_string(some, "method");
	struct order *o;

	if (!jv_is_valid(id) || !method) {
		refusal_send(out, (jv_free(id), jv_invalid()), RPC_PARSE_ERROR, why);
	} else {
		o = order_new(id, json_get(some, "params", JV_KIND_OBJECT), out);
		if (!strcmp(method, "tools/call"))
			order_answer(o, order_error(why), -1);
		else
			order_fail(o, RPC_INVALID_PARAMS, why, jv_invalid());
	}
	jv_free(some);
	free(why);
}

void
refusal_message(struct buf *out, jv message)
{
	bool is_answer = json_has(message, "result") || json_has(message, "error");

	refusal_send(out, is_answer ? jv_invalid() : rpc_id(message), RPC_INVALID_REQUEST,
	    "want a message of JSON-RPC 2.0");
}
