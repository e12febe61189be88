#include "access.h"

#include <string.h>
#include <strings.h>

#include "approve.h"
#include "chat.h"
#include "err.h"
#include "task.h"

jv
access_chat(struct tx *tx, const char *given, const char *user, enum may_what what)
{
	char id[ID_TEXT];
	jv chat;

	if (store_resolve(tx, "chat", given, id) < 0)
		return jv_invalid();
	chat = chat_get(tx, id);
	if (may(tx, chat, user, what) == 0)
		return chat;
	jv_free(chat);
	return jv_invalid();
}

/* The chat of a task (borrowed); invalid: it has none, or none any more. */
static jv
chat_of(struct tx *tx, jv task)
{
	const char *id = json_peek_string(task, "chat_id");

	return id ? chat_get(tx, id) : jv_invalid();
}

static int
check_task(struct tx *tx, jv task, const char *user, enum may_what what)
{
	const char *by = json_peek_string(task, "created_by");
	jv chat = chat_of(tx, task);
	char name[9];
	int rc = 0;

	if (jv_is_valid(chat))
		rc = may(tx, chat, user, what);
	else if (!by || strcasecmp(by, user) != 0)
		rc = err_set(EX_NOPERM, "task %s: is in no chat, and %s has not added it",
		    task_short(json_peek_string(task, "id"), name), user);
	jv_free(chat);
	return rc;
}

jv
access_task(struct tx *tx, const char *given, const char *user, enum may_what what)
{
	char id[ID_TEXT];
	jv task;

	if (!given) {
		err_set(EX_DATAERR, "task_id: want a task's id");
		return jv_invalid();
	}
	if (store_resolve(tx, "task", given, id) < 0)
		return jv_invalid();
	task = task_get(tx, id);
	if (check_task(tx, task, user, what) == 0)
		return task;
	jv_free(task);
	return jv_invalid();
}

/* Whether the chat (borrowed) says who may approve. */
static bool
has_rule(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT),
	   rules = json_get(policy, "may", JV_KIND_OBJECT);
	bool has = json_has(rules, may_right(MAY_APPROVE));

	jv_free(rules);
	jv_free(policy);
	return has;
}

int
access_decision(struct tx *tx, jv task, const char *user)
{
	const char *asked = approve_asked(task);
	jv chat = chat_of(tx, task);
	char name[9];
	int rc;

	if (!asked || !strcasecmp(asked, user))
		rc = 0;
	else if (has_rule(chat))
		rc = may(tx, chat, user, MAY_APPROVE);
	else
		rc = err_set(EX_NOPERM, "task %s: asks %s, not %s",
		    task_short(json_peek_string(task, "id"), name), asked, user);
	jv_free(chat);
	return rc;
}
