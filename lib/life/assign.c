#include "assign.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "agent.h"
#include "chat.h"
#include "crew.h"
#include "limit.h"
#include "task.h"

#define LOAD_FULL INT64_MAX

/* The first crew that the task (borrowed), or one above it, is of; owned, NULL: none. */
static char *
own_crew(struct tx *tx, jv task)
{
	jv at = jv_copy(task);
	char *crew = NULL;

	while (!crew && jv_is_valid(at)) {
		const char *name = json_peek_string(at, "crew"),
			   *above = json_peek_string(at, "parent_id");
		jv next = above ? task_get(tx, above) : jv_invalid();

		crew = name ? xstrdup(name) : NULL;
		jv_free(at);
		at = next;
	}
	jv_free(at);
	return crew;
}

char *
assign_crew_name(struct tx *tx, jv task)
{
	const char *id = json_peek_string(task, "chat_id"), *name;
	char *crew = own_crew(tx, task);
	jv chat;

	if (crew || !id)
		return crew;
	chat = chat_get(tx, id);
	name = json_peek_string(chat, "crew");
	crew = name ? xstrdup(name) : NULL;
	jv_free(chat);
	return crew;
}

static bool
is_in_crew(jv agent, const char *crew)
{
	jv crews = crew_strings(agent, "crews");
	bool is = false;

	jv_array_foreach (crews, i, name) {
		is = is || !strcasecmp(jv_string_value(name), crew);
		jv_free(name);
	}
	jv_free(crews);
	return is;
}

jv
assign_crew(struct tx *tx, jv task)
{
	char *crew = assign_crew_name(tx, task);
	jv all = agent_crew(tx), some = jv_array();

	if (!crew) {
		jv_free(some);
		return all;
	}
	jv_array_foreach (all, i, agent) {
		if (is_in_crew(agent, crew))
			some = jv_array_append(some, agent);
		else
			jv_free(agent);
	}
	jv_free(all);
	free(crew);
	return some;
}

/* Whether the task itself was handed out as one for that slot. */
static bool
is_own(jv task, jv slot)
{
	jv reservation = json_get(task, "reservation", JV_KIND_OBJECT),
	   slots = crew_strings(reservation, "slots");
	bool is = false;

	jv_array_foreach (slots, i, each)
		is = jv_equal(each, jv_copy(slot)) || is;
	jv_free(slots);
	jv_free(reservation);
	return is;
}

/* How busy the agent of that role is: how many other tasks it runs or is handed; LOAD_FULL: no
 * other may be. */
static int64_t
load_of(struct tx *tx, const char *role, jv task)
{
	jv slots = task_add_slot(jv_array(), "agent.", role), slot = jv_array_get(slots, 0);
	char *running = xprintf("running.%s", jv_string_value(slot)),
	     *reserved = xprintf("reserved.%s", jv_string_value(slot));
	bool own = is_own(task, slot);
	int64_t room = limit_room(tx, jv_string_value(slot), LIMIT_RESERVED),
		load = (int64_t)(store_count(tx, running) + store_count(tx, reserved)) - own;

	free(running);
	free(reserved);
	jv_free(slot);
	return room == 0 && !own ? LOAD_FULL : load;
}

/* The best of those who fit a text. */
struct best {
	jv agent; /* invalid: nobody fits */
	int score, equals;
	int64_t load; /* -1: not counted */
};

static void
compare(struct tx *tx, struct best *best, jv agent, int score, jv task)
{
	int64_t load;

	if (score == 0 || score < best->score)
		return;
	if (score > best->score) {
		*best = (struct best){ .agent = (jv_free(best->agent), jv_copy(agent)),
			.score = score,
			.equals = 1,
			.load = -1 };
		return;
	}
	if (best->load < 0) /* counted where it matters only */
		best->load = load_of(tx, crew_role(best->agent), task);
	load = load_of(tx, crew_role(agent), task);
	best->equals++;
	if (load >= best->load)
		return;
	jv_free(best->agent);
	best->agent = jv_copy(agent);
	best->load = load;
}

static struct best
best_for(struct tx *tx, jv crew, const char *text, jv task)
{
	struct best best = { .agent = jv_invalid() };

	for (int i = 0; i < jv_array_length(jv_copy(crew)); i++) {
		jv agent = jv_array_get(jv_copy(crew), i);

		if (crew_role(agent))
			compare(tx, &best, agent, crew_score(agent, text), task);
		jv_free(agent);
	}
	return best;
}

