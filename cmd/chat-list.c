/* chat-list - print the chats, in the order in which they were made */
#include <limits.h>
#include <stddef.h>
#include <unistd.h>

#include "err.h"
#include "opt.h"
#include "rows.h"
#include "show.h"

static struct view view;
static const char *user;
static bool newest;
static long limit = -1;

static const struct opt opts[] = { { 'u', "user", "user", "only those that this user owns",
				       .str = &user },
	{ 0, "newest", NULL, "the newest first", .set = &newest },
	{ 'n', "limit", "count", "print at most count", .num = &limit, .max = LONG_MAX },
	VIEW_TABLE(view), VIEW_JQ(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "chat-list",
	"print the chats, in the order in which they were made", "", opts, 0 };

static bool
is_wanted(struct scan_text record, void *arg)
{
	(void)arg;
	return !user || show_name_is(record, "user_id", user);
}

int
main(int argc, char *argv[])
{
	struct show show = { .view = &view, .set = "chats", .wants = is_wanted };
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	show.is_newest = newest;
	show.limit = limit;
	if (view_open(&view, &rows_chat, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || show_set(s, &show) < 0)
		err_exit();
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
