/* chat-show - print what was said in a chat */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "event.h"
#include "history.h"
#include "may.h"
#include "opt.h"

static struct history h;
static long since = -1, limit = -1;

static const struct opt opts[] = { { 0, "since", "seq", "only events after this one", .num = &since,
				       .max = LONG_MAX },
	{ 'n', "limit", "count", "at most count: the first after --since, else the last",
	    .num = &limit, .max = LONG_MAX },
	HISTORY_GROUP(h), CHOICE_OPTIONS(h.choice), VIEW_FORMAT(h.view), VIEW_JQ(h.view),
	VIEW_IDS(h.view), { 0 } };

static const struct cmd cmd = { "chat-show", "print what was said in a chat", "CHAT", opts, 0 };

/* What was asked for, up to the event `last`.  -1 with err. */
static int
show(struct store *s, const char *chat_id, uint64_t last)
{
	bool is_tail = since < 0 && limit >= 0;
	uint64_t from = since > 0 ? (uint64_t)since : 0;

	if (h.is_grouped) {
		if (history_print(&h, s, chat_id, from, last, -1) < 0)
			return -1;
		return history_settle(&h, s, GATHER_ALL, limit, is_tail);
	}
	if (is_tail && history_tail(&h, s, chat_id, last, limit, &from) < 0)
		return -1;
	return history_print(&h, s, chat_id, from, last, limit);
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv), chat_id[ID_TEXT];
	struct store *s;
	struct tx *tx;
	uint64_t last;
	int status;

	(void)argc;
	if (!operands[0] || operands[1])
		opt_usage(&cmd, "want one chat");
	if (history_open(&h) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (h.is_grouped && h.view.is_ids)
		opt_usage(&cmd, "--group does not go with --ids");
	if (!(s = store_open()) || ask_id(s, "chat", operands[0], chat_id) < 0 ||
	    may_ask(s, chat_id, id_user(NULL), MAY_READ) < 0 || history_choose(&h, s) < 0 ||
	    !(tx = store_read(s)))
		err_exit();
	last = event_last(tx, chat_id);
	if (store_end(tx) < 0)
		err_exit();
	if (show(s, chat_id, last) < 0)
		err_exit();
	status = history_close(&h) < 0 ? err_print() : 0;
	store_close(s);
	return status;
}
