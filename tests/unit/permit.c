#include "permit.h"
#include "domain.h"

/* What an agent of that record may do with a tool. */
static void
may(const char *agent, const char *name, enum permit want, const char *fact)
{
	jv a = record("%s", agent);

	is_int(permit_of(a, name), want, fact);
	jv_free(a);
}

static void
test_names(void)
{
	static const char agent[] =
	    "{'tools':{'allow':['run','a','/x/t*'],'deny':['a'],'ask':['b','run2']}}";

	may(agent, "run", PERMIT_ALLOW, "what is named is allowed");
	may(agent, "b", PERMIT_ASK, "or must be asked for");
	may(agent, "a", PERMIT_DENY, "deny wins");
	may(agent, "c", PERMIT_NONE, "what is not named is neither");
	may(agent, "/x/tool", PERMIT_NONE, "a path is no pattern");
	may(agent, "s__x", PERMIT_NONE, "without servers there is nothing of theirs");
	may("{}", "run", PERMIT_NONE, "without lists nothing is allowed");
	is_int(permit_of(jv_invalid(), "run"), PERMIT_NONE, "nor is it to nobody");
}

static void
test_patterns(void)
{
	static const char some[] =
	    "{'mcp':[],'tools':{'allow':['s__r*','run'],'deny':['*_all'],'ask':['s__w*','r?ad']}}";

	may(some, "s__read", PERMIT_ALLOW, "a pattern allows");
	may(some, "s__other", PERMIT_NONE, "and then nothing else of a server is");
	may(some, "s__read_all", PERMIT_DENY, "a pattern denies");
	may(some, "s__write", PERMIT_ASK, "a pattern has tools asked for");
	may(some, "read", PERMIT_ASK, "programs, too");
	may("{'mcp':[],'tools':{'allow':['run']}}", "s__x", PERMIT_ALLOW,
	    "where no tool of a server is named, all are allowed");
	may("{'mcp':[],'tools':{'allow':['s__y']}}", "s__x", PERMIT_NONE,
	    "where one is, the others are not");
	may("{'mcp':[],'tools':{'ask':['s__y']}}", "s__x", PERMIT_ALLOW,
	    "one that must be asked for leaves the others allowed");
	may("{'mcp':[]}", "run", PERMIT_NONE, "a program is never allowed unsaid");
}

static void
test_lists(void)
{
	jv good = record("{'tools':{'allow':['a']}}"), bad = record("{'tools':{'ask':['a',7]}}");

	is_int(permit_check(good), 0, "lists of names are fine");
	fails(permit_check(bad), EX_CONFIG, "tools.ask: want a list of names", "others are not");
	is_json(permit_list(bad, "ask"), "['a']", "what is no name is left out of them");
	is_json(permit_list(bad, "allow"), "[]", "one that is not there is empty");
	jv_free(good);
	jv_free(bad);
}

int
main(void)
{
	test_names();
	test_patterns();
	test_lists();
	return done_testing();
}
