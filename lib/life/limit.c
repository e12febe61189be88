#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "chat.h"
#include "clock.h"
#include "crew.h"
#include "quiet.h"
#include "task.h"

/* What follows the prefix of a slot; NULL: it is of another kind. */
static const char *
after(const char *slot, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(slot, prefix, len) ? NULL : slot + len;
}

static uint64_t
count(struct tx *tx, const char *prefix, const char *slot)
{
	char *set = xprintf("%s%s", prefix, slot);
	uint64_t members = store_count(tx, set);

	free(set);
	return members;
}

static bool
is_empty(struct tx *tx, const char *slot)
{
	return count(tx, "held.0.", slot) + count(tx, "held.1.", slot) +
	           count(tx, "held.2.", slot) ==
	       0;
}

/* --- which limits there are */

static jv
slots_of_agent(struct tx *tx, const char *role, jv slots)
{
	jv agent = agent_get(tx, role), crews = crew_strings(agent, "crews");

	if (json_peek_int(agent, "max_running", 0) > 0)
		slots = task_add_slot(slots, "agent.", role);
	if (json_peek_bool(agent, "one_at_a_time"))
		jv_array_foreach (crews, i, crew) {
			slots = task_add_slot(slots, "crew.", jv_string_value(crew));
			jv_free(crew);
		}
	jv_free(crews);
	jv_free(agent);
	return slots;
}

static bool
is_single(struct tx *tx, const char *chat_id)
{
	jv chat = chat_get(tx, chat_id);
	bool is = chat_is_single(chat);

	jv_free(chat);
	return is;
}

/* What the chat of a task (borrowed) lets it wait for: first of all, that it is quiet there. */
static jv
slots_in_chat(struct tx *tx, jv task, const char *chat_id, jv slots)
{
	jv chat = store_count(tx, "chats.limited") > 0 ? chat_get(tx, chat_id) : jv_invalid(),
	   quiet = quiet_slot(task, chat);

	if (jv_is_valid(quiet))
		slots = jv_array_concat(JV_ARRAY(quiet), slots);
	else
		jv_free(quiet);
	if (chat_is_single(chat))
		slots = task_add_slot(slots, "chat.", chat_id);
	jv_free(chat);
	return slots;
}

jv
limit_slots(struct tx *tx, jv task, const char *role)
{
	const char *chat = json_peek_string(task, "chat_id");
	jv slots = jv_array();

	if (role && !task_has_own_agent(task) && store_count(tx, "agents.limited") > 0)
		slots = slots_of_agent(tx, role, slots);
	return chat && !json_has(task, "spawned") ? slots_in_chat(tx, task, chat, slots) : slots;
}

/* How many tasks may have the slot; 0: any number. */
static int64_t
most(struct tx *tx, const char *slot)
{
	const char *role = after(slot, "agent."), *chat = after(slot, "chat.");
	jv agent;
	int64_t n;

	if (chat)
		return is_single(tx, chat);
	if (!role)
		return count(tx, "limited.", slot) > 0;
	agent = agent_get(tx, role);
	n = json_peek_int(agent, "max_running", 0);
	jv_free(agent);
	return n;
}

int64_t
limit_room(struct tx *tx, const char *slot, enum limit_by by)
{
	int64_t limit, taken;

	if (quiet_is(slot))
		return quiet_due_ms(tx, slot) <= clock_now_ms() ? INT64_MAX : 0;
	limit = most(tx, slot);
	taken = (int64_t)count(tx, "running.", slot);
	if (limit <= 0)
		return INT64_MAX;
	if (by == LIMIT_RESERVED)
		taken += (int64_t)count(tx, "reserved.", slot);
	return taken < limit ? limit - taken : 0;
}

jv
limit_full(struct tx *tx, jv slots, enum limit_by by)
{
	jv full = jv_invalid();

	jv_array_foreach (slots, i, slot) {
		if (!jv_is_valid(full) && limit_room(tx, jv_string_value(slot), by) == 0)
			full = (jv_free(full), jv_copy(slot));
		jv_free(slot);
	}
	return full;
}

