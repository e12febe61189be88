/* agent-log - print what an agent did, or delete old logs */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "bell.h"
#include "clock.h"
#include "err.h"
#include "logtext.h"
#include "opt.h"
#include "person.h"
#include "prune.h"
#include "sight.h"
#include "stop.h"
#include "task.h"
#include "trail.h"
#include "wording.h"

/* How long a lost bell may go unnoticed; how much is printed at once. */
enum { POLL_MS = 2000, FLUSH_BYTES = 1 << 18 };

static bool follow, dry_run;
static const char *kinds, *since, *prune;
static struct view view;

static const struct opt opts[] = { { 'f', "follow", NULL,
				       "go on with what it does, until the task has ended",
				       .set = &follow },
	{ 0, "kind", "kinds", "only lines of these kinds, separated by commas", .str = &kinds },
	{ 0, "since", "attempt", "begin with this attempt: a number from 1, or last",
	    .str = &since },
	{ 0, "prune", "age", "delete the logs of tasks that ended longer ago", .str = &prune },
	{ 0, "dry-run", NULL, "with --prune: only print whose logs would be deleted",
	    .set = &dry_run },
	VIEW_FORMAT(view), VIEW_JQ(view), { 0 } };

static const struct cmd cmd = { "agent-log", "print what an agent did, or delete old logs",
	"[TASK]", opts, 0 };

struct look {
	struct store *s;
	const char *id;
	struct trail trail;
	struct bell *bell;
	long attempt;   /* lines before it are passed over; 0: none are, any more */
	bool is_whole;  /* all that there will be was looked at */
	bool is_gone;   /* the task was deleted */
	bool is_denied; /* its chat's rules let us read it no more */
};

/* Ends with the error in the slot, leaving no bell behind. */
static _Noreturn void
die(struct look *l)
{
	bell_close(l->bell);
	if (stop_signal())
		exit(128 + stop_signal());
	err_exit();
}

/* --- lines */

static bool
has_kind(const char *list, struct scan_text kind)
{
	size_t len = kind.len - 2; /* its quotes */

	for (size_t part; *list; list += part + (list[part] == ',')) {
		part = strcspn(list, ",");
		if (part == len && !memcmp(list, kind.p + 1, len))
			return true;
	}
	return false;
}

/* The attempt that a line begins; 0: it begins none. */
static long
begins(struct scan_text line, struct scan_text kind)
{
	struct scan_text attempt;

	if (!scan_is(kind, "start") || !scan_member(line, "attempt", &attempt))
		return 0;
	return strtol(attempt.p, NULL, 10);
}

/* Whether the line is one, and of what kind. */
static bool
is_line(struct scan_text line, struct scan_text *kind)
{
	return line.len > 0 && *line.p == '{' && scan_check(line.p, line.len) == 0 &&
	       scan_member(line, "kind", kind) && *kind->p == '"';
}

/* Moves to where the last attempt begins. */
static void
go_to_last(struct look *l)
{
	struct trail t = { .fd = -1 };
	struct scan_text line, kind;
	uint64_t before = 0;
	int rc;

	for (; (rc = trail_next(&t, store_logs_fd(l->s), l->id, &line)) > 0; before = t.at)
		if (memmem(line.p, line.len, "\"start\"", 7) && is_line(line, &kind) &&
		    begins(line, kind))
			l->trail.at = before;
	trail_release(&t);
	if (rc < 0)
		die(l);
}

static void
print_line(struct look *l, struct scan_text line)
{
	struct scan_text kind;

	if (!is_line(line, &kind))
		return; /* torn by a power cut: log.h */
	if (l->attempt > 0 && begins(line, kind) >= l->attempt)
		l->attempt = 0;
	if (l->attempt == 0 && (!kinds || has_kind(kinds, kind)))
		view_add_line(&view, NULL, line);
}

/* Prints what there is. */
static void
print(struct look *l)
{
	struct scan_text line;
	int rc;

	while ((rc = trail_next(&l->trail, store_logs_fd(l->s), l->id, &line)) > 0) {
		print_line(l, line);
		if (view_len(&view) > FLUSH_BYTES && view_flush(&view) < 0)
			die(l);
	}
	if (rc < 0 || view_flush(&view) < 0)
		die(l);
}

/* --- following */

/* Whether the task has ended, or was deleted: then all that its log will say is there; or whether
 * it says nothing to us any more. */
static bool
is_over(struct look *l)
{
	struct tx *tx = store_read(l->s);
	bool is;
	jv task;

	if (!tx)
		die(l);
	task = task_get(tx, l->id);
	l->is_gone = !jv_is_valid(task);
	l->is_denied = !l->is_gone && !sight_has(tx, task);
	is = l->is_gone || l->is_denied || task_is_over(task);
	jv_free(task);
	if (store_end(tx) < 0)
		die(l);
	return is;
}

