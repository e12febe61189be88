/* task-retry - put failed or cancelled tasks back */
#include <stdlib.h>
#include <unistd.h>

#include "deed.h"
#include "err.h"
#include "may.h"
#include "opt.h"
#include "retry.h"
#include "rows.h"
#include "task.h"

static struct view view = { .is_maker = true };

static const struct opt opts[] = { VIEW_TABLE(view), VIEW_IDS(view), { 0 } };

static const struct cmd cmd = { "task-retry", "put failed or cancelled tasks back", "TASK ...",
	opts, 0 };

/* An operand, and what became of it. */
struct item {
	const char *given;
	jv task; /* as stored; invalid: it is refused */
	int code;
	char *why;
};

struct retry {
	struct item *item;
	size_t len;
};

static void
forget(struct item *item)
{
	jv_free(item->task);
	free(item->why);
	item->task = jv_invalid();
	item->why = NULL;
	item->code = 0;
}

/* Whether it was put back, or is there already. */
static bool
try(struct tx *tx, struct item *item)
{
	char id[ID_TEXT];

	forget(item);
	if (store_resolve(tx, "task", item->given, id) == 0 &&
	    may_task(tx, id, id_user(NULL), MAY_READ) == 0 &&
	    may_task(tx, id, id_user(NULL), MAY_ADD) == 0 && retry_task(tx, id) >= 0)
		return true;
	item->code = err_code();
	item->why = xstrdup(err_text());
	return false;
}

/* Tries all; then again those that wait for another, for as long as one of them is freed. */
static int
try_all(void *arg, struct tx *tx)
{
	struct retry *r = arg;
	bool goes_on = true;

	for (size_t i = 0; i < r->len; i++)
		try(tx, &r->item[i]);
	while (goes_on) {
		goes_on = false;
		for (size_t i = 0; i < r->len; i++)
			if (r->item[i].code == EX_TEMPFAIL && try(tx, &r->item[i]))
				goes_on = true;
	}
	for (size_t i = 0; i < r->len; i++) {
		char id[ID_TEXT];

		if (!r->item[i].code && store_resolve(tx, "task", r->item[i].given, id) == 0)
			r->item[i].task = task_get(tx, id);
	}
	return 0;
}

/* Prints what was put back, and says what was not.  The exit status. */
static int
report(struct retry *r)
{
	int status = 0;

	for (size_t i = 0; i < r->len; i++) {
		struct item *item = &r->item[i];

		if (item->why) {
			err_warn("%s", item->why);
			status = item->code;
		} else {
			view_add(&view, NULL, jv_copy(item->task));
		}
		forget(item);
	}
	return view_close(&view) < 0 ? err_print() : status;
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv);
	struct retry r = { .len = 0 };
	struct store *s;
	int status;

	if (!*operands)
		opt_usage(&cmd, "want a task");
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	r.item = xmalloc((size_t)argc * sizeof *r.item);
	for (; *operands; operands++)
		r.item[r.len++] = (struct item){ .given = *operands, .task = jv_invalid() };
	if (!(s = store_open()) || deed_change(s, try_all, &r) < 0)
		err_exit();
	store_close(s);
	status = report(&r);
	free(r.item);
	return status;
}
