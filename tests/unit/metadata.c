#include "metadata.h"
#include "domain.h"

/* The spec that metadata make, and the first error (NULL: none). */
static void
makes(const char *metadata, const char *want, const char *error, const char *fact)
{
	struct verdict verdict;
	jv given = record("%s", metadata);
	char *errors;

	verdict_init(&verdict);
	is_json(metadata_take(record("{'title':'t'}"), given, &verdict), want, fact);
	errors = verdict_errors(&verdict);
	is(errors, error, "... and what is wrong");
	free(errors);
	verdict_release(&verdict);
	jv_free(given);
}

int
main(void)
{
	makes("{}", "{'title':'t'}", "", "none change nothing");
	makes("{'priority':'high','model_id':'m','required_skills':['a'],'labels':['x','y']}",
	    "{'title':'t','priority':'high','model_id':'m','required_skills':['a'],"
	    "'labels':['x','y']}",
	    "", "a spec's members become its own");
	makes("{'labels':'x','depends_on':'1f3c','required_skills':'a'}",
	    "{'title':'t','labels':['x'],'depends_on':['1f3c'],'required_skills':['a']}", "",
	    "one string is a list");
	makes("{'timeout_s':5,'max_attempts':2}",
	    "{'title':'t','limits':{'timeout_s':5,'max_attempts':2}}", "", "two are limits");
	makes("{'ticket':7,'who':{'a':null}}",
	    "{'title':'t','metadata':{'ticket':7,'who':{'a':null}}}", "", "others are metadata");
	makes("{'priority':null,'ticket':null,'output':'x','format':'y','output_schema':1}",
	    "{'title':'t'}", "", "null is nothing, and what the answer shall be is read elsewhere");
	makes("{'agent':'wc'}", "{'title':'t'}", "", "as is who shall do it");
	makes("{'agent':7}", "{'title':'t'}", "metadata.agent: want a role, a string",
	    "but it must be a string");
	makes("{'priority':'soon','ticket':1}", "{'title':'t','metadata':{'ticket':1}}",
	    "metadata: priority 'soon': want high, medium or low", "what is wrong is left out");
	makes("{'timeout_s':-1,'max_attempts':2}", "{'title':'t','limits':{'max_attempts':2}}",
	    "metadata: limits.timeout_s: want a number above 0", "of the limits, too");
	return done_testing();
}
