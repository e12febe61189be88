/* Requests; and what one agent hands down to another, in transactions that are never made. */
#include <stdlib.h>

#include "agent.h"
#include "chat.h"
#include "demand.h"
#include "domain.h"
#include "engage.h"
#include "life.h"
#include "spec.h"
#include "task.h"

static const char *const boss_id = "aaaaaaaa-0000-4000-8000-000000000001";

/* --- requests */

static void
becomes(const char *request, const char *want, const char *fact)
{
	is_json(demand_spec(record("%s", request), false), want, fact);
}

static void
refuses(const char *request, const char *why, const char *fact)
{
	jv spec = demand_spec(record("%s", request), false);

	if (ok(!jv_is_valid(spec) && err_code() == EX_DATAERR, fact))
		is(err_text(), why, "... saying what to do");
	jv_free(spec);
}

static void
test_requests(void)
{
	becomes("{'task_description':'count the files'}", "{'instruction':'count the files'}",
	    "a description is enough");
	becomes("{'task_description':'count the files','model_id':null,'regions':null}",
	    "{'instruction':'count the files'}", "null is nothing");
	becomes("{'task_description':'count the files','account_ids':'111122223333, 444455556666',"
		"'regions':['eu-west-1','eu-west-1']}",
	    "{'scope':{'account_ids':['111122223333','444455556666'],'regions':['eu-west-1']},"
	    "'instruction':'count the files'}",
	    "lists may be strings, and name each once");
	becomes("{'task_description':'count the "
		"files','tools':['run'],'agent':'x','chat_id':'1234'}",
	    "{'tools':['run'],'agent':'x','chat_id':'1234','instruction':'count the files'}",
	    "the rest stays");
	is_json(demand_spec(record("{'task_description':'count the files','regions':'moon'}"),
		    true),
	    "{'scope':{'regions':['moon']},'instruction':'count the files'}",
	    "another world has other regions");
	refuses("{}", "task_description: is missing, or no string; say what is to be done",
	    "a request without a description is refused");
	refuses("{'task_description':'  too short '}",
	    "task_description: has 9 characters, want 10 or more; say what is to be done, and what "
	    "the answer shall be",
	    "blanks around it are not counted");
	refuses("{'task_description':'count the files','region':'eu-west-1'}",
	    "region: there is no such member; there are: task_description account_ids regions "
	    "model_id agent chat_id tools limits output",
	    "a limit that is spelled wrongly is not passed over");
	refuses("{'task_description':'count the files','tools':[7]}",
	    "tools: want a list of strings", "so are tools that are no names");
	refuses("{'task_description':'count the files','limits':{'max_turns':-1}}",
	    "limits.max_turns: want a number above 0", "and limits that are none");
	refuses("{'task_description':'count the files','limits':{'max_turn':1}}",
	    "limits.max_turn: there is no such limit; there are: timeout_s max_attempts "
	    "retry_delay_s max_turns max_tokens max_children max_depth",
	    "or that there are none of");
	refuses("{'task_description':'count the files','model_id':''}",
	    "model_id: is empty; name one, or none", "so is a model without a name");
	refuses("{'task_description':'count\\u0000the files'}",
	    "task_description: U+0000 cannot be in it; say what is to be done",
	    "and a description that a program could not be given");
}

/* One that is too long, by its own name. */
static void
test_length(void)
{
	char *words = xmalloc(SPEC_INSTRUCTION_MAX + 2);
	jv request;

	memset(words, 'x', SPEC_INSTRUCTION_MAX + 1);
	words[SPEC_INSTRUCTION_MAX + 1] = '\0';
	request = json_set_string(jv_object(), "task_description", words);
	ok(!jv_is_valid(demand_spec(request, false)) && err_code() == EX_DATAERR,
	    "a description that is too long is refused");
	is(err_text(), "task_description: longer than 1048576 bytes", "... and it is named");
	free(words);
}

/* --- what is handed down */

