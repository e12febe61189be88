/* task-plan - decide which tasks need subtasks, and plan them */
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "err.h"
#include "lines.h"
#include "opt.h"
#include "plan.h"
#include "stage.h"
#include "task.h"

static const char *planner = "rules";
static long jobs = 1;

static const struct opt opts[] = { { 0, "planner", "name",
				       "rules: by the lists in the instructions", .str = &planner },
	{ 'j', "jobs", "count",
	    "plan count tasks at once (rules never wait, so this changes nothing)", .num = &jobs,
	    .min = 1, .max = 1024 },
	{ 0 } };

static const struct cmd cmd = { "task-plan", "decide which tasks need subtasks, and plan them", "",
	opts, 0 };

/* A task that was planned or split before, or is nothing to plan, passes as it is. */
static bool
needs_no_plan(jv task)
{
	return json_has(task, "decision") || json_has(task, "plan") || task_has_subtasks(task) ||
	       !json_peek_string(task, "id") || !json_peek_string(task, "instruction");
}

struct planner {
	struct store *s;
	struct out out;
};

/* Puts out the task with its decision; or, where it needs subtasks, a plan line. */
static int
plan(void *arg, jv task)
{
	struct planner *p = arg;
	jv crew, answer, line;

	if (needs_no_plan(task)) {
		out_json(&p->out, task);
		return 0;
	}
	crew = ask_crew(p->s);
	if (!jv_is_valid(crew))
		err_exit();
	answer = plan_by_rules(task, crew);
	jv_free(crew);
	if (json_has(answer, "plan")) {
		line = json_set_string(jv_object(), "task_id", json_peek_string(task, "id"));
		if (json_has(task, "revision"))
			line =
			    json_set_int(line, "task_revision", json_peek_int(task, "revision", 0));
		out_json(&p->out, jv_object_merge(line, answer));
		jv_free(task);
	} else {
		out_json(&p->out, jv_object_merge(task, answer));
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct planner p = { .out.fd = STDOUT_FILENO };
	struct lines in;
	int status;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (strcmp(planner, "rules") != 0)
		opt_usage(&cmd, "--planner: want rules, got '%s'", planner);
	if (!(p.s = store_open()))
		err_exit();
	lines_init(&in, STDIN_FILENO, p.out.fd, "stdin");
	status = stage_run(&in, &p.out, plan, &p);
	lines_release(&in);
	store_close(p.s);
	return status;
}