/* --- who waits */

jv
limit_wait(struct tx *tx, jv task, const char *slot)
{
	char *key = xprintf("hold/%s", slot);

	if (store_number(tx, key) == 0)
		store_put(tx, key, json_set_string(jv_object(), "slot", slot),
		    JV_ARRAY(jv_string("holds")), jv_array());
	free(key);
	task = json_drop(json_drop(task, "reservation"), "not_before");
	return json_set_string(json_set_string(task, "slot", slot), "waiting",
	    quiet_is(slot) ? "chat_idle" : "slot");
}

jv
limit_hush(struct tx *tx, jv task)
{
	jv slots = limit_slots(tx, task, NULL), full = limit_full(tx, slots, LIMIT_RUNNING);

	if (!json_has(task, "waiting") && jv_is_valid(full) && quiet_is(jv_string_value(full)))
		task = limit_wait(tx, task, jv_string_value(full));
	jv_free(full);
	jv_free(slots);
	return task;
}

static bool
waits(jv task)
{
	return task_waits_for(task, "slot") || task_waits_for(task, "chat_idle");
}

const char *
limit_waits(jv task)
{
	return waits(task) ? json_peek_string(task, "slot") : NULL;
}

jv
limit_forget(jv task)
{
	if (waits(task))
		task = json_drop(task, "waiting");
	return json_drop(task, "slot");
}

/* The slot of a queue's record: a new string; NULL: it says none. */
static char *
slot_at(struct tx *tx, uint64_t n)
{
	jv hold = store_at(tx, n);
	const char *slot = json_peek_string(hold, "slot");
	char *copy = slot ? xstrdup(slot) : NULL;

	jv_free(hold);
	return copy;
}

bool
limit_next_queue(struct tx *tx, int rank, struct limit_queue *queue)
{
	char *slot = NULL;

	while (!slot && (queue->n = store_next(tx, "holds", queue->n)) != 0)
		slot = slot_at(tx, queue->n);
	if (!slot)
		return false;
	queue->set = xprintf("held.%d.%s", rank, slot);
	queue->room = limit_room(tx, slot, LIMIT_RESERVED);
	queue->due_ms = quiet_is(slot) ? quiet_due_ms(tx, slot) : 0;
	queue->is_empty = is_empty(tx, slot);
	free(slot);
	return true;
}

void
limit_close_queue(struct tx *tx, uint64_t n)
{
	char *slot = slot_at(tx, n), *key = slot ? xprintf("hold/%s", slot) : NULL;

	if (slot && is_empty(tx, slot))
		store_delete(tx, key);
	free(key);
	free(slot);
}

/* --- in words */

/* The short id of the first task that runs in a slot; "another": it cannot be told. */
static const char *
runs_in(struct tx *tx, const char *slot, char name[9])
{
	char *set = xprintf("running.%s", slot);
	uint64_t n = store_next(tx, set, 0);
	jv task = n ? store_at(tx, n) : jv_invalid();
	const char *id = json_peek_string(task, "id");

	task_short(id ? id : "another", name);
	jv_free(task);
	free(set);
	return name;
}

char *
limit_why(struct tx *tx, const char *slot)
{
	const char *role = after(slot, "agent."), *crew = after(slot, "crew.");
	char name[9];
	jv agent;
	char *why;

	if (quiet_is(slot))
		return quiet_why(tx, slot);
	if (!role)
		return xprintf("%s%s does one task at a time, and %s is running",
		    crew ? "the crew " : "its chat", crew ? crew : "", runs_in(tx, slot, name));
	agent = agent_get(tx, role);
	role = json_peek_string(agent, "role");
	why = xprintf("agent %s has %lld of %lld tasks running",
	    role ? role : after(slot, "agent."), (long long)count(tx, "running.", slot),
	    (long long)json_peek_int(agent, "max_running", 0));
	jv_free(agent);
	return why;
}
