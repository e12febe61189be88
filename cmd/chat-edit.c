/* chat-edit - change a chat */
#include <unistd.h>

#include "allow.h"
#include "audit.h"
#include "chat.h"
#include "consent.h"
#include "err.h"
#include "id.h"
#include "opt.h"
#include "person.h"
#include "quiet.h"
#include "rows.h"

static const char *title, *approve, *when_idle;
static int64_t when_idle_ms;
static struct opt_list agents, bots, persons, strangers;
static bool single, many, lock, unlock;
static struct allow allow;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "title", "title", "what to call it; empty: nothing",
				       .str = &title },
	{ 0, "approve", "what",
	    "what waits for the owner's approval, with commas: agents, tasks or none",
	    .str = &approve },
	{ 0, "agent", "user", "a member that is an agent; may be repeated", .list = &agents },
	{ 0, "bot", "user", "a member that is a program; may be repeated", .list = &bots },
	{ 0, "person", "user", "a member that is a person; may be repeated", .list = &persons },
	{ 0, "stranger", "user", "a member no more; may be repeated", .list = &strangers },
	ALLOW_OPTIONS(allow),
	{ 0, "one-at-a-time", NULL, "its tasks run one after the other", .set = &single },
	{ 0, "many-at-a-time", NULL, "its tasks run beside each other", .set = &many },
	{ 0, "when-idle", "time",
	    "its tasks wait until nobody has spoken for so long; none: not at all",
	    .str = &when_idle },
	{ 0, "lock", NULL, "nobody may speak while one of its tasks runs", .set = &lock },
	{ 0, "unlock", NULL, "people may speak whatever runs", .set = &unlock }, VIEW_TABLE(view),
	VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "chat-edit", "change a chat", "CHAT", opts, 0 };

/* The chat (consumed) with members of that kind, NULL: without them; invalid with err. */
static jv
with_members(struct tx *tx, const char *id, jv chat, const struct opt_list *users, const char *kind)
{
	for (size_t i = 0; i < users->len && jv_is_valid(chat); i++) {
		jv_free(chat);
		chat = chat_set_member(tx, id, users->item[i], kind);
	}
	return chat;
}

/* The chat as the options say; asked and rules are borrowed; invalid with err. */
static jv
change(struct tx *tx, const char *id, jv asked, jv rules)
{
	jv chat = chat_get(tx, id);

	if (title)
		chat = (jv_free(chat), chat_set_title(tx, id, title));
	if (approve)
		chat = (jv_free(chat), consent_set(tx, id, jv_copy(asked)));
	if (single || many)
		chat = (jv_free(chat), chat_set_single(tx, id, single));
	if (when_idle)
		chat = (jv_free(chat), quiet_set(tx, id, when_idle_ms));
	if (lock || unlock)
		chat =
		    (jv_free(chat), chat_set_rule(tx, id, "lock", lock ? jv_true() : jv_invalid()));
	if (allow_is_given(&allow))
		chat = (jv_free(chat), allow_set(tx, id, rules));
	chat = with_members(tx, id, chat, &agents, "agent");
	chat = with_members(tx, id, chat, &bots, "bot");
	chat = with_members(tx, id, chat, &persons, "person");
	return with_members(tx, id, chat, &strangers, NULL);
}

/* Who is in a chat (borrowed), and what is so in it. */
static jv
terms_of(jv chat)
{
	jv terms = json_set_valid(jv_object(), "members", json_get(chat, "members", JV_KIND_ARRAY));

	return json_set_valid(terms, "policy", json_get(chat, "policy", JV_KIND_OBJECT));
}

/* Puts into the audit that a chat's terms are not what they were (consumed). */
static void
note(struct tx *tx, jv chat, jv before)
{
	jv after = terms_of(chat), entry;

	if (!jv_equal(jv_copy(before), jv_copy(after))) {
		entry = audit_entry("chat_edited", json_peek_string(chat, "id"), id_user(NULL));
		entry =
		    json_set(json_set(entry, "before", jv_copy(before)), "after", jv_copy(after));
		audit_put(tx, entry);
	}
	jv_free(before);
	jv_free(after);
}

/* The chat as it is stored then. */
static jv
edit(struct store *s, const char *prefix, jv asked, jv rules)
{
	enum store_result rc;
	char id[ID_TEXT];
	jv chat, was;

	do {
		struct tx *tx = store_begin(s);

		if (!tx)
			err_exit();
		if (store_resolve(tx, "chat", prefix, id) < 0) {
			store_end(tx);
			err_exit();
		}
		was = chat_get(tx, id);
		if (!jv_is_valid(chat = change(tx, id, asked, rules))) {
			store_end(tx);
			err_exit();
		}
		note(tx, chat, terms_of(was));
		jv_free(was);
		if ((rc = store_commit(tx, STORE_DURABLE)) != STORE_OK)
			jv_free(chat);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	return chat;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct store *s;
	jv asked, rules;

	(void)argc;
	if (!operands[0] || operands[1])
		opt_usage(&cmd, "want one chat");
	if (view_open(&view, &rows_chat, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!title && !approve && !agents.len && !bots.len && !persons.len && !strangers.len &&
	    !allow_is_given(&allow) && !single && !many && !when_idle && !lock && !unlock)
		opt_usage(&cmd, "nothing to change");
	if (single && many)
		opt_usage(&cmd, "--one-at-a-time and --many-at-a-time: want one of them");
	if (lock && unlock)
		opt_usage(&cmd, "--lock and --unlock: want one of them");
	if (when_idle && (when_idle_ms = quiet_read(when_idle)) < 0)
		opt_usage(&cmd, "--when-idle: %s", err_text());
	if (chat_check_title(title) < 0)
		opt_usage(&cmd, "--%s", err_text());
	if (consent_read(approve ? approve : "none", &asked) < 0)
		opt_usage(&cmd, "--approve: %s", err_text());
	rules = allow_read(&allow);
	if (!jv_is_valid(rules))
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || person_check(s, "edit_refused", "changes no chat") < 0)
		err_exit();
	view_add(&view, NULL, edit(s, operands[0], asked, rules));
	jv_free(asked);
	jv_free(rules);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
