#include "offer.h"

#include <string.h>

#include "err.h"
#include "handle.h"
#include "mcp.h"
#include "rpc.h"
#include "shelf.h"

/* How long a client may keep what never changes while we run. */
enum { KEEP_MS = 3600000 };

/* --- answers */

/* An error of the protocol, as err says. */
static void
fail_err(struct order *o)
{
	int code = err_code();
	bool is_theirs = code == EX_DATAERR || code == EX_NOINPUT || code == EX_NOPERM;

	order_fail(o, is_theirs ? RPC_INVALID_PARAMS : RPC_INTERNAL_ERROR, err_text(),
	    jv_invalid());
}

/* --- methods */

static jv
capabilities(bool is_modern)
{
	jv can = json_set(json_set(jv_object(), "tools", jv_object()), "resources", jv_object());

	if (is_modern)
		can = json_set(can, "extensions",
		    json_set(jv_object(), ORDER_META "tasks", jv_object()));
	return can;
}

static void
initialize(struct offer *of, struct order *o)
{
	const char *wanted = order_text(o, "protocolVersion"), *version = mcp_versions[1];
	jv result;

	for (const char *const *known = mcp_versions + 1; *known && wanted; known++)
		version = !strcmp(*known, wanted) ? *known : version;
	result = json_set_string(jv_object(), "protocolVersion", version);
	result = json_set(result, "capabilities", capabilities(false));
	result = json_set(result, "serverInfo", order_about_us());
	order_answer(o, json_set_string(result, "instructions", of->instructions), -1);
}

static void
discover(struct offer *of, struct order *o)
{
	jv versions = JV_ARRAY(jv_string(mcp_versions[0])),
	   result = json_set(jv_object(), "supportedVersions", versions);

	result = json_set(result, "capabilities", capabilities(true));
	order_answer(o, json_set_string(result, "instructions", of->instructions), KEEP_MS);
}

static void
ping(struct offer *of, struct order *o)
{
	(void)of;
	order_answer(o, jv_object(), -1);
}

static void
list_tools(struct offer *of, struct order *o)
{
	jv tools = jv_array();

	for (const struct ware *tool = of->wares; tool->name; tool++)
		tools = jv_array_append(tools, wares_listed(tool));
	order_answer(o, json_set(jv_object(), "tools", tools), KEEP_MS);
}

/* --- calls */

/* A tool has its result, or err says why not. */
static void
conclude_call(struct order *o, int rc)
{
	jv result = o->result;

	o->result = jv_invalid();
	if (rc < 0) {
		jv_free(result);
		order_answer(o, order_error(err_text()), -1);
	} else if (o->is_handle) {
		order_answer(o, handle_new(result), -1);
	} else {
		order_answer(o, order_content(result, o->is_failure), -1);
	}
}

static const struct ware *
find_tool(const struct offer *of, const char *name)
{
	for (const struct ware *tool = of->wares; tool->name; tool++)
		if (!strcmp(tool->name, name))
			return tool;
	return NULL;
}

/* The arguments take the place of the params.  False: they are none. */
static bool
take_args(struct order *o)
{
	jv args = json_has(o->args, "arguments") ? json_get(o->args, "arguments", JV_KIND_OBJECT)
	                                         : jv_object();
	bool is_good = jv_is_valid(args);

	if (!is_good)
		return (jv_free(args), false);
	jv_free(o->args);
	o->args = args;
	return true;
}

static void
begin_call(struct offer *of, struct order *o)
{
	int rc = wares_check(o->tool, o->args);

	if (rc == 0 && of->waits >= OFFER_WAITING_MAX)
		rc = err_set(EX_TEMPFAIL, "%d calls wait already; let some of them end", of->waits);
	if (rc == 0)
		rc = o->tool->call(of->desk, o);
	if (rc != ORDER_WAITS) {
		conclude_call(o, rc);
		return;
	}
	o->next = of->waiting;
	of->waiting = o;
	of->waits++;
}

static void
call_tool(struct offer *of, struct order *o)
{
	const char *name = order_text(o, "name");

	o->tool = name ? find_tool(of, name) : NULL;
	if (!name) {
		order_fail(o, RPC_INVALID_PARAMS, "name: is missing, or no string", jv_invalid());
	} else if (!o->tool) {
		err_set(EX_DATAERR, "there is no tool %.80s; tools/list tells which there are",
		    name);
		fail_err(o);
	} else if (!take_args(o)) {
		order_fail(o, RPC_INVALID_PARAMS, "arguments: want an object", jv_invalid());
	} else {
		begin_call(of, o);
	}
}

/* Takes it out of those that wait. */
static void
unlink_order(struct offer *of, struct order *o)
{
	struct order **at = &of->waiting;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	of->waits--;
}

void
offer_look(struct offer *of, struct order *o)
{
	int rc = o->look(of->desk, o);

	if (rc == ORDER_WAITS)
		return;
	unlink_order(of, o);
	conclude_call(o, rc);
}

void
offer_release(struct offer *of)
{
	while (of->waiting) {
		struct order *o = of->waiting;

		unlink_order(of, o);
		order_free(o);
	}
}

/* --- messages */

/* In which era a method is there. */
enum { LEGACY = 1, MODERN = 2, BOTH = 3 };

