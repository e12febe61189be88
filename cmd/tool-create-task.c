/* tool-create-task - a tool: have another agent do a task */
#include <stdlib.h>
#include <unistd.h>

#include "args.h"
#include "demand.h"
#include "err.h"
#include "launch.h"
#include "lines.h"
#include "offspring.h"
#include "scope.h"
#include "stop.h"
#include "task.h"

#define STRINGS "{\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\"}}"
#define NUMBERS                                                                       \
	"{\"type\":\"object\",\"properties\":{\"max_tokens\":{\"type\":\"integer\"}," \
	"\"max_turns\":{\"type\":\"integer\"},\"timeout_s\":{\"type\":\"number\"}}}"

static const char *description, *model, *agent;
static jv accounts, regions, tools, limits;
static bool is_waiting;

static const struct arg arg[] = {
	{ "task_description",
	    "all that the other agent has to know: what to do, and what to answer; it sees nothing "
	    "of your work",
	    .text = &description, .is_required = true },
	{ "account_ids", "the accounts that it may touch, of yours (default: all of yours)",
	    .value = &accounts, .schema = STRINGS },
	{ "regions", "the regions that it may work in, of yours (default: all of yours)",
	    .value = &regions, .schema = STRINGS },
	{ "model_id", "another model than yours", .text = &model },
	{ "agent", "a role of the crew (default: a new agent)", .text = &agent },
	{ "tools", "the tools that it may use, of yours (default: all of yours)", .value = &tools,
	    .schema = STRINGS },
	{ "limits", "the most that it may use up; without, it gets all that you have left",
	    .value = &limits, .schema = NUMBERS },
	{ "wait",
	    "true: wait for its answer, which is then returned; else go on at once, and be told "
	    "later",
	    .set = &is_waiting },
	{ 0 },
};

static struct args tool = {
	.name = "create_task",
	.help =
	    "Have another agent do a part of the work, in parallel to you. It starts at once. "
	    "Returns its task_id, or, with wait, its response. Several can run at the same time; "
	    "their answers come to you in messages.",
	.arg = arg,
	.is_idempotent = true,
	.is_confined = true,
	.is_launcher = true,
};

static const struct opt opts[] = { ARGS_SCHEMA(tool), { 0 } };

static const struct cmd cmd = { "tool-create-task", "a tool: have another agent do a task", "",
	opts, 0 };

/* Whether who asks is scoped to another world than AWS: what is within that is, too. */
static bool
is_other_world(void)
{
	static const char *const names[] = { "LEGWORK_ACCOUNT_IDS", "LEGWORK_REGIONS" };
	jv scope = jv_object();
	bool is;

	for (enum scope_kind kind = 0; kind < SCOPE_KINDS; kind++) {
		const char *list = getenv(names[kind]);

		if (list && *list)
			scope =
			    json_set_valid(scope, scope_member(kind), scope_list(jv_string(list)));
	}
	is = scope_check(scope, false) < 0;
	jv_free(scope);
	return is;
}

/* A list of tools may be a string, too. */
static jv
names_of(jv given)
{
	return jv_get_kind(given) == JV_KIND_STRING ? scope_list(given) : given;
}

static jv
request(void)
{
	jv r = json_set_string(jv_object(), "task_description", description);

	r = json_set_valid(r, "account_ids", accounts);
	r = json_set_valid(r, "regions", regions);
	r = json_set_valid(r, "tools", names_of(tools));
	r = json_set_valid(r, "limits", limits);
	if (model)
		r = json_set_string(r, "model_id", model);
	return agent ? json_set_string(r, "agent", agent) : r;
}

static int
print(jv result)
{
	struct out out = { .fd = STDOUT_FILENO };
	int rc;

	out_json(&out, result);
	rc = out_flush(&out);
	buf_release(&out.buf);
	return rc;
}

/* What has come of it, beside what is known already (consumed). */
static jv
with_end(jv result, jv task)
{
	static const char *const members[] = { "status", "response", "error", "usage",
		"performance" };

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		result = json_set_valid(result, members[i],
		    jv_object_get(jv_copy(task), jv_string(members[i])));
	return json_set(result, "success", jv_bool(task_is(task, "completed")));
}

/* Waits for the end of the task that the result (in and out) names.  0, an exit status, or -1 with
 * err. */
static int
wait_for(struct store *s, jv *result)
{
	jv ids = JV_ARRAY(json_get(*result, "task_id", JV_KIND_STRING)), tasks, task;
	int rc = offspring_await(s, ids, INT64_MAX, &tasks);

	task = jv_array_get(tasks, 0);
	if (rc == 1 && jv_is_valid(task))
		*result = with_end(*result, task);
	else if (rc == 1)
		rc = err_set(EX_NOINPUT, "task %s: has been deleted",
		    json_peek_string(*result, "task_id"));
	jv_free(task);
	return rc == 0 ? 128 + stop_signal() : rc == 1 ? 0 : -1;
}

/* What is left to do when it runs: put back what does not any more (lost, consumed), and wait. */
static int
see_to(jv *result, jv lost)
{
	struct store *s = store_open();
	int rc = s ? 0 : -1;

	if (s && offspring_put_back(s, jv_copy(lost)) < 0)
		err_print(); /* the agent that was asked for runs all the same */
	jv_free(lost);
	if (rc == 0 && is_waiting)
		rc = wait_for(s, result);
	if (s)
		store_close(s);
	return rc;
}

static int
act(void)
{
	struct launch l = { .max_running = ENGAGE_RUNNING_MAX,
		.call_id = getenv("LEGWORK_CALL_ID") };
	jv result, lost;
	int rc;

	stop_catch();
	stop_at_pipe();
	creation_begin(&l.creation);
	l.spec = demand_spec(request(), is_other_world());
	if (!jv_is_valid(l.spec))
		return -1;
	creation_spent(&l.creation, CREATION_VALIDATION);
	if (launch_agent(&l, &result, &lost) < 0)
		return -1;
	rc = see_to(&result, lost);
	if (rc == 0)
		return print(result);
	jv_free(result);
	return rc;
}

int
main(int argc, char *argv[])
{
	(void)argc;
	accounts = regions = tools = limits = jv_invalid();
	return args_run(&cmd, &tool, argv, act);
}
