#include "quiet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "clock.h"
#include "err.h"
#include "opt.h"
#include "task.h"

static const char prefix[] = "quiet.";

/* The milliseconds that a member says; 0: none, or nonsense that was loaded. */
static int64_t
ms_of(jv object)
{
	jv seconds = json_get(object, "when_idle_s", JV_KIND_NUMBER);
	double s = jv_is_valid(seconds) ? jv_number_value(seconds) : 0;

	jv_free(seconds);
	return s > 0 && s <= QUIET_S_MAX ? (int64_t)(s * 1000 + 0.5) : 0;
}

static int64_t
ms_of_policy(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	int64_t ms = ms_of(policy);

	jv_free(policy);
	return ms;
}

int
quiet_check(jv spec)
{
	jv seconds = json_get(spec, "when_idle_s", JV_KIND_NUMBER);
	double s = jv_is_valid(seconds) ? jv_number_value(seconds) : -1;

	jv_free(seconds);
	if (json_has(spec, "when_idle_s") && !(s >= 0 && s <= QUIET_S_MAX))
		return err_set(EX_DATAERR, "when_idle_s: want a number from 0 to %d", QUIET_S_MAX);
	return 0;
}

int64_t
quiet_read(const char *text)
{
	long long ms = !strcmp(text, "none") ? 0 : opt_duration_ms(text);

	if (ms < 0 || ms > QUIET_S_MAX * 1000LL)
		return err_set(EX_DATAERR,
		    "want a time such as 30s or 2m, at most a year, or none, got '%.40s'", text);
	return ms;
}

jv
quiet_set(struct tx *tx, const char *chat_id, int64_t ms)
{
	return chat_set_rule(tx, chat_id, "when_idle_s",
	    ms > 0 ? jv_number((double)ms / 1000) : jv_invalid());
}

/* Whether it has begun, or is part of something that has. */
static bool
has_begun(jv task)
{
	return json_has(task, "started_at") || json_has(task, "parent_id") ||
	       json_has(task, "spawned") || task_has_subtasks(task);
}

jv
quiet_slot(jv task, jv chat)
{
	const char *chat_id = json_peek_string(task, "chat_id");
	bool is_own = json_has(task, "when_idle_s");
	int64_t ms = is_own ? ms_of(task) : ms_of_policy(chat);

	if (!chat_id || ms == 0 || has_begun(task))
		return jv_invalid();
	return is_own ? jv_string_fmt("%s%s.%" PRId64, prefix, chat_id, ms)
	              : jv_string_fmt("%s%s", prefix, chat_id);
}

bool
quiet_is(const char *slot)
{
	return !strncmp(slot, prefix, strlen(prefix));
}

/* Of a slot: its chat, and for how long it has to be quiet there; 0: not at all. */
static int64_t
read_slot(struct tx *tx, const char *slot, char chat_id[ID_TEXT])
{
	const char *id = slot + strlen(prefix), *ms = strchr(id, '.');
	int64_t length;
	jv chat;

	snprintf(chat_id, ID_TEXT, "%.*s", (int)strcspn(id, "."), id);
	if (ms)
		return strtoll(ms + 1, NULL, 10);
	chat = chat_get(tx, chat_id);
	length = ms_of_policy(chat);
	jv_free(chat);
	return length;
}

/* When a person has last spoken in a chat; 0: nobody has. */
static int64_t
last_said_ms(struct tx *tx, const char *chat_id)
{
	char *set = xprintf("said.%s", chat_id);
	uint64_t n = store_prev(tx, set, 0);
	jv event = n ? store_at(tx, n) : jv_invalid();
	const char *at = json_peek_string(event, "at");
	int64_t ms = 0;

	if (!at || !clock_parse(at, &ms) || ms > clock_now_ms())
		ms = 0;
	jv_free(event);
	free(set);
	return ms;
}

int64_t
quiet_due_ms(struct tx *tx, const char *slot)
{
	char chat_id[ID_TEXT];
	int64_t length = read_slot(tx, slot, chat_id),
		said_ms = length > 0 ? last_said_ms(tx, chat_id) : 0;

	return said_ms > 0 ? said_ms + length : 0;
}

char *
quiet_why(struct tx *tx, const char *slot)
{
	char chat_id[ID_TEXT], due[CLOCK_TEXT];
	int64_t length = read_slot(tx, slot, chat_id);

	return xprintf("it waits until nobody has spoken in its chat for %g s: %s, if nobody does",
	    (double)length / 1000, clock_format(quiet_due_ms(tx, slot), due));
}