static const struct method {
	const char *name;
	int era;
	void (*run)(struct offer *of, struct order *o); /* answers; NULL: step does the work */
	int (*step)(struct desk *d, struct order *o);
	int keep_ms; /* of step's result */
} methods[] = {
	{ "initialize", LEGACY, initialize, NULL, 0 },
	{ "ping", LEGACY, ping, NULL, 0 },
	{ "server/discover", MODERN, discover, NULL, 0 },
	{ "tools/list", BOTH, list_tools, NULL, 0 },
	{ "tools/call", BOTH, call_tool, NULL, 0 },
	{ "resources/list", BOTH, NULL, shelf_list, 0 },
	{ "resources/templates/list", BOTH, NULL, shelf_templates, KEEP_MS },
	{ "resources/read", BOTH, NULL, shelf_read, 0 },
	{ "tasks/get", MODERN, NULL, handle_get, -1 },
	{ "tasks/update", MODERN, NULL, handle_update, -1 },
	{ "tasks/cancel", MODERN, NULL, handle_cancel, -1 },
};

/* Whether a modern request is of a version that we speak; false: it has been answered. */
static bool
is_spoken(struct order *o)
{
	jv meta = json_get(o->args, "_meta", JV_KIND_OBJECT), data;
	const char *version = json_peek_string(meta, ORDER_META "protocolVersion");
	bool is_whole = version && json_has(meta, ORDER_META "clientCapabilities"),
	     is_known = version && !strcmp(version, mcp_versions[0]);

	if (version && !is_known) {
		data = json_set(jv_object(), "supported", JV_ARRAY(jv_string(mcp_versions[0])));
		data = json_set_string(data, "requested", version);
		order_fail(o, RPC_BAD_VERSION, "this version of MCP is not spoken here", data);
	} else if (!is_whole) {
		order_fail(o, RPC_INVALID_PARAMS,
		    "_meta: want a string " ORDER_META "protocolVersion, and " ORDER_META
		    "clientCapabilities",
		    jv_invalid());
	}
	jv_free(meta);
	return is_known && is_whole;
}

static const struct method *
find_method(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

/* Has a step do the work of a method. */
static void
run_step(struct offer *of, struct order *o, const struct method *m)
{
	int rc = m->step(of->desk, o);
	jv result = o->result;

	o->result = jv_invalid();
	if (rc < 0) {
		jv_free(result);
		fail_err(o);
	} else {
		order_answer(o, result, m->keep_ms);
	}
}

static void
run_method(struct offer *of, struct order *o, const char *name)
{
	const struct method *m = find_method(name);

	if (m && m->run == discover && !o->is_modern) {
		is_spoken(o); /* it is not: it does not say who asks */
	} else if (!m || !(m->era & (o->is_modern ? MODERN : LEGACY))) {
		err_set(EX_DATAERR, "there is no method %.80s here", name);
		order_fail(o, RPC_NO_METHOD, err_text(), jv_invalid());
	} else if (m->run) {
		m->run(of, o);
	} else {
		run_step(of, o, m);
	}
}

static struct order *
find_waiting(struct offer *of, jv id)
{
	struct order *o = of->waiting;

	while (o && (o->is_dropped || !jv_equal(jv_copy(o->id), jv_copy(id))))
		o = o->next;
	jv_free(id);
	return o;
}

static void
take_request(struct offer *of, jv message)
{
	jv id = jv_object_get(jv_copy(message), jv_string("id")),
	   params = json_get(message, "params", JV_KIND_OBJECT);
	struct order *o, *twin = find_waiting(of, jv_copy(id));

	o = order_new(id, params, &of->out);
	if (json_has(message, "params") && !jv_is_valid(params))
		order_fail(o, RPC_INVALID_PARAMS, "params: want an object", jv_invalid());
	else if (twin)
		order_fail(o, RPC_INVALID_REQUEST, "id: a request with this id waits already",
		    jv_invalid());
	else if (!o->is_modern || is_spoken(o))
		run_method(of, o, json_peek_string(message, "method"));
}

/* A request is given up: it is not answered any more. */
static void
cancel(struct offer *of, jv message)
{
	jv params = json_get(message, "params", JV_KIND_OBJECT);
	struct order *o =
	    jv_is_valid(params)
		? find_waiting(of, jv_object_get(jv_copy(params), jv_string("requestId")))
		: NULL;

	jv_free(params);
	if (!o)
		return;
	if (o->drop)
		o->drop(of->desk, o);
	if (o->child.pid) {
		o->is_dropped = true; /* what it has begun it ends */
	} else {
		unlink_order(of, o);
		order_free(o);
	}
}

static void
refuse(struct offer *of, int code, const char *why)
{
	json_dump(&of->out, rpc_error(jv_invalid(), code, why, jv_invalid()));
	buf_putc(&of->out, '\n');
}

void
offer_refuse(struct offer *of)
{
	refuse(of, RPC_PARSE_ERROR, err_text());
}

void
offer_take(struct offer *of, const char *line, size_t len)
{
	jv message = json_parse(line, len);

	if (!jv_is_valid(message)) {
		jv_free(message);
		offer_refuse(of);
		return;
	}
	switch (rpc_kind(message)) {
	case RPC_REQUEST:
		take_request(of, message);
		break;
	case RPC_NOTIFICATION:
		if (!strcmp(json_peek_string(message, "method"), "notifications/cancelled"))
			cancel(of, message);
		break;
	case RPC_BAD:
		refuse(of, RPC_INVALID_REQUEST,
		    jv_get_kind(message) == JV_KIND_ARRAY
			? "batches are not taken: want a request on each line"
			: "want a message of JSON-RPC 2.0");
		break;
	default: /* an answer: nothing was asked */
		break;
	}
	jv_free(message);
}
