/* Tasks have names of one letter here (letters.h). */
#include "access.h"
#include "letters.h"

static char chat_id[ID_TEXT];

/* A chat of ann's with that policy, and in it task a, which cy has added. */
static void
begin_chat(const char *policy)
{
	jv members = JV_ARRAY(jv_string("bob")), chat;

	begin_test();
	chat = chat_add(tx, NULL, "ann", members);
	snprintf(chat_id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	jv_free(chat_set_policy(tx, chat_id, record("%s", policy)));
	begin('a', "", "{'created_by':'cy'}");
	task_put(tx, json_set_string(task('a'), "chat_id", chat_id));
}

static bool
gets_chat(const char *given, const char *user, enum may_what what)
{
	jv chat = access_chat(tx, given, user, what);
	bool gets = jv_is_valid(chat);

	jv_free(chat);
	return gets;
}

static bool
gets_task(char name, const char *user, enum may_what what)
{
	jv got = access_task(tx, ids[(int)name], user, what);
	bool gets = jv_is_valid(got);

	jv_free(got);
	return gets;
}

static bool
has_right(char name, const char *user, enum may_what what)
{
	jv t = task(name);
	bool has_it = access_has(tx, t, user, what);

	jv_free(t);
	return has_it;
}

static void
test_chats(void)
{
	char prefix[5] = "";

	begin_chat("{'may':{'read':'members','add':'owner'}}");
	memcpy(prefix, chat_id, 4);
	ok(gets_chat(prefix, "bob", MAY_READ), "a member gets the chat, by a prefix, too");
	ok(!gets_chat(chat_id, "eve", MAY_READ) && err_code() == EX_NOPERM, "others do not");
	ok(!gets_chat(chat_id, "bob", MAY_ADD) && err_code() == EX_NOPERM,
	    "nor does he for what is the owner's");
	ok(gets_chat(chat_id, "ANN", MAY_ADD), "who does, in any case");
	ok(!gets_chat("zzzz", "ann", MAY_READ) && err_code() == EX_NOINPUT,
	    "what is not there nobody gets");
	end_test();
}

static void
test_tasks(void)
{
	begin_chat("{'may':{'read':'members','cancel':'owner'}}");
	begin('b', "", "{'created_by':'cy'}");
	ok(gets_task('a', "bob", MAY_READ), "a task is there for whom its chat is");
	ok(!gets_task('a', "cy", MAY_READ), "not for who has added it");
	ok(!gets_task('a', "bob", MAY_CANCEL) && gets_task('a', "ann", MAY_CANCEL),
	    "what may be done with it the chat says");
	ok(gets_task('b', "CY", MAY_CANCEL), "without a chat it is who has added it that may all");
	ok(!gets_task('b', "ann", MAY_READ) && err_code() == EX_NOPERM, "and nobody else");
	ok(has_right('a', "bob", MAY_READ) && !has_right('a', "bob", MAY_CANCEL) &&
		!has_right('b', "ann", MAY_READ) && has_right('b', "cy", MAY_CANCEL),
	    "only asked, it is the same");
	is_int(jv_is_valid(access_task(tx, NULL, "ann", MAY_READ)), 0, "none that is named");
	is_int(err_code(), EX_DATAERR, "... is bad data");
	end_test();
}

static void
test_decisions(void)
{
	begin_chat("{}");
	task_put(tx, json_set_string(task('a'), "user_id", "ann"));
	ask('a');
	ok(has_right('a', "Ann", MAY_APPROVE), "who is asked decides");
	ok(!has_right('a', "bob", MAY_APPROVE), "and nobody else");
	end_test();

	begin_chat("{'may':{'approve':'members'}}");
	task_put(tx, json_set_string(task('a'), "user_id", "ann"));
	ask('a');
	ok(has_right('a', "bob", MAY_APPROVE), "where a rule says who may, that counts");
	ok(!has_right('a', "eve", MAY_APPROVE), "... for others as well");
	end_test();
}

int
main(void)
{
	domain_open("access", 1);
	setenv("LEGWORK_NOW", now, 1);
	test_chats();
	test_tasks();
	test_decisions();
	domain_close();
	return done_testing();
}
