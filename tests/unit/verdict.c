#include "verdict.h"
#include "domain.h"

int
main(void)
{
	struct verdict v;
	char *errors;

	verdict_init(&v);
	is_json(verdict_object(&v), "{'is_valid':true,'errors':[],'warnings':[],'suggestions':[]}",
	    "at first all is right");
	verdict_note(&v, "warnings", "%d words are %s", 3, "few");
	verdict_note(&v, "suggestions", "say more");
	ok(verdict_is_valid(&v), "warnings and suggestions change nothing about that");
	errors = verdict_errors(&v);
	is(errors, "", "they are no errors");
	free(errors);
	verdict_note(&v, "errors", "too %s", "long");
	verdict_note(&v, "errors", "not \xff text");
	ok(!verdict_is_valid(&v), "an error does");
	errors = verdict_errors(&v);
	is(errors, "too long; not \xef\xbf\xbd text", "all errors stand in a line, as UTF-8");
	free(errors);
	is_json(verdict_object(&v),
	    "{'is_valid':false,'errors':['too long','not \xef\xbf\xbd text'],"
	    "'warnings':['3 words are few'],'suggestions':['say more']}",
	    "and each in its list");
	verdict_release(&v);
	return done_testing();
}
