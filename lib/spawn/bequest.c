#include "bequest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "crew.h"
#include "err.h"
#include "permit.h"
#include "scope.h"
#include "task.h"

/* Who asks, and what is to become of it. */
struct heir {
	const struct means *from;
	struct tx *tx;
	jv task, agent; /* of who asks; agent may be invalid */
	jv *spec, *worker;
};

/* --- where */

static int
narrow_scope(struct heir *h)
{
	jv own = scope_of(h->task), wanted = scope_of(*h->spec);
	bool is_within;

	for (enum scope_kind kind = 0; kind < SCOPE_KINDS; kind++)
		if (!scope_limits(wanted, kind))
			wanted = json_set_valid(wanted, scope_member(kind),
			    jv_object_get(jv_copy(own), jv_string(scope_member(kind))));
	is_within = scope_is_within(wanted, own);
	if (jv_object_length(jv_copy(wanted)) > 0)
		*h->spec = json_set(*h->spec, "scope", jv_copy(wanted));
	jv_free(wanted);
	jv_free(own);
	return is_within ? 0 : -1;
}

static int
keep_chat(struct heir *h)
{
	const char *own = json_peek_string(h->task, "chat_id"),
		   *wanted = json_peek_string(*h->spec, "chat_id");

	if (wanted && own && strncmp(own, wanted, strlen(wanted)) != 0)
		return err_set(EX_NOPERM, "chat_id: want none, it will be yours");
	if (own)
		*h->spec = json_set_string(*h->spec, "chat_id", own);
	return 0;
}

/* --- who, and with what */

/* In which list a tool is, which who asks is; NULL: it may not use it. */
static const char *
list_with(jv agent, jv name)
{
	enum permit permit = permit_of(agent, jv_string_value(name));

	return permit == PERMIT_ASK ? "ask" : permit == PERMIT_ALLOW ? "allow" : NULL;
}

static jv
all_tools(jv agent)
{
	return jv_array_concat(permit_list(agent, "allow"), permit_list(agent, "ask"));
}

static int
refuse_tool(const struct heir *h, jv name)
{
	jv all = all_tools(h->agent);
	struct buf list = { 0 };

	jv_array_foreach (all, i, item) {
		buf_printf(&list, " %s", jv_string_value(item));
		jv_free(item);
	}
	jv_free(all);
	err_set(EX_NOPERM, "tools: %.64s is none of yours, which are:%s%s", jv_string_value(name),
	    list.p ? list.p : " none",
	    json_has(h->agent, "mcp") ? ", and of your MCP servers those that you may use" : "");
	buf_release(&list);
	return -1;
}

/* Whether the new one cannot ask for others. */
static bool
is_deepest(const struct heir *h)
{
	jv limits = json_get(*h->spec, "limits", JV_KIND_OBJECT);
	bool is = json_peek_int(limits, "max_depth", 0) <= 0;

	jv_free(limits);
	return is;
}

/* One more tool (borrowed), if both may use it; asking where either must.  What a new agent is
 * denied its list of those says. */
static jv
with_tool(const struct heir *h, jv tools, jv member, jv name)
{
	const char *own = list_with(h->agent, name), *text = jv_string_value(name), *its = "allow",
		   *list;

	if (!jv_is_valid(member))
		own = own ? own : "allow";
	else if (permit_is_pattern(text) || permit_is_of_server(text))
		return tools;
	else
		its = list_with(member, name);
	if (!own || !its || (is_deepest(h) && !strcmp(text, "create_task")))
		return tools;
	list = !strcmp(own, "ask") || !strcmp(its, "ask") ? "ask" : "allow";
	return json_set(tools, list,
	    jv_array_append(json_get(tools, list, JV_KIND_ARRAY), jv_copy(name)));
}

/* Whether one of them is a server's. */
static bool
has_of_server(jv names)
{
	bool has = false;

	jv_array_foreach (names, i, name) {
		has = has || permit_is_of_server(jv_string_value(name));
		jv_free(name);
	}
	return has;
}

/* Which tools a worker gets.  -1 with err. */
static int
narrow_tools(struct heir *h)
{
	jv named = json_get(*h->spec, "tools", JV_KIND_ARRAY), wanted, tools;
	bool is_named = jv_is_valid(named);
	bool is_new = !jv_is_valid(*h->worker), has_servers;
	int rc = 0;

	if (is_named)
		wanted = named;
	else
		wanted = (jv_free(named), all_tools(is_new ? h->agent : *h->worker));
	has_servers = is_new && (!is_named || has_of_server(wanted));
	tools = json_set(json_set(jv_object(), "allow", jv_array()), "ask", jv_array());
	jv_array_foreach (wanted, i, name) {
		if (rc == 0 && is_named &&
		    (permit_is_pattern(jv_string_value(name)) || !list_with(h->agent, name)))
			rc = refuse_tool(h, name);
		tools = with_tool(h, tools, *h->worker, name);
		jv_free(name);
	}
	jv_free(wanted);
	tools = json_set(tools, "deny",
	    jv_array_concat(permit_list(h->agent, "deny"), permit_list(*h->worker, "deny")));
	*h->worker = json_set(is_new ? jv_object() : json_drop(*h->worker, "mcp"), "tools", tools);
	if (has_servers)
		*h->worker =
		    json_set_valid(*h->worker, "mcp", json_get(h->agent, "mcp", JV_KIND_ARRAY));
	return rc;
}

