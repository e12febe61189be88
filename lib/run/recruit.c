#include "recruit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "assign.h"
#include "buf.h"
#include "clock.h"
#include "crew.h"
#include "err.h"
#include "hire.h"
#include "json.h"
#include "llm.h"
#include "prompt.h"
#include "speech.h"
#include "stop.h"
#include "task.h"
#include "usage.h"

enum {
	PATIENCE_MS = 120000, /* for what the template can do as well */
	REASON_BYTES = 500    /* of a justification in a question */
};

/* What the words speak of. */
static jv
values_of(jv proposal)
{
	static const char *const members[] = { "role", "description", "justification" };
	jv values = json_set(jv_object(), "skills", prompt_join(crew_strings(proposal, "skills")));

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		values = json_set_valid(values, members[i],
		    json_get(proposal, members[i], JV_KIND_STRING));
	return values;
}

/* What a model says. */
struct saying {
	struct buf text;
	jv usage; /* invalid: unknown */
};

static void
take_event(void *arg, jv event)
{
	const char *delta = json_peek_string(event, "delta"),
		   *type = json_peek_string(event, "type");
	struct saying *saying = arg;

	if (!strcmp(type, "text") && delta)
		buf_puts(&saying->text, delta);
	if (!strcmp(type, "usage")) {
		jv_free(saying->usage);
		saying->usage = usage_counts(event);
	}
	jv_free(event);
}

/* What a question has used (consumed) counts, whatever came of it, and is told as that of turns. */
static void
charge(struct work *w, struct work_result *result, jv usage)
{
	if (!jv_is_valid(usage)) {
		jv_free(usage);
		return;
	}
	result->usage = usage_add(json_get(w->task, "usage", JV_KIND_OBJECT), usage);
	log_event(w->log, speech_event(w->task, "token_usage", usage, w->lease));
}

/* Says in the chat that the model has written nothing; last is its last event, borrowed. */
static void
warn(struct work *w, jv last)
{
	const char *message = json_peek_string(last, "message"),
		   *reason = json_peek_string(last, "reason");
	char *text =
	    xprintf("The model wrote no instructions for the agent, which has the usual ones "
		    "of a new one: %s",
		message                                ? message
		: reason && strcmp(reason, "end") != 0 ? reason
						       : "its answer cannot be used");

	log_note(w->log, "unwritten", jv_is_valid(last) ? jv_copy(last) : jv_object());
	log_event(w->log, speech_event(w->task, "status",
			      json_set_string(jv_object(), "message", text), w->lease));
	free(text);
}

/* What a model writes, trimmed; invalid where it writes nothing that can be used. */
static jv
written(struct work *w, jv question, struct work_result *result)
{
	char *mark = xprintf("LEGWORK_RUN=%s", w->lease);
	struct llm *llm = llm_open(mark);
	int64_t limit_ms = work_timeout_ms(w->task);
	struct saying saying = { .usage = jv_invalid() };
	struct buf *text = &saying.text;
	jv request = json_set(jv_object(), "messages", JV_ARRAY(question)), last, words;
	const char *reason;

	last = llm_ask(llm, request,
	    clock_mono_ms() + (limit_ms && limit_ms < PATIENCE_MS ? limit_ms : PATIENCE_MS),
	    take_event, &saying);
	charge(w, result, saying.usage);
	reason = json_peek_string(last, "reason");
	while (text->len > 0 && strchr(" \t\r\n", text->p[text->len - 1]))
		text->len--;
	words = reason && !strcmp(reason, "end") && text->len > 0 && text->len <= AGENT_PROMPT_MAX
	            ? json_utf8(text->p, text->len)
	            : jv_invalid();
	if (!jv_is_valid(words) && !stop_signal())
		warn(w, last);
	jv_free(last);
	llm_close(llm);
	buf_release(text);
	free(mark);
	return words;
}

/* The agent's instructions; invalid with err. */
static jv
instructions(struct work *w, jv proposal, struct work_result *result)
{
	jv question, text = jv_invalid(), message;

	if (llm_is_configured()) {
		question = prompt_message("user", "new-agent-ask.md", values_of(proposal));
		if (!jv_is_valid(question))
			return question;
		text = written(w, question, result);
	}
	if (jv_is_valid(text))
		return text;
	jv_free(text);
	message = prompt_message("system", "new-agent.md", values_of(proposal));
	text = json_get(message, "content", JV_KIND_STRING);
	jv_free(message);
	return text;
}

