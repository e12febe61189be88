/* task-plan - decide which tasks need subtasks, and plan them */
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "err.h"
#include "lines.h"
#include "opt.h"
#include "plan.h"
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
	opts, false };

static jv
read_crew(struct store *s)
{
	struct tx *tx = store_read(s);
	jv crew;

	if (!tx)
		err_exit();
	crew = agent_crew(tx);
	if (store_end(tx) < 0)
		err_exit();
	return crew;
}

/* A task that was planned or split before, or is nothing to plan, passes as it is. */
static bool
needs_no_plan(jv task)
{
	return json_has(task, "decision") || json_has(task, "plan") || task_has_subtasks(task) ||
	       !json_peek_string(task, "id") || !json_peek_string(task, "instruction");
}

/* The task with its decision; or, where it needs subtasks, a plan line. */
static jv
plan(struct store *s, jv task)
{
	jv crew, answer, line;

	if (needs_no_plan(task))
		return task;
	crew = read_crew(s);
	answer = plan_by_rules(task, crew);
	jv_free(crew);
	if (json_has(answer, "plan")) {
		line = json_set_string(jv_object(), "task_id", json_peek_string(task, "id"));
		line = jv_object_merge(line, answer);
		jv_free(task);
		return line;
	}
	return jv_object_merge(task, answer);
}

int
main(int argc, char *argv[])
{
	struct out out = { .fd = STDOUT_FILENO };
	enum lines_result rc;
	struct store *s;
	struct lines in;
	int status = 0;
	jv task;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (strcmp(planner, "rules") != 0)
		opt_usage(&cmd, "--planner: want rules, got '%s'", planner);
	if (!(s = store_open()))
		err_exit();
	lines_init(&in, STDIN_FILENO, out.fd, "stdin");
	while ((rc = lines_next_object(&in, &task)) == LINES_OK || rc == LINES_BAD) {
		if (rc == LINES_BAD)
			status = (err_print(), EX_DATAERR);
		else
			out_json(&out, plan(s, task));
		if (!lines_is_ready(&in) && out_flush(&out) < 0)
			return err_print();
	}
	lines_release(&in);
	store_close(s);
	if (rc == LINES_FAIL || out_flush(&out) < 0)
		return err_print();
	return status;
}
