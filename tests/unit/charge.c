/* Tasks have names of one letter here (letters.h). */
#include "charge.h"
#include "letters.h"

static const char *const uuid = "cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa";

static char chat_id[ID_TEXT], other_id[ID_TEXT];
static bool is_new; /* what was added last */

static void
make_chat(char id[ID_TEXT])
{
	jv chat = chat_add(tx, NULL, "ann", jv_array());

	snprintf(id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
}

static void
begin_chats(void)
{
	begin_test();
	make_chat(chat_id);
	make_chat(other_id);
}

/* The task that a request makes in a chat, as a user. */
static jv
add(const char *request, const char *user, const char *chat)
{
	jv r = record("%s", request), made = charge_add(tx, r, user, chat, &is_new);

	jv_free(r);
	return made;
}

static void
refuses(const char *request, const char *user, const char *chat, int code, const char *text,
    const char *fact)
{
	jv made = add(request, user, chat);

	fails(jv_is_valid(made) ? 0 : -1, code, text, fact);
	jv_free(made);
}

static long long
count(void)
{
	return (long long)store_count(tx, "tasks");
}

static void
test_add(void)
{
	char *want;
	jv made;

	begin_chats();
	made = add("{'text':'count "
		   "them','title':'Counting','status':'completed','crew':'wc','priority':'low'}",
	    "bob", chat_id);
	has(made, "title", "'Counting'", "it has its title");
	ok(is_new, "it is new");
	has(made, "instruction", "'count them'", "and what shall be done");
	has(made, "created_by", "'bob'", "it is the user's");
	has(made, "status", "'pending'", "and nothing else of the request's");
	has(made, "crew", NULL, "whatever that has");
	has(made, "priority", "'low'", "but how much it matters");
	want = xprintf("'%s'", chat_id);
	has(made, "chat_id", want, "in that chat");
	free(want);
	jv_free(made);
	made = add("{'text':'count them'}", "bob", chat_id);
	has(made, "duplicate", "true", "the same again is a duplicate");
	ok(!is_new, "... and not new");
	jv_free(made);
	is_int(count(), 1, "... which is not stored");
	end_test();
}

static void
test_id(void)
{
	const char *request = "{'text':'work','id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}";
	jv made;

	begin_chats();
	made = add(request, "bob", chat_id);
	is(json_peek_string(made, "id"), uuid, "it has the id that it was given");
	jv_free(made);
	snprintf(ids['a'], ID_TEXT, "%s", uuid);
	complete('a');
	made = add(request, "BOB", chat_id);
	has(made, "status", "'completed'", "sent again it is that task, whatever became of it");
	has(made, "duplicate", NULL, "... and no duplicate");
	ok(!is_new, "... and not new");
	jv_free(made);
	refuses(request, "eve", chat_id, EX_DATAERR, "start_task: another task has that id",
	    "it is nobody else's");
	refuses(request, "bob", other_id, EX_DATAERR, NULL, "nor another chat's");
	refuses("{'text':'play','id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}", "bob", chat_id,
	    EX_DATAERR, NULL, "nor another text's");
	is_int(count(), 1, "all that stores nothing");
	end_test();
}

/* What was told as a duplicate is that, however often it is asked for. */
static void
test_duplicate(void)
{
	const char *request = "{'text':'work','id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}";
	jv made;

	begin_chats();
	made = add("{'text':'work'}", "ann", chat_id);
	snprintf(ids['a'], ID_TEXT, "%s", json_peek_string(made, "id"));
	jv_free(made);
	made = add(request, "bob", chat_id);
	is(json_peek_string(made, "id"), ids['a'], "the same is there already");
	has(made, "duplicate", "true", "and told as that");
	jv_free(made);
	complete('a');
	made = add(request, "bob", chat_id);
	is(json_peek_string(made, "id"), ids['a'], "so it is after that has ended");
	has(made, "duplicate", "true", "... a duplicate");
	has(made, "status", "'completed'", "... of what was done");
	ok(!is_new, "... and not new");
	jv_free(made);
	refuses(request, "ann", chat_id, EX_DATAERR, "start_task: another task has that id",
	    "the id is whose it was");
	refuses("{'text':'play','id':'cf0f9ed5-31e7-4ac2-9a9b-8e4f6a4dd2aa'}", "bob", chat_id,
	    EX_DATAERR, NULL, "and for no other text");
	is_int(count(), 1, "there is one task");
	end_test();
}

static void
test_refusals(void)
{
	begin_chats();
	refuses("{}", "bob", chat_id, EX_DATAERR, "start_task: want a text", "without a text none");
	refuses("{'text':7}", "bob", chat_id, EX_DATAERR, "start_task: want a text",
	    "nor with something else");
	refuses("{'text':' '}", "bob", chat_id, EX_DATAERR, "instruction: is empty",
	    "nor with an empty one");
	refuses("{'text':'x','title':7}", "bob", chat_id, EX_DATAERR,
	    "title: want string, got number", "a title is one");
	refuses("{'text':'x','agent':'nobody'}", "bob", chat_id, EX_NOINPUT,
	    "agent nobody: no such role", "who shall do it is in the crew");
	refuses("{'text':'x','priority':'huge'}", "bob", chat_id, EX_DATAERR, NULL,
	    "there are three priorities");
	refuses("{'text':'x','id':'7'}", "bob", chat_id, EX_DATAERR, NULL, "and so is an id");
	refuses("{'text':'x','id':'cf0f9ed5-31e7-5ac2-9a9b-8e4f6a4dd2aa'}", "bob", chat_id,
	    EX_DATAERR, NULL, "nor is one that legwork could make");
	jv_free(chat_set_policy(tx, chat_id, record("{'may':{'add':'owner'}}")));
	refuses("{'text':'x'}", "bob", chat_id, EX_NOPERM, NULL, "the chat's rules count");
	jv_free(chat_set_policy(tx, chat_id, record("{'rate':{'tasks':1}}")));
	jv_free(add("{'text':'x'}", "bob", chat_id));
	refuses("{'text':'y'}", "bob", chat_id, EX_TEMPFAIL, NULL, "and so does its rate");
	is_int(count(), 1, "all that stores nothing");
	end_test();
}

int
main(void)
{
	domain_open("charge", 1);
	setenv("LEGWORK_NOW", now, 1);
	test_add();
	test_id();
	test_duplicate();
	test_refusals();
	domain_close();
	return done_testing();
}
