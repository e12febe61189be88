#include "planner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crew.h"
#include "err.h"
#include "extract.h"
#include "json.h"
#include "prompt.h"
#include "schema.h"
#include "task.h"
#include "usage.h"

enum { TEXT_MAX = 4 << 20 };

/* One of the two questions. */
static const struct step {
	const char *name, *words, *schema;
} steps[] = { { "decision", "plan-decision.md", "plan-decision.json" },
	{ "plan", "plan-analysis.md", "plan-analysis.json" } };

enum { DECIDE, ANALYSE };

struct planner {
	const struct planner_terms *terms;
	struct llm *llm;
	jv values;       /* object of strings, for the words */
	int64_t most;    /* subtasks that the task may have; 0: any number */
	int step;        /* of steps */
	int repairs;     /* that were asked for */
	bool has_schema; /* the question has */
	jv schema, messages;
	struct schema *check;
	struct buf text; /* of the answer */
	jv heard, used;  /* what the question has used, and all of the task's; invalid: unknown */
	jv answer;
};

struct planner *
planner_open(const struct planner_terms *terms)
{
	struct planner *p = xmalloc(sizeof *p);

	*p = (struct planner){ .terms = terms,
		.llm = llm_open(NULL),
		.values = jv_invalid(),
		.schema = jv_invalid(),
		.messages = jv_invalid(),
		.heard = jv_invalid(),
		.used = jv_invalid(),
		.answer = jv_invalid() };
	return p;
}

void
planner_close(struct planner *p)
{
	if (!p)
		return;
	llm_close(p->llm);
	schema_close(p->check);
	buf_release(&p->text);
	jv_free(p->values);
	jv_free(p->schema);
	jv_free(p->messages);
	jv_free(p->answer);
	jv_free(p->heard);
	jv_free(p->used);
	free(p);
}

/* The agents, one to a line. */
static jv
crew_text(jv crew)
{
	struct buf b = { 0 };
	jv text;

	jv_array_foreach (crew, i, agent) {
		const char *role = crew_role(agent),
			   *description = json_peek_string(agent, "description");
		jv skills = crew_strings(agent, "skills");

		if (role)
			buf_printf(&b, "%s- %s%s%s", b.len ? "\n" : "", role,
			    description && *description ? ": " : "",
			    description ? description : "");
		jv_array_foreach (skills, k, skill) {
			if (role)
				buf_printf(&b, "%s%s",
				    k ? ", " : "; skills: ", jv_string_value(skill));
			jv_free(skill);
		}
		jv_free(skills);
		jv_free(agent);
	}
	text = json_utf8(b.p ? b.p : "", b.len);
	buf_release(&b);
	return text;
}

static jv
values_of(jv task, jv crew)
{
	static const char *const members[] = { "title", "instruction", "priority", "status" };
	jv values = json_set(jv_object(), "crew", crew_text(crew));

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		values =
		    json_set_valid(values, members[i], json_get(task, members[i], JV_KIND_STRING));
	if (!json_has(values, "priority"))
		values = json_set_string(values, "priority", "medium");
	if (!json_has(values, "status"))
		values = json_set_string(values, "status", "pending");
	return values;
}

/* How many subtasks a task (borrowed) may have; 0: any number. */
static int64_t
most_of(jv task)
{
	jv limits = json_get(task, "limits", JV_KIND_OBJECT);
	int64_t most = json_peek_int(limits, "max_children", 0);

	jv_free(limits);
	return most;
}

static void
take_event(void *arg, jv event)
{
	struct planner *p = arg;
	const char *delta = json_peek_string(event, "delta");

	if (!strcmp(json_peek_string(event, "type"), "text") && delta && p->text.len < TEXT_MAX)
		buf_puts(&p->text, delta);
	if (!strcmp(json_peek_string(event, "type"), "usage")) {
		jv_free(p->heard);
		p->heard = usage_counts(event);
	}
	jv_free(event);
}

