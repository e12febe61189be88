/* Whether an answer keeps a contract: with a schema that wants a number "n". */
#include "answer.h"
#include "domain.h"
#include "stop.h"
#include "utf8.h"

static const struct answer_place here = { 0 };

/* What becomes of an answer under a contract: "good: ACCEPTED", "bad: WHY" or "CODE: ERROR". */
static void
becomes(const char *output, const char *answer, const char *want, const char *fact)
{
	jv contract = output ? record("%s", output) : jv_invalid(), accepted;
	char *text = quoted(answer), *quoted_want = quoted(want), *why, *got;
	jv given = jv_string(text);

	switch (answer_check(contract, given, &here, &accepted, &why)) {
	case ANSWER_GOOD:
		got = xprintf("good: %s", jv_string_value(accepted));
		break;
	case ANSWER_BAD:
		got = xprintf("bad: %s", why);
		break;
	default:
		got = xprintf("%d: %s", err_code(), err_text());
	}
	is(got, quoted_want, fact);
	jv_free(contract);
	jv_free(given);
	jv_free(accepted);
	free(text);
	free(quoted_want);
	free(why);
	free(got);
}

#define SCHEMA "'schema':{'type':'object','required':['n'],'properties':{'n':{'type':'integer'}}}"

static void
test_form(void)
{
	becomes(NULL, "anything", "good: anything", "without a contract all is good");
	becomes("{}", "anything", "good: anything", "so it is with an empty one");
	becomes("{'expected':'a poem','format':'markdown'}", "# A", "good: # A",
	    "what is only asked for is not checked");
	becomes("{'format':'json'}", "Here it is:\n```json\n{'n': 7}\n```\n", "good: {'n':7}",
	    "JSON is taken out of what stands around it");
	becomes("{" SCHEMA "}", "{ 'n': 7 }", "good: {'n':7}", "what fits the schema is good");
}

static void
refuses(const char *output, const char *answer, const char *beginning, const char *fact)
{
	jv contract = record("%s", output), given = jv_string(answer), accepted;
	char *why;

	is_int(answer_check(contract, given, &here, &accepted, &why), ANSWER_BAD, fact);
	if (!ok(why && !strncmp(why, beginning, strlen(beginning)), "... saying why"))
		printf("# got: %s\n", why ? why : "(null)");
	ok(!jv_is_valid(accepted), "... and nothing is accepted");
	free(why);
	jv_free(contract);
	jv_free(given);
	jv_free(accepted);
}

static void
test_refusals(void)
{
	refuses("{'format':'json'}", "I will not.",
	    "the answer has to be JSON: ", "an answer without JSON is refused");
	refuses("{" SCHEMA "}", "{}",
	    "the answer does not fit the JSON schema: ", "so is JSON that does not fit the schema");
	refuses("{'format':'text'," SCHEMA "}", "7 apples, [", "the answer ",
	    "a schema wants JSON whatever the format says");
}

static void
test_jq(void)
{
	becomes("{'format':'json','check':{'jq':'.n > 5'}}", "{'n':7}", "good: {'n':7}",
	    "jq gets the value of JSON");
	becomes("{'check':{'jq':'length > 2'}}", "abc", "good: abc", "and the string of others");
	becomes("{'check':{'jq':'.'}}", "abc", "good: abc", "what is not false is true");
	becomes("{'check':{'jq':'length > 5'}}", "abc",
	    "bad: the answer does not pass the check `length > 5`: it gives false",
	    "false is a no");
	becomes("{'check':{'jq':'null'}}", "abc",
	    "bad: the answer does not pass the check `null`: it gives null", "so is null");
	becomes("{'check':{'jq':'empty'}}", "abc",
	    "bad: the answer does not pass the check `empty`: it gives nothing", "and nothing");
	becomes("{'check':{'jq':'false,true'}}", "abc", "good: abc", "the last result counts");
	becomes("{'check':{'jq':'error(.)'}}", "too short",
	    "bad: the answer does not pass the check `error(.)`: too short",
	    "an error says what is wrong");
	becomes("{'check':{'jq':'repeat(true)'}}", "a", "good: a",
	    "a program without end is ended");
}

static void
test_command(void)
{
	becomes("{'check':{'command':'test $(wc -l) = 2'}}", "a\nb", "good: a\nb",
	    "a command gets the answer as lines");
	becomes("{'format':'json','check':{'command':'grep -qx .{.n.:7}.'}}", "so: {'n': 7}!",
	    "bad: the answer does not pass the check `grep -qx .{.n.:7}.`: exit status 1",
	    "of JSON it gets the value");
	becomes("{'check':{'command':'tr a-z A-Z'}}", "abc", "good: ABC",
	    "what it prints is the answer from there on");
	becomes("{'check':{'command':'echo one; echo two >&2; exit 3'}}", "abc",
	    "bad: the answer does not pass the check `echo one; echo two >&2; exit 3`: exit "
	    "status 3: one\ntwo",
	    "another status is a no, with what it says");
	becomes("{'check':{'jq':'length > 2','command':'cat'}}", "ab",
	    "bad: the answer does not pass the check `length > 2`: it gives false",
	    "both checks have to be passed");
	becomes("{'check':{'command':'kill -9 $$'}}", "a",
	    "bad: the answer does not pass the check `kill -9 $$`: killed by signal 9",
	    "one that is killed says no");
	becomes("{'format':'json','check':{'command':'jq -c .n=8'}}", "{'n':7}", "good: {'n':8}",
	    "it may mend JSON");
}

