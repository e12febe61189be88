#include "claim.h"

#include <stdlib.h>

#include "agent.h"
#include "consent.h"
#include "recent.h"
#include "task.h"

/* What an agent is told of another task. */
static jv
summary_of(struct tx *tx, uint64_t n)
{
	static const char *const members[] = { "id", "title", "status", "response", "error" };
	jv task = store_at(tx, n), out = jv_object();

	for (size_t i = 0; i < sizeof members / sizeof *members && jv_is_valid(task); i++)
		out = json_set_valid(out, members[i],
		    jv_object_get(jv_copy(task), jv_string(members[i])));
	jv_free(task);
	return out;
}

static jv
subtasks_of(struct tx *tx, const char *id)
{
	char *set = xprintf("parent.%s", id);
	jv out = jv_array();

	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;)
		out = jv_array_append(out, summary_of(tx, n));
	free(set);
	return out;
}

static jv
dependencies_of(struct tx *tx, jv task)
{
	jv deps = json_get(task, "depends_on", JV_KIND_ARRAY), out = jv_array();

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, id) {
			char *key = xprintf("task/%s", jv_string_value(id));

			if (store_number(tx, key)) /* it may be deleted */
				out = jv_array_append(out, summary_of(tx, store_number(tx, key)));
			free(key);
			jv_free(id);
		}
	jv_free(deps);
	return out;
}

/* What goes with the task that was claimed. */
static void
look_up(struct tx *tx, struct claim *c)
{
	const char *role = json_peek_string(c->task, "agent");
	int64_t tokens;

	c->agent = json_get(c->task, "worker", JV_KIND_OBJECT);
	if (!jv_is_valid(c->agent) && role)
		c->agent = agent_get(tx, role);
	c->others = task_has_subtasks(c->task) ? subtasks_of(tx, json_peek_string(c->task, "id"))
	                                       : dependencies_of(tx, c->task);
	c->chat = jv_invalid();
	c->wants_consent = json_has(c->task, "creates") && consent_is_wanted(tx, c->task, "agents");
	if (!agent_is_llm(c->agent))
		return;
	tokens = json_peek_int(c->agent, "context_tokens", CLAIM_CONTEXT_TOKENS);
	c->chat = recent_messages(tx, c->task, (size_t)tokens * 4);
}

int
claim_task(struct store *s, const char *id, struct life_claim how, struct claim *c)
{
	enum store_result rc;
	int claimed;

	do {
		struct life_claim again = how;
		struct tx *tx = store_begin(s);

		*c =
		    (struct claim){ jv_invalid(), jv_invalid(), jv_invalid(), jv_invalid(), false };
		if (!tx) {
			jv_free(how.decision);
			return -1;
		}
		again.decision = jv_copy(how.decision);
		claimed = life_claim(tx, id, again, &c->task);
		if (claimed < 0) {
			jv_free(how.decision);
			store_end(tx);
			return -1;
		}
		if (claimed == LIFE_DONE)
			look_up(tx, c);
		rc = store_commit(tx, STORE_DURABLE);
		if (rc != STORE_OK)
			claim_release(c);
	} while (rc == STORE_AGAIN);
	jv_free(how.decision);
	return rc == STORE_OK ? claimed : -1;
}

int
claim_held(struct store *s, const char *id, const char *lease, struct claim *c)
{
	struct tx *tx = store_read(s);
	bool is_mine;

	*c = (struct claim){ jv_invalid(), jv_invalid(), jv_invalid(), jv_invalid(), false };
	if (!tx)
		return -1;
	c->task = task_get(tx, id);
	is_mine = life_is_mine(c->task, lease);
	if (is_mine)
		look_up(tx, c);
	if (store_end(tx) < 0 || !is_mine) {
		claim_release(c);
		return is_mine ? -1 : LIFE_PASSED;
	}
	return LIFE_DONE;
}

void
claim_release(struct claim *c)
{
	jv_free(c->task);
	jv_free(c->agent);
	jv_free(c->others);
	jv_free(c->chat);
	*c = (struct claim){ jv_invalid(), jv_invalid(), jv_invalid(), jv_invalid(), false };
}
