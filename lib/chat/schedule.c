#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "clock.h"
#include "err.h"
#include "schedule.h"
#include "task.h"

int
schedule_check_name(const char *name)
{
	return chat_check_name("schedule", name);
}

int
schedule_check(jv record)
{
	const char *name = json_peek_string(record, "name"),
		   *chat = json_peek_string(record, "chat_id"),
		   *slot = json_peek_string(record, "slot");
	int64_t ms;

	if (!name || (chat && !id_is_full(chat)))
		return err_set(EX_DATAERR, "schedule: want a name, and a UUID as chat_id");
	if (json_has(record, "slot") && (!slot || !clock_parse(slot, &ms)))
		return err_set(EX_DATAERR, "schedule: slot is no time");
	return schedule_check_name(name);
}

static jv
get(struct tx *tx, const char *name)
{
	char *key = xprintf("schedule/%s", name);
	jv record = store_get(tx, key);

	free(key);
	return record;
}

/* Stores a record (consumed; invalid: a new one) with one more member. */
static void
put(struct tx *tx, const char *name, jv record)
{
	char *key = xprintf("schedule/%s", name), now[CLOCK_TEXT];

	record = json_set_string(record, "updated_at", clock_format(clock_now_ms(), now));
	store_put(tx, key, record, JV_ARRAY(jv_string("schedules")), jv_array());
	free(key);
}

bool
schedule_is_free(struct tx *tx, const char *name, int64_t every_s, int64_t *slot_ms, jv *last)
{
	jv record = get(tx, name);
	const char *slot = json_peek_string(record, "slot"),
		   *task = json_peek_string(record, "task_id");
	int64_t taken, now = clock_now_ms();
	bool is_free;

	*slot_ms = now - now % (every_s * 1000);
	is_free = !slot || !clock_parse(slot, &taken) || *slot_ms > taken;
	*last = task ? task_get(tx, task) : jv_invalid();
	jv_free(record);
	return is_free;
}

static jv
own(struct tx *tx, const char *name, jv record)
{
	char *title = xprintf("Task: %s", name);
	jv chat = chat_add(tx, title, "agent", jv_array());

	free(title);
	chat = chat_set_schedule(tx, chat, name);
	record = json_set_string(jv_is_valid(record) ? record : jv_object(), "name", name);
	put(tx, name, json_set_string(record, "chat_id", json_peek_string(chat, "id")));
	return chat;
}

jv
schedule_chat(struct tx *tx, const char *name)
{
	jv record = get(tx, name);
	const char *id = json_peek_string(record, "chat_id");
	jv chat = id ? chat_get(tx, id) : jv_invalid();

	if (!jv_is_valid(chat)) {
		jv_free(chat);
		return own(tx, name, record);
	}
	jv_free(record);
	return chat;
}

void
schedule_took(struct tx *tx, const char *name, int64_t every_s, int64_t slot_ms,
    const char *task_id)
{
	jv record = get(tx, name);
	char slot[CLOCK_TEXT];

	if (!jv_is_valid(record))
		record = json_set_string(jv_object(), "name", name);
	if (every_s > 0) {
		record = json_set_int(record, "every_s", every_s);
		record = json_set_string(record, "slot", clock_format(slot_ms, slot));
	}
	put(tx, name, json_set_string(record, "task_id", task_id));
}