/* A boss (what its task and agent have) asks for an agent; what comes of it, in *task. */
static int
ask(struct tx *tx, const char *task, const char *agent, const char *request, jv *made)
{
	struct means from = { .task_id = boss_id, .tokens = 40, .turns = 2 };
	struct creation creation = { 0 };
	struct engage how = { .lease = "L",
		.parent = &from,
		.max_running = 5,
		.creation = &creation };
	jv chat, lost, boss = json_set_string(record("%s", task), "id", boss_id);
	int rc;

	boss = json_set(boss, "worker", record("%s", agent));
	boss = json_set_string(json_set_string(boss, "instruction", "x"), "status", "in_progress");
	chat = chat_add(tx, NULL, "ada", jv_array());
	task_put(tx, json_set_string(boss, "chat_id", json_peek_string(chat, "id")));
	jv_free(chat);
	rc = engage_begin(tx, demand_spec(record("%s", request), false), &how, made, &lost);
	jv_free(lost);
	return rc;
}

static const char *const thinker =
    "{'role':'boss','kind':'llm','model_id':'m','provider':'openai','tools':{'allow':['read_file',"
    "'create_task'],'ask':['run'],'deny':['write_file']}}";
static const char *const asks = "{'task_description':'count the files'}";

/* What a part of the new task is. */
static void
hands_down(const char *task, const char *agent, const char *request, const char *member,
    const char *want, const char *fact)
{
	struct tx *tx = domain_begin();
	jv made, part;

	if (ask(tx, task, agent, request, &made) < 0) {
		is(err_text(), "", fact);
		store_end(tx);
		return;
	}
	part = jv_object_get(jv_copy(made), jv_string(member));
	is_json(part, want, fact);
	jv_free(made);
	store_end(tx);
}

static void
hands_nothing(const char *task, const char *agent, const char *request, const char *why,
    const char *fact)
{
	struct tx *tx = domain_begin();
	jv made;

	fails(ask(tx, task, agent, request, &made), EX_NOPERM, why, fact);
	jv_free(made);
	store_end(tx);
}

static void
test_limits(void)
{
	hands_down("{}", thinker, asks, "limits", "{'max_children':16,'max_depth':2}",
	    "who has no limits hands down the usual ones");
	hands_down("{'depth':1}", thinker,
	    "{'task_description':'count the files','limits':{'max_depth':9,'max_children':99}}",
	    "limits", "{'max_depth':1,'max_children':16}", "which nobody can raise");
	hands_down("{'limits':{'max_tokens':100,'max_turns':3,'max_depth':2,'max_children':4}}",
	    thinker, asks, "limits",
	    "{'max_children':4,'max_depth':1,'max_tokens':60,'max_turns':1}",
	    "of limits it hands down what is left");
	hands_down("{'limits':{'max_tokens':100}}", thinker,
	    "{'task_description':'count the files','limits':{'max_tokens':5,'max_attempts':1}}",
	    "limits", "{'max_tokens':5,'max_attempts':1,'max_children':16,'max_depth':2}",
	    "or less, if that is wanted");
	hands_nothing("{'limits':{'max_tokens':40}}", thinker, asks,
	    "limits.max_tokens: your 40 are used or handed out; finish with what you have",
	    "when nothing is left there is nothing to hand down");
	hands_nothing("{'limits':{'max_depth':0}}", thinker, asks,
	    "limits.max_depth: agents may ask for others no deeper than here; do it yourself",
	    "no deeper than its limit says");
	hands_nothing("{'depth':3}", thinker, asks,
	    "limits.max_depth: agents may ask for others no deeper than here; do it yourself",
	    "or than the usual one");
	hands_down("{'depth':2,'limits':{'max_depth':9}}", thinker, asks, "depth", "3",
	    "which its own replaces");
}

