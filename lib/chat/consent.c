#include "consent.h"

#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "clock.h"
#include "err.h"
#include "event.h"
#include "json.h"
#include "speech.h"
#include "task.h"

/* Whether an array (borrowed) has the string. */
static bool
has(jv list, const char *word)
{
	jv wanted = jv_string(word);
	bool is = false;

	jv_array_foreach (list, i, each)
		is |= jv_equal(each, jv_copy(wanted));
	jv_free(wanted);
	return is;
}

int
consent_read(const char *text, jv *what)
{
	static const char *const known[] = { "agents", "tasks" };
	const char *at = text;

	*what = jv_array();
	if (!strcmp(text, "none"))
		return 0;
	for (size_t len; at; at = at[len] ? at + len + 1 : NULL) {
		size_t k = 0;

		len = strcspn(at, ",");
		while (k < 2 && (strlen(known[k]) != len || strncmp(at, known[k], len) != 0))
			k++;
		if (k == 2) {
			jv_free(*what);
			*what = jv_invalid();
			return err_set(EX_DATAERR,
			    "want agents, tasks, agents,tasks or none, got '%.40s'", text);
		}
		if (!has(*what, known[k]))
			*what = jv_array_append(*what, jv_string(known[k]));
	}
	return 0;
}

jv
consent_set(struct tx *tx, const char *chat_id, jv what)
{
	bool is_any = jv_array_length(jv_copy(what)) > 0;
	jv chat = chat_set_rule(tx, chat_id, "approve", is_any ? jv_copy(what) : jv_invalid());

	if (!jv_is_valid(chat))
		err_set(EX_NOINPUT, "chat %s: no such chat", chat_id);
	jv_free(what);
	return chat;
}

bool
consent_is_wanted(struct tx *tx, jv task, const char *what)
{
	const char *chat_id = json_peek_string(task, "chat_id");
	jv chat = chat_id ? chat_get(tx, chat_id) : jv_invalid(),
	   policy = json_get(chat, "policy", JV_KIND_OBJECT),
	   approve = json_get(policy, "approve", JV_KIND_ARRAY);
	bool is = jv_is_valid(approve) && has(approve, what);

	jv_free(approve);
	jv_free(policy);
	jv_free(chat);
	return is;
}

/* Whether it was allowed to begin. */
static bool
is_allowed(jv task)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *about = json_peek_string(approval, "about"),
		   *decision = json_peek_string(approval, "decision");
	bool is = about && decision && !strcmp(about, "task") && !strcmp(decision, "approved");

	jv_free(approval);
	return is;
}

/* Says in the chat what is asked; both are borrowed. */
static void
ask(struct tx *tx, jv task, jv request)
{
	jv data = jv_object(), stored;

	data = json_set(data, "request_id", json_get(request, "request_id", JV_KIND_STRING));
	data = json_set(data, "question", json_get(request, "question", JV_KIND_STRING));
	event_post(tx, speech_event(task, "approval_request", data, NULL), &stored);
	jv_free(stored);
}

jv
consent_hold(struct tx *tx, jv task)
{
	char id[ID_TEXT], now[CLOCK_TEXT];
	const char *title = json_peek_string(task, "title");
	jv request;

	if (json_has(task, "parent_id") || is_allowed(task) ||
	    !consent_is_wanted(tx, task, "tasks"))
		return task;
	task = speech_in_chat(tx, task);
	request = json_set_string(jv_object(), "request_id", id_new(id));
	request = json_set(request, "question",
	    jv_string_fmt("May this be done: %s?", title ? title : "a task without a title"));
	request = json_set_string(request, "about", "task");
	request = json_set_string(request, "asked_at", clock_format(clock_now_ms(), now));
	ask(tx, task, request);
	task = json_set_string(json_drop(task, "not_before"), "waiting", "approval");
	return json_set(task, "approval", request);
}
