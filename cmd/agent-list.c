/* agent-list - print the crew, in the order in which it was added */
#include <stddef.h>
#include <unistd.h>

#include "err.h"
#include "opt.h"
#include "show.h"

static bool ids;

static const struct opt opts[] = { { 0, "ids", NULL, "print only the roles", .set = &ids }, { 0 } };

static const struct cmd cmd = { "agent-list", "print the crew, in the order in which it was added",
	"", opts, false };

int
main(int argc, char *argv[])
{
	struct show show = { .set = "agents", .limit = -1 };
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