static void
follow_log(struct look *l)
{
	do {
		l->is_whole = is_over(l);
		if (!l->is_denied)
			print(l);
	} while (!l->is_whole && !stop_signal() && bell_wait(l->bell, POLL_MS, STDOUT_FILENO) >= 0);
}

/* What is wrong with how it ended; else 0. */
static int
end_status(const struct look *l)
{
	if (stop_signal())
		return 128 + stop_signal();
	if (l->is_denied)
		err_set(EX_NOPERM, "task %.8s: %s may not read it any more", l->id, id_user(NULL));
	else if (l->is_gone)
		err_set(EX_NOINPUT, "task %s: was deleted", l->id);
	else if (l->is_whole && l->trail.fd < 0)
		err_set(EX_NOINPUT, "task %s: has no log", l->id);
	else if (l->is_whole && l->attempt > 0)
		err_set(EX_NOINPUT, "task %s: no attempt %ld is in its log", l->id, l->attempt);
	else
		return 0;
	return err_print();
}

static int
look(struct store *s, const char *id)
{
	struct look l = { .s = s, .id = id, .trail.fd = -1, .is_whole = !follow };
	char *topic = xprintf("task-%s", id);
	int status;

	if (follow) {
		stop_catch();
		if (!(l.bell = bell_open(store_watch_fd(s), topic)))
			die(&l);
	}
	free(topic);
	if (since && !strcmp(since, "last"))
		go_to_last(&l);
	else if (since)
		l.attempt = strtol(since, NULL, 10);
	if (follow)
		follow_log(&l);
	else
		print(&l);
	status = end_status(&l);
	bell_close(l.bell);
	trail_release(&l.trail);
	return view_close(&view) < 0 ? err_print() : status;
}

/* --- deleting */

static void
take_pruned(void *arg, const char *id)
{
	struct out *out = arg;

	buf_puts(&out->buf, id);
	buf_putc(&out->buf, view.is_null ? '\0' : '\n');
}

static int
prune_old(struct store *s)
{
	struct out out = { .fd = STDOUT_FILENO };
	int rc = dry_run ? 0 : person_check(s, "remove_refused", "removes no log"), status;

	if (rc == 0)
		rc = prune_logs(s, clock_now_ms() - opt_duration_ms(prune), dry_run, take_pruned,
		    &out);
	status = rc < 0 ? err_print() : 0;

	if (out_flush(&out) < 0)
		status = err_print();
	buf_release(&out.buf);
	return status;
}

/* Whether a list, separated by commas, has kinds that there are; else what has to be is said. */
static void
check_kinds(const char *list)
{
	struct buf all = { 0 };
	size_t len;

	do {
		len = strcspn(list, ",");
		if (!wording_knows(list, len)) {
			wording_kinds(&all);
			opt_usage(&cmd, "--kind: there is no '%.*s', but %s",
			    (int)(len < 40 ? len : 40), list, all.p);
		}
		list += len + 1;
	} while (list[-1]);
}

static void
check_options(char **operands)
{
	if (!operands[0] == !prune || (operands[0] && operands[1]))
		opt_usage(&cmd, "want one task, or --prune");
	if (prune && (follow || kinds || since || view.format || view.jq || view.color))
		opt_usage(&cmd, "--prune goes with --dry-run and --null only");
	if (prune && opt_duration_ms(prune) < 0)
		opt_usage(&cmd, "--prune: want an age such as 30d, 12h or 90m, got '%s'", prune);
	if (dry_run && !prune)
		opt_usage(&cmd, "--dry-run goes with --prune");
	if (since && strcmp(since, "last") != 0 &&
	    (strspn(since, "0123456789") != strlen(since) || strlen(since) > 9 ||
		strtol(since, NULL, 10) < 1))
		opt_usage(&cmd, "--since: want an attempt's number, from 1, or last, got '%s'",
		    since);
	if (kinds)
		check_kinds(kinds);
}

int
main(int argc, char *argv[])
{
	char **operands = opt_parse(&cmd, argv), id[ID_TEXT];
	struct logtext text = { .text.screen = &view.screen };
	struct store *s;
	int status;

	(void)argc;
	check_options(operands);
	text.shows_all = kinds != NULL;
	view.state = &text;
	if (view_open(&view, &logtext_form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(s = store_open()) || (!prune && ask_shown(s, operands[0], id) < 0))
		err_exit();
	status = prune ? prune_old(s) : look(s, id);
	store_close(s);
	return status;
}
