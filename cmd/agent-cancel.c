/* agent-cancel - end tasks, and all that runs for them */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cancel.h"
#include "chat.h"
#include "clock.h"
#include "err.h"
#include "halt.h"
#include "may.h"
#include "opt.h"
#include "person.h"
#include "progress.h"
#include "rows.h"
#include "task.h"

enum { GRACE_MAX_MS = 86400000 };

static const char *chat, *parent, *grace = "10", *reason;
static bool all;
static struct view view;

static const struct opt opts[] = { { 0, "all", NULL, "all tasks that have not ended", .set = &all },
	{ 'c', "chat", "chat", "those of this chat", .str = &chat },
	{ 0, "parent", "task", "what is below this task, without itself", .str = &parent },
	{ 0, "grace", "time", "from TERM to KILL (default: 10)", .str = &grace },
	{ 0, "reason", "text", "why, for the chat and the record", .str = &reason },
	VIEW_TABLE(view), { 0 } };

static const struct cmd cmd = { "agent-cancel", "end tasks, and all that runs for them",
	"TASK ... | --all | --chat CHAT | --parent TASK", opts, 0 };

struct cancel {
	struct store *s;
	char **operands;
	const char *caller; /* the task of an agent that calls us; NULL: none does */
	const char *by;
	char run_id[ID_TEXT]; /* of this call, in the audit */
	int64_t begun_ms;
	jv lines; /* what is to be told, by task id */
	jv named; /* whose end was asked for by id: id -> true */
	struct progress progress;
	size_t running;
	jv denied;   /* by the rules of their chats: id -> why; told, and in the audit, once */
	jv refusals; /* of what was named in vain: why */
	int refused; /* the exit status of the last of them; 0: none */
	int status;
};

/* An agent may end what is below its own task, and nothing else.  -1 with err; in the audit once,
 * as often as we look. */
static int
check_caller(struct cancel *c, struct tx *tx, const char *id)
{
	char entry_id[ID_TEXT];

	if (!c->caller || (parent && !strcmp(id, c->caller)) ||
	    cancel_check_below(tx, id, "ends") == 0)
		return 0;
	return person_refuse(tx, "cancel_refused", id_derive(c->run_id, id, entry_id));
}

/* There is none, or it is not the caller's to end; the others are ended.  Nothing is printed before
 * the store's lock is let go. */
static void
refuse(struct cancel *c)
{
	c->refusals = jv_array_append(c->refusals, json_utf8(err_text(), strlen(err_text())));
	c->refused = err_code();
}

/* One that was named by id. */
static void
gather_named(struct cancel *c, struct tx *tx, struct cancel_family *f, const char *given,
    bool with_itself)
{
	char id[ID_TEXT];

	if (store_resolve(tx, "task", given, id) < 0 || check_caller(c, tx, id) < 0) {
		refuse(c);
		return;
	}
	if (with_itself)
		c->named = json_set(c->named, id, jv_true());
	cancel_gather(tx, f, id, with_itself);
}

static void
gather_chat(struct cancel *c, struct tx *tx, struct cancel_family *f)
{
	char id[ID_TEXT], *set;

	if (store_resolve(tx, "chat", chat, id) < 0) {
		refuse(c);
		return;
	}
	set = xprintf("chat.%s", id);
	cancel_gather_set(tx, f, set);
	free(set);
}

/* Those of ids (consumed) that the caller may end; the others become denied (consumed), which is
 * returned.  An agent is held to what is below its task. */
static jv
drop_denied(struct cancel *c, struct tx *tx, jv *ids, jv denied)
{
	jv left = jv_array();

	if (c->caller)
		return (jv_free(left), denied);
	jv_array_foreach (*ids, i, id) {
		const char *name = jv_string_value(id);

		if (json_has(denied, name))
			;
		else if (may_task(tx, name, c->by, MAY_CANCEL) == 0)
			left = jv_array_append(left, jv_copy(id));
		else
			denied = json_set(denied, name, json_utf8(err_text(), strlen(err_text())));
		jv_free(id);
	}
	jv_free(*ids);
	*ids = left;
	return denied;
}

static jv
gather(struct cancel *c, struct tx *tx)
{
	struct cancel_family f = cancel_family();

	for (char **given = c->operands; *given; given++)
		gather_named(c, tx, &f, *given, true);
	if (parent)
		gather_named(c, tx, &f, parent, false);
	if (chat)
		gather_chat(c, tx, &f);
	if (all) {
		cancel_gather_set(tx, &f, "status.in_progress");
		cancel_gather_set(tx, &f, "status.pending");
	}
	return cancel_family_ids(f);
}

