#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chat.h"
#include "clock.h"
#include "event.h"
#include "schedule.h"
#include "speech.h"
#include "task.h"

static const char *
id_of(jv task)
{
	return json_peek_string(task, "id");
}

/* Whoever looks for what became of the task learns why it is in this chat. */
static void
tell_of_move(struct tx *tx, jv task, const char *gone, jv chat)
{
	char name[9], old[9], id[ID_TEXT];
	jv data = json_set(jv_object(), "message",
	       jv_string_fmt("Task %s: warning: chat %s, for which it was added, is gone; "
			     "it goes on here",
		   task_short(id_of(task), name), task_short(gone, old))),
	   event = event_new("status", json_set_string(data, "task_id", id_of(task)),
	       json_peek_string(chat, "user_id"), json_peek_string(chat, "id")),
	   stored = jv_invalid();

	event = json_set_string(event, "id", id_derive(id_of(task), gone, id));
	if (event_post(tx, event, &stored) < 0)
		return; /* it is a help, no more */
	jv_free(stored);
}

/* The chat of a task that has none, or none any more. */
static jv
make_chat(struct tx *tx, jv task)
{
	const char *schedule = json_peek_string(task, "schedule");
	char name[9], *title;
	jv chat;

	if (schedule)
		return schedule_chat(tx, schedule);
	title = xprintf("Task: %s", task_short(id_of(task), name));
	chat = chat_add(tx, title, "agent", jv_array());
	free(title);
	return chat;
}

jv
speech_in_chat(struct tx *tx, jv task)
{
	const char *chat_id = json_peek_string(task, "chat_id");
	jv chat = chat_id ? chat_get(tx, chat_id) : jv_invalid();

	if (!jv_is_valid(chat)) {
		jv_free(chat);
		chat = make_chat(tx, task);
		if (json_peek_string(task, "lost_chat"))
			tell_of_move(tx, task, json_peek_string(task, "lost_chat"), chat);
		task = json_set(json_drop(task, "lost_chat"), "own_chat", jv_true());
	}
	task = json_set_string(task, "chat_id", json_peek_string(chat, "id"));
	task = json_set_string(task, "user_id", json_peek_string(chat, "user_id"));
	jv_free(chat);
	return task;
}

jv
speech_event(jv task, const char *type, jv data, const char *session)
{
	jv event;

	data = json_set_string(data, "task_id", id_of(task));
	event = event_new(type, data, json_peek_string(task, "user_id"),
	    json_peek_string(task, "chat_id"));
	return session ? json_set_string(event, "session_id", session) : event;
}

int
speech_closing_count(jv task)
{
	const char *response = json_peek_string(task, "response");

	if (!json_has(task, "chat_id"))
		return 0;
	return task_is(task, "completed") && response && *response ? 2 : 1;
}

/* The id of one: the same whenever it is made, and another for each end that the task ever has. */
static const char *
closing_id(jv task, int i, char id[ID_TEXT])
{
	int64_t attempt = json_peek_int(task, "attempt", 0),
		retries = json_peek_int(task, "retries", 0);
	char name[80];
	int len = snprintf(name, sizeof name, "closing/%" PRId64 "/%d", attempt, i);

	if (retries > 0)
		snprintf(name + len, sizeof name - (size_t)len, "/%" PRId64, retries);
	return id_derive(id_of(task), name, id);
}

static jv
closing_event(jv task, const char *type, jv data, int i)
{
	char id[ID_TEXT];
	jv event = speech_event(task, type, data, json_peek_string(task, "session_id"));

	event = json_set_string(event, "id", closing_id(task, i, id));
	event = json_set_string(event, "at", json_peek_string(task, "finished_at"));
	return json_set_int(event, "n",
	    json_peek_int(task, "events", 0) - speech_closing_count(task) + 1 + i);
}

/* The data of an event with how long the task took, if it was ever begun. */
static jv
with_elapsed(jv data, jv task)
{
	const char *began = json_peek_string(task, "started_at"),
		   *ended = json_peek_string(task, "finished_at");
	int64_t from, to;

	if (!began || !ended || !clock_parse(began, &from) || !clock_parse(ended, &to))
		return data;
	return json_set_int(data, "elapsed_ms", to > from ? to - from : 0);
}

static jv
message_of_end(jv task)
{
	jv error = json_get(task, "error", JV_KIND_OBJECT);
	const char *why = jv_is_valid(error) ? json_peek_string(error, "message") : NULL;
	char name[9];
	jv text;

	task_short(id_of(task), name);
	if (task_is(task, "completed"))
		text = jv_string_fmt("Task %s completed successfully", name);
	else if (task_is(task, "cancelled"))
		text = jv_string_fmt("Task %s cancelled: %s", name, why ? why : "no reason given");
	else
		text = jv_string_fmt("Task %s failed: %s", name, why ? why : "no reason given");
	jv_free(error);
	return with_elapsed(json_set(jv_object(), "message", text), task);
}

jv
speech_closing(jv task)
{
	jv events = jv_array();
	int count = speech_closing_count(task);
	const char *type = task_is(task, "failed") ? "error" : "status";

	if (count == 2)
		events = jv_array_append(events,
		    closing_event(task, "message",
			json_set(jv_object(), "text", json_get(task, "response", JV_KIND_STRING)),
			0));
	if (count > 0)
		events = jv_array_append(events,
		    closing_event(task, type, message_of_end(task), count - 1));
	return events;
}
