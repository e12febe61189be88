/* task-approve - decide what a task asks before it goes on */
#include <stdlib.h>
#include <unistd.h>

#include "approve.h"
#include "deed.h"
#include "err.h"
#include "id.h"
#include "may.h"
#include "opt.h"
#include "person.h"
#include "rows.h"
#include "task.h"

static bool deny;
static struct view view = { .is_maker = true };

static const struct opt opts[] = { { 0, "deny", NULL, "no: it shall go on without", .set = &deny },
	VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "task-approve", "decide what a task asks before it goes on",
	"TASK [REASON]", opts, 0 };

struct decision {
	const char *prefix;
	struct approval approval;
	jv task; /* as it is stored then */
};

static int
decide(void *arg, struct tx *tx)
{
	struct decision *d = arg;
	char id[ID_TEXT];

	if (store_resolve(tx, "task", d->prefix, id) < 0 ||
	    may_task(tx, id, d->approval.by, MAY_READ) < 0 ||
	    approve_task(tx, id, NULL, d->approval) < 0)
		return -1;
	jv_free(d->task);
	d->task = task_get(tx, id);
	return 0;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct decision decision = { .approval = { .yes = !deny }, .task = jv_invalid() };
	struct store *s;

	(void)argc;
	if (!operands[0] || (operands[1] && operands[2]))
		opt_usage(&cmd, "want a task, and at most one reason");
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	decision.prefix = operands[0];
	decision.approval.by = id_user(NULL);
	decision.approval.reason = operands[1];
	if (!(s = store_open()) || person_check(s, "approve_refused", "approves nothing") < 0 ||
	    deed_change(s, decide, &decision) < 0)
		err_exit();
	view_add(&view, NULL, decision.task);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
