#include "handle.h"

#include <string.h>

#include "approve.h"
#include "docket.h"
#include "err.h"
#include "offspring.h"
#include "person.h"
#include "task.h"

static jv
timed(jv handle, jv created_at, jv updated_at)
{
	handle = json_set_valid(handle, "createdAt", created_at);
	handle = json_set_valid(handle, "lastUpdatedAt", updated_at);
	handle = json_set(handle, "ttlMs", jv_null());
	return json_set_int(handle, "pollIntervalMs", HANDLE_POLL_MS);
}

jv
handle_new(jv result)
{
	jv handle = json_set_string(jv_object(), "resultType", "task"),
	   at = json_get(result, "created_at", JV_KIND_STRING);

	handle = json_set_valid(handle, "taskId", json_get(result, "task_id", JV_KIND_STRING));
	handle = json_set_string(handle, "status", "working");
	jv_free(result);
	return timed(handle, jv_copy(at), at);
}

/* What a task asks its person for, as MCP does. */
static jv
questions_of(jv task)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT), request, params, field;
	const char *question = json_peek_string(approval, "question"),
		   *id = json_peek_string(approval, "request_id");
	jv form = json_set_string(jv_object(), "type", "object");

	field =
	    json_set_string(json_set_string(jv_object(), "type", "boolean"), "title", "Approve");
	form = json_set(form, "properties", json_set(jv_object(), "approve", field));
	form = json_set(form, "required", JV_ARRAY(jv_string("approve")));
	params = json_set_string(jv_object(), "mode", "form");
	params = json_set_string(params, "message", question ? question : "May the task go on?");
	params = json_set(params, "requestedSchema", form);
	request = json_set_string(jv_object(), "method", "elicitation/create");
	request = json_set(request, "params", params);
	request = json_set(jv_object(), id ? id : "approval", request);
	jv_free(approval);
	return request;
}

/* The state of a task (borrowed) in words of MCP's. */
static jv
state_of(jv task, bool takes_questions)
{
	jv handle = json_set_valid(jv_object(), "taskId", json_get(task, "id", JV_KIND_STRING));
	bool asks = task_waits_for(task, "approval");

	if (task_is(task, "cancelled"))
		handle = json_set_string(handle, "status", "cancelled");
	else if (task_is_over(task))
		handle = json_set_string(handle, "status", "completed");
	else if (asks && takes_questions)
		handle = json_set_string(handle, "status", "input_required");
	else
		handle = json_set_string(handle, "status", "working");
	if (asks && takes_questions)
		handle = json_set(handle, "inputRequests", questions_of(task));
	else if (asks)
		handle = json_set_string(handle, "statusMessage", "waits for an approval");
	if (task_is_over(task) && !task_is(task, "cancelled"))
		handle = json_set(handle, "result",
		    json_set_string(order_content(docket_end(task), task_has_failed(task)),
			"resultType", "complete"));
	return timed(handle, json_get(task, "created_at", JV_KIND_STRING),
	    json_get(task, "updated_at", JV_KIND_STRING));
}

/* The task that is meant, by what may be done in its chat; invalid with err. */
static jv
task_of(struct desk *d, struct tx *tx, struct order *o, enum may_what what)
{
	const char *id = order_text(o, "taskId");

	if (id)
		return desk_task(d, tx, id, what);
	err_set(EX_DATAERR, "taskId: is missing, or no string");
	return jv_invalid();
}

static int
look(struct desk *d, struct tx *tx, struct order *o)
{
	jv task = task_of(d, tx, o, MAY_READ);

	if (!jv_is_valid(task))
		return -1;
	o->result = state_of(task, o->takes_questions);
	jv_free(o->ids);
	o->ids = JV_ARRAY(json_get(task, "id", JV_KIND_STRING));
	if (!json_peek_bool(task, "spawned") || task_is_over(task))
		o->ids = (jv_free(o->ids), jv_invalid());
	jv_free(task);
	return ORDER_DONE;
}

