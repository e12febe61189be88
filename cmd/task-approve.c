/* task-approve - decide what a task asks before it goes on */
#include <stdlib.h>
#include <unistd.h>

#include "approve.h"
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

/* The task as it is stored then. */
static jv
decide(struct store *s, const char *prefix, const char *reason)
{
	struct approval decision = { .yes = !deny, .by = id_user(NULL), .reason = reason };
	enum store_result rc;
	char id[ID_TEXT];
	jv task;

	do {
		struct tx *tx = store_begin(s);

		if (!tx)
			err_exit();
		if (store_resolve(tx, "task", prefix, id) < 0 ||
		    may_task(tx, id, decision.by, MAY_READ) < 0 ||
		    approve_task(tx, id, NULL, decision) < 0) {
			if ((rc = may_settle(tx)) == STORE_AGAIN)
				continue;
			err_exit();
		}
		task = task_get(tx, id);
		if ((rc = store_commit(tx, STORE_DURABLE)) != STORE_OK)
			jv_free(task);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	return task;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct store *s;

	(void)argc;
	if (!operands[0] || (operands[1] && operands[2]))
		opt_usage(&cmd, "want a task, and at most one reason");
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || person_check(s, "approve_refused", "approves nothing") < 0)
		err_exit();
	view_add(&view, NULL, decide(s, operands[0], operands[1]));
	store_close(s);
	return view_close(&view) < 0 ? err_print() : 0;
}
