#include "session.h"

#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "json.h"
#include "speech.h"
#include "stop.h"
#include "task.h"

int
session_fail(struct session *s, const char *category, const char *code, const char *message)
{
	jv_free(s->result->error);
	s->result->error = task_error(category, code, message, false);
	return WORK_FAILED;
}

int
session_broken(struct session *s)
{
	session_fail(s, "internal", "log_failed", err_text());
	s->result->error = json_set(s->result->error, "retryable", jv_true());
	return WORK_BROKEN;
}

void
session_tell(struct session *s)
{
	if (s->w->told)
		s->w->told(s->w->arg);
}

int
session_say(struct session *s, const char *type, jv data)
{
	return log_event(s->w->log, speech_event(s->w->task, type, data, s->w->lease));
}

int
session_note(struct session *s, const char *kind, jv note)
{
	return transcript_add(&s->transcript, s->w->log, kind, note);
}

void
session_hold(struct session *s)
{
	log_hold(s->w->log);
}

int
session_settle(struct session *s, int rc)
{
	if (rc < 0 || log_let_go(s->w->log) < 0 || log_sync(s->w->log) < 0)
		return session_broken(s);
	session_tell(s);
	return SESSION_AGAIN;
}

static bool
has_any(jv tools, const char *name)
{
	jv list = json_get(tools, name, JV_KIND_ARRAY);
	bool any = jv_is_valid(list) && jv_array_length(jv_copy(list)) > 0;

	jv_free(list);
	return any;
}

/* Who watches is told what is wrong with tools that the agent was to have. */
static int
tell_warnings(struct session *s)
{
	jv warnings = tools_warnings(s->tools);
	bool is_any = jv_array_length(jv_copy(warnings)) > 0;
	char name[9];
	int rc = 0;

	task_short(json_peek_string(s->w->task, "id"), name);
	if (is_any)
		session_hold(s);
	jv_array_foreach (warnings, i, warning) {
		jv text = jv_string_fmt("Task %s: warning: %s", name, jv_string_value(warning));

		rc |= session_say(s, "status", json_set(jv_object(), "message", text));
		jv_free(warning);
	}
	jv_free(warnings);
	return is_any ? session_settle(s, rc) : SESSION_AGAIN;
}

static int
open_tools(struct session *s)
{
	jv agent = s->w->agent, tools = json_get(agent, "tools", JV_KIND_OBJECT);
	bool any = has_any(agent, "mcp") ||
	           (jv_is_valid(tools) && (has_any(tools, "allow") || has_any(tools, "ask")));
	struct place_terms place = { .folder = s->folder,
		.env = (const char *const *)s->env,
		.lease = s->w->lease,
		.store = s->w->store,
		.until_ms = s->until_ms,
		.is_sandboxed = json_peek_bool(agent, "sandbox"),
		.has_network = json_peek_bool(agent, "network") };

	jv_free(tools);
	if (!any)
		return SESSION_AGAIN;
	s->tools = tools_open(agent, &place);
	if (s->tools)
		return tell_warnings(s);
	return stop_signal() ? WORK_STOPPED : session_fail(s, "configuration", "tool", err_text());
}

/* What its planner has used counts for the task. */
static void
charge_plan(struct session *s)
{
	jv decision = json_get(s->w->task, "decision", JV_KIND_OBJECT),
	   usage = json_get(decision, "usage", JV_KIND_OBJECT);

	jv_free(decision);
	if (jv_is_valid(usage))
		transcript_charge(&s->transcript, usage);
	else
		jv_free(usage);
}

int
session_open(struct session *s, struct work *w, struct work_result *result)
{
	int64_t limit_ms = work_timeout_ms(w->task);
	char *mark = xprintf("LEGWORK_RUN=%s", w->lease);

	*s = (struct session){ .w = w,
		.result = result,
		.llm = llm_open(mark),
		.output = json_get(w->task, "output", JV_KIND_OBJECT),
		.env = work_env(w),
		.until_ms = limit_ms ? clock_mono_ms() + limit_ms : INT64_MAX };
	free(mark);
	work_result_init(result);
	transcript_init(&s->transcript);
	if (transcript_read(&s->transcript, w->logs_fd, json_peek_string(w->task, "id")) < 0)
		return session_broken(s);
	charge_plan(s);
	if (!(s->folder = work_folder(w)))
		return session_fail(s, "configuration", "folder", err_text());
	return open_tools(s);
}

void
session_close(struct session *s)
{
	llm_close(s->llm);
	tools_close(s->tools);
	transcript_release(&s->transcript);
	jv_free(s->output);
	free(s->folder);
	work_env_free(s->env);
}
