#include "terms.h"
#include "domain.h"

static void
refuses(const char *text, const char *why)
{
	jv spec = record("%s", text);

	fails(terms_check(spec), EX_DATAERR, why, text);
	jv_free(spec);
}

static void
accepts(const char *text)
{
	jv spec = record("%s", text);

	is_int(terms_check(spec), 0, text);
	jv_free(spec);
}

static void
test_limits(void)
{
	static const char *const whole[] = { "max_attempts", "max_turns", "max_tokens",
		"max_children" };
	char text[100], why[100];

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		snprintf(text, sizeof text, "{'limits':{'%s':0}}", whole[i]);
		snprintf(why, sizeof why, "limits.%s: want a number above 0", whole[i]);
		refuses(text, why);
		snprintf(text, sizeof text, "{'limits':{'%s':'3'}}", whole[i]);
		refuses(text, why);
		snprintf(text, sizeof text, "{'limits':{'%s':2.5}}", whole[i]);
		snprintf(why, sizeof why, "limits.%s: want a whole number", whole[i]);
		refuses(text, why);
		snprintf(text, sizeof text, "{'limits':{'%s':1}}", whole[i]);
		accepts(text);
	}
	refuses("{'limits':{'timeout_s':0}}", "limits.timeout_s: want a number above 0");
	refuses("{'limits':{'retry_delay_s':true}}", "limits.retry_delay_s: want a number above 0");
	refuses("{'limits':{'max_depth':-1}}", "limits.max_depth: want a whole number, 0 or more");
	refuses("{'limits':{'max_depth':0.5}}", "limits.max_depth: want a whole number, 0 or more");
	accepts("{'limits':{'max_depth':0,'timeout_s':0.5,'max_turns':null,'odd':[]}}");
	accepts("{'limits':{}}");
	accepts("{}");
}

static void
test_output(void)
{
	static const char *const bad_check =
	    "output.check: want an object with command or jq, a string";

	refuses("{'output':{'expected':7}}",
	    "output.expected: want a string of at most 1048576 bytes");
	refuses("{'output':{'format':'xml'}}", "output.format: want text, json, markdown or csv");
	refuses("{'output':{'schema':[]}}", "output.schema: want an object");
	refuses("{'output':{'schema':{'items':7}}}",
	    "output.schema: /items: want a schema, which is an object or a boolean, got number");
	refuses("{'output':{'schema':{},'format':'text'}}", "output.schema: only with format json");
	refuses("{'output':{'check':'true'}}", bad_check);
	refuses("{'output':{'check':{}}}", bad_check);
	refuses("{'output':{'check':{'command':''}}}", bad_check);
	refuses("{'output':{'check':{'command':'true','jq':'.'}}}", bad_check);
	refuses("{'output':{'check':{'jq':['.']}}}", bad_check);
	refuses("{'output':{'tries':-1}}", "output.tries: want a whole number from 0 to 100");
	refuses("{'output':{'tries':1.5}}", "output.tries: want a whole number from 0 to 100");
	accepts("{'output':{'expected':'a list','format':'json','schema':{'type':'array'},"
		"'check':{'jq':'length > 0'},'tries':0}}");
	accepts("{'output':{'schema':null,'check':null,'tries':null,'odd':1}}");
}

static void
test_options(void)
{
	struct terms t = TERMS_NONE;

	is_json(terms_limits(&t), "{}", "no options are no limits");
	is_json(terms_output(&t), "{}", "nor do they ask for an output");
	t = (struct terms){ .timeout = "1.5",
		.retry_delay = "2m",
		.max_attempts = 1,
		.max_turns = 2,
		.max_tokens = 3,
		.max_children = 4 };
	is_json(terms_limits(&t),
	    "{'timeout_s':1.5,'retry_delay_s':120,'max_attempts':1,'max_turns':2,'max_tokens':3,"
	    "'max_children':4,'max_depth':0}",
	    "each option is a limit, a depth of 0 too");
	t = (struct terms){ .timeout = "0" };
	ok(!jv_is_valid(terms_limits(&t)) && err_code() == EX_USAGE, "no time is misuse");
	is(err_text(), "--timeout: want a time such as 10, 500ms or 2m, got '0'", "... and named");
	t = (struct terms){ .expected = "a list", .format = "json", .check = "grep x" };
	is_json(terms_output(&t),
	    "{'expected':'a list','format':'json','check':{'command':'grep x'}}",
	    "a command is a check");
	t = (struct terms){ .check_jq = "length > 0" };
	is_json(terms_output(&t), "{'check':{'jq':'length > 0'}}", "and so is a jq program");
	t = (struct terms){ .check_jq = "length >" };
	ok(!jv_is_valid(terms_output(&t)) && err_code() == EX_USAGE &&
		!strncmp(err_text(), "--check-jq: ", 12),
	    "one that is no program is misuse");
	t = (struct terms){ .check = "a", .check_jq = "." };
	ok(!jv_is_valid(terms_output(&t)) && err_code() == EX_USAGE, "two checks are misuse");
	t = (struct terms){ .schema = "/nowhere" };
	ok(!jv_is_valid(terms_output(&t)) && err_code() == EX_NOINPUT,
	    "a schema that is not there is no input");
}

int
main(void)
{
	test_limits();
	test_output();
	test_options();
	return done_testing();
}
