/* task-split - store plans: a task's subtasks, all of them or none */
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "lines.h"
#include "opt.h"
#include "plan.h"
#include "split.h"
#include "stage.h"
#include "task.h"

static bool print, dry_run, keep_going;

static const struct opt opts[] = {
	{ 0, "print", NULL, "print the subtasks too (task-watch emits them when they are ready)",
	    .set = &print },
	{ 0, "dry-run", NULL, "store nothing; print the plans as they would be stored",
	    .set = &dry_run },
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

static jv
normalise(struct split *sp, jv plan)
{
	jv crew = ask_crew(sp->s), warnings;

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
	out_json(&sp->out, json_set(task, "decision", decision));
}

/* plan and line are borrowed.  The exit status. */
static int
store_plan(struct split *sp, const char *id, jv line, jv plan)
{
	enum store_result rc;
	jv children, task;
	int done;

	do {
		struct tx *tx = store_begin(sp->s);

		if (!tx)
			err_exit();
		task = task_get(tx, id);
		done = split_task(tx, id,
		    (struct split_order){ json_get(line, "decision", JV_KIND_OBJECT), jv_copy(plan),
			json_peek_int(line, "task_revision", -1), keep_going },
		    &children);
		if (done < 0) { /* it was deleted meanwhile, or has too many */
			jv_free(children);
			jv_free(task);
			store_end(tx);
			return refuse(sp);
		}
		rc = store_commit(tx, STORE_DURABLE);
		if (rc == STORE_OK && print)
			jv_array_foreach (children, i, child)
				out_json(&sp->out, child);
		jv_free(children);
		if (rc == STORE_OK && done == SPLIT_TOO_DEEP)
			pass_whole(sp, jv_copy(task));
		jv_free(task);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	if (done != SPLIT_EDITED)
		return 0;
	err_warn("stdin:%lu: task %.8s: was edited since it was planned: not split", sp->in.number,
	    id);
	return EX_TEMPFAIL;
}

/* A plan line: normalised, then stored, or shown, or refused. */
static int
take_plan(struct split *sp, jv line)
{
	jv plan = json_get(line, "plan", JV_KIND_OBJECT);
	char id[ID_TEXT];
	int status = 0;

	if (!jv_is_valid(plan)) {
		jv_free(plan);
		err_set(EX_DATAERR, "plan: want an object");
		return refuse(sp);
	}
	plan = normalise(sp, plan);
	if (jv_is_valid(plan) && ask_id(sp->s, "task", json_peek_string(line, "task_id"), id) < 0) {
		if (err_code() != EX_NOINPUT) /* the store's fault, not the plan's */
			err_exit();
		jv_free(plan);
		plan = jv_invalid();
	}
	if (!jv_is_valid(plan))
		status = refuse(sp);
	else if (dry_run)
		out_json(&sp->out, json_set(jv_copy(line), "plan", jv_copy(plan)));
	else
		status = store_plan(sp, id, line, plan);
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
		out_json(&sp->out, jv_copy(line));
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
	if (!(sp.s = store_open()))
		err_exit();
	lines_init(&sp.in, STDIN_FILENO, sp.out.fd, "stdin");
	status = stage_run(&sp.in, &sp.out, take, &sp);
	lines_release(&sp.in);
	store_close(sp.s);
	return status;
}
