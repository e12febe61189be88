#include "agent.h"
#include "domain.h"

static void
test_roles(void)
{
	char longest[66] = { 0 };

	memset(longest, 'a', 64);
	ok(agent_check_role("wc") == 0 && agent_check_role("A") == 0, "letters are a role");
	ok(agent_check_role("a-1_b") == 0, "digits, _ and - may follow");
	ok(agent_check_role(longest) == 0, "64 characters are one");
	longest[64] = 'a';
	ok(agent_check_role(longest) == -1, "65 are not");
	fails(agent_check_role(""), EX_DATAERR,
	    "role '': want a letter, then up to 63 letters, digits, '_' or '-'", "nor is none");
	ok(agent_check_role("1a") < 0 && agent_check_role("-a") < 0, "nor a digit or - first");
	ok(agent_check_role("a b") < 0 && agent_check_role("a/b") < 0 &&
		agent_check_role("a.b") < 0,
	    "nor a blank, a slash, a point");
	ok(agent_check_role("caf\xc3\xa9") < 0, "nor a letter that is not ASCII");
}

/* Adds the agent at that time; the role of the record. */
static jv
put(const char *now, const char *text)
{
	struct tx *tx = domain_begin();
	jv agent;

	setenv("LEGWORK_NOW", now, 1);
	agent = agent_put(tx, record("%s", text));
	domain_commit(tx);
	unsetenv("LEGWORK_NOW");
	return agent;
}

static jv
get(const char *role)
{
	struct tx *tx = domain_begin();
	jv agent = agent_get(tx, role);

	store_end(tx);
	return agent;
}

static void
test_put(void)
{
	jv agent = put("2026-01-01T00:00:00Z", "{'role':'Wc','command':['wc'],'x':[1]}");

	is_json(jv_copy(agent),
	    "{'role':'Wc','command':['wc'],'x':[1],'created_at':'2026-01-01T00:00:00.000Z',"
	    "'updated_at':'2026-01-01T00:00:00.000Z'}",
	    "an agent is stored with its times, unknown fields too");
	ok(jv_equal(get("wC"), agent), "it is found in any case");
	agent = put("2026-01-02T00:00:00Z", "{'role':'wc','created_at':'1999-01-01T00:00:00Z'}");
	has(agent, "created_at", "'2026-01-01T00:00:00.000Z'", "in its place it keeps its age");
	has(agent, "updated_at", "'2026-01-02T00:00:00.000Z'", "and is updated");
	has(agent, "command", NULL, "the old one's fields are gone");
	jv_free(agent);
	agent = get("WC");
	has(agent, "role", "'wc'", "its role is spelled anew");
	jv_free(agent);
	agent = get("nobody");
	ok(!jv_is_valid(agent), "there is no agent that nobody added");
	jv_free(agent);
}

static void
refuses(const char *text, const char *why)
{
	jv agent = put("2026-01-01T00:00:00Z", text);

	ok(!jv_is_valid(agent) && err_code() == EX_DATAERR, text);
	is(err_text(), why, "... with a sentence");
	jv_free(agent);
}