static void
breaks(const char *output, const char *answer, const char *beginning, const char *fact)
{
	jv contract = record("%s", output), accepted;
	char *text = quoted(answer), *why;
	jv given = jv_string(text);

	is_int(answer_check(contract, given, &here, &accepted, &why), -1, fact);
	is_int(err_code(), EX_CONFIG, "... its code");
	if (!ok(!strncmp(err_text(), beginning, strlen(beginning)), "... named"))
		printf("# got: %s\n", err_text());
	ok(!jv_is_valid(accepted) && !why, "... without a verdict");
	jv_free(contract);
	jv_free(given);
	free(text);
}

static void
test_broken_contracts(void)
{
	breaks("{'schema':7}", "{'n':7}",
	    "output.schema: ", "a schema that is none is a matter of configuration");
	breaks("{'check':{'jq':'.['}}", "a",
	    "output.check.jq: ", "so is a jq program that is none");
	breaks("{'format':'json','check':{'command':'echo fine'}}", "{'n':7}",
	    "output.check.command: of what it prints: the answer has to be JSON: ",
	    "and a command that makes no JSON of JSON");
	becomes("{'check':{}}", "a", "78: output.check: want command or jq",
	    "so is a check without anything");
	becomes("{'check':{'command':'no-such-command 2>/dev/null'}}", "a",
	    "78: output.check.command: the answer does not pass the check `no-such-command "
	    "2>/dev/null`: exit status 127",
	    "a command that is not there");
}

/* Of a check that takes too long; on a busy machine it may need more time only to begin. */
static void
is_late(jv answer)
{
	jv contract = record("{'check':{'command':'echo waiting; sleep 60'}}"), accepted;
	struct answer_place place = { .folder = "/", .timeout_ms = 50 };
	char *why, *want;

	while (answer_check(contract, answer, &place, &accepted, &why) == ANSWER_BAD &&
	       place.timeout_ms < 20000 && !strstr(why, ": waiting")) {
		free(why);
		place.timeout_ms *= 10;
	}
	want = xprintf("the answer does not pass the check `echo waiting; sleep 60`: no verdict "
		       "within %g s: waiting",
	    (double)place.timeout_ms / 1000);
	is(why, want, "it has its time, and the reason says so");
	free(want);
	free(why);
	jv_free(contract);
}

static void
test_place(void)
{
	static const char *const env[] = { "WORD=seven", NULL };
	struct answer_place place = { .env = env, .folder = "/", .timeout_ms = 10000 };
	jv contract = record("{'check':{'command':'echo $WORD; pwd'}}"), answer = jv_string(""),
	   accepted;
	char *why;

	is_int(answer_check(contract, answer, &place, &accepted, &why), ANSWER_GOOD, "it runs");
	is(jv_string_value(accepted), "seven\n/", "... in its place");
	jv_free(accepted);
	jv_free(contract);
	is_late(answer);
	jv_free(answer);
}

static void
test_reasons_are_short(void)
{
	jv contract =
	       record("{'check':{'command':'yes ä | head -c 100001; printf \\\\377; exit 1'}}"),
	   answer = jv_string("a"), accepted;
	char *why;

	is_int(answer_check(contract, answer, &here, &accepted, &why), ANSWER_BAD, "a long story");
	ok(strlen(why) <= ANSWER_WHY_MAX && strlen(why) > 1000, "... is cut");
	ok(utf8_is_text(why, strlen(why)), "... between characters");
	free(why);
	jv_free(contract);
	jv_free(answer);
}

static void
says(const char *output, const char *want, const char *fact)
{
	jv contract = output ? record("%s", output) : jv_invalid();
	jv text = answer_instructions(contract);
	char *quoted_want = quoted(want);

	is(jv_string_value(text), quoted_want, fact);
	free(quoted_want);
	jv_free(text);
	jv_free(contract);
}

static void
test_instructions(void)
{
	jv contract = record("{'schema':{'type':'object'},'tries':0}"), schema;

	says(NULL, "", "without a contract there is nothing to say");
	says("{'expected':'a haiku','format':'markdown'}",
	    "What is expected of your answer: a haiku\nWrite your answer in Markdown.",
	    "what is expected, and the format, are said");
	says("{'format':'json','schema':{'type':'object'}}",
	    "Your last message has to be one JSON value and nothing else: no explanation before "
	    "or after it, no code fence.\nIt has to fit this JSON Schema: {'type':'object'}",
	    "so is the schema");
	schema = answer_schema(contract);
	is_int(jv_get_kind(schema), JV_KIND_OBJECT, "the schema is to be had");
	is_int(answer_tries(contract), 0, "so are the tries");
	jv_free(schema);
	schema = answer_schema(jv_invalid());
	ok(!jv_is_valid(schema), "there need not be one");
	is_int(answer_tries(jv_invalid()), 2, "two are the default");
	jv_free(contract);
}

int
main(void)
{
	box_open("answer", 0);
	stop_at_pipe();
	test_form();
	test_refusals();
	test_jq();
	test_command();
	test_broken_contracts();
	test_place();
	test_reasons_are_short();
	test_instructions();
	box_close();
	return done_testing();
}
