#include "may.h"
#include "letters.h"

static void
may_is(const char *chat, const char *user, enum may_what what, bool want, const char *fact)
{
	jv c = record("%s", chat);

	ok((may(NULL, c, user, what) == 0) == want, fact);
	jv_free(c);
}

static void
test_may(void)
{
	const char *chat = "{'id':'c','user_id':'Ann','members':[{'user_id':'bob','kind':'bot'}],"
			   "'policy':{'may':{'read':'members','post':'owner','add':'anyone',"
			   "'cancel':'nobody','approve':7}}}";

	may_is(chat, "ann", MAY_READ, true, "the owner may, in any case");
	may_is(chat, "Bob", MAY_READ, true, "so may a member, a bot, too");
	may_is(chat, "eve", MAY_READ, false, "others may not");
	may_is(chat, NULL, MAY_READ, false, "nor may somebody unknown");
	may_is(chat, "bob", MAY_POST, false, "what is the owner's is not a member's");
	may_is(chat, "ANN", MAY_POST, true, "but the owner's");
	may_is(chat, NULL, MAY_ADD, true, "anyone is anyone");
	may_is(chat, "bob", MAY_CANCEL, false, "a word that is none means the owner");
	may_is(chat, "bob", MAY_APPROVE, false, "and so does what is no word");
	may_is(chat, "ann", MAY_APPROVE, true, "who may");
	may_is("{'user_id':'ann'}", "eve", MAY_POST, true, "without a policy everybody may");
	may_is("{'user_id':'ann','policy':7}", "eve", MAY_POST, true, "and with a strange one");
	ok(may(NULL, jv_invalid(), "eve", MAY_POST) == 0, "and where there is no chat");
}

static void
trusts_is(const char *who, const char *user, bool want, const char *fact)
{
	jv chat = record("{'user_id':'ann','members':[{'user_id':'bob','kind':'person'},"
			 "{'user_id':'cy','kind':'agent'},{'user_id':'dot','kind':'bot'}],"
			 "'policy':{'trust':'%s'}}",
	    who);

	ok(may_trusts(chat, user) == want, fact);
	jv_free(chat);
}

static void
test_trust(void)
{
	trusts_is("members", "Ann", true, "the owner is trusted");
	trusts_is("members", "bob", true, "a person that is a member is");
	trusts_is("members", "cy", true, "an agent is");
	trusts_is("members", "dot", false, "a bot is not");
	trusts_is("members", "eve", false, "a stranger is not");
	trusts_is("members", NULL, false, "nor is nobody");
	trusts_is("owner", "bob", false, "where the owner is, a member is not");
	trusts_is("me", "bob", false, "nor where it cannot be told who is");
	ok(may_trusts(jv_invalid(), NULL), "without a rule everybody is");
}

static char chat_id[ID_TEXT];

/* What may_say says of an event in the chat, at that second. */
static int
say(const char *at, const char *user, const char *more)
{
	char *now_is = xprintf("2026-11-28T12:%sZ", at);
	jv event = record("{'type':'message','data':{'text':'x'%s},'user_id':'%s','chat_id':'%s'}",
	    more, user, chat_id);
	int rc;

	setenv("LEGWORK_NOW", now_is, 1);
	rc = may_say(tx, event);
	unsetenv("LEGWORK_NOW");
	jv_free(event);
	free(now_is);
	return rc;
}

static void
test_say(void)
{
	jv chat;
	char *text;

	begin_test();
	chat = chat_add(tx, NULL, "ann", jv_array());
	memcpy(chat_id, json_peek_string(chat, "id"), ID_TEXT);
	jv_free(chat);
	jv_free(chat_set_policy(tx, chat_id,
	    record("{'may':{'post':'members'},'rate':{'messages':2}}")));
	task_put(tx, record("{'id':'22222222-2222-4222-8222-222222222222','status':'pending',"
			    "'instruction':'x','chat_id':'%s'}",
			 chat_id));
	ok(say("00:00", "ann", "") == 0, "the first may be said");
	ok(say("00:00", "ANN", "") == 0, "and the second");
	text =
	    xprintf("chat %.8s: ann has used up 2 messages a minute: try again in 30 s", chat_id);
	fails(say("00:00", "ann", ""), EX_TEMPFAIL, text, "the third is told how long to wait");
	ok(say("00:00", "ann", ",'task_id':'22222222-2222-4222-8222-222222222222'") == 0,
	    "a task of the chat speaks as it likes");
	ok(say("00:00", "ann", ",'task_id':'33333333-3333-4333-8333-333333333333'") < 0,
	    "another does not");
	ok(say("00:00", "eve", ",'task_id':'22222222-2222-4222-8222-222222222222'") < 0,
	    "nor does who only says that it was the task");
	ok(say("00:29.999", "ann", "") < 0, "a moment too early is too early");
	ok(say("00:30", "ann", "") == 0, "then there is one more");
	ok(say("00:30", "ann", "") < 0, "and no other");
	ok(store_count(tx, "audit") == 5, "each refusal is in the audit");
	ok(say("00:00.001", "ann", "") == 0, "where the clock is set back it begins anew");
	free(text);
	end_test();
}

int
main(void)
{
	domain_open("may", 1);
	test_may();
	test_trust();
	test_say();
	domain_close();
	return done_testing();
}