static void
test_refused(void)
{
	refuses("{}", "agent: role is missing");
	refuses("{'role':1}", "agent: role is missing");
	refuses("{'role':'a\\u0000b'}", "agent: role is missing");
	refuses("{'role':'a b'}",
	    "role 'a b': want a letter, then up to 63 letters, digits, '_' or '-'");
	refuses("{'role':'a','kind':'robot'}", "kind: want exec or llm");
	refuses("{'role':'a','kind':7}", "kind: want exec or llm");
	refuses("{'role':'a','effort':'much'}", "effort: want low, medium or high");
	refuses("{'role':'a','provider':7}", "provider: want a string");
	refuses("{'role':'a','status':null}", "status: want active or proposed");
	refuses("{'role':'a','kind':'exec'}", "command: is missing");
	refuses("{'role':'a','kind':'exec','command':[]}", "command: is missing");
	refuses("{'role':'a','kind':'exec','command':['x',1]}", "command[1]: want a string");
	refuses("{'role':'a','command':'cat'}", "command: want an array of strings");
	refuses("{'role':'a','command':['a\\u0000b']}",
	    "command[0]: want 0 to 1048576 bytes, and no U+0000");
	refuses("{'role':'a','skills':{}}", "skills: want an array of strings");
	refuses("{'role':'a','description':[]}", "description: want a string");
	refuses("{'role':'a','kind':'llm','command':['cat']}",
	    "command: an agent of kind llm has none");
	refuses("{'role':'a','kind':'llm','adapter':'x'}",
	    "adapter: an agent of kind llm has none");
	refuses("{'role':'a','adapter':'../x'}", "adapter: want a letter or digit, then up to 63 "
						 "of these, '_' or '-', or an absolute path");
	refuses("{'role':'a','adapter':''}", "adapter: want a letter or digit, then up to 63 of "
					     "these, '_' or '-', or an absolute path");
	refuses("{'role':'a','model_id':''}", "model_id: want 1 to 200 bytes");
	refuses("{'role':'a','folder':''}", "folder: want 1 to 4096 bytes");
	refuses("{'role':'a','tools':[]}", "tools: want an object");
	refuses("{'role':'a','tools':{'ask':['x','']}}",
	    "tools.ask[1]: want 1 to 200 bytes, and no U+0000");
	refuses("{'role':'a','tools':{'deny':'x'}}", "tools.deny: want an array of strings");
	refuses("{'role':'a','sandbox':'yes'}", "sandbox: want true or false");
	refuses("{'role':'a','network':null}", "network: want true or false");
	refuses("{'role':'a','max_turns':0}", "max_turns: want a whole number from 1 to 1000000");
	refuses("{'role':'a','context_tokens':-1}",
	    "context_tokens: want a whole number from 0 to 1000000");
	refuses("{'role':'a','max_turns':1.5}", "max_turns: want a whole number from 1 to 1000000");
}

static void
test_kinds(void)
{
	static const char *const good[] = { "{'role':'a','kind':'exec','command':['cat',''],"
					    "'skills':['x'],'input':'json','status':'proposed'}",
		"{'role':'a','kind':'exec','adapter':'claude'}",
		"{'role':'a','kind':'llm','model_id':'m','provider':'anthropic',"
		"'system_prompt':'','tools':{'allow':['run'],'odd':1},'max_turns':5,"
		"'effort':'high','sandbox':true,'network':false,'folder':'/tmp'}" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		jv agent = record("%s", good[i]);

		is_int(agent_check(agent), 0, good[i]);
		jv_free(agent);
	}
}

/* The roles of the crew, in its order. */
static void
crew_is(const char *want, const char *fact)
{
	struct tx *tx = domain_begin();
	jv crew = agent_crew(tx);
	struct buf b = { 0 };

	store_end(tx);
	buf_puts(&b, "");
	jv_array_foreach (crew, i, agent) {
		buf_printf(&b, "%s%s", i ? " " : "", json_peek_string(agent, "role"));
		jv_free(agent);
	}
	is(b.p, want, fact);
	buf_release(&b);
	jv_free(crew);
}

static void
test_crew(void)
{
	struct tx *tx;

	jv_free(put("2026-01-03T00:00:00Z", "{'role':'zz'}"));
	jv_free(put("2026-01-01T00:00:00Z", "{'role':'aa'}"));
	crew_is("wc zz aa", "the crew is in the order in which it was added");
	jv_free(put("2026-01-04T00:00:00Z", "{'role':'WC'}"));
	crew_is("WC zz aa", "who is replaced keeps the place");
	tx = domain_begin();
	is_int(agent_remove(tx, "Wc"), 0, "an agent is removed in any case");
	fails(agent_remove(tx, "wc"), EX_NOINPUT, "agent wc: no such role", "but not twice");
	domain_commit(tx);
	crew_is("zz aa", "the others stay");
	jv_free(put("2026-01-05T00:00:00Z", "{'role':'wc'}"));
	crew_is("zz aa wc", "who comes back is the last");
	tx = domain_begin();
	for (const char *const *role = (const char *const[]){ "zz", "aa", "wc", NULL }; *role;
	     role++)
		agent_remove(tx, *role);
	domain_commit(tx);
	crew_is("", "an empty crew is an empty array");
}

int
main(void)
{
	domain_open("agent", 1);
	test_roles();
	test_put();
	test_refused();
	test_kinds();
	test_crew();
	domain_close();
	return done_testing();
}
