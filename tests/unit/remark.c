/* What a person says, as a request brings it (letters.h for tasks that ask). */
#include "remark.h"
#include "event.h"
#include "letters.h"

static char chat_id[ID_TEXT];

static void
begin_chat(void)
{
	jv chat;

	begin_test();
	chat = chat_add(tx, NULL, "ann", jv_array());
	snprintf(chat_id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
}

/* What is stored of a request, said by a user; invalid with err. */
static jv
say(const char *request, const char *user)
{
	jv r = record("%s", request), event = remark_event(r, user, chat_id);

	jv_free(r);
	return jv_is_valid(event) ? remark_post(tx, event) : event;
}

static void
refuses(const char *request, const char *user, int code, const char *text, const char *fact)
{
	jv stored = say(request, user);

	fails(jv_is_valid(stored) ? 0 : -1, code, text, fact);
	jv_free(stored);
}

static void
test_event(void)
{
	jv stored;

	begin_chat();
	stored = say("{'text':'hello','user_id':'bob','seq':9,'n':1}", "ann");
	has(stored, "data", "{'text':'hello'}", "a text is said");
	has(stored, "user_id", "'ann'", "by the user, whoever the request names");
	has(stored, "seq", "1", "and in its turn");
	has(stored, "n", NULL, "it is no task's");
	jv_free(stored);
	stored = say("{'data':{'text':'hi','mood':'good'}}", "ann");
	has(stored, "data", "{'text':'hi','mood':'good'}", "data are said as they are");
	jv_free(stored);
	refuses("{}", "ann", EX_DATAERR, "message: want a text, or data with one",
	    "nothing is not");
	refuses("{'text':'x','data':{'text':'y'}}", "ann", EX_DATAERR, NULL, "nor is both");
	refuses("{'data':{'text':'x','task_id':'t'}}", "ann", EX_DATAERR, NULL,
	    "nor what a task would say");
	refuses("{'text':''}", "ann", EX_DATAERR, NULL, "nor an empty text");
	refuses("{'data':{'text':'x','reply_to':'nope'}}", "ann", EX_NOINPUT, NULL,
	    "nor an answer to nothing");
	jv_free(chat_set_policy(tx, chat_id, record("{'may':{'post':'owner'}}")));
	refuses("{'text':'x'}", "bob", EX_NOPERM, NULL, "nor what the rules forbid");
	is_int((long long)event_last(tx, chat_id), 2, "all that says nothing");
	end_test();
}

static void
test_again(void)
{
	const char *request = "{'text':'once','id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}";
	jv stored;

	begin_chat();
	jv_free(say(request, "ann"));
	stored = say(request, "ann");
	has(stored, "seq", "1", "what comes again is answered as before");
	jv_free(stored);
	refuses(request, "bob", EX_DATAERR, "message: another event has that id",
	    "but not to somebody else");
	refuses("{'text':'twice','id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}", "ann", EX_DATAERR,
	    NULL, "nor where it says something else");
	is_int((long long)event_last(tx, chat_id), 1, "it is said once");
	end_test();
}

static void
test_answer_again(void)
{
	const char *request = "{'data':{'text':'yes','reply_to':'r-a'},"
			      "'id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}";
	jv stored;

	begin_chat();
	begin('a', "", "{}");
	task_put(tx, json_set_string(task('a'), "chat_id", chat_id));
	ask('a');
	jv_free(say(request, "ann"));
	states("a", "ready", "what is answered goes on");
	task_delete(tx, ids['a']);
	stored = say(request, "ann");
	has(stored, "seq", "1",
	    "an answer that comes again is known, when what it answers is gone");
	jv_free(stored);
	end_test();
}

static void
test_decision(void)
{
	begin_chat();
	begin('a', "", "{}");
	task_put(tx,
	    json_set_string(json_set_string(task('a'), "chat_id", chat_id), "user_id", "ann"));
	ask('a');
	jv_free(say("{'text':'yes'}", "bob"));
	states("a", "approval", "a yes of somebody else decides nothing");
	jv_free(say("{'text':'yes'}", "ann"));
	states("a", "ready", "that of whom is asked does");
	end_test();
}

int
main(void)
{
	domain_open("remark", 1);
	setenv("LEGWORK_NOW", now, 1);
	test_event();
	test_again();
	test_answer_again();
	test_decision();
	domain_close();
	return done_testing();
}
