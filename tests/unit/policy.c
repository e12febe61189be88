#include "policy.h"
#include "domain.h"

enum { TRIES = 200 };

/* The shortest and longest delay of TRIES that a task with these limits is given. */
static void
delays(const char *limits, int attempt, const char *error, int64_t *shortest, int64_t *longest)
{
	jv task = json_set_int(record("{'limits':%s}", limits), "attempt", attempt),
	   e = record("%s", error);

	*shortest = INT64_MAX;
	*longest = -1;
	for (int i = 0; i < TRIES; i++) {
		int64_t delay = policy_delay_ms(task, e);

		*shortest = delay < *shortest ? delay : *shortest;
		*longest = delay > *longest ? delay : *longest;
	}
	jv_free(e);
	jv_free(task);
}

/* The attempts in all of an error of that category, and whether the first delay is that one. */
static void
category_is(const char *category, int attempts, int delay_ms)
{
	char error[100], fact[100];
	int64_t shortest, longest;
	int made = 0;

	snprintf(error, sizeof error, "{'category':'%s','retryable':true}", category);
	do
		delays("{}", ++made, error, &shortest, &longest);
	while (longest >= 0 && made < 20);
	snprintf(fact, sizeof fact, "%s: attempts in all", category);
	is_int(made, attempts, fact);
	delays("{}", 1, error, &shortest, &longest);
	if (attempts == 1)
		return;
	snprintf(fact, sizeof fact, "%s: the first delay is %d ms, +-25 %%", category, delay_ms);
	ok(shortest >= delay_ms * 3 / 4 && longest <= delay_ms * 5 / 4 && longest > shortest, fact);
}

static void
test_table(void)
{
	static const char *const never[] = { "validation", "budget", "permission", "configuration",
		"dependency", "cancelled", "", "odd" };

	category_is("tool", 3, 1000);
	category_is("network", 3, 2000);
	category_is("service", 5, 1000);
	category_is("rate_limit", 5, 5000);
	category_is("timeout", 3, 10000);
	category_is("internal", 2, 5000);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		category_is(never[i], 1, 0);
}

static void
test_limits(void)
{
	int64_t shortest, longest;

	delays("{}", 1, "{'category':'network','retryable':false}", &shortest, &longest);
	is_int(longest, -1, "what is not retryable is not tried again");
	delays("{}", 1, "{'category':'network'}", &shortest, &longest);
	is_int(longest, -1, "nor what does not say that it is");
	delays("{'max_attempts':9}", 8, "{'category':'internal','retryable':true}", &shortest,
	    &longest);
	ok(shortest >= 45000 && longest <= 75000, "a task's own number of attempts wins");
	delays("{'max_attempts':1}", 1, "{'category':'service','retryable':true}", &shortest,
	    &longest);
	is_int(longest, -1, "... also where it is less");
	delays("{'max_attempts':9}", 1, "{'category':'validation','retryable':true}", &shortest,
	    &longest);
	is_int(longest, -1, "but what another attempt cannot mend gets none");
	delays("{'retry_delay_s':0.1}", 3, "{'category':'rate_limit','retryable':true}", &shortest,
	    &longest);
	ok(shortest >= 300 && longest <= 500, "its own delay wins, and doubles");
}

static void
test_retry_after(void)
{
	int64_t shortest, longest;

	delays("{}", 1, "{'category':'rate_limit','retryable':true,'retry_after_ms':20000}",
	    &shortest, &longest);
	ok(shortest == 20000 && longest == 20000, "it waits as long as it was told");
	delays("{}", 1, "{'category':'rate_limit','retryable':true,'retry_after_ms':10}", &shortest,
	    &longest);
	ok(shortest >= 3750, "never for less than without");
	delays("{}", 1, "{'category':'rate_limit','retryable':true,'retry_after_ms':9000000}",
	    &shortest, &longest);
	is_int(longest, 3600000, "an hour is the most");
	delays("{}", 1, "{'category':'tool','retryable':true,'retry_after_ms':'soon'}", &shortest,
	    &longest);
	ok(longest >= 0 && longest <= 1250, "what is no number says nothing");
}

static void
test_counting(void)
{
	jv task = record("{'attempt':5,'attempts_forgiven':3}"),
	   error = record("{'category':'tool'}");

	is_int(policy_attempts(task), 2, "attempts that were forgiven do not count");
	is_int(policy_most(task, jv_invalid()), 3, "without a failure there are three");
	is_int(policy_most(task, error), 3, "... as of a tool's");
	jv_free(error);
	error = record("{'category':'internal','code':'runner_died'}");
	is_int(policy_most(task, error), 3, "and of a runner that died");
	jv_free(error);
	jv_free(task);
	task = record("{'limits':{'max_attempts':1e300}}");
	ok(policy_most(task, jv_invalid()) > 1000000, "a huge limit is a limit");
	jv_free(task);
}

static void
test_failures(void)
{
	jv task = record("{'attempt':1}"), list, last,
	   error =
	       record("{'category':'tool','code':'exit_status','message':'no','exit_status':3}");
	char long_text[POLICY_MESSAGE_MAX + 3];

	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	task = policy_note(task, error);
	has(task, "failures",
	    "[{'attempt':1,'at':'2026-11-20T12:00:00.000Z','category':'tool','code':'exit_status',"
	    "'message':'no'}]",
	    "a failure is remembered with its attempt and time");
	memset(long_text, 'x', sizeof long_text);
	memcpy(long_text + POLICY_MESSAGE_MAX - 1, "\xc3\xa9", 3);
	error = json_set_string(error, "message", long_text);
	for (int i = 2; i <= 20; i++)
		task = policy_note(json_set_int(task, "attempt", i), error);
	list = json_get(task, "failures", JV_KIND_ARRAY);
	is_int(jv_array_length(jv_copy(list)), POLICY_FAILURES, "so many are");
	last = jv_array_get(jv_copy(list), 0);
	has(last, "attempt", "5", "the first ones go");
	is_int((int64_t)strlen(json_peek_string(last, "message")), POLICY_MESSAGE_MAX - 1,
	    "a long reason is cut between characters");
	jv_free(last);
	jv_free(list);
	jv_free(task);
	task = policy_note(record("{'failures':7}"), error);
	list = json_get(task, "failures", JV_KIND_ARRAY);
	is_int(jv_array_length(list), 1, "what is no list of failures begins anew");
	jv_free(task);
	jv_free(error);
	unsetenv("LEGWORK_NOW");
}

int
main(void)
{
	test_table();
	test_limits();
	test_retry_after();
	test_counting();
	test_failures();
	return done_testing();
}
