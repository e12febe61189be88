#include "toolcall.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "json.h"
#include "scope.h"
#include "stop.h"
#include "task.h"

enum { SHOWN_BYTES = 4 << 10, ASKED_BYTES = 1000 }; /* of results and arguments, in the chat */

/* A result as the chat shows it. */
static jv
shown(const char *content)
{
	size_t len = strlen(content);
	char *text;
	jv value;

	if (len <= SHOWN_BYTES)
		return jv_string(content);
	text = xprintf("%.*s\n(... %zu bytes)", SHOWN_BYTES, content, len);
	value = json_utf8(text, strlen(text));
	free(text);
	return value;
}

static bool
is_success(jv result)
{
	const char *status = json_peek_string(result, "status");

	return status && !strcmp(status, "success");
}

/* A call has its result (consumed: {status, content, ...}).  What is shown of it is masked before
 * it is cut.  complaint: what the chat is told as an error before it; NULL: nothing. */
static int
end_call(struct session *s, jv call, jv result, const char *complaint)
{
	jv content =
	    mask_value(log_its_mask(s->w->log), json_get(result, "content", JV_KIND_STRING));
	const char *name = json_peek_string(call, "name");
	jv data = json_set_string(jv_object(), "name", name ? name : "");
	int rc = 0;

	data =
	    json_set(data, "result", shown(jv_is_valid(content) ? jv_string_value(content) : ""));
	jv_free(content);
	data = json_set_valid(data, "status", json_get(result, "status", JV_KIND_STRING));
	s->result->tool_calls++;
	s->result->tool_failures += !is_success(result);
	result = json_set_valid(result, "call_id", json_get(call, "id", JV_KIND_STRING));
	result = json_set_string(result, "name", name ? name : "");
	session_hold(s);
	if (complaint)
		rc = session_say(s, "error",
		    json_set(jv_object(), "message", json_utf8(complaint, strlen(complaint))));
	rc |= session_say(s, "tool_result", data);
	rc |= session_note(s, "tool_end", result);
	return session_settle(s, rc);
}

/* What the model gets of a call that was not made. */
static jv
refusal(const char *why)
{
	jv result = json_set_string(jv_object(), "status", "error");

	return json_set(result, "content", json_utf8(why, strlen(why)));
}

static int
refuse(struct session *s, jv call, const char *why)
{
	return end_call(s, call, refusal(why), NULL);
}

static jv
arguments_of(jv call)
{
	jv args = json_get(call, "arguments", JV_KIND_OBJECT);

	if (jv_is_valid(args))
		return args;
	jv_free(args);
	return jv_object();
}

static int
make_call(struct session *s, jv call)
{
	const char *name = json_peek_string(call, "name");
	jv data = json_set_string(jv_object(), "name", name), note, result;
	int rc;

	data = json_set(data, "args", arguments_of(call));
	note = json_set_valid(jv_copy(data), "call_id", json_get(call, "id", JV_KIND_STRING));
	session_hold(s);
	rc = session_say(s, "tool_use", data);
	rc |= session_note(s, "tool_start", note);
	if ((rc = session_settle(s, rc)) != SESSION_AGAIN)
		return rc;
	tools_name_call(s->tools, json_peek_string(call, "id"));
	result = tools_call(s->tools, name, arguments_of(call));
	if (!stop_signal())
		return end_call(s, call, result, NULL);
	jv_free(result); /* nobody knows how far it came */
	return WORK_STOPPED;
}

/* The same, should the call have to be asked for again. */
static const char *
request_id(struct session *s, jv call, char id[ID_TEXT])
{
	char *name = xprintf("approval/%s", json_peek_string(call, "id"));

	id_derive(json_peek_string(s->w->task, "id"), name, id);
	free(name);
	return id;
}

/* What a person has to allow: the task waits. */
static int
ask_person(struct session *s, jv call)
{
	const char *name = json_peek_string(call, "name");
	char id[ID_TEXT], now[CLOCK_TEXT], *question;
	jv request = json_set_string(jv_object(), "request_id", request_id(s, call, id));
	jv data = jv_copy(request);
	struct buf args = { 0 };

	json_dump(&args, mask_value(log_its_mask(s->w->log), arguments_of(call)));
	question = xprintf("May %s call %s with %.*s%s?", json_peek_string(s->w->agent, "role"),
	    name, ASKED_BYTES, args.p, args.len > ASKED_BYTES ? "..." : "");
	data = json_set(data, "question", json_utf8(question, strlen(question)));
	request = json_set_valid(request, "call_id", json_get(call, "id", JV_KIND_STRING));
	request = json_set_valid(request, "question", json_get(data, "question", JV_KIND_STRING));
	request = json_set_string(request, "tool", name);
	request = json_set(request, "args", arguments_of(call));
	s->result->approval =
	    json_set_string(request, "asked_at", clock_format(clock_now_ms(), now));
	buf_release(&args);
	free(question);
	if (session_say(s, "approval_request", data) < 0)
		return session_broken(s);
	session_tell(s);
	return WORK_ASKED;
}

/* Whether the approval is for this very call: the same id with other arguments is another. */
static bool
is_for(jv approval, jv call)
{
	const char *id = json_peek_string(approval, "call_id"),
		   *tool = json_peek_string(approval, "tool");

	return id && tool && !strcmp(id, json_peek_string(call, "id")) &&
	       !strcmp(tool, json_peek_string(call, "name")) &&
	       jv_equal(json_get(approval, "args", JV_KIND_OBJECT), arguments_of(call));
}

