#include "loop.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "clock.h"
#include "err.h"
#include "errand.h"
#include "json.h"
#include "session.h"
#include "stop.h"
#include "task.h"
#include "toolcall.h"
#include "turn.h"

static jv
last_message(struct session *s)
{
	int len = jv_array_length(jv_copy(s->transcript.messages));

	return len > 0 ? jv_array_get(jv_copy(s->transcript.messages), len - 1) : jv_object();
}

static bool
is_from_model(jv message)
{
	const char *role = json_peek_string(message, "role");

	return role && !strcmp(role, "assistant");
}

/* The last text that the model has said; invalid: none. */
static jv
last_text(struct session *s)
{
	jv text = jv_invalid();

	jv_array_foreach (s->transcript.messages, i, message) {
		const char *content = json_peek_string(message, "content");

		if (is_from_model(message) && content && *content) {
			jv_free(text);
			text = jv_string(content);
		}
		jv_free(message);
	}
	return text;
}

static bool
is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

/* The answer (borrowed) was not good enough: the model hears why, or this was the last try. */
static int
refuse(struct session *s, jv answer, const char *code, const char *why)
{
	char name[9], *told = xprintf("Your answer was not accepted: %s\nAnswer again.", why);
	char *status = xprintf("Task %s: its answer was not accepted: %s",
	    task_short(json_peek_string(s->w->task, "id"), name), why);
	bool is_said = !is_blank(jv_string_value(answer));
	int rc = 0;

	session_hold(s);
	if (is_said)
		rc |= session_say(s, "message", json_set(jv_object(), "text", jv_copy(answer)));
	rc |= session_say(s, "status", json_set_string(jv_object(), "message", status));
	rc |= session_note(s, "refused", json_set_string(jv_object(), "message", told));
	rc = session_settle(s, rc);
	if (is_said && rc == SESSION_AGAIN)
		partial_end(s->w->partial, PARTIAL_TEXT);
	if (rc == SESSION_AGAIN && ++s->refused > answer_tries(s->output))
		rc = session_fail(s, "validation", code, why);
	free(told);
	free(status);
	return rc;
}

/* How long a check may take: what is left of the attempt's time, but a second; 0: as it likes. */
static int64_t
time_for_check(struct session *s)
{
	int64_t left = s->until_ms - clock_mono_ms();

	if (s->until_ms == INT64_MAX)
		return 0;
	return left < 1000 ? 1000 : left;
}

/* The check could not be made: the contract is broken, or the machine has no room for it now. */
static int
fail_check(struct session *s)
{
	if (err_code() == EX_CONFIG)
		return session_fail(s, "configuration", "contract", err_text());
	session_fail(s, "internal", "contract", err_text());
	s->result->error = json_set(s->result->error, "retryable", jv_true());
	return WORK_FAILED;
}

static int
check_answer(struct session *s, jv answer)
{
	struct answer_place place = { .env = (const char *const *)s->env,
		.folder = s->folder,
		.timeout_ms = time_for_check(s) };
	char *why = NULL;
	int end;

	switch (answer_check(s->output, answer, &place, &s->result->response, &why)) {
	case ANSWER_GOOD:
		return WORK_DONE;
	case ANSWER_BAD:
		end = refuse(s, answer, "contract", why);
		free(why);
		return end;
	default:
		return stop_signal() ? WORK_STOPPED : fail_check(s);
	}
}

/* What the model has said: is it an answer? */
static int
judge_answer(struct session *s, const char *stop, jv answer)
{
	if (!strcmp(stop, "length"))
		return refuse(s, answer, "length", "it was cut off, as it was too long; be brief");
	if (is_blank(jv_string_value(answer)))
		return refuse(s, answer, "empty", "it was empty");
	return check_answer(s, answer);
}

/* The model has said its last word. */
static int
judge(struct session *s, jv message)
{
	const char *text = json_peek_string(message, "content");
	const char *stop =
	    jv_is_valid(s->transcript.stop) ? jv_string_value(s->transcript.stop) : "";
	jv answer;
	int end;

	if (!strcmp(stop, "paused"))
		return turn_take(s);
	if (!strcmp(stop, "refusal"))
		return session_fail(s, "validation", "refusal", "the model refuses to do this");
	answer = jv_string(text ? text : "");
	end = errand_finish(s, answer);
	if (end == WORK_DONE)
		end = judge_answer(s, stop, answer);
	jv_free(answer);
	return end;
}

/* The model's turn; before that it hears what others have answered. */
static int
ask(struct session *s)
{
	int end = errand_tell(s);

	return end == SESSION_AGAIN ? turn_take(s) : end;
}

static int
step(struct session *s)
{
	jv call, message;
	int end;

	if (stop_signal())
		return WORK_STOPPED;
	if (clock_mono_ms() >= s->until_ms) {
		session_fail(s, "timeout", "timeout", "no answer in the time that an attempt has");
		s->result->error = json_set(s->result->error, "retryable", jv_true());
		return WORK_FAILED;
	}
	call = jv_array_get(jv_copy(s->transcript.calls), 0);
	if (jv_is_valid(call)) {
		end = toolcall_answer(s, call);
		jv_free(call);
		return end;
	}
	jv_free(call);
	message = last_message(s);
	end = is_from_model(message) ? judge(s, message) : ask(s);
	jv_free(message);
	return end;
}

enum work_end
loop_run(struct work *w, struct work_result *result)
{
	struct session s;
	int end = session_open(&s, w, result);

	if (end == SESSION_AGAIN)
		end = turn_begin(&s);
	while (end == SESSION_AGAIN)
		end = step(&s);
	if ((end == WORK_FAILED || end == WORK_STOPPED) && !jv_is_valid(result->response))
		result->response = last_text(&s);
	result->usage = jv_copy(s.transcript.usage);
	session_close(&s);
	work_end_remains(w);
	return (enum work_end)end;
}
