#include "bequest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "crew.h"
#include "err.h"
#include "permit.h"
#include "scope.h"
#include "task.h"
#include "transcript.h"

/* Who asks, and what is to become of it. */
struct heir {
	const struct bequest *from;
	struct tx *tx;
	jv task, agent; /* of who asks; agent may be invalid */
	jv *spec, *worker;
	jv limits; /* of the new task */
};

int
bequest_open(struct bequest *b, struct store *s)
{
	const char *id = getenv("LEGWORK_TASK_ID");
	struct transcript t;
	int rc;

	*b = (struct bequest){ .task_id = id, .told = jv_invalid() };
	if (!id || !*id)
		return 0;
	if (!id_is_full(id))
		return err_set(EX_NOINPUT, "LEGWORK_TASK_ID %.40s: is no task's id", id);
	transcript_init(&t);
	rc = transcript_read(&t, store_logs_fd(s), id);
	b->turns = t.turns;
	b->tokens = t.tokens;
	b->began_ms = t.began_ms;
	b->retries = t.retries;
	b->told = jv_copy(t.told);
	transcript_release(&t);
	return rc < 0 ? -1 : 1;
}

void
bequest_release(struct bequest *b)
{
	jv_free(b->told);
}

/* --- numbers */

/* A limit of an object (borrowed) that may be invalid; -1: none. */
static double
limit_of(jv object, const char *name)
{
	jv value = jv_is_valid(object) ? json_get(object, name, JV_KIND_NUMBER) : jv_invalid();
	double number = jv_is_valid(value) ? jv_number_value(value) : -1;

	jv_free(value);
	return number;
}

/* The limit of who asks: its task's, or else its agent's. */
static double
own_limit(const struct heir *h, const char *name)
{
	jv limits = json_get(h->task, "limits", JV_KIND_OBJECT);
	double number = limit_of(limits, name);

	jv_free(limits);
	return number < 0 ? limit_of(h->agent, name) : number;
}

/* No more than that. */
static void
cap(struct heir *h, const char *name, double most)
{
	double wanted = limit_of(h->limits, name);

	if (wanted < 0 || wanted > most)
		h->limits = json_set(h->limits, name, jv_number(most));
}

/* What is left of one of its limits is all that there is.  -1 with err: nothing is. */
static int
cap_left(struct heir *h, const char *name, double used)
{
	double own = own_limit(h, name);

	if (own < 0)
		return 0;
	if (own <= used)
		return err_set(EX_NOPERM,
		    "limits.%s: your %g are used or handed out; finish with what you have", name,
		    own);
	cap(h, name, own - used);
	return 0;
}

/* Tokens that it has no more though it does not know yet: what those have used who have ended, and
 * what those may use who have not. */
static double
handed_out(const struct heir *h)
{
	char *set = xprintf("spawned.%s", h->from->task_id);
	double tokens = 0;

	for (uint64_t n = 0; (n = store_next(h->tx, set, n)) != 0;) {
		jv task = store_at(h->tx, n), usage = json_get(task, "usage", JV_KIND_OBJECT),
		   limits = json_get(task, "limits", JV_KIND_OBJECT);
		bool is_told = jv_is_valid(h->from->told) &&
		               json_has(h->from->told, json_peek_string(task, "id"));
		double most = limit_of(limits, "max_tokens");

		if (!task_is_over(task))
			tokens += most > 0 ? most : 0;
		else if (!is_told)
			tokens += (double)json_peek_int(usage, "total_tokens", 0);
		jv_free(limits);
		jv_free(usage);
		jv_free(task);
	}
	free(set);
	return tokens;
}

static int
cap_budget(struct heir *h)
{
	int64_t passed_ms = h->from->began_ms ? clock_now_ms() - h->from->began_ms : 0;

	if (cap_left(h, "max_tokens", (double)h->from->tokens + handed_out(h)) < 0 ||
	    cap_left(h, "max_turns", (double)h->from->turns) < 0)
		return -1;
	return cap_left(h, "timeout_s", passed_ms > 0 ? (double)passed_ms / 1000 : 0);
}

static int
cap_breadth(struct heir *h)
{
	char *set = xprintf("spawned.%s", h->from->task_id);
	uint64_t count = store_count(h->tx, set);
	double own = own_limit(h, "max_children"), most = own < 0 ? BEQUEST_CHILDREN : own;

	free(set);
	if ((double)count >= most)
		return err_set(EX_NOPERM,
		    "limits.max_children: you have asked for %d agents, which is all that you "
		    "may; do the rest yourself",
		    (int)count);
	cap(h, "max_children", most);
	return 0;
}

static int
cap_depth(struct heir *h)
{
	int64_t depth = json_peek_int(h->task, "depth", 0) + 1;
	double own = own_limit(h, "max_depth");

	if (own == 0 || (own < 0 && depth > BEQUEST_DEPTH))
		return err_set(EX_NOPERM,
		    "limits.max_depth: agents may ask for others no deeper than here; do it "
		    "yourself");
	cap(h, "max_depth", own > 0 ? own - 1 : (double)(BEQUEST_DEPTH - depth));
	*h->spec = json_set_int(*h->spec, "depth", depth);
	return 0;
}

/* Whether the new one cannot ask for others. */
static bool
is_deepest(const struct heir *h)
{
	return limit_of(h->limits, "max_depth") <= 0;
}

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
	if (check_parent(h) < 0 || cap_breadth(h) < 0 || cap_depth(h) < 0 || cap_budget(h) < 0 ||
	    narrow_scope(h) < 0 || keep_chat(h) < 0)
		return -1;
	return narrow_worker(h);
}

int
bequest_apply(const struct bequest *b, struct tx *tx, jv *spec, jv *worker)
{
	struct heir h = { .from = b,
		.tx = tx,
		.task = task_get(tx, b->task_id),
		.spec = spec,
		.worker = worker,
		.limits = json_get(*spec, "limits", JV_KIND_OBJECT) };
	const char *role = json_peek_string(h.task, "agent");
	int rc;

	h.agent = json_get(h.task, "worker", JV_KIND_OBJECT);
	if (!jv_is_valid(h.agent) && role)
		h.agent = agent_get(tx, role);
	if (!jv_is_valid(h.limits))
		h.limits = jv_object();
	rc = narrow(&h);
	if (jv_object_length(jv_copy(h.limits)) > 0)
		*spec = json_set(*spec, "limits", jv_copy(h.limits));
	*spec = json_set_string(*spec, "spawned_by", b->task_id);
	*spec = json_set_valid(*spec, "untrusted", json_get(h.task, "untrusted", JV_KIND_TRUE));
	jv_free(h.limits);
	jv_free(h.task);
	jv_free(h.agent);
	return rc;
}
