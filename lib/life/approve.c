#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent.h"
#include "approve.h"
#include "asker.h"
#include "chat.h"
#include "clock.h"
#include "err.h"
#include "event.h"
#include "hire.h"
#include "life.h"
#include "may.h"
#include "settle.h"
#include "task.h"

int
approve_check(jv task)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	bool is_there = json_has(task, "approval");
	const char *id = is_there ? json_peek_string(approval, "request_id") : NULL;
	bool is_good =
		 id && *id && strlen(id) <= ASKER_ID_MAX && json_peek_string(approval, "question"),
	     is_open = is_good && !json_has(approval, "decision");

	jv_free(approval);
	if (is_there && !is_good)
		return err_set(EX_DATAERR,
		    "approval: want request_id, a string of 1 to %d bytes, and question",
		    ASKER_ID_MAX);
	return task_waits_for(task, "approval") && !is_open
	           ? err_set(EX_DATAERR, "waiting: no approval is asked for")
	           : 0;
}

/* Whether the request can be decided; task and approval (invalid: none) are borrowed. */
static int
check(jv task, jv approval, const char *request_id)
{
	const char *asked = json_peek_string(approval, "request_id"),
		   *was = json_peek_string(approval, "decision"),
		   *by = json_peek_string(approval, "by");
	char name[9];

	task_short(json_peek_string(task, "id"), name);
	if (asked && request_id && strcmp(asked, request_id) != 0)
		return err_set(EX_DATAERR, "task %s: asks something else by now", name);
	if (was)
		return err_set(EX_DATAERR, "task %s: was %s by %s already", name, was,
		    by ? by : "somebody");
	if (!asked || !task_waits_for(task, "approval"))
		return err_set(EX_DATAERR, "task %s: waits for no approval", name);
	return 0;
}

/* Says it in the chat, in the name of who has decided; approval and task are borrowed. */
static void
announce(struct tx *tx, jv task, jv approval)
{
	const char *chat = json_peek_string(task, "chat_id"),
		   *by = json_peek_string(approval, "by"),
		   *question = json_peek_string(approval, "question"),
		   *reason = json_peek_string(approval, "reason");
	char *text = xprintf("%s %s: %s%s%s", by, json_peek_string(approval, "decision"),
	    question ? question : "a request", reason ? ": " : "", reason ? reason : "");
	jv data = json_set_string(jv_object(), "message", text), stored = jv_invalid();

	data = json_set_string(data, "request_id", json_peek_string(approval, "request_id"));
	if (chat) /* it may have been deleted */
		event_post(tx, event_new("status", data, by, chat), &stored);
	else
		jv_free(data);
	jv_free(stored);
	free(text);
}

/* Whether what is asked is about that: an "agent", a "task".  approval is borrowed. */
static bool
is_about(jv approval, const char *what)
{
	const char *about = json_peek_string(approval, "about");

	return about && !strcmp(about, what);
}

/* The role that a task (borrowed) creates, an owned string; invalid: none. */
static jv
created_role(jv task)
{
	jv creates = json_get(task, "creates", JV_KIND_OBJECT),
	   role = json_get(creates, "role", JV_KIND_STRING);

	jv_free(creates);
	return role;
}

/* Whether the agent that the task (borrowed) creates may be decided about so: it is still there. */
static int
check_agent(struct tx *tx, jv task, bool yes)
{
	jv role = created_role(task),
	   agent = jv_is_valid(role) ? agent_get(tx, jv_string_value(role)) : jv_invalid();
	char name[9];
	int rc = 0;

	if (yes && !jv_is_valid(agent))
		rc = err_set(EX_DATAERR, "task %s: the agent that it made is gone: deny it",
		    task_short(json_peek_string(task, "id"), name));
	jv_free(agent);
	jv_free(role);
	return rc;
}

/* The agent that the task (consumed) has made joins the crew, and the task has its answer; or it
 * goes, unless a person has added it meanwhile, and the task has failed. */
