/* task-why - say why a task is not running, or why it ended as it did */
#include <unistd.h>

#include "ask.h"
#include "card.h"
#include "err.h"
#include "opt.h"
#include "task.h"
#include "why.h"

static struct view view;
static bool agent;

static const struct opt opts[] = { { 0, "agent", NULL, "say who does it, and why that one",
				       .set = &agent },
	VIEW_FORMAT(view), VIEW_JQ(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "task-why",
	"say why a task is not running, or why it ended as it did", "TASK ...", opts, 0 };

static void
add(struct tx *tx, jv task)
{
	view_add(&view, tx, agent ? why_agent(tx, task) : why_task(tx, task));
	jv_free(task);
}

int
main(int argc, char *argv[])
{
	char **ids = opt_parse(&cmd, argv);
	struct store *s;
	int status = 0;

	(void)argc;
	if (!*ids)
		opt_usage(&cmd, "want a task");
	if (view_open(&view, agent ? &card_fields : &card_why, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()))
		err_exit();
	for (; *ids; ids++)
		if (ask_and(s, "task", *ids, add) < 0)
			status = err_print();
	store_close(s);
	return view_close(&view) < 0 ? err_print() : status;
}