/* The required skills in a line; empty: none. */
static char *
required(jv task)
{
	jv skills = crew_strings(task, "required_skills");
	struct buf b = { 0 };

	buf_puts(&b, "");
	jv_array_foreach (skills, i, skill) {
		buf_printf(&b, "%s ", jv_string_value(skill));
		jv_free(skill);
	}
	jv_free(skills);
	return b.p;
}

/* agent is consumed */
static jv
choice(jv agent, const char *reason)
{
	jv answer = jv_object();

	if (jv_is_valid(agent))
		answer = json_set_string(answer, "role", crew_role(agent));
	jv_free(agent);
	return json_set_string(answer, "reason", reason);
}

static jv
choose_by_skills(struct tx *tx, jv crew, jv task)
{
	const char *text = json_peek_string(task, "instruction");
	char *skills = required(task), *reason, among[64] = "";
	struct best best = best_for(tx, crew, skills, task);
	bool is_required = jv_is_valid(best.agent);
	jv answer;

	if (!is_required)
		best = best_for(tx, crew, text ? text : "", task);
	free(skills);
	if (!jv_is_valid(best.agent))
		return choice(crew_find(crew, NULL), "it is the first: nobody's skills fit");
	if (best.equals > 1)
		snprintf(among, sizeof among, ", as do those of %d; it is the least busy",
		    best.equals);
	reason = xprintf("%d word%s of its skills %s%s", best.score, best.score == 1 ? "" : "s",
	    is_required ? "fit the required ones" : "fit the instruction", among);
	answer = choice(best.agent, reason);
	free(reason);
	return answer;
}

/* Why there is nobody. */
static jv
nobody(struct tx *tx, jv task, const char *wanted)
{
	char *crew = assign_crew_name(tx, task), *why;
	jv answer;

	if (wanted && crew)
		why = xprintf("no agent of the crew %s has the role %s", crew, wanted);
	else if (wanted)
		why = xprintf("no agent has the role %s", wanted);
	else if (crew)
		why = xprintf("the crew %s has no agents", crew);
	else
		why = xstrdup("there are no agents; add one with agent-add");
	answer = choice(jv_invalid(), why);
	free(why);
	free(crew);
	return answer;
}

/* Whether another may do it than it names: a plan may name one who is not the crew's. */
static bool
is_free(struct tx *tx, jv task)
{
	char *crew = json_has(task, "parent_id") ? assign_crew_name(tx, task) : NULL;
	bool is = crew != NULL;

	free(crew);
	return is;
}

/* The agent (consumed) that a task has said: by its name, or for want of another's. */
static jv
named(jv agent, jv task)
{
	const char *missing = json_peek_string(task, "instead_of");
	char *reason;
	jv answer;

	if (!missing)
		return json_set(choice(agent, "the task names it"), "named", jv_true());
	reason = xprintf("no agent had the role %.80s: it was the first", missing);
	answer = choice(agent, reason);
	free(reason);
	return answer;
}

static jv
choose(struct tx *tx, jv crew, jv task)
{
	const char *wanted = json_peek_string(task, "agent"),
		   *text = json_peek_string(task, "instruction");
	jv agent = wanted ? crew_find(crew, wanted) : crew_mentioned(crew, text ? text : "");

	if (jv_is_valid(agent) && wanted)
		return named(agent, task);
	if (jv_is_valid(agent))
		return choice(agent, "the instruction mentions it");
	jv_free(agent);
	agent = wanted && !is_free(tx, task) ? jv_invalid() : crew_find(crew, NULL);
	if (!jv_is_valid(agent))
		return nobody(tx, task, wanted);
	jv_free(agent);
	return choose_by_skills(tx, crew, task);
}

/* What was said when it was begun for the first time, if that is still so; invalid: nothing. */
static jv
known(jv task)
{
	jv assignment = json_get(task, "assignment", JV_KIND_OBJECT);
	const char *role = json_peek_string(assignment, "role"),
		   *agent = json_peek_string(task, "agent");

	if (role && agent && !strcasecmp(role, agent) && json_peek_string(assignment, "reason"))
		return assignment;
	jv_free(assignment);
	return jv_invalid();
}

jv
assign_choose(struct tx *tx, jv task)
{
	jv crew = assign_crew(tx, task), answer = choose(tx, crew, task), before = known(task);

	jv_free(crew);
	if (!json_has(answer, "role") || !jv_is_valid(before)) {
		jv_free(before);
		return answer;
	}
	jv_free(answer);
	return before;
}