static void
decide_agent(struct tx *tx, jv task, bool yes, const char *why)
{
	jv role = created_role(task),
	   agent = jv_is_valid(role) ? agent_get(tx, jv_string_value(role)) : jv_invalid();
	const char *status = json_peek_string(agent, "status");
	bool is_proposed = status && !strcmp(status, "proposed");

	if (yes) {
		if (is_proposed)
			jv_free(agent_put(tx, json_set_string(jv_copy(agent), "status", "active")));
		life_complete(tx, task, hire_answer(jv_string_value(role)));
	} else {
		if (is_proposed)
			agent_remove(tx, jv_string_value(role));
		task = json_set(task, "error", task_error("permission", "denied", why, false));
		settle_end(tx, task, "failed");
	}
	jv_free(agent);
	jv_free(role);
}

/* What follows for a task (consumed) from what was decided. */
static void
go_on(struct tx *tx, jv task, jv approval, struct approval decision)
{
	const char *reason = decision.reason && *decision.reason ? decision.reason : NULL;
	char *why =
	    xprintf("%s has denied it%s%s", decision.by, reason ? ": " : "", reason ? reason : "");

	if (is_about(approval, "agent"))
		decide_agent(tx, task, decision.yes, why);
	else if (!is_about(approval, "task"))
		task_put(tx, task);
	else if (decision.yes)
		life_allow(tx, task);
	else
		life_cancel(tx, task, why);
	free(why);
}

/* Stores the decision; task and approval are consumed. */
static void
decide(struct tx *tx, jv task, jv approval, struct approval decision)
{
	char now[CLOCK_TEXT];

	approval = json_set_string(approval, "decision", decision.yes ? "approved" : "denied");
	approval = json_set_string(approval, "by", decision.by);
	approval = json_set_string(approval, "at", clock_format(clock_now_ms(), now));
	if (decision.reason && *decision.reason)
		approval = json_set_string(approval, "reason", decision.reason);
	announce(tx, task, approval);
	task = json_drop(json_drop(task, "waiting"), "events");
	go_on(tx, json_set(task, "approval", jv_copy(approval)), approval, decision);
	jv_free(approval);
}

bool
approve_asks(struct tx *tx, jv task, const char *user)
{
	const char *asked = approve_asked(task);

	return !asked || !strcasecmp(asked, user) ||
	       may_has_rule(tx, json_peek_string(task, "chat_id"), MAY_APPROVE);
}

static int
check_asked(struct tx *tx, jv task, const char *by)
{
	const char *asked = approve_asked(task), *chat_id = json_peek_string(task, "chat_id");
	char name[9];

	if (approve_asks(tx, task, by))
		return 0;
	err_set(EX_NOPERM, "task %s: asks %s, not %s",
	    task_short(json_peek_string(task, "id"), name), asked, by);
	return may_refuse(tx, chat_id, by, MAY_APPROVE);
}

int
approve_task(struct tx *tx, const char *id, const char *request_id, struct approval decision)
{
	jv task = task_get(tx, id), approval = json_get(task, "approval", JV_KIND_OBJECT);
	int rc = 0;

	if (!jv_is_valid(task))
		rc = err_set(EX_NOINPUT, "task %s: no such task", id);
	else if (decision.reason && strlen(decision.reason) > APPROVE_REASON_MAX)
		rc = err_set(EX_DATAERR, "reason: longer than %d bytes", APPROVE_REASON_MAX);
	else if ((rc = chat_check_user(decision.by)) == 0)
		rc = check(task, approval, request_id);
	if (rc == 0)
		rc = may_in(tx, json_peek_string(task, "chat_id"), decision.by, MAY_APPROVE);
	if (rc == 0)
		rc = check_asked(tx, task, decision.by);
	if (rc == 0 && is_about(approval, "agent"))
		rc = check_agent(tx, task, decision.yes);
	if (rc == 0)
		decide(tx, jv_copy(task), jv_copy(approval), decision);
	jv_free(approval);
	jv_free(task);
	return rc;
}

/* --- replies */

/* Whether a text begins with one of the words; *rest is what follows. */
static bool
begins_with(const char *text, const char *const *words, const char **rest)
{
	size_t len = 0;

	text += strspn(text, " \t\r\n");
	while (isalpha((unsigned char)text[len]))
		len++;
	if (text[len] && !strchr(" \t\r\n.,:;!-", text[len]))
		return false;
	for (; *words; words++)
		if (strlen(*words) == len && !strncasecmp(text, *words, len)) {
			*rest = text + len + strspn(text + len, " \t\r\n.,:;!-");
			return true;
		}
	return false;
}

