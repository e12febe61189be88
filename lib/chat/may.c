#include "may.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "chat.h"
#include "err.h"
#include "event.h"
#include "floor.h"
#include "member.h"
#include "rate.h"
#include "task.h"

/* The rules, in the order of enum may_what: as a policy has them, and in words. */
static const struct {
	const char *name, *words;
} rights[] = {
	{ "read", "read" },
	{ "post", "post" },
	{ "add", "add tasks" },
	{ "cancel", "cancel tasks" },
	{ "approve", "approve" },
	{ "remove", "remove it" },
};

enum who { ANYONE, MEMBERS, OWNER, WHO };

static const char *const whos[] = { "anyone", "members", "owner" };

const char *
may_right(enum may_what what)
{
	return rights[what].name;
}

/* WHO: the word is none of them. */
static enum who
read_who(const char *word)
{
	enum who who = ANYONE;

	while (who < WHO && strcmp(whos[who], word) != 0)
		who++;
	return who;
}

bool
may_is_who(const char *word)
{
	return read_who(word) < WHO;
}

static bool
is_owner(jv chat, const char *user)
{
	const char *owner = json_peek_string(chat, "user_id");

	return user && owner && !strcasecmp(user, owner);
}

/* --- who may */

/* Whom a rule names; the owner, where it cannot be told. */
static enum who
who_of(jv object, const char *name)
{
	const char *word = json_peek_string(object, name);
	enum who who = word ? read_who(word) : json_has(object, name) ? WHO : ANYONE;

	return who < WHO ? who : OWNER;
}

static enum who
who_may(jv chat, enum may_what what)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT),
	   rules = json_get(policy, "may", JV_KIND_OBJECT);
	enum who who = who_of(rules, rights[what].name);

	if (what == MAY_REMOVE && !json_has(rules, rights[what].name) && chat_is_ruled(chat))
		who = OWNER;
	jv_free(rules);
	jv_free(policy);
	return who;
}

/* The refusal in err, as the audit keeps it. */
static jv
entry_of(const char *chat_id, const char *user, const char *name)
{
	char *kind = xprintf("%s_refused", name);
	jv entry = audit_entry(kind, chat_id, user);

	free(kind);
	return json_set(entry, "reason", json_utf8(err_text(), strlen(err_text())));
}

static int
refuse(struct tx *tx, const char *chat_id, const char *user, const char *name)
{
	if (tx && store_writes(tx))
		audit_put(tx, entry_of(chat_id, user, name));
	return -1;
}

int
may_refuse(struct tx *tx, const char *chat_id, const char *user, enum may_what what)
{
	return refuse(tx, chat_id, user, rights[what].name);
}

int
may(struct tx *tx, jv chat, const char *user, enum may_what what)
{
	enum who who = who_may(chat, what);
	const char *id = json_peek_string(chat, "id");

	if (who == ANYONE || is_owner(chat, user) ||
	    (who == MEMBERS && user && member_kind(chat, user)))
		return 0;
	err_set(EX_NOPERM, "chat %.8s: %s may not %s: only %s may", id ? id : "",
	    user ? user : "somebody unknown", rights[what].words,
	    who == MEMBERS ? "its members" : "its owner");
	return refuse(tx, id, user, rights[what].name);
}

/* The chat, if it has rules; else invalid. */
static jv
ruled(struct tx *tx, const char *chat_id)
{
	uint64_t n = 0;
	char *key;

	if (chat_id && store_count(tx, "chats.ruled") > 0) {
		key = xprintf("chat/%s", chat_id);
		n = store_number(tx, key);
		free(key);
	}
	return n && store_next(tx, "chats.ruled", n - 1) == n ? store_at(tx, n) : jv_invalid();
}

bool
may_has_rule(struct tx *tx, const char *chat_id, enum may_what what)
{
	jv chat = ruled(tx, chat_id), policy = json_get(chat, "policy", JV_KIND_OBJECT),
	   rules = json_get(policy, "may", JV_KIND_OBJECT);
	bool has = json_has(rules, rights[what].name);

	jv_free(rules);
	jv_free(policy);
	jv_free(chat);
	return has;
}

int
may_in(struct tx *tx, const char *chat_id, const char *user, enum may_what what)
{
	jv chat = ruled(tx, chat_id);
	int rc = jv_is_valid(chat) ? may(tx, chat, user, what) : 0;

	jv_free(chat);
	return rc;
}

int
may_task(struct tx *tx, const char *id, const char *user, enum may_what what)
{
	jv task = store_count(tx, "chats.ruled") > 0 ? task_get(tx, id) : jv_invalid();
	int rc = may_in(tx, json_peek_string(task, "chat_id"), user, what);

	jv_free(task);
	return rc < 0 ? err_add("task %.8s", id) : 0;
}

