/* agent-list - print the crew, in the order in which it was added */
#include <stddef.h>
#include <unistd.h>

#include "err.h"
#include "opt.h"
#include "rows.h"
#include "show.h"

static struct view view;

static const struct opt opts[] = { VIEW_TABLE(view), VIEW_JQ(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "agent-list", "print the crew, in the order in which it was added",
	"", opts, 0 };

int
main(int argc, char *argv[])
{
	struct show show = { .view = &view, .set = "agents", .limit = -1 };
	struct store *s;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (view_open(&view, &rows_agent, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || show_set(s, &show) < 0)
		err_exit();
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
