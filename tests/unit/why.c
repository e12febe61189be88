#include "why.h"
#include "domain.h"
#include "proc.h"
#include "task.h"

#define ID(n) "0000000" #n "-0000-4000-8000-000000000000"

static void
put(const char *text)
{
	struct tx *tx = domain_begin();

	task_put(tx, record("%s", text));
	domain_commit(tx);
}

static void
says(const char *id, const char *want, const char *fact)
{
	struct tx *tx = store_read(domain);
	jv task = task_get(tx, id);

	is_json(why_task(tx, task), want, fact);
	jv_free(task);
	store_end(tx);
}

static void
test_pending(void)
{
	put("{'id':'" ID(1) "','status':'pending','attempt':0}");
	says(ID(1),
	    "{'id':'" ID(
		1) "','status':'pending','why':'it is ready: no pipeline has taken it yet',"
		   "'attempt':0}",
	    "a task that is ready");
	put("{'id':'" ID(1) "','status':'pending','waiting':'time',"
			    "'not_before':'2026-11-20T12:00:00Z','error':{'message':'busy'}}");
	says(ID(1),
	    "{'id':'" ID(1) "','status':'pending','waiting':'time',"
			    "'why':'it waits before it is tried again',"
			    "'not_before':'2026-11-20T12:00:00Z','error':{'message':'busy'}}",
	    "one between two attempts");
	put("{'id':'" ID(1) "','status':'pending','waiting':'time'}");
	says(ID(1),
	    "{'id':'" ID(1) "','status':'pending','waiting':'time',"
			    "'why':'it waits before it is tried again','not_before':null}",
	    "one that does not say until when");
}

static void
test_waiting(void)
{
	put("{'id':'" ID(2) "','status':'pending'}");
	put("{'id':'" ID(3) "','status':'completed'}");
	put("{'id':'" ID(4) "','status':'pending','waiting':'dependencies',"
			    "'depends_on':['" ID(3) "','" ID(2) "','" ID(9) "']}");
	says(ID(4),
	    "{'id':'" ID(4) "','status':'pending','waiting':'dependencies',"
			    "'why':'it waits for 00000002','waiting_for':['" ID(2) "']}",
	    "one that waits names those that have not ended, and are there");
	put("{'id':'" ID(5) "','status':'pending','waiting':'subtasks','subtasks':{'total':2},"
			    "'depends_on':['" ID(2) "']}");
	put("{'id':'" ID(6) "','status':'failed','parent_id':'" ID(5) "'}");
	put("{'id':'" ID(7) "','status':'in_progress','parent_id':'" ID(5) "'}");
	says(ID(5),
	    "{'id':'" ID(
		5) "','status':'pending','waiting':'subtasks',"
		   "'why':'it waits for its subtasks: 0 of 2 have ended','waiting_for':['" ID(
		       7) "'],"
			  "'subtasks':{'total':2}}",
	    "one that was split names its subtasks that have not");
}

/* Only the words (an apostrophe is no character of a record here). */
static void
words_are(const char *id, const char *want, const char *fact)
{
	struct tx *tx = store_read(domain);
	jv task = task_get(tx, id), answer = why_task(tx, task);

	is(json_peek_string(answer, "why"), want, fact);
	jv_free(answer);
	jv_free(task);
	store_end(tx);
}

static void
test_asking(void)
{
	put("{'id':'" ID(
	    1) "','status':'pending','waiting':'approval','user_id':'ada',"
	       "'created_by':'bob','approval':{'request_id':'r','question':'May I?'}}");
	words_are(ID(1), "it waits for ada's approval: May I?",
	    "one that asks the owner of its chat");
	put("{'id':'" ID(1) "','status':'pending','waiting':'approval','user_id':'agent',"
			    "'created_by':'bob','own_chat':true}");
	words_are(ID(1), "it waits for bob's approval",
	    "or who added it, where the chat is its own");
	put("{'id':'" ID(1) "','status':'pending','waiting':'approval'}");
	words_are(ID(1), "it waits for approval", "or anybody");
}

static void
test_leases(void)
{
	struct proc_lease lease;

	if (proc_lease_take(&lease, store_run_fd(domain)) < 0)
		abort();
	for (int is_live = 1; is_live >= 0; is_live--) {
		char *text =
		    xprintf("{'id':'" ID(1) "','status':'pending','reservation':"
					    "{'lease':'%s','until':'2026-11-20T12:00:00Z'}}",
			lease.id);

		put(text);
		free(text);
		says(ID(1),
		    is_live ? "{'id':'" ID(
				  1) "','status':'pending',"
				     "'why':'it was handed to a pipeline that has not begun it',"
				     "'reserved_until':'2026-11-20T12:00:00Z'}"
			    : "{'id':'" ID(1) "','status':'pending',"
					      "'why':'it is ready: no pipeline has taken it yet'}",
		    is_live ? "one that was handed out" : "to somebody who died");
		text = xprintf("{'id':'" ID(1) "','status':'in_progress','agent':'a','lease':'%s'}",
		    lease.id);
		put(text);
		free(text);
		says(ID(1),
		    is_live ? "{'id':'" ID(1) "','status':'in_progress','why':'it is running',"
					      "'agent':'a'}"
			    : "{'id':'" ID(1) "','status':'in_progress','why':"
					      "'its runner died; the next task-watch puts it back',"
					      "'agent':'a'}",
		    is_live ? "one that runs" : "or did");
		if (is_live)
			proc_lease_drop(&lease, store_run_fd(domain));
	}
}

static void
test_ended(void)
{
	put("{'id':'" ID(1) "','status':'completed','attempt':2,'response':'long'}");
	says(ID(1), "{'id':'" ID(1) "','status':'completed','why':'it completed','attempt':2}",
	    "one that completed");
	put("{'id':'" ID(1) "','status':'failed','error':{'message':'no','exit_status':9},"
			    "'decision':{'reasoning':'r'}}");
	says(ID(1),
	    "{'id':'" ID(
		1) "','status':'failed','why':'it ended with an error',"
		   "'error':{'message':'no','exit_status':9},'decision':{'reasoning':'r'}}",
	    "one that failed");
	put("{'id':'" ID(1) "','status':'cancelled'}");
	says(ID(1), "{'id':'" ID(1) "','status':'cancelled','why':'it ended with an error'}",
	    "one that was cancelled");
}

int
main(void)
{
	domain_open("why", 1);
	test_pending();
	test_waiting();
	test_asking();
	test_leases();
	test_ended();
	domain_close();
	return done_testing();
}
