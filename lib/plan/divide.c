/*
 * divide.c - a list that a person wrote becomes a plan: every field from what is in the text, and
 * nothing invented.
 */
#include "divide.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "json.h"
#include "rules.h"

enum { TITLE_CHARACTERS = 80, SCORE_MAX = 10 };

/* The agent for a piece of work: the one that is wanted, or mentioned, or fits best. */
static jv
choose_agent(jv crew, const char *wanted, const char *text)
{
	jv agent;

	if (wanted)
		return crew_find(crew, wanted);
	agent = crew_mentioned(crew, text);
	if (jv_is_valid(agent))
		return agent;
	jv_free(agent);
	return crew_choose(crew, text);
}

jv
divide_title(const char *text)
{
	size_t len = 0;

	text += strspn(text, " \t\r\n");
	for (int n = 0; text[len] && !strchr("\r\n", text[len]); len++)
		if (((unsigned char)text[len] & 0xC0) != 0x80 && ++n > TITLE_CHARACTERS)
			break;
	while (len > 0 && strchr(" \t", text[len - 1]))
		len--;
	return jv_string_sized(text, (int)len);
}

static jv
subtask_of_item(const struct rules_list *list, size_t i, jv task, jv crew)
{
	char *text = xstrdup(list->item[i].p);
	jv agent = crew_take(crew, &text), dependencies = jv_array();
	const char *priority = json_peek_string(task, "priority");
	jv subtask = json_set(jv_object(), "title", divide_title(text));

	if (!jv_is_valid(agent)) {
		jv_free(agent);
		agent = choose_agent(crew, json_peek_string(task, "agent"), text);
	}
	if (list->is_numbered && i > 0)
		dependencies = jv_array_append(dependencies, jv_string_fmt("%zu", i - 1));
	subtask = json_set_string(subtask, "description", text);
	subtask = json_set_string(subtask, "priority", priority ? priority : "medium");
	subtask = json_set_string(subtask, "assigned_to", crew_role(agent));
	subtask = json_set_int(subtask, "estimated_hours", 0);
	subtask = json_set(subtask, "dependencies", dependencies);
	subtask = json_set(subtask, "required_skills", crew_skills_in(agent, text));
	if (list->context.len > 0)
		subtask = json_set_string(subtask, "context", list->context.p);
	jv_free(agent);
	free(text);
	return subtask;
}

static jv
plan_of_list(const struct rules_list *list, jv task, jv crew)
{
	jv subtasks = jv_array(), plan = jv_object();

	for (size_t i = 0; i < list->len; i++)
		subtasks = jv_array_append(subtasks, subtask_of_item(list, i, task, crew));
	plan = json_set(plan, "analysis_summary",
	    jv_string_fmt("a list of %zu %s items", list->len,
		list->is_numbered ? "numbered" : "bulleted"));
	plan = json_set(plan, "subtasks", subtasks);
	plan = json_set(plan, "agent_creations", jv_array());
	plan = json_set_string(plan, "recommended_approach",
	    list->is_numbered ? "one after the other: each item waits for the one before"
			      : "in parallel: no item waits for another");
	plan = json_set_int(plan, "estimated_total_hours", 0);
	return json_set_string(plan, "risk_assessment", "not assessed: rules only read the list");
}

/* The skills of all subtasks of a plan, each once. */
static jv
union_of_skills(jv plan)
{
	jv subtasks = json_get(plan, "subtasks", JV_KIND_ARRAY);
	jv seen = jv_object(), all = jv_array();

	for (int i = 0; i < jv_array_length(jv_copy(subtasks)); i++) {
		jv subtask = jv_array_get(jv_copy(subtasks), i);
		jv skills = crew_strings(subtask, "required_skills");

		jv_array_foreach (skills, j, skill) {
			if (!jv_object_has(jv_copy(seen), jv_copy(skill)))
				all = jv_array_append(all, jv_copy(skill));
			seen = jv_object_set(seen, skill, jv_true());
		}
		jv_free(skills);
		jv_free(subtask);
	}
	jv_free(seen);
	jv_free(subtasks);
	return all;
}

static jv
decide_split(const struct rules_list *list, jv plan)
{
	jv d = json_set(jv_object(), "needs_subtasks", jv_true());

	d = json_set(d, "reasoning",
	    jv_string_fmt("the instruction holds a list of %zu %s items", list->len,
		list->is_numbered ? "numbered" : "bulleted"));
	d = json_set_int(d, "complexity_score",
	    list->len < SCORE_MAX ? (int64_t)list->len + 1 : SCORE_MAX);
	return json_set(d, "required_skills", union_of_skills(plan));
}

/* How many subtasks the task may have. */
static int64_t
most_of(jv task)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT);
	int64_t most = json_peek_int(limits, "max_children", INT64_MAX);

	jv_free(limits);
	return most;
}

/* Why it is not divided. */
static jv
reason_of(const struct rules_list *list, jv task)
{
	if (list->len >= 2)
		return jv_string_fmt("the instruction holds a list of %zu items, and "
				     "limits.max_children is %" PRId64,
		    list->len, most_of(task));
	return jv_string(list->len == 0 ? "the instruction holds no list"
					: "the instruction holds a list of one item only");
}

static jv
decide_whole(const struct rules_list *list, jv task, jv crew)
{
	const char *text = json_peek_string(task, "instruction");
	jv d = json_set(jv_object(), "needs_subtasks", jv_false());
	jv agent = choose_agent(crew, json_peek_string(task, "agent"), text ? text : "");

	d = json_set(d, "reasoning", reason_of(list, task));
	d = json_set_int(d, "complexity_score", 1);
	d = json_set(d, "required_skills", crew_skills_in(agent, text ? text : ""));
	jv_free(agent);
	return d;
}

jv
divide_by_list(jv task, jv crew)
{
	const char *text = json_peek_string(task, "instruction");
	struct rules_list list;
	jv plan, result = jv_object();

	rules_read(&list, text ? text : "");
	if (list.len < 2 || (int64_t)list.len > most_of(task)) {
		result = json_set(result, "decision", decide_whole(&list, task, crew));
	} else {
		plan = plan_of_list(&list, task, crew);
		result = json_set(result, "decision", decide_split(&list, plan));
		result = json_set(result, "plan", plan);
	}
	rules_release(&list);
	return result;
}