/* The process that waited to go on with it, which is gone now. */
static jv
waiter_of(struct cancel *c, jv line)
{
	const char *lease = json_peek_string(line, "waiter");
	pid_t pid = lease ? halt_waiter(c->s, lease, (int)opt_duration_ms(grace)) : 0;

	if (pid < 0)
		c->status = (err_print(), EX_NO);
	if (pid == 0) /* it has heard of it, and ended before we looked */
		pid = (pid_t)json_peek_int(line, "waiter_pid", 0);
	return pid > 0 ? JV_ARRAY(jv_number(pid)) : jv_array();
}

/* What has ended before is told only where it was asked for. */
static void
note(struct cancel *c, jv line)
{
	const char *id = json_peek_string(line, "task_id");
	bool was_over = json_peek_bool(line, "was_over");
	jv out;

	if (json_has(c->lines, id) || (was_over && !json_has(c->named, id)))
		return;
	if (was_over)
		c->status = EX_NO;
	out = json_set_string(jv_object(), "task_id", id);
	out = json_set_valid(out, "state", json_get(line, "state", JV_KIND_STRING));
	out = json_set(json_set(out, "pids", waiter_of(c, line)), "signal", jv_null());
	out = json_set_int(out, "ms", clock_mono_ms() - c->begun_ms);
	c->lines = json_set(c->lines, id, out);
}

/* Whether something has ended; where all was only marked, its end is another transaction, and that
 * one lasts. */
static bool
has_ended(jv lines)
{
	bool has = false;

	jv_array_foreach (lines, i, line) {
		const char *state = json_peek_string(line, "state");

		has = has || (!json_peek_bool(line, "was_over") && state &&
				 strcmp(state, "in_progress") != 0);
		jv_free(line);
	}
	return has;
}

