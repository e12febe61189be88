/* chat-list - print the chats, in the order in which they were made */
#include <stddef.h>
#include <unistd.h>

#include "err.h"
#include "lines.h"
#include "opt.h"
#include "show.h"

static const char *user;
static bool ids;

static const struct opt opts[] = { { 'u', "user", "user", "only those that this user owns",
				       .str = &user },
	{ 0, "ids", NULL, "print only the ids", .set = &ids }, { 0 } };

static const struct cmd cmd = { "chat-list",
	"print the chats, in the order in which they were made", "", opts, false };

static bool
is_wanted(struct scan_text record, void *arg)
{
	(void)arg;
	return !user || show_field_is(record, "user_id", user);
}

int
main(int argc, char *argv[])
{
	struct show show = { .set = "chats", .wants = is_wanted, .limit = -1 };
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	show.is_id_only = ids;
	if (!(s = store_open()) || show_set(s, &show, STDOUT_FILENO) < 0)
		err_exit();
	store_close(s);
	return 0;
}
