#include "recent.h"

#include <string.h>

#include "chat.h"
#include "event.h"
#include "may.h"
#include "member.h"
#include "task.h"

/* Whether the event is a message that the task has neither said nor been made of. */
static bool
is_news(jv event, jv data, jv task, jv source)
{
	const char *type = json_peek_string(event, "type"), *id = json_peek_string(event, "id");
	const char *speaker = json_peek_string(data, "task_id");
	const char *message = jv_is_valid(source) ? json_peek_string(source, "message_id") : NULL;

	return type && !strcmp(type, "message") && json_peek_string(data, "text") &&
	       !(speaker && !strcmp(speaker, json_peek_string(task, "id"))) &&
	       !(message && id && !strcmp(message, id));
}

/* Whether what a task has said is its chat's own word: the task is. */
static bool
is_trusted_task(struct tx *tx, const char *id)
{
	jv task = task_get(tx, id);
	bool is = !json_peek_bool(task, "untrusted");

	jv_free(task);
	return is;
}

/* One message, as the chat (borrowed) has to take it. */
static jv
told(struct tx *tx, jv chat, jv event, jv data)
{
	const char *speaker = json_peek_string(data, "task_id"),
		   *user = json_peek_string(event, "user_id"),
		   *kind = user ? member_kind(chat, user) : NULL;
	char name[9];
	jv one = json_set_string(jv_object(), "from",
	    speaker ? task_short(speaker, name)
	    : user  ? user
		    : "somebody");

	one = json_set_string(one, "kind", speaker ? "task" : kind ? kind : "person");
	if (chat_is_ruled(chat) &&
	    !(may_trusts(chat, user) && (!speaker || is_trusted_task(tx, speaker))))
		one = json_set(one, "trusted", jv_false());
	return json_set_string(one, "text", json_peek_string(data, "text"));
}

/* The array the other way round. */
static jv
reversed(jv array)
{
	jv out = jv_array();

	for (int i = jv_array_length(jv_copy(array)); i-- > 0;)
		out = jv_array_append(out, jv_array_get(jv_copy(array), i));
	jv_free(array);
	return out;
}

jv
recent_messages(struct tx *tx, jv task, size_t max_bytes)
{
	const char *chat_id = json_peek_string(task, "chat_id");
	jv source = json_get(task, "source", JV_KIND_OBJECT), newest_first = jv_array();
	jv chat = chat_id ? chat_get(tx, chat_id) : jv_invalid();
	uint64_t seq = chat_id ? event_last(tx, chat_id) : 0;
	size_t bytes = 0;

	for (int left = RECENT_EVENTS; seq > 0 && left > 0 && bytes < max_bytes; seq--, left--) {
		uint64_t n = event_at(tx, chat_id, seq);
		jv event = n ? store_at(tx, n) : jv_invalid(), data;

		if (!jv_is_valid(event)) { /* those before are gone, too */
			jv_free(event);
			break;
		}
		data = json_get(event, "data", JV_KIND_OBJECT);
		if (jv_is_valid(data) && is_news(event, data, task, source)) {
			bytes += strlen(json_peek_string(data, "text"));
			if (bytes <= max_bytes)
				newest_first =
				    jv_array_append(newest_first, told(tx, chat, event, data));
		}
		jv_free(data);
		jv_free(event);
	}
	jv_free(chat);
	jv_free(source);
	return reversed(newest_first);
}
