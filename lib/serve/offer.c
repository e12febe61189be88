#include "offer.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "err.h"
#include "greet.h"
#include "handle.h"
#include "json.h"
#include "refusal.h"
#include "rpc.h"
#include "shelf.h"

/* --- methods */

static void
initialize(struct offer *of, struct order *o)
{
	greet_initialize(o, of->instructions);
}

static void
discover(struct offer *of, struct order *o)
{
	greet_discover(o, of->instructions);
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

	if (order_text(o, "cursor")) { /* all come at once */
		jv_free(tools);
		err_set(EX_DATAERR, "cursor: is none that was handed out here");
		order_fail_err(o);
		return;
	}
	for (const struct ware *tool = of->wares; tool->name; tool++)
		tools = jv_array_append(tools, wares_listed(tool));
	order_answer(o, json_set(jv_object(), "tools", tools), GREET_KEEP_MS);
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

/* How many may wait before the call is one too many. */
static int
most_waiting(const struct order *o)
{
	enum ware_waits waits = o->tool->waits;

	if (waits == WARES_ENDS)
		return OFFER_WAITING_MAX + OFFER_RESERVE;
	return waits == WARES_WAITS || (waits == WARES_IF_TOLD && json_peek_bool(o->args, "wait"))
	           ? OFFER_WAITING_MAX
	           : INT_MAX;
}

static void
begin_call(struct offer *of, struct order *o)
{
	int rc = wares_check(o->tool, o->args);

	if (rc == 0 && of->waits >= most_waiting(o))
		rc = err_set(EX_TEMPFAIL, "%d calls wait already; let some of them end", of->waits);
	if (rc == 0)
		rc = o->tool->call(of->desk, o);
	if (rc != ORDER_WAITS) {
		conclude_call(o, rc);
		return;
	}
	assert(of->waits < OFFER_WAITING_MAX + OFFER_RESERVE);
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
		order_fail_err(o);
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

		if (o->drop && !o->is_dropped)
			o->drop(of->desk, o);
		unlink_order(of, o);
		order_free(o);
	}
}

/* --- messages */

/* In which era a method is there, and that it is for clients that take tasks. */
enum { LEGACY = 1, MODERN = 2, BOTH = 3, TASKS = 4 };

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
	{ "resources/templates/list", BOTH, NULL, shelf_templates, GREET_KEEP_MS },
	{ "resources/read", BOTH, NULL, shelf_read, 0 },
	{ "tasks/get", MODERN | TASKS, NULL, handle_get, -1 },
	{ "tasks/update", MODERN | TASKS, NULL, handle_update, -1 },
	{ "tasks/cancel", MODERN | TASKS, NULL, handle_cancel, -1 },
};

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
		order_fail_err(o);
	} else {
		order_answer(o, result, m->keep_ms);
	}
}

static void
run_method(struct offer *of, struct order *o, const char *name)
{
	const struct method *m = find_method(name);

	if (m && m->run == discover && !o->is_modern) {
		greet_is_spoken(o); /* it is not: it does not say who asks */
	} else if (!m || !(m->era & (o->is_modern ? MODERN : LEGACY))) {
		err_set(EX_DATAERR, "there is no method %.80s here", name);
		order_fail(o, RPC_NO_METHOD, err_text(), jv_invalid());
	} else if ((m->era & TASKS) && !o->takes_handles) {
		greet_refuse_tasks(o);
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
	else if (!o->is_modern || greet_is_spoken(o))
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

/* message is consumed */
static void
take(struct offer *of, jv message)
{
	switch (rpc_kind(message)) {
	case RPC_REQUEST:
		take_request(of, message);
		break;
	case RPC_NOTIFICATION:
		if (!strcmp(json_peek_string(message, "method"), "notifications/cancelled"))
			cancel(of, message);
		break;
	case RPC_BAD:
		refusal_message(&of->out, message);
		break;
	default: /* an answer: nothing was asked */
		break;
	}
	jv_free(message);
}

/* Each of a batch (consumed) is answered on a line of its own. */
static void
take_batch(struct offer *of, jv batch)
{
	int len = jv_array_length(jv_copy(batch));

	if (len == 0 || len > OFFER_BATCH_MAX) {
		err_set(EX_DATAERR, "want 1 to %d messages in a batch", OFFER_BATCH_MAX);
		refusal_send(&of->out, jv_invalid(), RPC_INVALID_REQUEST, err_text());
	} else {
		jv_array_foreach (batch, i, message)
			take(of, message);
	}
	jv_free(batch);
}

void
offer_refuse(struct offer *of)
{
	refusal_send(&of->out, jv_invalid(), RPC_PARSE_ERROR, err_text());
}

void
offer_take(struct offer *of, const char *line, size_t len)
{
	jv message = json_parse(line, len);

	if (!jv_is_valid(message)) {
		jv_free(message);
		refusal_line(&of->out, line, len);
	} else if (jv_get_kind(message) == JV_KIND_ARRAY) {
		take_batch(of, message);
	} else {
		take(of, message);
	}
}
