/* chat-new - make a chat */
#include <stddef.h>
#include <unistd.h>

#include "chat.h"
#include "err.h"
#include "lines.h"
#include "opt.h"

static const char *title, *user;
static struct opt_list members;
static bool ids;

static const struct opt opts[] = { { 0, "title", "title", "what to call it", .str = &title },
	{ 'u', "user", "user", "its owner (default: you)", .str = &user },
	{ 0, "member", "user", "another member; may be repeated", .list = &members },
	{ 0, "ids", NULL, "print only the id", .set = &ids }, { 0 } };

static const struct cmd cmd = { "chat-new", "make a chat", "", opts, false };

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
	struct out out = { .fd = STDOUT_FILENO };
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (!(s = store_open()))
		err_exit();
	out_record(&out, make_chat(s), ids);
	store_close(s);
	return out_flush(&out) < 0 ? err_print() : 0;
}
