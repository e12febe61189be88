/* chat-edit - change a chat */
#include <unistd.h>

#include "allow.h"
#include "audit.h"
#include "chat.h"
#include "consent.h"
#include "deed.h"
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

struct request {
	const char *prefix;
	jv asked; /* what its owner wants to be asked */
	jv rules;
	jv chat; /* as it is stored then */
};

static int
edit(void *arg, struct tx *tx)
{
	struct request *r = arg;
	char id[ID_TEXT];
	jv was;

	if (store_resolve(tx, "chat", r->prefix, id) < 0)
		return -1;
	was = chat_get(tx, id);
	jv_free(r->chat);
	r->chat = change(tx, id, r->asked, r->rules);
	if (jv_is_valid(r->chat))
		note(tx, r->chat, terms_of(was));
	jv_free(was);
	return jv_is_valid(r->chat) ? 0 : -1;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct request r = { .prefix = *operands, .chat = jv_invalid() };
	struct store *s;

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
	if (consent_read(approve ? approve : "none", &r.asked) < 0)
		opt_usage(&cmd, "--approve: %s", err_text());
	r.rules = allow_read(&allow);
	if (!jv_is_valid(r.rules))
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || person_check(s, "edit_refused", "changes no chat") < 0 ||
	    deed_change(s, edit, &r) < 0)
		err_exit();
	view_add(&view, NULL, r.chat);
	jv_free(r.asked);
	jv_free(r.rules);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
