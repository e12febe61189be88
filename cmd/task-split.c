/* task-split - store plans: a task's subtasks, all of them or none */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "life.h"
#include "lines.h"
#include "opt.h"
#include "plan.h"
#include "rows.h"
#include "split.h"
#include "stage.h"
#include "task.h"
#include "tree.h"

static bool print, dry_run, keep_going;
static struct view view;

static const struct opt opts[] = {
	{ 0, "print", NULL, "print the subtasks too (task-watch emits them when they are ready)",
	    .set = &print },
	{ 0, "dry-run", NULL, "store nothing; print the plans as they would be stored",
	    .set = &dry_run },
	{ 0, "format", "format",
	    "of a dry run: text, tsv or json (default: text on a terminal, else json)",
	    .str = &view.format },
	{ 0, "color", "when", "of a dry run: auto, always or never (default: auto)",
	    .str = &view.color },
	{ 0, "keep-going", NULL, "a failed subtask does not end the others, nor its parent",
	    .set = &keep_going },
	{ 0 }
};

static const struct cmd cmd = { "task-split", "store plans: a task's subtasks, all of them or none",
	"", opts, 0 };

struct split {
	struct store *s;
	struct out out;
	struct lines in;
};

static int
refuse(struct split *sp)
{
	err_warn("stdin:%lu: %s", sp->in.number, err_text());
	return EX_DATAERR;
}

/* Whether the task (borrowed) of a plan line (borrowed) waits for what is to become of the plan. */
static bool
is_open(jv task, jv line)
{
	int64_t revision = json_peek_int(line, "task_revision", -1);

	return task_is(task, "pending") && !task_has_subtasks(task) &&
	       (revision < 0 || revision == json_peek_int(task, "revision", 0));
}

/* A plan (its line is borrowed) that cannot be, as err says: its task (consumed; invalid: none)
 * goes on as it is, with a decision that says why, or else nobody would go on with it. */
static int
refuse_plan(struct split *sp, jv task, jv line)
{
	char *why = xprintf("the plan cannot be used: %s", err_text());
	jv decision = json_get(line, "decision", JV_KIND_OBJECT);
	int status = refuse(sp);

	if (!jv_is_valid(decision)) {
		jv_free(decision);
		decision = jv_object();
	}
	decision = json_set(decision, "error", task_error("validation", "no_plan", why, false));
	if (!dry_run && jv_is_valid(task) && is_open(task, line))
		out_json(&sp->out, json_set(json_drop(jv_copy(task), "reservation"), "decision",
				       jv_copy(decision)));
	jv_free(decision);
	jv_free(task);
	free(why);
	return status;
}

/* The plan (consumed) of a task (borrowed), normalised; invalid with err. */
static jv
normalise(struct split *sp, jv task, jv plan)
{
	jv crew = ask_crew(sp->s, task), warnings;

	if (!jv_is_valid(crew))
		err_exit();
	plan = plan_normalise(plan, crew, &warnings);
	jv_array_foreach (warnings, i, warning) {
		err_warn("stdin:%lu: %s", sp->in.number, jv_string_value(warning));
		jv_free(warning);
	}
	jv_free(warnings);
	jv_free(crew);
	return plan;
}

/* Prints a task that passes (consumed). */
static void
put_task(struct split *sp, jv task)
{
	if (!dry_run) {
		out_json(&sp->out, task);
		return;
	}
	view_add(&view, NULL, task);
	if (view_flush(&view) < 0)
		err_exit();
}

/* Shows what would be stored; all are borrowed. */
static void
show_plan(jv task, jv line, jv plan)
{
	if (view.kind == VIEW_TEXT)
		tree_add_plan(&view, task, plan);
	else
		view_add(&view, NULL, json_set(jv_copy(line), "plan", jv_copy(plan)));
	if (view_flush(&view) < 0)
		err_exit();
}

/* A task that may not be split goes on as it is, with a decision that says so. */
static void
pass_whole(struct split *sp, jv task)
{
	jv decision = json_set(jv_object(), "needs_subtasks", jv_false());
	jv limits = json_get(task, "limits", JV_KIND_OBJECT);
	bool is_limit = json_peek_int(limits, "max_depth", -1) == 0;
	const char *why = is_limit ? "limits.max_depth is 0" : "its tree is too deep";

	decision = json_set(decision, "reasoning", jv_string_fmt("%s: it is not split", why));
	err_warn("stdin:%lu: task %.8s: %s: not split", sp->in.number, json_peek_string(task, "id"),
	    why);
	jv_free(limits);
	task = json_drop(task, "reservation");
	put_task(sp, json_set(task, "decision", decision));
}