/* Ends what does not run, and marks the rest.  Returns cancel_tasks' lines. */
static jv
mark(struct cancel *c)
{
	enum store_result rc;
	jv lines, denied;

	do {
		struct tx *tx = store_begin(c->s);
		jv ids;

		if (!tx)
			err_exit();
		jv_free(c->refusals);
		c->refusals = jv_array();
		ids = gather(c, tx);
		denied = drop_denied(c, tx, &ids, jv_copy(c->denied));
		lines = cancel_tasks(tx, ids, c->by, reason);
		rc = store_commit(tx, has_ended(lines) ? STORE_DURABLE : STORE_RELAXED);
		if (rc != STORE_OK) {
			jv_free(lines);
			jv_free(denied);
		}
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	jv_free(c->denied);
	c->denied = denied;
	jv_array_foreach (lines, i, line) {
		note(c, line);
		jv_free(line);
	}
	return lines;
}

static void
step(void *arg, size_t gone)
{
	struct cancel *c = arg;

	progress_step(&c->progress, gone, c->running);
}

/* What has become of one that ran. */
static void
note_halt(struct cancel *c, struct halt *h, int64_t before_ms)
{
	jv line = json_set_string(jv_object(), "task_id", h->id);

	line = json_set_string(line, "state", h->state);
	line = json_set(line, "pids", jv_copy(h->pids));
	line = json_set(line, "signal",
	    h->signal ? jv_string(h->signal == SIGKILL ? "KILL" : "TERM") : jv_null());
	line = json_set_int(line, "ms", before_ms + h->ms);
	if (jv_array_length(jv_copy(h->left)) > 0)
		line = json_set(line, "left", jv_copy(h->left));
	c->lines = json_set(c->lines, h->id, line);
	halt_release(h);
}

/* Ends what runs of these (consumed); false: nothing does. */
static bool
halt_running(struct cancel *c, jv lines)
{
	int64_t before_ms = clock_mono_ms() - c->begun_ms;
	struct halt *halt = xmalloc(((size_t)jv_array_length(jv_copy(lines)) + 1) * sizeof *halt);
	size_t len = 0;
	int rc = 0;

	jv_array_foreach (lines, i, line) {
		const char *state = json_peek_string(line, "state");

		if (state && !strcmp(state, "in_progress")) {
			memset(&halt[len], 0, sizeof *halt);
			strncpy(halt[len++].id, json_peek_string(line, "task_id"), ID_TEXT - 1);
		}
		jv_free(line);
	}
	jv_free(lines);
	c->running = len;
	if (len > 0)
		rc = halt_run(c->s, halt, len, (int)opt_duration_ms(grace), step, c);
	progress_clear(&c->progress);
	if (rc < 0)
		err_exit();
	if (rc > 0)
		c->status = (err_print(), EX_NO);
	for (size_t i = 0; i < len; i++)
		note_halt(c, &halt[i], before_ms);
	free(halt);
	return len > 0 && rc == 0;
}

static void
print(struct cancel *c)
{
	jv_array_foreach (c->refusals, i, why) {
		err_warn("%s", jv_string_value(why));
		jv_free(why);
	}
	jv_object_foreach (c->denied, id, why) {
		err_warn("%s", jv_string_value(why));
		c->refused = EX_NOPERM;
		jv_free(id);
		jv_free(why);
	}
	jv_object_foreach (c->lines, id, line) {
		view_add(&view, NULL, line);
		jv_free(id);
	}
	if (view_close(&view) < 0)
		err_exit();
}

static const struct column columns[] = { { "ID", false }, { "STATE", false }, { "SIGNAL", false },
	{ "MS", true }, { "PROCESSES", false }, { NULL, false } };

static void
add_pids(struct buf *b, jv line, const char *member, const char *word)
{
	jv pids = json_get(line, member, JV_KIND_ARRAY);

	if (jv_is_valid(pids))
		jv_array_foreach (pids, i, pid) {
			buf_printf(b, "%s%s%d", b->len ? " " : "", i ? "" : word,
			    (int)jv_number_value(pid));
			jv_free(pid);
		}
	jv_free(pids);
}

static void
row(struct table *t, struct tx *tx, jv line, int64_t now_ms)
{
	const char *id = json_peek_string(line, "task_id"),
		   *state = json_peek_string(line, "state");
	bool is_left = state && !strcmp(state, "in_progress");
	char name[9], *ms = xprintf("%d", (int)json_peek_int(line, "ms", 0));
	struct buf pids = { 0 };

	(void)tx;
	(void)now_ms;
	add_pids(&pids, line, "pids", "");
	add_pids(&pids, line, "left", "left: ");
	table_cell(t, CYAN, t->is_tsv ? id : task_short(id, name));
	table_cell(t, is_left ? RED : DIM, state);
	table_cell(t, PLAIN, json_peek_string(line, "signal"));
	table_cell(t, DIM, ms);
	table_cell(t, PLAIN, pids.p);
	buf_release(&pids);
	free(ms);
}

static const struct view_form form = { columns, row, NULL };

static void
check_usage(char **operands)
{
	if ((*operands != NULL) + all + (chat != NULL) + (parent != NULL) != 1)
		opt_usage(&cmd, "want tasks, or one of --all, --chat and --parent");
	if (opt_duration_ms(grace) < 0 || opt_duration_ms(grace) > GRACE_MAX_MS)
		opt_usage(&cmd,
		    "--grace: want a time of a day at most, such as 10, 500ms or 2m, got '%s'",
		    grace);
	if (chat_check_reason(reason) < 0)
		opt_usage(&cmd, "--%s", err_text());
	if (view_open(&view, &form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
}

/* Who cancels: an agent does not look like a person. */
static char *
who(const char *caller)
{
	char name[9];

	return caller ? xprintf("task %s", task_short(caller, name)) : xstrdup(id_user(NULL));
}

int
main(int argc, char *argv[])
{
	struct cancel c = { .operands = opt_parse(&cmd, argv),
		.caller = getenv("LEGWORK_TASK_ID"),
		.lines = jv_object(),
		.named = jv_object(),
		.denied = jv_object(),
		.refusals = jv_array() };
	char *by;

	(void)argc;
	check_usage(c.operands);
	c.caller = c.caller && *c.caller ? c.caller : NULL;
	c.by = by = who(c.caller);
	c.begun_ms = clock_mono_ms();
	id_new(c.run_id);
	if (!(c.s = store_open()) || ((all || chat) && person_check(c.s, "cancel_refused",
							   "ends only what is below its task") < 0))
		err_exit();
	progress_begin(&c.progress, "ending tasks");
	while (halt_running(&c, mark(&c)))
		; /* what was spawned meanwhile ends, too */
	store_close(c.s);
	print(&c);
	jv_free(c.lines);
	jv_free(c.named);
	jv_free(c.denied);
	jv_free(c.refusals);
	free(by);
	return c.refused ? c.refused : c.status;
}
