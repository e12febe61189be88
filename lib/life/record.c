#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent.h"
#include "approve.h"
#include "chat.h"
#include "cursor.h"
#include "err.h"
#include "event.h"
#include "record.h"
#include "schedule.h"
#include "spec.h"
#include "task.h"

/* Whether a member is the id that the key ends in. */
static int
check_id(const char *rest, jv value)
{
	const char *id = json_peek_string(value, "id");

	return id && id_is_full(id) && !strcmp(id, rest)
	           ? 0
	           : err_set(EX_DATAERR, "id: want that of the key");
}

/* What may become the name of a file. */
static int
check_names(jv task)
{
	static const char *const names[] = { "chat_id", "parent_id", "lease", "runner" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *id = json_peek_string(task, names[i]);

		if (json_has(task, names[i]) && !(id && id_is_full(id)))
			return err_set(EX_DATAERR, "%s: want a UUID", names[i]);
	}
	return 0;
}

/* What it was asked for as is a name of its own in the store. */
static int
check_asked(jv task)
{
	jv asked = json_get(task, "asked", JV_KIND_OBJECT);
	int rc = json_has(task, "asked") && !jv_is_valid(asked) ? -1 : 0;

	if (rc == 0 && jv_is_valid(asked))
		jv_object_foreach (asked, id, by) {
			if (!id_is_full(jv_string_value(id)))
				rc = -1;
			jv_free(id);
			jv_free(by);
		}
	jv_free(asked);
	return rc == 0 ? 0 : err_set(EX_DATAERR, "asked: want an object by UUIDs");
}

static int
check_task(const char *rest, jv task)
{
	const char *status = json_peek_string(task, "status");

	if (check_id(rest, task) < 0 || spec_check(task) < 0 || check_names(task) < 0 ||
	    check_asked(task) < 0 || approve_check(task) < 0)
		return -1;
	return status ? task_check_status(status) : err_set(EX_DATAERR, "status: is missing");
}

static int
check_chat(const char *rest, jv chat)
{
	const char *user = json_peek_string(chat, "user_id");

	if (check_id(rest, chat) < 0)
		return -1;
	return user ? chat_check_user(user) : err_set(EX_DATAERR, "user_id: is missing");
}

static int
check_event(const char *rest, jv event)
{
	const char *id = json_peek_string(event, "id"), *chat = json_peek_string(event, "chat_id");
	jv undated = json_drop(jv_copy(event), "at"); /* of earlier ones that was never looked at */
	char *own;
	int rc = event_check(undated);

	jv_free(undated);
	if (rc < 0)
		return -1;
	own = xprintf("%s/%lld", chat, (long long)json_peek_int(event, "seq", 0));
	rc = id && id_is_full(chat) && !strcmp(own, rest)
	         ? 0
	         : err_set(EX_DATAERR, "event: want an id, and the key's chat_id and seq");
	free(own);
	return rc;
}

static int
check_agent(const char *rest, jv agent)
{
	const char *role = json_peek_string(agent, "role");

	if (!role || strcasecmp(role, rest) != 0)
		return err_set(EX_DATAERR, "role: want that of the key");
	return agent_check(agent);
}

static int
check_cursor(const char *rest, jv cursor)
{
	const char *name = json_peek_string(cursor, "name"),
		   *chat = json_peek_string(cursor, "chat_id");
	char *own;
	int rc;

	if (!name || !chat || json_peek_int(cursor, "seq", -1) < 0)
		return err_set(EX_DATAERR, "cursor: want name, chat_id and seq");
	if (cursor_check(name) < 0)
		return -1;
	own = xprintf("%s/%s", name, chat);
	rc = (id_is_full(chat) || !strcmp(chat, "all")) && !strcmp(own, rest)
	         ? 0
	         : err_set(EX_DATAERR, "cursor: want the key's name and chat_id");
	free(own);
	return rc;
}

static int
check_schedule(const char *rest, jv record)
{
	const char *name = json_peek_string(record, "name");

	if (!name || strcmp(name, rest) != 0)
		return err_set(EX_DATAERR, "name: want that of the key");
	return schedule_check(record);
}

static int
check_hold(const char *rest, jv value)
{
	const char *slot = json_peek_string(value, "slot");

	return slot && !strcmp(slot, rest) ? 0 : err_set(EX_DATAERR, "slot: want that of the key");
}

static int
check_rate(const char *rest, jv value)
{
	const char *chat = json_peek_string(value, "chat_id");

	return chat && !strncmp(rest, chat, strlen(chat))
	           ? 0
	           : err_set(EX_DATAERR, "chat_id: want that of the key");
}

int
record_check(const char *key, jv value)
{
	static const struct {
		const char *prefix;
		int (*check)(const char *rest, jv value);
	} kinds[] = { { "task/", check_task }, { "chat/", check_chat }, { "event/", check_event },
		{ "agent/", check_agent }, { "cursor/", check_cursor }, { "hold/", check_hold },
		{ "schedule/", check_schedule }, { "rate/", check_rate } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strncmp(key, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].check(key + strlen(kinds[i].prefix), value);
	return 0;
}

int
record_check_set(const char *key, const char *set)
{
	static const char *const kinds[][2] = { { "tasks", "task/" }, { "status.", "task/" },
		{ "ready.", "task/" }, { "reserved", "task/" }, { "delayed", "task/" },
		{ "approval", "task/" }, { "chat.", "task/" }, { "parent.", "task/" },
		{ "agent.", "task/" }, { "dependents.", "task/" }, { "stopped.", "task/" },
		{ "crew.", "task/" }, { "outbox", "task/" }, { "held.", "task/" },
		{ "running.", "task/" }, { "locking.", "task/" }, { "holds", "hold/" },
		{ "chats", "chat/" }, { "events.", "event/" }, { "said.", "event/" },
		{ "agents", "agent/" }, { "cursors", "cursor/" }, { "schedules", "schedule/" },
		{ "rates.", "rate/" } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strncmp(set, kinds[i][0], strlen(kinds[i][0])) &&
		    strncmp(key, kinds[i][1], strlen(kinds[i][1])) != 0)
			return err_set(EX_DATAERR, "sets: %.40s holds only keys that begin with %s",
			    set, kinds[i][1]);
	return 0;
}
