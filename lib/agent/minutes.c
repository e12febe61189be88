#include "minutes.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent.h"
#include "config.h"
#include "json.h"
#include "life.h"
#include "task.h"

static jv
with_string(jv note, const char *name, jv object)
{
	return json_set_valid(note, name, json_get(object, name, JV_KIND_STRING));
}

/* --- the beginning */

/* What a spawned task is to do, once. */
static int
note_spawned(struct log *log, jv task)
{
	jv note = json_set_valid(jv_object(), "task_description",
	    json_get(task, "instruction", JV_KIND_STRING));

	note = with_string(note, "spawned_by", task);
	note = json_set_int(note, "depth", json_peek_int(task, "depth", 0));
	note = with_string(note, "model_id", task);
	note = json_set_valid(note, "scope", json_get(task, "scope", JV_KIND_OBJECT));
	return log_note(log, "create_task_start", note);
}

/* The model that is asked: as the task or the agent says, else the usual one. */
static jv
with_model(jv note, jv task, jv agent)
{
	const char *model = json_peek_string(task, "model_id");
	struct config config;

	if (!model)
		model = json_peek_string(agent, "model_id");
	config_open(&config);
	if (!model && agent_is_llm(agent))
		model = config_model(&config);
	if (model)
		note = json_set_string(note, "model", model);
	config_close(&config);
	return note;
}

int
minutes_begin(struct log *log, jv task, jv agent, const char *lease)
{
	int64_t attempt = json_peek_int(task, "attempt", 1);
	struct utsname machine;
	jv note;

	if (attempt == 1 && json_peek_bool(task, "spawned") && note_spawned(log, task) < 0)
		return -1;
	note = json_set_int(jv_object(), "attempt", attempt);
	note = json_set_string(note, "lease", lease);
	note = json_set_int(note, "retries", json_peek_int(task, "retries", 0));
	note = json_set_string(note, "version", VERSION);
	if (uname(&machine) == 0) {
		note = json_set_string(note, "host", machine.nodename);
		note = json_set(note, "system",
		    jv_string_fmt("%s %s", machine.sysname, machine.release));
	}
	note = json_set_int(note, "pid", getpid());
	note = with_model(note, task, agent);
	note = json_set_valid(note, "scope", json_get(task, "scope", JV_KIND_OBJECT));
	if (jv_is_valid(agent))
		note = json_set(note, "agent", jv_copy(agent));
	return log_note(log, "start", note);
}

/* --- the end */

const char *
minutes_reason(jv task, enum work_end end)
{
	switch (end) {
	case WORK_DONE:
		return "completed";
	case WORK_ASKED:
		return "asked";
	case WORK_STOPPED:
		return json_has(task, "cancel") ? "cancelled" : "stopped";
	default:
		return "failed";
	}
}

int
minutes_end(struct log *log, jv task, enum work_end end, const struct work_result *result,
    int64_t ms)
{
	jv note = json_set_string(jv_object(), "reason", minutes_reason(task, end));

	if (!strcmp(json_peek_string(note, "reason"), "failed")) {
		note = json_set_valid(note, "error", jv_copy(result->error));
		if (life_will_retry(task, result->error) >= 0)
			note = json_set(note, "will_retry", jv_true());
	}
	if (end == WORK_ASKED)
		note = with_string(note, "question", result->approval);
	note = json_set_valid(note, "usage", jv_copy(result->usage));
	note = json_set_int(note, "turns", result->turns);
	note = json_set_int(note, "tool_calls", result->tool_calls);
	note = json_set_int(note, "tool_failures", result->tool_failures);
	return log_note(log, "end", json_set_int(note, "ms", ms));
}
