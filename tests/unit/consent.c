#include "consent.h"
#include "chat.h"
#include "domain.h"
#include "event.h"

static void
test_words(void)
{
	jv what;

	is_int(consent_read("agents", &what), 0, "agents can be asked about");
	is_json(what, "['agents']", "and nothing else then");
	is_int(consent_read("tasks,agents,tasks", &what), 0, "both can be");
	is_json(what, "['tasks','agents']", "each once");
	is_int(consent_read("none", &what), 0, "nothing can be");
	is_json(what, "[]", "which is said by none");
	fails(consent_read("agents,none", &what), EX_DATAERR,
	    "want agents, tasks, agents,tasks or none, got 'agents,none'", "but only alone");
	for (const char *const *bad =
		 (const char *[]){ "", ",", "agents,", "Agents", "task", NULL };
	     *bad; bad++)
		fails(consent_read(*bad, &what), EX_DATAERR, NULL, "other words are refused");
}

static void
test_chat(void)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, NULL, "ada", jv_array()), task, edited;
	const char *id = json_peek_string(chat, "id");

	task = record("{'chat_id':'%s'}", id);
	ok(!consent_is_wanted(tx, task, "agents"), "a chat wants nothing to be asked");
	jv_free(consent_set(tx, id, JV_ARRAY(jv_string("agents"))));
	ok(consent_is_wanted(tx, task, "agents") && !consent_is_wanted(tx, task, "tasks"),
	    "but what it was told");
	jv_free(chat_set_policy(tx, id, record("{'approve':['tasks'],'other':1}")));
	edited = consent_set(tx, id, jv_array());
	has(edited, "policy", "{'other':1}", "the rest of a policy stays");
	jv_free(edited);
	ok(!consent_is_wanted(tx, task, "tasks"), "and it may be told to want nothing");
	jv_free(chat_set_policy(tx, id, record("{'approve':'tasks'}")));
	ok(!consent_is_wanted(tx, task, "tasks"), "what is no array asks for nothing");
	jv_free(chat);
	chat = consent_set(tx, "none", jv_array());
	ok(!jv_is_valid(chat) && err_code() == EX_NOINPUT, "a chat that is not there is told");
	jv_free(chat);
	jv_free(task);
	task = record("{}");
	ok(!consent_is_wanted(tx, task, "tasks"), "a task without a chat asks nobody");
	jv_free(task);
	store_end(tx);
}

/* What becomes of a task (consumed): whether it is held. */
static bool
is_held(struct tx *tx, jv task)
{
	bool is;

	task = consent_hold(tx, task);
	is = json_has(task, "waiting");
	jv_free(task);
	return is;
}

#define TASK "'id':'1f3c9a2b-0000-4000-8000-000000000001','status':'pending','title':'dust'"

static void
test_hold(void)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, NULL, "ada", jv_array()), task, approval;
	char *id = xstrdup(json_peek_string(chat, "id"));

	jv_free(chat);
	ok(!is_held(tx, record("{" TASK ",'chat_id':'%s'}", id)), "nobody asks: it may begin");
	jv_free(consent_set(tx, id, JV_ARRAY(jv_string("tasks"))));
	task = consent_hold(tx, record("{" TASK ",'chat_id':'%s','waiting':'dependencies'}", id));
	has(task, "waiting", "'approval'", "it waits for approval, whatever it waited for");
	has(task, "user_id", "'ada'", "the owner's");
	approval = json_get(task, "approval", JV_KIND_OBJECT);
	has(approval, "question", "'May this be done: dust?'", "that says what is asked");
	has(approval, "about", "'task'", "and about what");
	is_int((long)event_count(tx, id), 1, "it is asked in the chat");
	jv_free(approval);
	jv_free(task);
	ok(!is_held(tx, record("{" TASK ",'chat_id':'%s','parent_id':'x'}", id)),
	    "a subtask is not asked about");
	ok(!is_held(tx, record("{" TASK ",'chat_id':'%s','approval':{'about':'task',"
			       "'decision':'approved'}}",
			    id)),
	    "nor what was allowed");
	ok(is_held(tx, record("{" TASK ",'chat_id':'%s','approval':{'about':'task',"
			      "'decision':'denied'}}",
			   id)),
	    "what was denied is");
	free(id);
	store_end(tx);
}

int
main(void)
{
	domain_open("consent", 1);
	test_words();
	test_chat();
	test_hold();
	domain_close();
	return done_testing();
}
