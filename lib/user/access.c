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

/* chat: the task's; asker: where a refusal is noted, NULL: it is only asked. */
static int
check_task(struct tx *asker, jv chat, jv task, const char *user, enum may_what what)
{
	const char *by = json_peek_string(task, "created_by");
	char name[9];
	int rc = 0;

	if (jv_is_valid(chat)) {
		rc = may(asker, chat, user, what);
	} else if (!by || strcasecmp(by, user) != 0) {
		err_set(EX_NOPERM, "task %s: is in no chat, and %s has not added it",
		    task_short(json_peek_string(task, "id"), name), user);
		rc = may_refuse(asker, NULL, user, what);
	}
	return rc;
}

int
access_may(struct tx *tx, jv task, const char *user, enum may_what what)
{
	jv chat = chat_of(tx, task);
	int rc = check_task(tx, chat, task, user, what);

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
	if (access_may(tx, task, user, what) == 0)
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

bool
access_approves(jv chat, const char *user)
{
	const char *owner = json_peek_string(chat, "user_id");

	return has_rule(chat) ? may(NULL, chat, user, MAY_APPROVE) == 0
	                      : owner && !strcasecmp(owner, user);
}

bool
access_has(struct tx *tx, jv task, const char *user, enum may_what what)
{
	jv chat = chat_of(tx, task);
	bool has = check_task(NULL, chat, task, user, what) == 0 &&
	           (what != MAY_APPROVE || approve_asks(tx, task, user));

	jv_free(chat);
	return has;
}
