/* task-wait - wait until tasks have ended */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "clock.h"
#include "err.h"
#include "opt.h"
#include "progress.h"
#include "rows.h"
#include "stop.h"
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

/* What is waited for. */
struct waiting {
	struct store *s;
	char **all, **at; /* whole ids; the one that is waited for now */
	uint64_t count;
	long long deadline_ms;
	struct progress progress;
	struct bell *bell;
};

/* Ends at once, leaving neither a bell nor a line behind. */
static _Noreturn void
leave(struct waiting *w, int status)
{
	progress_clear(&w->progress);
	bell_close(w->bell);
	exit(status);
}

/* The task; without one (it was deleted), or where it may not be read any more, there is nothing to
 * wait for. */
static jv
get(struct waiting *w, const char *id)
{
	jv task = ask_task(w->s, id);

	if (!jv_is_valid(task)) {
		progress_clear(&w->progress);
		leave(w, err_print());
	}
	return task;
}

/* How many have ended, what was waited for already and may be gone by now included. */
static uint64_t
count_ended(struct waiting *w)
{
	struct tx *tx = store_read(w->s);
	uint64_t ended = 0;

	for (char **id = w->all; tx && *id; id++) {
		jv task = id < w->at ? jv_invalid() : task_get(tx, *id);

		ended += id < w->at || (jv_is_valid(task) && task_is_over(task));
		jv_free(task);
	}
	if (tx)
		store_end(tx);
	return ended;
}

/* How far it is; a single task that was split has come as far as its subtasks. */
static void
draw(struct waiting *w, jv task)
{
	jv counts = json_get(task, "subtasks", JV_KIND_OBJECT);

	if (!w->all[1] && jv_is_valid(counts))
		progress_step(&w->progress,
		    (uint64_t)(json_peek_int(counts, "done", 0) +
			       json_peek_int(counts, "failed", 0)),
		    (uint64_t)json_peek_int(counts, "total", 0));
	else
		progress_step(&w->progress, count_ended(w), w->count);
	jv_free(counts);
}

/* How long to sleep, at most; 0: the time is over. */
static int
patience_ms(const struct waiting *w)
{
	long long most = w->progress.is_on ? PROGRESS_MS : POLL_MS, left = most;

	if (w->deadline_ms)
		left = w->deadline_ms - clock_mono_ms();
	return left < 0 ? 0 : (int)(left < most ? left : most);
}

/* Sleeps until the task ends; invalid: the time is over. */
static jv
wait_for(struct waiting *w, const char *id, int out_fd)
{
	char *topic = xprintf("task-%s", id);
	jv task;

	if (!(w->bell = bell_open(store_watch_fd(w->s), topic)))
		err_exit();
	for (task = get(w, id); !task_is_over(task); task = get(w, id)) {
		int patience = patience_ms(w);

		if (w->progress.is_on)
			draw(w, task);
		jv_free(task);
		task = jv_invalid();
		if (patience == 0)
			break;
		if (bell_wait(w->bell, patience, out_fd) < 0)
			leave(w, EX_IOERR); /* nobody wants to know any more */
		if (stop_signal())
			leave(w, 128 + stop_signal());
	}
	bell_close(w->bell);
	w->bell = NULL;
	free(topic);
	progress_clear(&w->progress);
	return task;
}

/* Whole ids, so that one that is unknown is refused before any is waited for. */
static void
resolve_all(struct store *s, char **ids)
{
	for (; *ids; ids++) {
		char id[ID_TEXT];

		if (ask_shown(s, *ids, id) < 0)
			err_exit();
		*ids = xstrdup(id);
	}
}

/* Waits for all, one after the other, printing each.  The exit status. */
static int
wait_for_all(struct waiting *w)
{
	int status = 0;

	for (w->at = w->all; *w->at; w->at++) {
		jv task = wait_for(w, *w->at, quiet ? -1 : STDOUT_FILENO);

		if (!jv_is_valid(task))
			return EX_TIMEOUT;
		if (!task_is(task, "completed"))
			status = EX_NO;
		if (!quiet)
			view_add(&view, NULL, jv_copy(task));
		jv_free(task);
		if (view_flush(&view) < 0)
			err_exit();
	}
	return status;
}

int
main(int argc, char *argv[])
{
	struct waiting w = { .all = opt_parse(&cmd, argv) };
	int status;

	(void)argc;
	if (!*w.all)
		opt_usage(&cmd, "want a task");
	if (timeout && opt_duration_ms(timeout) < 0)
		opt_usage(&cmd, "--timeout: want a time such as 10, 500ms or 2m, got '%s'",
		    timeout);
	if (view_open(&view, &rows_task, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (timeout)
		w.deadline_ms = clock_mono_ms() + opt_duration_ms(timeout) + 1;
	if (!(w.s = store_open()))
		err_exit();
	resolve_all(w.s, w.all);
	while (w.all[w.count])
		w.count++;
	stop_catch();
	progress_begin(&w.progress, w.all[1] ? "waiting for tasks" : "waiting for the task");
	status = wait_for_all(&w);
	for (char **id = w.all; *id; id++)
		free(*id);
	store_close(w.s);
	return view_close(&view) < 0 ? err_print() : status;
}