/* Who asks for a spawned agent's task is who sees to it that it goes on. */
static int
tend(struct desk *d, struct order *o)
{
	jv tasks;
	int rc = offspring_tend(d->s, o->ids, &tasks);

	jv_free(tasks);
	return rc < 0 ? -1 : ORDER_DONE;
}

int
handle_get(struct desk *d, struct order *o)
{
	int rc = desk_look(d, o, look);

	return rc > 0 && jv_is_valid(o->ids) ? tend(d, o) : rc;
}

/* Under which name the task (borrowed) has asked, if it asks.  What is answered under another is
 * passed over: tasks/get tells what is still asked. */
static bool
is_asked(jv task, const char *request)
{
	jv asked = questions_of(task);
	bool is = task_waits_for(task, "approval") && json_has(asked, request);

	jv_free(asked);
	return is;
}

/* What a person has filled in: 1, whether it is yes; 0: nobody has decided.  What says neither is
 * not taken for a decision: -1 with err. */
static int
read_decision(jv response, bool *yes)
{
	const char *action = json_peek_string(response, "action");
	jv content = json_get(response, "content", JV_KIND_OBJECT),
	   no = json_get(content, "approve", JV_KIND_FALSE);
	bool has_no = jv_is_valid(no), has_yes = json_peek_bool(content, "approve");

	jv_free(no);
	jv_free(content);
	*yes = false;
	if (action && !strcmp(action, "cancel"))
		return 0;
	if (action && !strcmp(action, "decline"))
		return 1;
	if (!action || strcmp(action, "accept") != 0)
		return err_set(EX_DATAERR, "action: want accept, decline or cancel");
	if (!has_yes && !has_no)
		return err_set(EX_DATAERR, "content.approve: want true or false");
	*yes = has_yes;
	return 1;
}

/* One answer: under the name of the request. */
static int
answer(struct desk *d, struct tx *tx, const char *id, const char *request, jv response)
{
	struct approval decision = { .by = d->user };
	int rc = read_decision(response, &decision.yes);

	if (rc < 0)
		return err_add("inputResponses.%.80s", request);
	return rc > 0 ? approve_task(tx, id, request, decision) : 0;
}

static int
update(struct desk *d, struct tx *tx, struct order *o)
{
	jv task = task_of(d, tx, o, MAY_READ),
	   answers = json_get(o->args, "inputResponses", JV_KIND_OBJECT);
	const char *id = jv_is_valid(task) ? json_peek_string(task, "id") : "";
	int rc = jv_is_valid(task)
	             ? person_check_as(tx, d->user, "approve_refused", "approves nothing")
	             : -1;

	if (rc == 0 && !jv_is_valid(answers))
		rc = err_set(EX_DATAERR, "inputResponses: is missing, or no object");
	else if (rc == 0)
		jv_object_foreach (answers, request, response) {
			if (rc == 0 && jv_get_kind(response) != JV_KIND_OBJECT)
				rc = err_set(EX_DATAERR, "inputResponses: want objects");
			else if (rc == 0 && is_asked(task, jv_string_value(request)))
				rc = answer(d, tx, id, jv_string_value(request), response);
			jv_free(request);
			jv_free(response);
		}
	jv_free(answers);
	jv_free(task);
	o->result = jv_object();
	return rc < 0 ? -1 : ORDER_DONE;
}

int
handle_update(struct desk *d, struct order *o)
{
	return desk_change(d, o, update);
}

static int
find(struct desk *d, struct tx *tx, struct order *o)
{
	jv task = task_of(d, tx, o, MAY_CANCEL);

	if (!jv_is_valid(task))
		return -1;
	jv_free(o->ids);
	o->ids = task_is_over(task) ? jv_array() : JV_ARRAY(json_get(task, "id", JV_KIND_STRING));
	o->result = jv_object();
	jv_free(task);
	return ORDER_DONE;
}

int
handle_cancel(struct desk *d, struct order *o)
{
	int rc = desk_look(d, o, find);

	if (rc > 0 && jv_array_length(jv_copy(o->ids)) > 0 &&
	    desk_end(jv_copy(o->ids), "its client has cancelled it") < 0)
		return -1;
	return rc;
}
