#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "chat.h"
#include "clock.h"
#include "err.h"
#include "floor.h"
#include "member.h"
#include "task.h"
#include "utf8.h"

int
chat_check_name(const char *what, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (utf8_control(name + i))
			return err_set(EX_DATAERR, "%s: a control character in the name", what);
	if (len == 0 || len > 100)
		return err_set(EX_DATAERR, "%s: want 1 to 100 bytes, got %zu", what, len);
	return 0;
}

int
chat_check_user(const char *user)
{
	return chat_check_name("user", user);
}

static int
check_length(const char *what, const char *text, int most)
{
	return text && utf8_characters(text) > (size_t)most
	           ? err_set(EX_DATAERR, "%s: longer than %d characters", what, most)
	           : 0;
}

int
chat_check_title(const char *title)
{
	return check_length("title", title, CHAT_TITLE_MAX);
}

int
chat_check_reason(const char *reason)
{
	return check_length("reason", reason, CHAT_REASON_MAX);
}

/* Whether it lets its tasks wait; chat is borrowed. */
static bool
is_limited(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is = chat_is_single(chat) || json_has(policy, "when_idle_s");

	jv_free(policy);
	return is;
}

/* chat is borrowed */
static void
store_chat(struct tx *tx, jv chat)
{
	const char *id = json_peek_string(chat, "id");
	char *key = xprintf("chat/%s", id), *topic = xprintf("chat-%s", id);
	jv sets = JV_ARRAY(jv_string("chats"));

	if (is_limited(chat))
		sets = jv_array_append(sets, jv_string("chats.limited"));
	if (chat_is_ruled(chat))
		sets = jv_array_append(sets, jv_string("chats.ruled"));
	store_put(tx, key, jv_copy(chat), sets, jv_array());
	store_ring(tx, topic); /* who watches it may read it no more */
	store_ring(tx, "chats");
	free(topic);
	free(key);
}

jv
chat_add(struct tx *tx, const char *title, const char *owner, jv members)
{
	char id[ID_TEXT];

	return chat_add_as(tx, id_new(id), title, owner, members);
}

jv
chat_add_as(struct tx *tx, const char *id, const char *title, const char *owner, jv members)
{
	char now[CLOCK_TEXT];
	jv chat = json_set_string(jv_object(), "id", id),
	   in = member_set(jv_object(), owner, "person");
	int bad = chat_check_user(owner);

	jv_array_foreach (members, i, user) {
		const char *name = jv_string_value(user);

		if (bad == 0)
			bad = chat_check_user(name);
		in = member_set(in, name, "person");
		jv_free(user);
	}
	jv_free(members);
	if (title)
		chat = json_set_string(chat, "title", title);
	chat = jv_object_merge(json_set_string(chat, "user_id", owner), in);
	chat = json_set_string(chat, "created_at", clock_format(clock_now_ms(), now));
	if (bad < 0) {
		jv_free(chat);
		return jv_invalid();
	}
	store_chat(tx, chat);
	return chat;
}

jv
chat_set_title(struct tx *tx, const char *id, const char *title)
{
	jv chat = chat_get(tx, id);

	if (jv_is_valid(chat)) {
		chat = *title ? json_set_string(chat, "title", title) : json_drop(chat, "title");
		store_chat(tx, chat);
	}
	return chat;
}

jv
chat_set_crew(struct tx *tx, const char *id, const char *crew)
{
	jv chat;

	if (chat_check_name("crew", crew) < 0)
		return jv_invalid();
	chat = chat_get(tx, id);
	if (jv_is_valid(chat)) {
		chat = json_set_string(chat, "crew", crew);
		store_chat(tx, chat);
	} else {
		err_set(EX_NOINPUT, "chat %s: no such chat", id);
	}
	return chat;
}

jv
chat_set_member(struct tx *tx, const char *id, const char *user, const char *kind)
{
	jv chat;

	if (chat_check_user(user) < 0)
		return jv_invalid();
	chat = chat_get(tx, id);
	if (!jv_is_valid(chat)) {
		err_set(EX_NOINPUT, "chat %s: no such chat", id);
		return chat;
	}
	if (!kind && !strcasecmp(user, json_peek_string(chat, "user_id"))) {
		err_set(EX_DATAERR, "chat %.8s: %s is its owner", id, user);
		jv_free(chat);
		return jv_invalid();
	}
	chat = kind ? member_set(chat, user, kind) : member_drop(chat, user);
	store_chat(tx, chat);
	return chat;
}

jv
chat_set_rule(struct tx *tx, const char *id, const char *name, jv value)
{
	jv chat = chat_get(tx, id), policy = json_get(chat, "policy", JV_KIND_OBJECT);

	jv_free(chat);
	if (!jv_is_valid(policy))
		policy = (jv_free(policy), jv_object());
	if (jv_is_valid(value))
		policy = json_set(policy, name, value);
	else
		policy = (jv_free(value), json_drop(policy, name));
	store_ring(tx, "tasks"); /* more of them may run now */
	return chat_set_policy(tx, id, policy);
}

jv
chat_set_single(struct tx *tx, const char *id, bool is_single)
{
	return chat_set_rule(tx, id, "one_at_a_time", is_single ? jv_true() : jv_invalid());
}

bool
chat_is_single(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is = json_peek_bool(policy, "one_at_a_time");

	jv_free(policy);
	return is;
}

bool
chat_is_ruled(jv chat)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	bool is = jv_is_valid(policy) && (json_has(policy, "may") || json_has(policy, "rate") ||
					     json_has(policy, "trust"));

	jv_free(policy);
	return is;
}

jv
chat_set_schedule(struct tx *tx, jv chat, const char *name)
{
	chat = json_set_string(chat, "schedule", name);
	store_chat(tx, chat);
	return chat;
}

jv
chat_set_policy(struct tx *tx, const char *id, jv policy)
{
	jv chat = chat_get(tx, id);

	if (!jv_is_valid(chat)) {
		jv_free(policy);
		return chat;
	}
	if (jv_object_length(jv_copy(policy)) > 0)
		chat = json_set(chat, "policy", policy);
	else
		chat = (jv_free(policy), json_drop(chat, "policy"));
	store_chat(tx, chat);
	return chat;
}

jv
chat_get(struct tx *tx, const char *id)
{
	char *key = xprintf("chat/%s", id);
	jv chat = store_get(tx, key);

	free(key);
	return chat;
}
