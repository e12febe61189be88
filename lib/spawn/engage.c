#include "engage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "declare.h"
#include "err.h"
#include "life.h"
#include "llm.h"
#include "proc.h"
#include "prompt.h"
#include "scope.h"
#include "spec.h"
#include "task.h"

/* --- who does it */

/* The member of the crew that is named; invalid with err where there is none, or without err where
 * nobody is named. */
static int
find_member(struct tx *tx, jv spec, jv *member)
{
	const char *role = json_peek_string(spec, "agent");

	*member = role ? agent_get(tx, role) : jv_invalid();
	if (role && !jv_is_valid(*member))
		return err_set(EX_NOINPUT,
		    "agent %.80s: no such role; agent-list tells who there is, and without agent "
		    "one "
		    "is made",
		    role);
	return 0;
}

/* Tools of the usual agent: it may read, write and speak; and touch what is in its scope. */
static jv
usual_tools(jv spec)
{
	jv tools =
	    JV_ARRAY(jv_string("post_message"), jv_string("read_file"), jv_string("write_file"));
	bool is_ours;
	char *aws = json_has(spec, "scope") ? declare_find("aws", &is_ours) : NULL;

	if (aws)
		tools = jv_array_append(tools, jv_string("aws"));
	free(aws);
	return tools;
}

static int
check_tools(jv tools)
{
	int rc = 0;

	jv_array_foreach (tools, i, name) {
		bool is_ours;
		char *path = rc == 0 ? declare_find(jv_string_value(name), &is_ours) : NULL;

		rc = path ? rc : -1;
		free(path);
		jv_free(name);
	}
	return rc;
}

/* What it is that a new worker has not been given. */
static int
equip(jv *worker, jv spec, const struct engage *how)
{
	jv tools = json_get(spec, "tools", JV_KIND_ARRAY);
	int rc;

	if (!jv_is_valid(*worker))
		*worker = jv_object();
	if (json_has(*worker, "tools")) {
		jv_free(tools);
		return 0;
	}
	if (!jv_is_valid(tools))
		tools = (jv_free(tools), usual_tools(spec));
	rc = check_tools(tools);
	*worker = json_set(*worker, "tools", json_set(jv_object(), "allow", tools));
	if (how->is_unscoped)
		*worker = json_set(*worker, "allow_unscoped", jv_true());
	return rc;
}

/* A list of the scope: as one thing under `one`, or as several under `many`. */
static jv
with_list(jv values, jv scope, const char *member, const char *one, const char *many)
{
	jv list = json_get(scope, member, JV_KIND_ARRAY);

	if (!jv_is_valid(list))
		return (jv_free(list), values);
	return json_set(values, jv_array_length(jv_copy(list)) == 1 ? one : many,
	    prompt_join(list));
}

static jv
prompt_of(jv spec)
{
	char *words = prompt_read("worker.md");
	jv scope = scope_of(spec), values = jv_object(), text;

	values = with_list(values, scope, "account_ids", "account", "accounts");
	values = with_list(values, scope, "regions", "region", "regions");
	jv_free(scope);
	text = words ? prompt_fill(words, values) : jv_invalid();
	jv_free(values);
	free(words);
	return text;
}

/* Completes the record of an agent that is made for this task alone. */
static int
make_worker(jv *worker, jv spec, const struct engage *how)
{
	const char *id = json_peek_string(spec, "id");
	char short_id[9], *role;
	jv prompt;

	if (equip(worker, spec, how) < 0)
		return -1;
	if (!json_has(spec, "model_id") && !json_has(*worker, "model_id") && !llm_is_configured())
		return err_set(EX_CONFIG, "no model is configured: set LEGWORK_MODEL, or name a "
					  "model, or an agent of the crew");
	prompt = prompt_of(spec);
	if (!jv_is_valid(prompt))
		return -1;
	role = xprintf("worker-%s", task_short(id, short_id));
	*worker = json_set_string(*worker, "role", role);
	free(role);
	*worker = json_set(*worker, "one_off", jv_true());
	*worker = json_set_string(*worker, "kind", "llm");
	*worker = json_set_string(*worker, "status", "active");
	*worker = json_set(*worker, "system_prompt", prompt);
	return agent_check(*worker);
}

/* A member of the crew (borrowed) that is a program has no model to be another. */
static int
check_model(jv member, jv spec)
{
	if (!json_has(spec, "model_id") || agent_is_llm(member))
		return 0;
	return err_set(EX_DATAERR, "model_id: agent %s is a program, which has no model; name none",
	    json_peek_string(spec, "agent"));
}

/* A member of the crew that does it with all that its record gives it. */
static int
check_unnarrowed(jv spec)
{
	return json_has(spec, "tools")
	           ? err_set(EX_DATAERR,
			 "tools: agent %s is one of the crew, and has its own; name none",
			 json_peek_string(spec, "agent"))
	           : 0;
}

/* Who does it: *worker is then its record, or invalid where the crew has it. */
static int
choose(struct tx *tx, jv *spec, const struct engage *how, jv *worker)
{
	bool is_new;

	if (find_member(tx, *spec, worker) < 0)
		return -1;
	is_new = !jv_is_valid(*worker);
	if (!is_new && check_model(*worker, *spec) < 0)
		return -1;
	if (how->parent) {
		if (bequest_apply(how->parent, tx, spec, worker) < 0)
			return -1;
	} else if (!is_new) {
		jv_free(*worker);
		*worker = jv_invalid();
	}
	if (is_new)
		return make_worker(worker, *spec, how);
	return jv_is_valid(*worker) ? 0 : check_unnarrowed(*spec);
}

