/* chat-new - make a chat */
#include <stddef.h>
#include <unistd.h>

#include "chat.h"
#include "err.h"
#include "opt.h"
#include "rows.h"

static const char *title, *user;
static struct opt_list members;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "title", "title", "what to call it", .str = &title },
	{ 'u', "user", "user", "its owner (default: you)", .str = &user },
	{ 0, "member", "user", "another member; may be repeated", .list = &members },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "chat-new", "make a chat", "", opts, 0 };

static jv
names_of(const struct opt_list *list)
{
	jv names = jv_array();

	for (size_t i = 0; i < list->len; i++)
		names = jv_array_append(names, jv_string(list->item[i]));
	return names;
}

static jv
make_chat(struct store *s)
{
	enum store_result rc;
	struct tx *tx;
	jv chat;

	do {
		if (!(tx = store_begin(s)))
			err_exit();
		chat = chat_add(tx, title, id_user(user), names_of(&members));
		if (!jv_is_valid(chat)) {
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
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (view_open(&view, &rows_chat, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()))
		err_exit();
	view_add(&view, NULL, make_chat(s));
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
