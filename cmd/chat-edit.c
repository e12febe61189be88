/* chat-edit - change a chat */
#include <unistd.h>

#include "chat.h"
#include "consent.h"
#include "err.h"
#include "opt.h"
#include "rows.h"

static const char *title, *approve;
static struct opt_list bots, persons;
static bool single, many;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "title", "title", "what to call it; empty: nothing",
				       .str = &title },
	{ 0, "approve", "what",
	    "what waits for the owner's approval, with commas: agents, tasks or none",
	    .str = &approve },
	{ 0, "bot", "user", "a member that is a program; may be repeated", .list = &bots },
	{ 0, "person", "user", "a member that is a person; may be repeated", .list = &persons },
	{ 0, "one-at-a-time", NULL, "its tasks run one after the other", .set = &single },
	{ 0, "many-at-a-time", NULL, "its tasks run beside each other", .set = &many },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "chat-edit", "change a chat", "CHAT", opts, 0 };

/* The chat (consumed) with members of that kind; invalid with err. */
static jv
with_members(struct tx *tx, const char *id, jv chat, const struct opt_list *users, const char *kind)
{
	for (size_t i = 0; i < users->len && jv_is_valid(chat); i++) {
		jv_free(chat);
		chat = chat_set_member(tx, id, users->item[i], kind);
	}
	return chat;
}

/* The chat as the options say; asked is borrowed; invalid with err. */
static jv
change(struct tx *tx, const char *id, jv asked)
{
	jv chat = chat_get(tx, id);

	if (title)
		chat = (jv_free(chat), chat_set_title(tx, id, title));
	if (approve)
		chat = (jv_free(chat), consent_set(tx, id, jv_copy(asked)));
	if (single || many)
		chat = (jv_free(chat), chat_set_single(tx, id, single));
	chat = with_members(tx, id, chat, &bots, "bot");
	return with_members(tx, id, chat, &persons, "person");
}

/* The chat as it is stored then. */
static jv
edit(struct store *s, const char *prefix, jv asked)
{
	enum store_result rc;
	char id[ID_TEXT];
	jv chat;

	do {
		struct tx *tx = store_begin(s);

		if (!tx)
			err_exit();
		if (store_resolve(tx, "chat", prefix, id) < 0 ||
		    !jv_is_valid(chat = change(tx, id, asked))) {
			store_end(tx);
			err_exit();
		}
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
	jv asked;

	(void)argc;
	if (!operands[0] || operands[1])
		opt_usage(&cmd, "want one chat");
	if (view_open(&view, &rows_chat, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!title && !approve && !bots.len && !persons.len && !single && !many)
		opt_usage(&cmd, "nothing to change");
	if (single && many)
		opt_usage(&cmd, "--one-at-a-time and --many-at-a-time: want one of them");
	if (consent_read(approve ? approve : "none", &asked) < 0)
		opt_usage(&cmd, "--approve: %s", err_text());
	if (!(s = store_open()))
		err_exit();
	view_add(&view, NULL, edit(s, operands[0], asked));
	jv_free(asked);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