/* --- the task */

/* Whether there is room for one more.  -1 with err. */
static int
check_room(struct tx *tx, const struct engage *how, jv *lost)
{
	int run_fd = store_run_fd(store_of(tx));
	long running = 0;

	for (uint64_t n = 0; (n = store_next(tx, "spawned", n)) != 0;) {
		jv task = store_at(tx, n);
		bool is_running = task_is(task, "in_progress");
		const char *lease = json_peek_string(task, is_running ? "lease" : "waiter");

		if (lease && proc_lease_is_live(run_fd, lease)) {
			running++;
			jv_free(task);
		} else if (!is_running) {
			jv_free(task); /* it waits for a pipeline now */
		} else {
			*lost = jv_array_append(*lost, task);
		}
	}
	if (running < how->max_running)
		return 0;
	return err_set(EX_TEMPFAIL,
	    "%ld agents that were spawned run already, which is all that may; wait until one has "
	    "ended",
	    running);
}

/* The record, complete but for what a claim adds. */
static int
make_record(struct tx *tx, jv spec, jv worker, jv *task)
{
	jv decision = json_set(jv_object(), "needs_subtasks", jv_false());
	jv by = json_get(spec, "spawned_by", JV_KIND_STRING),
	   untrusted = json_get(spec, "untrusted", JV_KIND_TRUE);
	int64_t depth = json_peek_int(spec, "depth", 0);

	decision = json_set_string(decision, "reasoning", "an agent was asked for");
	decision = json_set_int(decision, "complexity_score", 1);
	if (spec_record(tx, json_drop(spec, "tools"), task) < 0) {
		jv_free(by);
		jv_free(untrusted);
		jv_free(worker);
		jv_free(decision);
		return -1;
	}
	*task = json_set_valid(*task, "untrusted", untrusted);
	*task = json_set_valid(*task, "spawned_by", by);
	*task = json_set(json_set_int(*task, "depth", depth), "spawned", jv_true());
	*task = json_set_valid(json_set(*task, "decision", decision), "worker", worker);
	return 0;
}

/* Stores it (consumed), and claims it. */
static int
take(struct tx *tx, const struct engage *how, jv record, jv *task)
{
	jv stored = life_begin(tx, record), ended, error;
	const char *id = json_peek_string(stored, "id");
	int rc = life_claim(tx, id,
	    (struct life_claim){ .lease = how->lease, .decision = jv_invalid(), .revision = -1 },
	    task);

	if (rc == LIFE_PASSED) { /* the chat's crew does not have the agent, say */
		ended = task_get(tx, id);
		error = json_get(ended, "error", JV_KIND_OBJECT);
		rc = task_waits_for(ended, "approval")
		         ? err_set(EX_NOPERM, "the chat's owner wants to be asked before a task of "
					      "it begins: add it with task-add")
		         : err_set(EX_CONFIG, "%s",
			       jv_is_valid(error) ? json_peek_string(error, "message")
						  : "nobody can do it");
		jv_free(error);
		jv_free(ended);
	}
	if (rc == LIFE_HELD)
		rc = err_set(EX_TEMPFAIL, "its agent, crew or chat runs as many tasks as it may");
	jv_free(stored);
	return rc < 0 ? -1 : 0;
}

const char *
engage_id(const char *parent, int64_t retries, const char *call_id, char out[ID_TEXT])
{
	char *name = xprintf("spawned/%s/%" PRId64, call_id, retries);

	id_derive(parent, name, out);
	free(name);
	return out;
}

/* Whether the chat that a person's spec names lets it in. */
static int
enter(struct tx *tx, jv *spec)
{
	const char *chat = json_peek_string(*spec, "chat_id");
	char id[ID_TEXT];

	if (chat && store_resolve(tx, "chat", chat, id) < 0)
		return -1;
	if (chat)
		*spec = json_set_string(*spec, "chat_id", id);
	return spec_enter(tx, spec);
}

int
engage_begin(struct tx *tx, jv spec, const struct engage *how, jv *task, jv *lost)
{
	char id[ID_TEXT], *key = how->id ? xprintf("task/%s", how->id) : NULL;
	bool is_there = key && store_number(tx, key) != 0;
	jv worker = jv_invalid(), record;
	int rc;

	free(key);
	*task = jv_invalid();
	*lost = jv_array();
	if (is_there) {
		*task = task_get(tx, how->id);
		jv_free(spec);
		return ENGAGE_THERE;
	}
	if (!how->parent && enter(tx, &spec) < 0) {
		jv_free(spec);
		return ENGAGE_REFUSED;
	}
	spec = json_set_string(spec, "id", how->id ? how->id : id_new(id));
	if (check_room(tx, how, lost) < 0 || choose(tx, &spec, how, &worker) < 0) {
		jv_free(spec);
		jv_free(worker);
		return -1;
	}
	creation_spent(how->creation, CREATION_CONFIGURATION);
	rc = make_record(tx, spec, worker, &record);
	return rc < 0 ? -1 : take(tx, how, record, task);
}
