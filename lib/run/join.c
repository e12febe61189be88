#include "join.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "buf.h"
#include "err.h"
#include "json.h"
#include "llm.h"
#include "log.h"
#include "loop.h"
#include "speech.h"
#include "task.h"

/* Who makes one answer of several, and has no tools. */
static jv
joiner(void)
{
	jv agent = json_set_string(jv_object(), "role", "editor");

	agent = json_set_string(agent, "kind", "llm");
	return json_set_string(agent, "description",
	    "you make the one answer to a task out of the answers of its subtasks");
}

/* The answers under their titles. */
static jv
joined(jv children)
{
	struct buf b = { 0 };
	jv text;

	jv_array_foreach (children, i, child) {
		const char *title = json_peek_string(child, "title");
		const char *response = json_peek_string(child, "response");
		const char *status = json_peek_string(child, "status");

		buf_printf(&b, "%s## %s\n\n%s", i ? "\n\n" : "", title ? title : "",
		    response ? response : "");
		if (status && strcmp(status, "completed") != 0)
			buf_printf(&b, "(%s)", status);
		jv_free(child);
	}
	text = json_utf8(b.p ? b.p : "", hear_fit(b.p, b.len, HEAR_ANSWER_MAX));
	buf_release(&b);
	return text;
}

/* Whether the answer's form (validation) is not what the model has failed for: then what stands
 * under titles will do.  Says why in the chat. */
static bool
can_do_without(struct work *w, jv error)
{
	const char *category = json_peek_string(error, "category"),
		   *message = json_peek_string(error, "message");
	char *text;
	jv data;

	if (category && !strcmp(category, "validation"))
		return false;
	text =
	    xprintf("The model made no answer of the subtasks', which stand under their titles: %s",
		message ? message : "no reason given");
	data = json_set_string(jv_object(), "message", text);
	free(text);
	return log_event(w->log, speech_event(w->task, "status", data, w->lease)) == 0;
}

/* Ends with what stands under titles (consumed), if the task's contract has nothing against it. */
static enum work_end
conclude(struct work *w, struct work_result *result, jv text)
{
	jv output = json_get(w->task, "output", JV_KIND_OBJECT), accepted;
	char **env = work_env(w), *why;
	struct answer_place place = { .env = (const char *const *)env,
		.timeout_ms = work_timeout_ms(w->task) };
	enum work_end end = WORK_FAILED;

	switch (answer_check(output, text, &place, &accepted, &why)) {
	case ANSWER_GOOD:
		end = WORK_DONE;
		jv_free(text);
		text = jv_copy(accepted);
		break;
	case ANSWER_BAD:
		result->error = task_error("validation", "contract", why, false);
		break;
	default:
		if (err_code() == EX_TEMPFAIL)
			end = WORK_STOPPED;
		else
			result->error =
			    err_code() == EX_CONFIG
				? task_error("configuration", "contract", err_text(), false)
				: task_error("internal", "contract", err_text(), true);
	}
	result->response = text;
	jv_free(accepted);
	jv_free(output);
	free(why);
	work_env_free(env);
	work_end_remains(w);
	return end;
}

enum work_end
join_run(struct work *w, struct work_result *result)
{
	enum work_end end;
	jv agent;

	if (llm_is_configured()) {
		w->agent = agent = joiner();
		end = loop_run(w, result);
		w->agent = jv_invalid();
		jv_free(agent);
		if (end != WORK_FAILED || !can_do_without(w, result->error))
			return end;
		jv_free(result->error);
		result->error = jv_invalid();
		jv_free(result->response);
	}
	return conclude(w, result, joined(w->dependencies));
}