/* Its folder, where the other works, too: so they can hand each other files. */
static void
share_folder(struct heir *h)
{
	const char *own = json_peek_string(h->agent, "folder");
	char *path = own ? xstrdup(own)
	                 : xprintf("%s/work/%s", store_path(store_of(h->tx)), h->from->task_id);
	char real[PATH_MAX];

	if (realpath(path, real))
		*h->worker = json_set_string(*h->worker, "folder", real);
	free(path);
}

/* A flag of a worker that who asks has, too, or neither. */
static void
narrow_flag(struct heir *h, const char *name, bool is_new)
{
	bool is = json_peek_bool(h->agent, name) && (is_new || json_peek_bool(*h->worker, name));

	*h->worker = is ? json_set(*h->worker, name, jv_true()) : json_drop(*h->worker, name);
}

static int
narrow_model(struct heir *h)
{
	static const char *const given[] = { "model_id", "provider", "effort" };
	bool is_new = !jv_is_valid(*h->worker), is_sandboxed = json_peek_bool(h->agent, "sandbox");

	if (narrow_tools(h) < 0)
		return -1;
	narrow_flag(h, "allow_unscoped", is_new);
	if (is_sandboxed) {
		*h->worker = json_set(*h->worker, "sandbox", jv_true());
		narrow_flag(h, "network", is_new);
	}
	if (is_new || is_sandboxed)
		share_folder(h);
	if (!is_new || json_has(*h->spec, "model_id"))
		return 0;
	for (size_t i = 0; i < 3; i++)
		*h->worker = json_set_valid(*h->worker, given[i],
		    json_get(h->agent, given[i], JV_KIND_STRING));
	*h->spec =
	    json_set_valid(*h->spec, "model_id", json_get(h->task, "model_id", JV_KIND_STRING));
	return 0;
}

static bool
is_scoped(jv task)
{
	jv scope = scope_of(task);
	bool is = scope_limits(scope, SCOPE_ACCOUNT) || scope_limits(scope, SCOPE_REGION);

	jv_free(scope);
	return is;
}

/* A program can do whatever a shell can, which knows no scope. */
static int
allow_program(const struct heir *h)
{
	jv run = jv_string("run");
	const char *list = list_with(h->agent, run);
	bool may = list && !strcmp(list, "allow") && !json_peek_bool(h->agent, "sandbox") &&
	           (!is_scoped(h->task) || json_peek_bool(h->agent, "allow_unscoped"));

	jv_free(run);
	if (may)
		return 0;
	return err_set(EX_NOPERM, "agent %s: is a program, which may do more than you; name none",
	    json_peek_string(*h->worker, "role"));
}

/* A program is limited by nothing but its user, and who it asks for likewise. */
static int
narrow_worker(struct heir *h)
{
	bool is_limited = agent_is_llm(h->agent);
	int rc = 0;

	if (is_limited && (!jv_is_valid(*h->worker) || agent_is_llm(*h->worker)))
		return narrow_model(h);
	if (is_limited)
		rc = allow_program(h);
	jv_free(*h->worker);
	*h->worker = jv_invalid();
	return rc;
}

/* --- all of it */

static int
check_parent(const struct heir *h)
{
	if (!jv_is_valid(h->task))
		return err_set(EX_NOINPUT, "task %s: no such task, though LEGWORK_TASK_ID says so",
		    h->from->task_id);
	if (!task_is(h->task, "in_progress"))
		return err_set(EX_NOPERM, "task %s: does not run, so it can ask for nothing",
		    h->from->task_id);
	if (json_has(h->task, "cancel"))
		return err_set(EX_NOPERM, "task %s: is to end, so it can ask for nothing",
		    h->from->task_id);
	return 0;
}

static int
narrow(struct heir *h)
{
	if (check_parent(h) < 0 || means_cap(h->from, h->tx, h->task, h->agent, h->spec) < 0 ||
	    narrow_scope(h) < 0 || keep_chat(h) < 0)
		return -1;
	return narrow_worker(h);
}

int
bequest_apply(const struct means *m, struct tx *tx, jv *spec, jv *worker)
{
	struct heir h = { .from = m,
		.tx = tx,
		.task = task_get(tx, m->task_id),
		.spec = spec,
		.worker = worker };
	const char *role = json_peek_string(h.task, "agent");
	int rc;

	h.agent = json_get(h.task, "worker", JV_KIND_OBJECT);
	if (!jv_is_valid(h.agent) && role)
		h.agent = agent_get(tx, role);
	rc = narrow(&h);
	*spec = json_set_string(*spec, "spawned_by", m->task_id);
	*spec = json_set_valid(*spec, "untrusted", json_get(h.task, "untrusted", JV_KIND_TRUE));
	jv_free(h.task);
	jv_free(h.agent);
	return rc;
}