static void
ask(struct planner *p)
{
	jv request = json_set(jv_object(), "messages", jv_copy(p->messages));

	if (p->terms->model)
		request = json_set_string(request, "model", p->terms->model);
	if (p->has_schema)
		request = json_set(request, "response_schema",
		    json_set(json_set_string(jv_object(), "name", steps[p->step].name), "schema",
			jv_copy(p->schema)));
	p->text.len = 0;
	llm_begin(p->llm, request, take_event, p);
}

/* Reads what an answer has to fit. */
static int
read_schema(struct planner *p)
{
	const char *name = steps[p->step].schema;
	char *words = prompt_read(name);

	if (!words)
		return -1;
	jv_free(p->schema);
	p->schema = json_parse_object(words, strlen(words));
	p->values = json_set_string(p->values, "schema", words);
	free(words);
	schema_close(p->check);
	p->check = jv_is_valid(p->schema) ? schema_open(jv_copy(p->schema)) : NULL;
	return p->check ? 0 : err_set(EX_CONFIG, "prompts/%s: %s", name, err_text());
}

static int
begin_step(struct planner *p, int step)
{
	jv system, user;

	p->step = step;
	p->repairs = 0;
	if (read_schema(p) < 0)
		return -1;
	system = prompt_message("system", steps[step].words, jv_copy(p->values));
	user = jv_is_valid(system) ? prompt_message("user", "plan-task.md", jv_copy(p->values))
	                           : jv_invalid();
	if (!jv_is_valid(user)) {
		jv_free(system);
		return -1;
	}
	jv_free(p->messages);
	p->messages = JV_ARRAY(system, user);
	ask(p);
	return 0;
}

int
planner_begin(struct planner *p, jv task, jv crew)
{
	jv_free(p->values);
	jv_free(p->answer);
	p->most = most_of(task);
	p->values = values_of(task, crew);
	if (p->most)
		p->values = json_set(p->values, "most", jv_string_fmt("%" PRId64, p->most));
	p->answer = jv_object();
	jv_free(p->used);
	p->used = jv_invalid();
	p->has_schema = true;
	return begin_step(p, DECIDE);
}

/* There will be no plan; error is consumed. */
static int
give_up(struct planner *p, jv error)
{
	jv decision = json_get(p->answer, "decision", JV_KIND_OBJECT);

	if (!jv_is_valid(decision)) {
		decision = json_set(jv_object(), "needs_subtasks", jv_false());
		decision = json_set_string(decision, "reasoning",
		    "there is no decision: the model has given none");
	}
	decision = json_set(decision, "error", error);
	if (p->terms->fails)
		decision = json_set_string(decision, "on_error", "fail");
	p->answer = json_set(p->answer, "decision", decision);
	return true;
}

/* The model hears why its answer is none, or was told often enough. */
static int
repair(struct planner *p, const char *fault)
{
	jv content = json_utf8(p->text.p, p->text.len), said, told;
	char *why;

	if (p->repairs++ == PLANNER_REPAIRS) {
		jv_free(content);
		why = xprintf("the model's %s cannot be used: %s", steps[p->step].name, fault);
		told = task_error("validation", "no_plan", why, false);
		free(why);
		return give_up(p, told);
	}
	if (p->text.len == 0) /* which some servers do not take back */
		content = json_utf8("(nothing)", 9);
	said = json_set(json_set_string(jv_object(), "role", "assistant"), "content", content);
	told =
	    prompt_message("user", "plan-repair.md", json_set_string(jv_object(), "fault", fault));
	if (!jv_is_valid(told)) {
		jv_free(said);
		return -1;
	}
	p->messages = jv_array_append(jv_array_append(p->messages, said), told);
	ask(p);
	return false;
}