int
may_ask(struct store *s, const char *chat_id, const char *user, enum may_what what)
{
	struct tx *tx = store_read(s);

	if (!tx)
		return -1;
	if (may_in(tx, chat_id, user, what) == 0)
		return store_end(tx);
	return store_abandon(tx) == STORE_OK ? may_note(s, chat_id, user, what) : -1;
}

int
may_note(struct store *s, const char *chat_id, const char *user, enum may_what what)
{
	int code = err_code();
	char *why = xstrdup(err_text());

	if (audit_add(s, entry_of(chat_id, user, rights[what].name)) == 0)
		err_set(code, "%s", why);
	free(why);
	return -1;
}

enum store_result
may_settle(struct tx *tx)
{
	int code = err_code();
	char *why = xstrdup(err_text());
	enum store_result rc = store_commit(tx, STORE_DURABLE);

	if (rc == STORE_OK)
		err_set(code, "%s", why);
	free(why);
	return rc;
}

/* --- how often */

/* Uses one of that kind up, where the chat (borrowed) has a rate for it. */
static int
count(struct tx *tx, jv chat, const char *user, const char *kind, const char *name)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT),
	   rates = json_get(policy, "rate", JV_KIND_OBJECT);
	int64_t per_minute = json_peek_int(rates, kind, 0);
	const char *id = json_peek_string(chat, "id");

	jv_free(rates);
	jv_free(policy);
	if (per_minute < 1 || per_minute > RATE_MOST ||
	    rate_take(tx, id, user ? user : "", kind, per_minute) == 0)
		return 0;
	return refuse(tx, id, user, name);
}

/* Whether the event is of a task of its chat. */
static bool
is_of_task(struct tx *tx, jv event, const char *chat_id)
{
	jv data = json_get(event, "data", JV_KIND_OBJECT), task;
	const char *task_id = json_peek_string(data, "task_id"), *in;
	bool is;

	task = task_id ? task_get(tx, task_id) : jv_invalid();
	in = json_peek_string(task, "chat_id");
	is = in && !strcmp(in, chat_id);
	jv_free(task);
	jv_free(data);
	return is;
}

static bool
is_known(struct tx *tx, jv event)
{
	const char *id = json_peek_string(event, "id");
	char *name = id ? xprintf("eid/%s", id) : NULL;
	bool is = name && store_number(tx, name) != 0;

	free(name);
	return is;
}

/* Whether the chat is free for the event to be said; what is refused there counts for nothing. */
static int
ask_floor(struct tx *tx, jv chat, jv event)
{
	char id[ID_TEXT];
	jv whole = json_set_string(jv_copy(event), "chat_id", json_peek_string(chat, "id"));
	int rc;

	if (!json_has(whole, "id"))
		whole = json_set_string(whole, "id", id_new(id));
	rc = floor_check(tx, chat, whole);
	jv_free(whole);
	return rc;
}

/* The same of a well-formed event for a chat (borrowed). */
static int
judge(struct tx *tx, jv chat, jv event)
{
	const char *user = json_peek_string(event, "user_id");

	if (is_known(tx, event))
		return 0;
	if (may(tx, chat, user, MAY_POST) < 0)
		return -1;
	if (is_owner(chat, user) && is_of_task(tx, event, json_peek_string(chat, "id")))
		return 0;
	if (ask_floor(tx, chat, event) < 0)
		return -1;
	return count(tx, chat, user, "messages", "post");
}

int
may_say(struct tx *tx, jv event)
{
	char chat_id[ID_TEXT];
	jv chat;
	int rc = 0;

	if (store_count(tx, "chats.ruled") == 0 || event_check(event) < 0 ||
	    store_resolve(tx, "chat", json_peek_string(event, "chat_id"), chat_id) < 0)
		return 0; /* what is wrong is for event_post to say */
	chat = ruled(tx, chat_id);
	if (jv_is_valid(chat))
		rc = judge(tx, chat, event);
	jv_free(chat);
	return rc;
}

int
may_begin(struct tx *tx, const char *chat_id, const char *user)
{
	jv chat = ruled(tx, chat_id);
	int rc = 0;

	if (jv_is_valid(chat) && (rc = may(tx, chat, user, MAY_ADD)) == 0)
		rc = count(tx, chat, user, "tasks", "add");
	jv_free(chat);
	return rc;
}

/* --- whose words count */

bool
may_trusts(jv chat, const char *user)
{
	jv policy = json_get(chat, "policy", JV_KIND_OBJECT);
	enum who who = who_of(policy, "trust");
	const char *kind = user && who == MEMBERS ? member_kind(chat, user) : NULL;

	jv_free(policy);
	return who == ANYONE || is_owner(chat, user) ||
	       (kind && (!strcmp(kind, "person") || !strcmp(kind, "agent")));
}

bool
may_trusts_in(struct tx *tx, const char *chat_id, const char *user)
{
	jv chat = ruled(tx, chat_id);
	bool trusts = may_trusts(chat, user);

	jv_free(chat);
	return trusts;
}
