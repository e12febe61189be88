#include "floor.h"

#include "chat.h"
#include "domain.h"
#include "event.h"
#include "proc.h"
#include "task.h"

static struct tx *tx;
static char chat_id[ID_TEXT];
static struct proc_lease lease;
static const char *const ids[] = { "aaaaaaaa-0000-4000-8000-000000000001",
	"bbbbbbbb-0000-4000-8000-000000000002" };

/* Task i of the chat, with these members beside. */
static void
put(int i, const char *members)
{
	jv task = json_set_string(record("%s", members), "id", ids[i]);

	task_put(tx, json_set_string(task, "chat_id", chat_id));
}

/* A task that a living process runs, with these members beside. */
static void
run(const char *members)
{
	jv task = json_set_string(record("%s", members), "lease", lease.id);

	task = json_set_string(json_set_string(task, "id", ids[0]), "status", "in_progress");
	task_put(tx, json_set_string(task, "chat_id", chat_id));
}

/* Whether an event goes through. */
static void
passes(const char *event, bool want, const char *fact)
{
	jv e = json_set_string(record("%s", event), "chat_id", chat_id),
	   chat = chat_get(tx, chat_id);
	int rc;
	char *why = xprintf("chat %.8s: locked while task aaaaaaaa runs", chat_id);

	e = json_set_string(e, "id", "eeeeeeee-0000-4000-8000-000000000002");
	rc = floor_check(tx, chat, e);
	if (want)
		is_int(rc, 0, fact);
	else
		fails(rc, EX_TEMPFAIL, why, fact);
	free(why);
	jv_free(chat);
	jv_free(e);
}

#define WORDS(text) "{'type':'message','user_id':'ada','data':{'text':'" text "'}}"

static void
test_locks(void)
{
	run("{}");
	passes(WORDS("hello"), true, "people may speak while a task runs");
	run("{'lock':true}");
	passes(WORDS("hello"), false, "unless it has the floor");
	put(0,
	    "{'status':'in_progress','lock':true,'lease':'99999999-0000-4000-8000-000000000001'}");
	passes(WORDS("hello"), true, "a dead runner's has not");
	put(0, "{'status':'pending','lock':true}");
	passes(WORDS("hello"), true, "nor has one that does not run yet");
	jv_free(chat_set_rule(tx, chat_id, "lock", jv_true()));
	passes(WORDS("hello"), true, "in a chat that wants it none has that does not run");
	run("{}");
	passes(WORDS("hello"), false, "but each that runs");
	run("{'spawned':true}");
	passes(WORDS("hello"), true, "and was not spawned");
	run("{}");
}

static void
test_exceptions(void)
{
	char event[300];
	jv stored;

	passes("{'type':'status','user_id':'ada','data':{'message':'x'}}", true,
	    "what is no message goes through");
	passes("{'type':'message','user_id':'ada','data':{'text':'x','task_id':'t'}}", true,
	    "so does what a task says");
	jv_free(chat_set_member(tx, chat_id, "weather", "bot"));
	passes("{'type':'message','user_id':'Weather','data':{'text':'x'}}", true,
	    "what a bot says");
	passes(WORDS("/cancel aaaa"), true, "and what steers a task");
	passes(WORDS("/Status"), true, "in any case");
	passes(WORDS("/task more"), false, "but not what asks for another");
	passes(WORDS("/cancelled"), false, "nor other words");
	put(1, "{'status':'pending','waiting':'approval','approval':{'request_id':'r1'}}");
	snprintf(event, sizeof event,
	    "{'type':'approval_request','chat_id':'%s','id':'eeeeeeee-0000-4000-8000-"
	    "000000000001','data':{'request_id':'r1','task_id':'%s'}}",
	    chat_id, ids[1]);
	if (event_post(tx, record("%s", event), &stored) < 0)
		abort();
	jv_free(stored);
	passes("{'type':'message','user_id':'ada','data':{'text':'yes','reply_to':'r1'}}", true,
	    "what answers a request goes through");
	passes("{'type':'message','user_id':'ada','data':{'text':'yes','reply_to':"
	       "'eeeeeeee-0000-4000-8000-000000000001'}}",
	    true, "or the event that asks it");
	passes("{'type':'message','user_id':'ada','data':{'text':'yes','reply_to':'r2'}}", false,
	    "but not what answers anything else");
	put(1, "{'status':'pending','approval':{'request_id':'r1'}}");
	passes("{'type':'message','user_id':'ada','data':{'text':'yes','reply_to':'r1'}}", false,
	    "or comes too late");
	is_int((long long)store_count(tx, "audit"), 1, "what was refused is noted, once");
}

int
main(void)
{
	jv chat;

	domain_open("floor", 1);
	if (proc_lease_take(&lease, store_run_fd(domain)) < 0)
		abort();
	tx = domain_begin();
	chat = chat_add(tx, NULL, "ada", jv_array());
	snprintf(chat_id, sizeof chat_id, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	test_locks();
	test_exceptions();
	domain_commit(tx);
	proc_lease_drop(&lease, store_run_fd(domain));
	domain_close();
	return done_testing();
}