static void
test_tools(void)
{
	jv member = record("{'role':'wide','kind':'llm','tools':{'allow':['run','write_file',"
			   "'read_file'],'ask':['create_task'],'deny':['aws']}}");
	struct tx *tx = domain_begin();
	jv made, worker;

	is_int(ask(tx, "{}", thinker, asks, &made), 0, "a new agent is made");
	worker = json_get(made, "worker", JV_KIND_OBJECT);
	has(worker, "tools",
	    "{'allow':['read_file','create_task'],'ask':['run'],'deny':['write_file']}",
	    "it has the tools of who asked");
	has(worker, "model_id", "'m'", "and its model");
	has(worker, "provider", "'openai'", "from the same provider");
	jv_free(worker);
	jv_free(made);
	jv_free(agent_put(tx, member));
	is_int(ask(tx, "{}", thinker, "{'task_description':'count the files','agent':'WIDE'}",
		   &made),
	    0, "a member of the crew may be named");
	worker = json_get(made, "worker", JV_KIND_OBJECT);
	has(worker, "tools",
	    "{'allow':['read_file'],'ask':['run','create_task'],'deny':['write_file','aws']}",
	    "it has what both have, and asks where either must");
	has(worker, "role", "'wide'", "it is still who it was");
	jv_free(worker);
	jv_free(made);
	store_end(tx);
	hands_nothing("{}", thinker,
	    "{'task_description':'count the files','tools':['write_file']}",
	    "tools: write_file is none of yours, which are: read_file create_task run",
	    "tools that it does not have it cannot hand down");
}

static void
test_scope(void)
{
	const char *own = "{'scope':{'account_ids':['111122223333','444455556666']}}";

	hands_down(own, thinker, asks, "scope", "{'account_ids':['111122223333','444455556666']}",
	    "a scope is handed down whole");
	hands_down(own, thinker,
	    "{'task_description':'count the files','account_ids':'111122223333',"
	    "'regions':'eu-west-1'}",
	    "scope", "{'account_ids':['111122223333'],'regions':['eu-west-1']}",
	    "or a part of it, and narrower");
	hands_nothing(own, thinker,
	    "{'task_description':'count the files','account_ids':'777788889999'}",
	    "scope.account_ids: 777788889999 is outside of your scope; name some of yours",
	    "and nothing outside of it");
}

/* A member that is asked for with less than it has is still one of its crew. */
static void
test_members(void)
{
	const char *wants = "{'task_description':'count the files','agent':'clerk'}";
	struct tx *tx = domain_begin();
	jv made, clerk = record("{'role':'clerk','kind':'llm','model_id':'m','max_running':1,"
				"'crews':['desk'],'tools':{'allow':['read_file']}}");

	jv_free(agent_put(tx, jv_copy(clerk)));
	is_int(ask(tx, "{}", thinker, wants, &made), 0, "a member runs");
	has(made, "crews", "['desk']", "for its crew");
	jv_free(made);
	fails(ask(tx, "{}", thinker, wants, &made), EX_TEMPFAIL,
	    "its agent, crew or chat runs as many tasks as it may", "and no more of it than may");
	jv_free(made);
	jv_free(agent_put(tx, json_set_string(clerk, "status", "proposed")));
	fails(ask(tx, "{}", thinker, wants, &made), EX_CONFIG, "no agent has the role clerk",
	    "nor one whom nobody has approved yet");
	jv_free(made);
	store_end(tx);
}

/* What a member of the crew is asked for that it would not be given. */
static void
gives_no_more(const char *boss, const char *more, const char *why, const char *fact)
{
	struct tx *tx = domain_begin();
	char *request = xprintf("{'task_description':'count the files',%s}", more);
	jv made;

	jv_free(agent_put(tx, record("{'role':'shell','kind':'exec','command':['cat']}")));
	jv_free(agent_put(tx, record("{'role':'clerk','kind':'llm','model_id':'m',"
				     "'tools':{'allow':['run','read_file']}}")));
	fails(ask(tx, "{}", boss, request, &made), EX_DATAERR, why, fact);
	jv_free(made);
	store_end(tx);
	free(request);
}