static enum work_end
fail(struct work_result *result, const char *category, const char *code, const char *message)
{
	result->error = task_error(category, code, message, false);
	return WORK_FAILED;
}

/* How many bytes of a text in UTF-8 are whole characters within that limit. */
static size_t
beginning(const char *text, size_t most)
{
	size_t len = strlen(text);

	if (len <= most)
		return len;
	while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
		most--;
	return most;
}

/* "May the agent smith join the crew? It is good at: iron. ..." */
static jv
question_of(jv proposal)
{
	const char *why = json_peek_string(proposal, "justification");
	jv skills = prompt_join(crew_strings(proposal, "skills")), text, whole;
	const char *good = jv_string_value(skills);

	text = jv_string_fmt("May the agent %s join the crew?%s%s%s%s%.*s",
	    json_peek_string(proposal, "role"), *good ? " It is good at: " : "", good,
	    *good ? "." : "", why && *why ? " " : "", why ? (int)beginning(why, REASON_BYTES) : 0,
	    why ? why : "");
	whole = json_utf8(jv_string_value(text), strlen(jv_string_value(text)));
	jv_free(text);
	jv_free(skills);
	return whole;
}

/* The same until the task is put back by a person, or edited. */
static const char *
request_id(jv task, char id[ID_TEXT])
{
	char *name = xprintf("approval/agent/%" PRId64 "/%" PRId64,
	    json_peek_int(task, "retries", 0), json_peek_int(task, "revision", 0));

	id_derive(json_peek_string(task, "id"), name, id);
	free(name);
	return id;
}

/* The owner of the chat decides. */
static enum work_end
ask(struct work *w, struct work_result *result, jv proposal)
{
	char id[ID_TEXT], now[CLOCK_TEXT];
	jv request = json_set_string(jv_object(), "request_id", request_id(w->task, id)), data;

	request = json_set(request, "question", question_of(proposal));
	data = jv_copy(request);
	request = json_set_string(request, "about", "agent");
	result->approval = json_set_string(request, "asked_at", clock_format(clock_now_ms(), now));
	if (log_event(w->log, speech_event(w->task, "approval_request", data, w->lease)) < 0) {
		result->error = task_error("internal", "log_failed", err_text(), true);
		return WORK_BROKEN;
	}
	return WORK_ASKED;
}

enum work_end
recruit_run(struct work *w, struct work_result *result)
{
	jv proposal = json_get(w->task, "creates", JV_KIND_OBJECT), agent = jv_object(), prompt;
	const char *role = json_peek_string(proposal, "role"),
		   *description = json_peek_string(proposal, "description");
	enum work_end end;

	prompt = role ? instructions(w, proposal, result) : jv_invalid();
	if (stop_signal()) {
		jv_free(prompt);
		jv_free(agent);
		jv_free(proposal);
		return WORK_STOPPED;
	}
	agent = json_set_string(agent, "role", role);
	agent = json_set_string(agent, "description", description ? description : "");
	agent = json_set(agent, "skills", crew_strings(proposal, "skills"));
	agent = json_set_string(agent, "kind", "llm");
	agent = json_set_valid(agent, "system_prompt", prompt);
	agent = json_set_string(agent, "status", w->wants_consent ? "proposed" : "active");
	if (!role || !json_has(agent, "system_prompt") || agent_check(agent) < 0) {
		const char *why = role ? err_text() : "creates: role is missing";

		jv_free(agent);
		jv_free(proposal);
		return fail(result, "configuration", "no_agent", why);
	}
	result->agent = agent;
	end = w->wants_consent ? ask(w, result, proposal) : WORK_DONE;
	if (end == WORK_DONE)
		result->response = hire_answer(role);
	jv_free(proposal);
	return end;
}

/* The agent (consumed) as one of that crew's; NULL: no crew's. */
static jv
of_crew(jv agent, const char *crew)
{
	return crew ? json_set(agent, "crews", JV_ARRAY(jv_string(crew))) : agent;
}

void
recruit_store(struct tx *tx, jv task, jv agent)
{
	jv there = agent_get(tx, json_peek_string(agent, "role"));
	const char *status = json_peek_string(there, "status");
	char *crew = assign_crew_name(tx, task);

	if (!jv_is_valid(there) || (status && !strcmp(status, "proposed")))
		jv_free(agent_put(tx, of_crew(jv_copy(agent), crew)));
	free(crew);
	jv_free(there);
}
