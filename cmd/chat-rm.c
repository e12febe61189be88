/* chat-rm - delete chats, with what was said in them */
#include <stdlib.h>

#include "ask.h"
#include "audit.h"
#include "chat.h"
#include "err.h"
#include "may.h"
#include "opt.h"
#include "person.h"
#include "remove.h"

static bool force;

static const struct opt opts[] = {
	{ 0, "force", NULL, "also those with tasks that have not ended", .set = &force }, { 0 }
};

static const struct cmd cmd = { "chat-rm", "delete chats, with what was said in them", "CHAT ...",
	opts, 0 };

/* All operands, before anything is deleted: whole ids. */
static void
resolve_all(struct store *s, char **chats)
{
	for (; *chats; chats++) {
		char id[ID_TEXT];
		struct tx *tx;

		if (ask_id(s, "chat", *chats, id) < 0 ||
		    may_ask(s, id, id_user(NULL), MAY_REMOVE) < 0 || !(tx = store_read(s)))
			err_exit();
		if (remove_check_chat(tx, id, force) < 0) {
			store_end(tx);
			err_exit();
		}
		if (store_end(tx) < 0)
			err_exit();
		*chats = xstrdup(id);
	}
}

/* Puts into the audit that a chat (borrowed; invalid: it was gone already) is removed. */
static void
note(struct tx *tx, jv chat)
{
	jv entry;

	if (!jv_is_valid(chat))
		return;
	entry = audit_entry("chat_removed", json_peek_string(chat, "id"), id_user(NULL));
	audit_put(tx, json_set_valid(entry, "title", json_get(chat, "title", JV_KIND_STRING)));
}

/* Ends a transaction in which the chat is not to be removed any more. */
static enum store_result
leave(struct tx *tx)
{
	enum store_result rc = may_settle(tx);

	if (rc != STORE_AGAIN)
		err_exit();
	return rc;
}

/* Some of its events, as long as its rules let us; is_noted: the audit has it.  is_all: set to
 * whether it is gone. */
static enum store_result
remove_some(struct store *s, const char *id, bool is_noted, bool *is_all)
{
	struct tx *tx = store_begin(s);
	jv chat;
	int rc;

	if (!tx)
		err_exit();
	chat = chat_get(tx, id);
	if (jv_is_valid(chat) && may(tx, chat, id_user(NULL), MAY_REMOVE) < 0) {
		jv_free(chat);
		return leave(tx);
	}
	if ((rc = remove_chat_some(tx, id, force)) < 0)
		store_fail(tx);
	if (!is_noted)
		note(tx, chat);
	jv_free(chat);
	*is_all = rc == 1;
	return store_commit(tx, rc ? STORE_DURABLE : STORE_RELAXED);
}

/* Some of its events at a time, until it is gone. */
static void
remove_chat(struct store *s, const char *id)
{
	enum store_result rc = STORE_AGAIN;
	bool is_noted = false, is_all = false;

	while (!is_all || rc == STORE_AGAIN) {
		if ((rc = remove_some(s, id, is_noted, &is_all)) == STORE_FAIL)
			err_exit();
		is_noted = is_noted || rc == STORE_OK;
	}
}

int
main(int argc, char *argv[])
{
	char **chats = opt_parse(&cmd, argv);
	struct store *s;

	(void)argc;
	if (!*chats)
		opt_usage(&cmd, "want a chat");
	if (!(s = store_open()) || person_check(s, "remove_refused", "removes no chat") < 0)
		err_exit();
	resolve_all(s, chats);
	for (; *chats; chats++) {
		remove_chat(s, *chats);
		free(*chats);
	}
	store_close(s);
	return 0;
}