/* Whether a text is a decision. */
static bool
read_decision(const char *text, struct approval *decision)
{
	static const char *const yes[] = { "yes", "y", "ok", "approve", "approved", NULL },
				 *const no[] = { "no", "n", "deny", "denied", NULL };

	decision->yes = begins_with(text, yes, &decision->reason);
	return decision->yes || begins_with(text, no, &decision->reason);
}

/* Who has answered (an event, borrowed) learns that it decides nothing, as err says. */
static void
tell_refusal(struct tx *tx, jv event)
{
	jv data = json_set(jv_object(), "message", json_utf8(err_text(), strlen(err_text()))),
	   stored;

	data = json_set_string(data, "reply_to", json_peek_string(event, "id"));
	event_post(tx, event_new("error", data, EVENT_HERALD, json_peek_string(event, "chat_id")),
	    &stored);
	jv_free(stored);
}

bool
approve_by_reply(struct tx *tx, jv event)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT), task = jv_invalid(),
	   request = jv_invalid();
	const char *type = json_peek_string(event, "type"), *text = json_peek_string(data, "text"),
		   *reply_to = json_peek_string(data, "reply_to"),
		   *in = json_peek_string(event, "chat_id"), *chat;
	struct approval decision = { .by = json_peek_string(event, "user_id") };
	bool has_decided = false, is_here;

	if (type && !strcmp(type, "message") && !json_has(data, "task_id") && reply_to && text &&
	    decision.by && read_decision(text, &decision))
		task = asker_find(tx, reply_to, &request);
	chat = json_peek_string(task, "chat_id");
	is_here = chat && in && !strcmp(chat, in);
	if (is_here)
		has_decided = approve_task(tx, json_peek_string(task, "id"),
				  jv_string_value(request), decision) == 0;
	if (is_here && !has_decided)
		tell_refusal(tx, event);
	jv_free(request);
	jv_free(task);
	jv_free(data);
	return has_decided;
}

/* --- plain answers */

const char *
approve_asked(jv task)
{
	return json_peek_string(task, json_has(task, "own_chat") ? "created_by" : "user_id");
}

/* The chat's only open request, if it is asked of that user: its id, owned; invalid: none. */
static jv
only_request(struct tx *tx, const char *chat_id, const char *user)
{
	char *set = xprintf("approval.%s", chat_id);
	uint64_t n = store_count(tx, set) == 1 ? store_next(tx, set, 0) : 0;
	jv task = n ? store_at(tx, n) : jv_invalid(), request = jv_invalid(),
	   approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *asked = approve_asked(task);

	if (asked && !strcasecmp(asked, user))
		request = json_get(approval, "request_id", JV_KIND_STRING);
	jv_free(approval);
	jv_free(task);
	free(set);
	return request;
}

/* Whether a message's data say a decision, and nothing else. */
static bool
is_plain_decision(jv data)
{
	const char *text = json_peek_string(data, "text");
	struct approval decision;

	return text && !json_has(data, "task_id") && !json_has(data, "reply_to") &&
	       read_decision(text, &decision) && !*decision.reason;
}

jv
approve_aim(struct tx *tx, jv event)
{
	const char *type = json_peek_string(event, "type"),
		   *user = json_peek_string(event, "user_id"),
		   *chat = json_peek_string(event, "chat_id");
	jv data = json_get(event, "data", JV_KIND_OBJECT), request = jv_invalid();
	char chat_id[ID_TEXT];

	if (type && !strcmp(type, "message") && user && chat && is_plain_decision(data) &&
	    store_resolve(tx, "chat", chat, chat_id) == 0)
		request = only_request(tx, chat_id, user);
	if (jv_is_valid(request))
		event = json_set(event, "data", json_set(jv_copy(data), "reply_to", request));
	else
		jv_free(request);
	jv_free(data);
	return event;
}

bool
approve_is_decision(jv data)
{
	const char *text = json_peek_string(data, "text");
	struct approval decision;

	if (json_peek_string(data, "reply_to"))
		return text && read_decision(text, &decision);
	return is_plain_decision(data);
}
