/* chat-show - print what was said in a chat */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "chat.h"
#include "err.h"
#include "history.h"
#include "may.h"
#include "opt.h"

static struct history h;
static long since = -1, limit = -1;

static const struct opt opts[] = { { 0, "since", "seq", "only events after this one", .num = &since,
				       .max = LONG_MAX },
	{ 'n', "limit", "count", "at most count: the first after --since, else the last",
	    .num = &limit, .max = LONG_MAX },
	VIEW_FORMAT(h.view), VIEW_JQ(h.view), VIEW_IDS(h.view), { 0 } };

static const struct cmd cmd = { "chat-show", "print what was said in a chat", "CHAT", opts, 0 };

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv), chat_id[ID_TEXT];
	struct store *s;
	struct tx *tx;
	uint64_t last;

	(void)argc;
	if (!operands[0] || operands[1])
		opt_usage(&cmd, "want one chat");
	if (history_open(&h) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || ask_id(s, "chat", operands[0], chat_id) < 0 ||
	    may_ask(s, chat_id, id_user(NULL), MAY_READ) < 0 || !(tx = store_read(s)))
		err_exit();
	last = chat_last(tx, chat_id);
	if (store_end(tx) < 0)
		err_exit();
	if (since < 0)
		since = limit >= 0 && last > (uint64_t)limit ? (long)last - limit : 0;
	if (history_print(&h, s, chat_id, (uint64_t)since, last, limit) < 0)
		err_exit();
	store_close(s);
	return view_close(&h.view) < 0 ? err_print() : 0;
}
