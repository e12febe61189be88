#include "crew.h"
#include "domain.h"

static const char *const crew_text =
    "[{'role':'Finder','skills':['find files','list']},"
    "{'role':'painter','skills':['paint'],'status':'proposed'},"
    "{'skills':['nameless']},"
    "{'role':'wc','skills':['word-count','count words'],'status':'active'},"
    "{'role':'wc-long','skills':['count']}]";

/* Whether the agent (consumed) has the role; NULL: there is none. */
static void
is_role(jv agent, const char *want, const char *fact)
{
	is(jv_is_valid(agent) ? json_peek_string(agent, "role") : NULL, want, fact);
	jv_free(agent);
}

/* What a name is as a role; "-": none. */
static void
becomes(const char *name, const char *want, const char *fact)
{
	jv role = crew_role_of(name);

	is(jv_is_valid(role) ? jv_string_value(role) : "-", want, fact);
	jv_free(role);
}

static void
test_roles(void)
{
	becomes("code-reviewer_2", "code-reviewer_2", "what is a role stays as it is");
	becomes(" Senior Writer (EU) ", "Senior_Writer_EU", "what it cannot have is left out");
	becomes("7 up", "-", "what begins with a digit is none");
	becomes(" ", "-", "nor is nothing");
}

static void
test_find(jv crew)
{
	jv empty = jv_array(), odd = record("[1,'x',null,{},{'role':7},{'role':'last'}]");

	is_role(crew_find(crew, "finder"), "Finder", "a role is found in any case");
	is_role(crew_find(crew, "WC"), "wc", "the whole of it");
	is_role(crew_find(crew, "wc-"), NULL, "a part of one is none");
	is_role(crew_find(crew, "painter"), NULL, "a proposed agent is passed over");
	is_role(crew_find(crew, NULL), "Finder", "without a wish it is the first");
	is_role(crew_find(empty, NULL), NULL, "an empty crew has none");
	is_role(crew_find(odd, NULL), "last", "what is no agent is passed over");
	is_role(crew_find(jv_null(), NULL), NULL, "what is no crew has none");
	is_role(crew_choose(odd, "x"), "last", "also when one is chosen");
	jv_free(odd);
	jv_free(empty);
}

static void
test_choose(jv crew)
{
	is_role(crew_choose(crew, "count the words"), "wc", "most words of its skills decide");
	is_role(crew_choose(crew, "COUNT"), "wc",
	    "a tie goes to the earlier, case does not matter");
	is_role(crew_choose(crew, "find, find: find!"), "Finder", "punctuation separates words");
	is_role(crew_choose(crew, "recount"), "Finder", "a part of a word is none");
	is_role(crew_choose(crew, "paint"), "Finder", "a proposed agent is not chosen");
	is_role(crew_choose(crew, ""), "Finder", "no match is the first one's");
	is_role(crew_choose(crew, "count\xe2\x80\x94words"), "wc", "a dash separates words too");
}

static void
takes(jv crew, const char *text, const char *role, const char *left, const char *fact)
{
	char *rest = xstrdup(text);
	jv agent = crew_take(crew, &rest);

	is_role(agent, role, fact);
	is(rest, left, "... and the text that is left");
	free(rest);
}

static void
test_take(jv crew)
{
	takes(crew, "@wc-long: sort", "wc-long", "sort", "the longer of two roles is meant");
	takes(crew, "do @wc and @finder", "wc", "do and @finder", "the first mention counts");
	takes(crew, "@finder", "Finder", "@finder", "a role is better than no text");
	takes(crew, "ask @painter to count", NULL, "ask @painter to count",
	    "without a mention there is none");
	is_role(crew_mentioned(crew, "do @wc and @finder"), "wc",
	    "a mention may be asked for only");
}

static void
test_strings(jv crew)
{
	jv agent = crew_find(crew, "wc"), odd = record("{'skills':[1,'a',null,'','...'],'x':'a'}");

	is_json(crew_skills_in(agent, "count words, a word"), "['word-count','count words']",
	    "skills all of whose words are in the text");
	is_json(crew_skills_in(agent, "count"), "[]", "one of two is not enough");
	is_json(crew_skills_in(odd, "a b"), "['a']", "a skill without words is in no text");
	is_json(crew_strings(odd, "skills"), "['a','','...']", "what is no string is left out");
	is_json(crew_strings(odd, "x"), "[]", "what is no array has none");
	is_json(crew_strings(jv_null(), "x"), "[]", "nor has what is no object");
	jv_free(odd);
	jv_free(agent);
}

int
main(void)
{
	jv crew = record("%s", crew_text);

	test_roles();
	test_find(crew);
	test_choose(crew);
	test_take(crew);
	test_strings(crew);
	jv_free(crew);
	return done_testing();
}