/* Ends the transaction, which nobody will know of in a dry run. */
static enum store_result
finish(struct tx *tx)
{
	if (!dry_run)
		return store_commit(tx, STORE_DURABLE);
	return store_end(tx) < 0 ? STORE_FAIL : STORE_OK;
}

/* children is borrowed */
static void
put_children(struct split *sp, jv children)
{
	jv_array_foreach (children, i, child)
		out_json(&sp->out, child);
}

/* What has become of a plan, and task, which are borrowed.  The exit status. */
static int
report(struct split *sp, int done, jv task, jv line, jv plan, jv children)
{
	const char *id = json_peek_string(task, "id");

	if (done == LIFE_DONE && dry_run)
		show_plan(task, line, plan);
	else if (done == LIFE_DONE && print)
		put_children(sp, children);
	else if (done == LIFE_PASSED && dry_run)
		err_warn("stdin:%lu: task %.8s: is not ready, or was split: nothing would be done",
		    sp->in.number, id);
	else if (done == SPLIT_TOO_DEEP)
		pass_whole(sp, jv_copy(task));
	else if (done == SPLIT_EDITED)
		err_warn("stdin:%lu: task %.8s: was edited since it was planned: not split",
		    sp->in.number, id);
	return done == SPLIT_EDITED ? EX_TEMPFAIL : 0;
}

/* plan and line are borrowed.  The exit status. */
static int
store_plan(struct split *sp, const char *id, jv line, jv plan)
{
	enum store_result rc;
	jv children, task;
	int done, status = 0;

	do {
		struct tx *tx = store_begin(sp->s);

		if (!tx)
			err_exit();
		task = task_get(tx, id);
		done = split_task(tx, id,
		    (struct split_order){ json_get(line, "decision", JV_KIND_OBJECT), jv_copy(plan),
			json_peek_int(line, "task_revision", -1), keep_going },
		    &children);
		if (done < 0) /* it was deleted meanwhile, or has too many */
			rc = store_end(tx) < 0 ? STORE_FAIL : STORE_OK;
		else
			rc = finish(tx);
		if (rc == STORE_OK)
			status = done < 0 ? refuse_plan(sp, jv_copy(task), line)
			                  : report(sp, done, task, line, plan, children);
		jv_free(children);
		jv_free(task);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	return status;
}

/* The task of a plan line; invalid with err. */
static jv
task_of(struct split *sp, jv line)
{
	jv task = ask_record(sp->s, "task", json_peek_string(line, "task_id"));

	if (!jv_is_valid(task) && err_code() != EX_NOINPUT) /* the store's fault, not the plan's */
		err_exit();
	return task;
}

/* A plan line: normalised, then stored, or shown, or refused. */
static int
take_plan(struct split *sp, jv line)
{
	jv task = task_of(sp, line), plan = json_get(line, "plan", JV_KIND_OBJECT);
	char id[ID_TEXT];
	int status;

	if (!jv_is_valid(plan))
		err_set(EX_DATAERR, "plan: want an object");
	else if (jv_is_valid(task))
		plan = normalise(sp, task, plan);
	if (jv_is_valid(plan) && jv_is_valid(task)) {
		snprintf(id, sizeof id, "%s", json_peek_string(task, "id"));
		jv_free(task);
		status = store_plan(sp, id, line, plan);
	} else {
		status = refuse_plan(sp, task, line);
	}
	jv_free(plan);
	return status;
}

/* A plan line is stored; anything else with an id is a task, and passes. */
static int
take(void *arg, jv line)
{
	struct split *sp = arg;
	int status = 0;

	if (json_has(line, "plan") && json_peek_string(line, "task_id")) {
		status = take_plan(sp, line);
	} else if (json_peek_string(line, "id")) {
		put_task(sp, jv_copy(line));
	} else {
		err_set(EX_DATAERR, "neither a task (id) nor a plan (task_id, plan)");
		status = refuse(sp);
	}
	jv_free(line);
	return status;
}

int
main(int argc, char *argv[])
{
	struct split sp = { .out.fd = STDOUT_FILENO };
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (!dry_run && (view.format || view.color))
		opt_usage(&cmd, "--%s goes with --dry-run", view.format ? "format" : "color");
	if (view_open(&view, &rows_plan, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (!(sp.s = store_open()))
		err_exit();
	lines_init(&sp.in, STDIN_FILENO, sp.out.fd, "stdin");
	status = stage_run(&sp.in, &sp.out, take, &sp);
	lines_release(&sp.in);
	store_close(sp.s);
	return view_close(&view) < 0 ? err_print() : status;
}
