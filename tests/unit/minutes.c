#include "minutes.h"
#include "domain.h"
#include "task.h"

static struct log *log_file;

/* The line of that number in the log, from 0, without its time. */
static jv
line(int number)
{
	struct trail t = { .fd = -1 };
	struct scan_text text = { "{}", 2 };
	jv rec;

	for (int i = 0; i <= number; i++)
		if (trail_next(&t, box_fd, "task", &text) <= 0)
			text = (struct scan_text){ "{}", 2 };
	rec = json_drop(json_parse_object(text.p, text.len), "at");
	trail_release(&t);
	return rec;
}

static void
line_has(int number, const char *name, const char *text, const char *fact)
{
	jv rec = line(number);

	has(rec, name, text, fact);
	jv_free(rec);
}

static void
begin_log(void)
{
	log_close(log_file);
	box_empty("task.log");
	if (!(log_file = log_open(box_fd, "task", 0)))
		abort();
}

static void
test_begin(void)
{
	jv task = record("{'id':'task','attempt':1,'retries':2,'instruction':'Count them',"
			 "'scope':{'regions':['eu-west-1']}}"),
	   agent = record("{'role':'w','model_id':'m'}"), start;

	begin_log();
	is_int(minutes_begin(log_file, task, agent, "lease"), 0, "a beginning is logged");
	start = line(0);
	has(start, "kind", "'start'", "as a start");
	has(start, "attempt", "1", "... of which attempt");
	has(start, "lease", "'lease'", "... under which lease");
	has(start, "retries", "2", "... how often it was put back");
	has(start, "model", "'m'", "... with which model");
	has(start, "scope", "{'regions':['eu-west-1']}", "... where it may work");
	has(start, "agent", "{'role':'w','model_id':'m'}", "... who does it");
	has(start, "version", "'" VERSION "'", "... with which legwork");
	is_int(json_peek_int(start, "pid", 0), getpid(), "... in which process");
	ok(json_peek_string(start, "host") && json_peek_string(start, "system"), "... where");
	jv_free(start);
	begin_log();
	task = json_set_string(task, "model_id", "n");
	minutes_begin(log_file, task, jv_invalid(), "lease");
	start = line(0);
	has(start, "model", "'n'", "the task's model counts");
	ok(!json_has(start, "agent"), "of a task that was split there is no agent");
	jv_free(start);
	jv_free(agent);
	jv_free(task);
}

static void
test_spawned(void)
{
	jv task =
	    record("{'id':'task','attempt':1,'instruction':'Look around','spawned':true,"
		   "'spawned_by':'other','depth':1,'scope':{'account_ids':['123456789012']}}");

	begin_log();
	minutes_begin(log_file, task, jv_invalid(), "lease");
	is_json(line(0),
	    "{'kind':'create_task_start','task_description':'Look around','spawned_by':'other',"
	    "'depth':1,'scope':{'account_ids':['123456789012']}}",
	    "a spawned task's log begins with what it is to do");
	line_has(1, "kind", "'start'", "then the attempt");
	begin_log();
	task = json_set_int(task, "attempt", 2);
	minutes_begin(log_file, task, jv_invalid(), "lease");
	line_has(0, "kind", "'start'", "another attempt does not say it again");
	jv_free(task);
}

static void
test_end(void)
{
	jv task = record("{'id':'task','attempt':3,'limits':{'max_attempts':3}}");
	struct work_result r;

	begin_log();
	work_result_init(&r);
	r.usage = record("{'total_tokens':9}");
	r.turns = 2;
	r.tool_calls = 3;
	r.tool_failures = 1;
	minutes_end(log_file, task, WORK_DONE, &r, 40);
	is_json(line(0),
	    "{'kind':'end','reason':'completed','usage':{'total_tokens':9},'turns':2,"
	    "'tool_calls':3,'tool_failures':1,'ms':40}",
	    "an end is logged, with what it has cost");
	r.error = task_error("tool", "exit_status", "why", true);
	minutes_end(log_file, task, WORK_FAILED, &r, 1);
	line_has(1, "error",
	    "{'category':'tool','code':'exit_status','message':'why','retryable':true}",
	    "of one that failed why");
	line_has(1, "will_retry", NULL, "it was the last");
	task = json_set_int(task, "attempt", 1);
	minutes_end(log_file, task, WORK_FAILED, &r, 1);
	line_has(2, "will_retry", "true", "or another follows");
	is(minutes_reason(task, WORK_STOPPED), "stopped", "one that is told to stop has stopped");
	task = json_set(task, "cancel", jv_object());
	is(minutes_reason(task, WORK_STOPPED), "cancelled", "... unless somebody wants it ended");
	is(minutes_reason(task, WORK_DONE), "completed", "what is done is done");
	is(minutes_reason(task, WORK_ASKED), "asked", "one that asks waits");
	is(minutes_reason(task, WORK_BROKEN), "failed", "one that cannot write has failed");
	work_result_release(&r);
	jv_free(task);
}

int
main(void)
{
	box_open("minutes", 0);
	test_begin();
	test_spawned();
	test_end();
	log_close(log_file);
	box_close();
	return done_testing();
}
