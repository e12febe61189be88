#include "recruit.h"

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "buf.h"
#include "clock.h"
#include "crew.h"
#include "err.h"
#include "json.h"
#include "llm.h"
#include "prompt.h"
#include "task.h"

enum { PATIENCE_MS = 120000 }; /* for what the template can do as well */

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

static void
take_event(void *arg, jv event)
{
	const char *delta = json_peek_string(event, "delta");

	if (!strcmp(json_peek_string(event, "type"), "text") && delta)
		buf_puts(arg, delta);
	jv_free(event);
}

/* What a model writes, trimmed; invalid where it writes nothing that can be used. */
static jv
written(struct work *w, jv question)
{
	char *mark = xprintf("LEGWORK_RUN=%s", w->lease);
	struct llm *llm = llm_open(mark);
	int64_t limit_ms = work_timeout_ms(w->task);
	struct buf text = { 0 };
	jv request = json_set(jv_object(), "messages", JV_ARRAY(question)), last, result;
	const char *reason;

	last = llm_ask(llm, request,
	    clock_mono_ms() + (limit_ms && limit_ms < PATIENCE_MS ? limit_ms : PATIENCE_MS),
	    take_event, &text);
	reason = json_peek_string(last, "reason");
	while (text.len > 0 && strchr(" \t\r\n", text.p[text.len - 1]))
		text.len--;
	result = reason && !strcmp(reason, "end") && text.len > 0 && text.len <= AGENT_PROMPT_MAX
	             ? json_utf8(text.p, text.len)
	             : jv_invalid();
	if (!jv_is_valid(result))
		log_note(w->log, "unwritten", jv_is_valid(last) ? jv_copy(last) : jv_object());
	jv_free(last);
	llm_close(llm);
	buf_release(&text);
	free(mark);
	return result;
}

/* The agent's instructions; invalid with err. */
static jv
instructions(struct work *w, jv proposal)
{
	jv question, text = jv_invalid(), message;

	if (llm_is_configured()) {
		question = prompt_message("user", "new-agent-ask.md", values_of(proposal));
		if (!jv_is_valid(question))
			return question;
		text = written(w, question);
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

enum work_end
recruit_run(struct work *w, struct work_result *result)
{
	jv proposal = json_get(w->task, "creates", JV_KIND_OBJECT), agent = jv_object(), prompt;
	const char *role = json_peek_string(proposal, "role"),
		   *description = json_peek_string(proposal, "description");

	prompt = role ? instructions(w, proposal) : jv_invalid();
	agent = json_set_string(agent, "role", role);
	agent = json_set_string(agent, "description", description ? description : "");
	agent = json_set(agent, "skills", crew_strings(proposal, "skills"));
	agent = json_set_string(agent, "kind", "llm");
	agent = json_set_valid(agent, "system_prompt", prompt);
	agent = json_set_string(agent, "status", "active");
	if (!role || !json_has(agent, "system_prompt") || agent_check(agent) < 0) {
		const char *why = role ? err_text() : "creates: role is missing";

		jv_free(agent);
		jv_free(proposal);
		return fail(result, "configuration", "no_agent", why);
	}
	result->response = jv_string_fmt("The agent %s is there.", role);
	result->agent = agent;
	jv_free(proposal);
	return WORK_DONE;
}