static int
make_allowed_call(struct session *s, jv call)
{
	jv approval = json_get(s->w->task, "approval", JV_KIND_OBJECT);
	const char *decision =
	    is_for(approval, call) ? json_peek_string(approval, "decision") : NULL;
	const char *by, *reason;
	char *why;
	int end;

	if (!decision) {
		end = ask_person(s, call);
	} else if (!strcmp(decision, "approved")) {
		end = make_call(s, call);
	} else {
		by = json_peek_string(approval, "by");
		reason = json_peek_string(approval, "reason");
		why = xprintf("%s does not allow this%s%s", by ? by : "a person",
		    reason ? ": " : "", reason ? reason : "");
		end = refuse(s, call, why);
		free(why);
	}
	jv_free(approval);
	return end;
}

static int
refuse_unknown(struct session *s, jv call, const char *name)
{
	jv all = s->tools ? tools_declarations(s->tools) : jv_array();
	struct buf b = { 0 };
	int end;

	buf_printf(&b, "there is no tool %.64s; there %s", name,
	    jv_array_length(jv_copy(all)) ? "are:" : "are none");
	jv_array_foreach (all, i, one) {
		buf_printf(&b, " %s", json_peek_string(one, "name"));
		jv_free(one);
	}
	jv_free(all);
	end = refuse(s, call, b.p);
	buf_release(&b);
	return end;
}

/* The arguments, as somebody reads them who looks for what was wanted: masked before they are
 * cut. */
static jv
shown_arguments(struct session *s, jv call)
{
	struct buf args = { 0 };
	jv text;

	json_dump(&args, mask_value(log_its_mask(s->w->log), arguments_of(call)));
	text = json_utf8(args.p, args.len < ASKED_BYTES ? args.len : ASKED_BYTES);
	buf_release(&args);
	return text;
}

/* What the audit keeps of a call; the same should it be made again. */
static jv
audit_entry(struct session *s, jv call, const char *why)
{
	static const char *const members[] = { "chat_id", "user_id" };
	const char *id = json_peek_string(s->w->task, "id");
	char *name = xprintf("refused/%" PRId64 "/%" PRId64 "/%s", s->transcript.retries,
	    s->transcript.turns, json_peek_string(call, "id"));
	char own[ID_TEXT];
	jv entry = json_set_string(jv_object(), "id", id_derive(id, name, own));

	free(name);
	entry = json_set_string(json_set_string(entry, "kind", "tool_refused"), "task_id", id);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		entry = json_set_valid(entry, members[i],
		    json_get(s->w->task, members[i], JV_KIND_STRING));
	entry = json_set_valid(entry, "agent", json_get(s->w->agent, "role", JV_KIND_STRING));
	entry = json_set_string(entry, "tool", json_peek_string(call, "name"));
	entry = json_set(entry, "args", shown_arguments(s, call));
	return json_set(entry, "reason",
	    mask_value(log_its_mask(s->w->log), json_utf8(why, strlen(why))));
}

/* The call would leave the task's scope, as err says: the model, the chat and the audit are told.
 */
static int
refuse_scope(struct session *s, jv call)
{
	char *why = xstrdup(err_text()), *text, name[9];
	int rc = s->w->audit ? s->w->audit(s->w->arg, audit_entry(s, call, why)) : 0;

	text = xprintf("Task %s: %s was not called: %s",
	    task_short(json_peek_string(s->w->task, "id"), name), json_peek_string(call, "name"),
	    why);
	if (rc < 0)
		rc = stop_signal() ? WORK_STOPPED : session_broken(s);
	else
		rc = end_call(s, call, refusal(why), text);
	free(text);
	free(why);
	return rc;
}

/* Whether the call keeps within the task's scope; false with err. */
static bool
is_in_scope(struct session *s, jv call)
{
	jv scope = scope_of(s->w->task), args = arguments_of(call);
	int rc = tools_check_scope(s->tools, json_peek_string(call, "name"), scope, args);

	jv_free(scope);
	jv_free(args);
	return rc == 0;
}

/* Whether the call was begun by an attempt that did not see its end. */
static bool
was_begun(struct session *s, jv call)
{
	jv started = s->transcript.started;

	return jv_is_valid(started) &&
	       !strcmp(jv_string_value(started), json_peek_string(call, "id"));
}

static int
refuse_fault(struct session *s, jv call, const char *fault)
{
	char *why = xprintf("the arguments are no JSON object (%s): call it again with one", fault);
	int end = refuse(s, call, why);

	free(why);
	return end;
}

int
toolcall_answer(struct session *s, jv call)
{
	const char *name = json_peek_string(call, "name"), *fault = json_peek_string(call, "fault");
	enum tool_verdict verdict;

	if (!name)
		return refuse(s, call, "the call names no tool");
	if (fault)
		return refuse_fault(s, call, fault);
	if (was_begun(s, call) && s->tools && !tools_is_idempotent(s->tools, name))
		return refuse(s, call,
		    "nobody knows whether this was done: the work was interrupted while the tool "
		    "ran; find out before you call it again");
	verdict = s->tools ? tools_verdict(s->tools, name) : TOOL_UNKNOWN;
	if ((verdict == TOOL_ALLOWED || verdict == TOOL_ASK) && !is_in_scope(s, call))
		return refuse_scope(s, call);
	switch (verdict) {
	case TOOL_ALLOWED:
		return make_call(s, call);
	case TOOL_ASK:
		return make_allowed_call(s, call);
	case TOOL_DENIED:
		return refuse(s, call, "this tool is not allowed here: do without it");
	default:
		return refuse_unknown(s, call, name);
	}
}