/* A decision that was read (consumed). */
static int
take_decision(struct planner *p, jv decision)
{
	bool needs = json_peek_bool(decision, "needs_subtasks");
	int64_t score = json_peek_int(decision, "complexity_score", 0);

	if (p->terms->threshold) {
		needs = score >= p->terms->threshold;
		decision = json_set(decision, "needs_subtasks", jv_bool(needs));
		decision = json_set_int(decision, "threshold", p->terms->threshold);
	}
	if (needs && p->terms->fails) /* where its plan is refused, too */
		decision = json_set_string(decision, "on_error", "fail");
	p->values =
	    json_set_valid(p->values, "reasoning", json_get(decision, "reasoning", JV_KIND_STRING));
	p->answer = json_set(p->answer, "decision", decision);
	return needs ? begin_step(p, ANALYSE) : true;
}

static int
count_of(jv plan, const char *name)
{
	jv list = json_get(plan, name, JV_KIND_ARRAY);
	int count = jv_is_valid(list) ? jv_array_length(jv_copy(list)) : 0;

	jv_free(list);
	return count;
}

/* A plan that was read (consumed); one for which the task has no room would be refused later. */
static int
take_plan(struct planner *p, jv plan)
{
	int64_t count = count_of(plan, "subtasks") + count_of(plan, "agent_creations");
	char *why;
	int rc;

	if (!p->most || count <= p->most) {
		p->answer = json_set(p->answer, "plan", plan);
		return true;
	}
	jv_free(plan);
	why = xprintf("it has %" PRId64 " subtasks and new agents, and at most %" PRId64
		      " may be planned",
	    count, p->most);
	rc = repair(p, why);
	free(why);
	return rc;
}

/* An answer that has come to its end. */
static int
take_answer(struct planner *p, const char *reason)
{
	jv value;
	int rc;

	if (reason && !strcmp(reason, "length"))
		return repair(p, "it is too long, and was cut off");
	if (reason && !strcmp(reason, "refusal"))
		return repair(p, "it was refused");
	value = extract_json(p->text.p ? p->text.p : "", p->text.len);
	if (!jv_is_valid(value) || schema_check(p->check, value) < 0) {
		char *why = xprintf("%s", err_text());

		jv_free(value);
		rc = repair(p, why);
		free(why);
		return rc;
	}
	if (p->step == DECIDE)
		return take_decision(p, value);
	return take_plan(p, value);
}

/* The model's error, which is consumed. */
static int
take_error(struct planner *p, jv error)
{
	const char *category = json_peek_string(error, "category"),
		   *message = json_peek_string(error, "message"),
		   *code = json_peek_string(error, "code");
	jv told;

	if (p->has_schema && category && !strcmp(category, "validation")) {
		jv_free(error);
		p->has_schema = false;
		ask(p);
		return false;
	}
	told = task_error(category ? category : "internal", code ? code : "no_plan",
	    message ? message : "the model gave no answer", json_peek_bool(error, "retryable"));
	jv_free(error);
	return give_up(p, told);
}

/* A question is over: what it has used counts, whatever became of it. */
static void
count(struct planner *p)
{
	if (jv_is_valid(p->heard))
		p->used = usage_add(p->used, p->heard);
	jv_free(p->heard);
	p->heard = jv_invalid();
}

void
planner_poll_fds(const struct planner *p, struct pollfd fds[LLM_FDS])
{
	llm_poll_fds(p->llm, fds);
}

int
planner_go_on(struct planner *p, const struct pollfd fds[LLM_FDS])
{
	int rc = false;

	while (rc == false && llm_go_on(p->llm, fds)) {
		jv last = llm_last(p->llm);

		count(p);
		if (!strcmp(json_peek_string(last, "type"), "stop")) {
			rc = take_answer(p, json_peek_string(last, "reason"));
			jv_free(last);
		} else {
			rc = take_error(p, last);
		}
	}
	return rc;
}

jv
planner_answer(const struct planner *p)
{
	jv decision = json_get(p->answer, "decision", JV_KIND_OBJECT);

	decision = json_set_valid(decision, "usage", jv_copy(p->used));
	return json_set(jv_copy(p->answer), "decision", decision);
}