static void
test_wishes(void)
{
	const char *program = "{'role':'boss','kind':'exec','command':['cat']}",
		   *all = "{'role':'boss','kind':'llm','model_id':'m',"
			  "'tools':{'allow':['run','read_file']}}";

	gives_no_more(program, "'agent':'clerk','tools':['read_file']",
	    "tools: agent clerk is one of the crew, and has its own; name none",
	    "tools that would not narrow a member are refused");
	gives_no_more(all, "'agent':'shell','tools':['read_file']",
	    "tools: agent shell is one of the crew, and has its own; name none",
	    "so are those of a program, which has none");
	gives_no_more(all, "'agent':'shell','model_id':'m'",
	    "model_id: agent shell is a program, which has no model; name none", "and its model");
}

/* A program does what a shell can: who may not call one itself, anywhere, does not get there by it.
 */
static void
asks_program(const char *task, const char *more, const char *why, const char *fact)
{
	struct tx *tx = domain_begin();
	char *agent = xprintf("{'role':'boss','kind':'llm','model_id':'m',"
			      "'tools':{'allow':['run','create_task']}%s}",
	    more);
	jv made;
	int rc;

	jv_free(agent_put(tx, record("{'role':'shell','kind':'exec','command':['cat']}")));
	rc = ask(tx, task, agent, "{'task_description':'count the files','agent':'shell'}", &made);
	if (why)
		fails(rc, EX_NOPERM, why, fact);
	else
		is_int(rc, 0, fact);
	jv_free(made);
	store_end(tx);
	free(agent);
}

static void
test_programs(void)
{
	const char *own = "{'scope':{'regions':['eu-west-1']}}",
		   *why = "agent shell: is a program, which may do more than you; name none";

	asks_program("{}", "", NULL, "who may call a shell may ask for a program");
	asks_program("{}", ",'sandbox':true", why, "but not out of a sandbox");
	asks_program(own, "", why, "nor out of a scope");
	asks_program(own, ",'allow_unscoped':true", NULL,
	    "unless it may use there what knows no scope");
}

/* What one may use no other may, at the same time or later. */
static void
test_budget(void)
{
	const char *boss = "{'limits':{'max_tokens':100}}",
		   *some = "{'task_description':'count the files','limits':{'max_tokens':35}}";
	struct tx *tx = domain_begin();
	jv first, made;

	is_int(ask(tx, boss, thinker, some, &first), 0, "some of what is left is handed out");
	is_int(ask(tx, boss, thinker, asks, &made), 0, "and then the rest");
	has(made, "limits", "{'max_children':16,'max_depth':2,'max_tokens':25}",
	    "which is no more than that");
	jv_free(made);
	fails(ask(tx, boss, thinker, some, &made), EX_NOPERM,
	    "limits.max_tokens: your 100 are used or handed out; finish with what you have",
	    "then there is nothing");
	jv_free(made);
	life_complete(tx, json_set(first, "usage", record("{'total_tokens':30}")),
	    jv_string("done"));
	is_int(ask(tx, boss, thinker, some, &made), 0, "what one has not used is there again");
	has(made, "limits", "{'max_tokens':5,'max_children':16,'max_depth':2}", "and only that");
	jv_free(made);
	store_end(tx);
}

/* How many it has asked for counts, not how many run. */
static void
test_breadth(void)
{
	struct tx *tx = domain_begin();
	jv made;

	for (int i = 0; i < 2; i++) {
		is_int(ask(tx, "{'limits':{'max_children':2}}", thinker, asks, &made), 0,
		    "it may ask for so many");
		life_complete(tx, made, jv_string("done"));
	}
	fails(ask(tx, "{'limits':{'max_children':2}}", thinker, asks, &made), EX_NOPERM,
	    "limits.max_children: you have asked for 2 agents, which is all that you may; do the "
	    "rest yourself",
	    "and no more, though they have ended");
	jv_free(made);
	store_end(tx);
}

int
main(void)
{
	domain_open("engage", 3);
	test_requests();
	test_length();
	test_limits();
	test_tools();
	test_scope();
	test_members();
	test_wishes();
	test_programs();
	test_budget();
	test_breadth();
	domain_close();
	return done_testing();
}
