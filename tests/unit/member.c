#include "member.h"
#include "domain.h"

static void
kind_is(const char *chat, const char *user, const char *want, const char *fact)
{
	jv c = record("%s", chat);

	is(member_kind(c, user), want, fact);
	jv_free(c);
}

static void
test_kind(void)
{
	const char *chat = "{'members':[7,{'user_id':'Ada','kind':'person'},{'user_id':3},"
			   "{'user_id':'bot','kind':'bot'},{'user_id':'x'}]}";

	kind_is(chat, "ada", "person", "a member is found in any case");
	kind_is(chat, "bot", "bot", "whoever it is");
	kind_is(chat, "x", NULL, "one without a kind has none");
	kind_is(chat, "ad", NULL, "others are none");
	kind_is("{'members':7}", "ada", NULL, "nor are they where there are no members");
	is(member_kind(jv_invalid(), "ada"), NULL, "or no chat");
}

static void
test_set(void)
{
	jv chat = member_set(record("{'id':'c','members':'x'}"), "Ada", "person");

	chat = member_set(member_set(chat, "bob", "person"), "ADA", "bot");
	is_json(jv_copy(chat),
	    "{'id':'c','members':[{'user_id':'Ada','kind':'bot'},{'user_id':'bob','kind':'person'}]"
	    "}",
	    "each is there once, as spelled at first and of the kind given last");
	jv_free(chat);
	chat = member_set(record("{'members':[{'user_id':'a','kind':'person','role':'r'}]}"), "a",
	    "bot");
	is_json(chat, "{'members':[{'user_id':'a','kind':'bot','role':'r'}]}",
	    "what else is said of one stays said");
}

int
main(void)
{
	test_kind();
	test_set();
	return done_testing();
}
