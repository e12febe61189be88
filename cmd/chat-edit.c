/* chat-edit - change a chat's title, or what its owner is asked */
#include <unistd.h>

#include "chat.h"
#include "consent.h"
#include "err.h"
#include "opt.h"
#include "rows.h"

static const char *title, *approve;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "title", "title", "what to call it; empty: nothing",
				       .str = &title },
	{ 0, "approve", "what",
	    "what waits for the owner's approval, with commas: agents, tasks or none",
	    .str = &approve },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "chat-edit", "change a chat's title, or what its owner is asked",
	"CHAT", opts, 0 };

/* Its changes; asked is borrowed. */
static jv
change(struct tx *tx, const char *id, jv asked)
{
	jv chat = title ? chat_set_title(tx, id, title) : jv_invalid();

	if (!approve)
		return chat;
	jv_free(chat);
	return consent_set(tx, id, jv_copy(asked));
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
		if (store_resolve(tx, "chat", prefix, id) < 0) {
			store_end(tx);
			err_exit();
		}
		chat = change(tx, id, asked);
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
	if (!title && !approve)
		opt_usage(&cmd, "nothing to change");
	if (consent_read(approve ? approve : "none", &asked) < 0)
		opt_usage(&cmd, "--approve: %s", err_text());
	if (!(s = store_open()))
		err_exit();
	view_add(&view, NULL, edit(s, operands[0], asked));
	jv_free(asked);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
