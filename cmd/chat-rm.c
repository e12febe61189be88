/* chat-rm - delete chats, with what was said in them */
#include <stdlib.h>

#include "ask.h"
#include "err.h"
#include "opt.h"
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

		if (ask_id(s, "chat", *chats, id) < 0 || !(tx = store_read(s)))
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

/* Some of its events at a time, until it is gone. */
static void
remove_chat(struct store *s, const char *id)
{
	enum store_result rc = STORE_AGAIN;
	int is_all = 0;

	while (!is_all || rc == STORE_AGAIN) {
		struct tx *tx = store_begin(s);

		if (!tx)
			err_exit();
		if ((is_all = remove_chat_some(tx, id, force)) < 0)
			store_fail(tx);
		rc = store_commit(tx, is_all ? STORE_DURABLE : STORE_RELAXED);
		if (rc == STORE_FAIL)
			err_exit();
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
	if (!(s = store_open()))
		err_exit();
	resolve_all(s, chats);
	for (; *chats; chats++) {
		remove_chat(s, *chats);
		free(*chats);
	}
	store_close(s);
	return 0;
}
