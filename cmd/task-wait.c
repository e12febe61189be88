/* task-wait - wait until tasks have ended */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "clock.h"
#include "err.h"
#include "opt.h"
#include "rows.h"
#include "task.h"

/* How long a lost bell may go unnoticed. */
enum { POLL_MS = 2000 };

static const char *timeout;
static bool quiet;
static struct view view;

static const struct opt opts[] = {
	{ 't', "timeout", "time", "give up after this time, with status 124", .str = &timeout },
	{ 'q', "quiet", NULL, "do not print the tasks", .set = &quiet }, VIEW_TABLE(view),
	VIEW_JQ(view), VIEW_IDS(view), { 0 }
};

static const struct cmd cmd = { "task-wait", "wait until tasks have ended", "TASK ...", opts, 0 };

static jv
get(struct store *s, const char *id)
{
	jv task = ask_record(s, "task", id);

	if (!jv_is_valid(task))
		err_exit();
	return task;
}

/* Sleeps until the task ends; invalid: the time is over. */
static jv
wait_for(struct store *s, const char *id, long long deadline_ms, int out_fd)
{
	char *topic = xprintf("task-%s", id);
	struct bell *bell = bell_open(store_watch_fd(s), topic);
	jv task;

	if (!bell)
		err_exit();
	for (task = get(s, id); !task_is_over(task); task = get(s, id)) {
		long long left = deadline_ms ? deadline_ms - clock_mono_ms() : POLL_MS;

		jv_free(task);
		task = jv_invalid();
		if (left <= 0)
			break;
		if (bell_wait(bell, (int)(left < POLL_MS ? left : POLL_MS), out_fd) < 0) {
			bell_close(bell);
			exit(EX_IOERR); /* nobody wants to know any more */
		}
	}
	bell_close(bell);
	free(topic);
	return task;
}

/* Whole ids, so that one that is unknown is refused before any is waited for. */
static void
resolve_all(struct store *s, char **ids)
{
	for (; *ids; ids++) {
		char id[ID_TEXT];

		if (ask_id(s, "task", *ids, id) < 0)
			err_exit();
		*ids = xstrdup(id);
	}
}

int
main(int argc, char *argv[])
{
	char **ids = opt_parse(&cmd, argv), **all = ids;
	long long deadline_ms = 0;
	struct store *s;
	int status = 0;

	(void)argc;
	if (!*ids)
		opt_usage(&cmd, "want a task");
	if (timeout && opt_duration_ms(timeout) < 0)
		opt_usage(&cmd, "--timeout: want a time such as 10, 500ms or 2m, got '%s'",
		    timeout);
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (timeout)
		deadline_ms = clock_mono_ms() + opt_duration_ms(timeout) + 1;
	if (!(s = store_open()))
		err_exit();
	resolve_all(s, ids);
	for (; *ids; ids++) {
		jv task = wait_for(s, *ids, deadline_ms, quiet ? -1 : STDOUT_FILENO);

		if (!jv_is_valid(task)) {
			status = EX_TIMEOUT;
			break;
		}
		if (!task_is(task, "completed"))
			status = EX_NO;
		if (!quiet)
			view_add(&view, NULL, jv_copy(task));
		jv_free(task);
		if (view_flush(&view) < 0)
			err_exit();
	}
	for (ids = all; *ids; ids++)
		free(*ids);
	store_close(s);
	return view_close(&view) < 0 ? err_print() : status;
}
