#include "deps.h"
#include "domain.h"

enum { CHAIN = 5000 };

static void
becomes(const char *given, const char *want, const char *fact)
{
	is_json(deps_normalise(given ? record("%s", given) : jv_invalid(), 2, 5), want, fact);
}

static void
refuses(const char *given, const char *why)
{
	jv got = deps_normalise(record("%s", given), 2, 5);

	ok(!jv_is_valid(got) && err_code() == EX_DATAERR, given);
	is(err_text(), why, "... with a sentence");
	jv_free(got);
}

static void
test_normalise(void)
{
	becomes(NULL, "[]", "none are given");
	becomes("null", "[]", "null is none");
	becomes("[]", "[]", "so is an empty array");
	becomes("[4,0,1]", "[4,0,1]", "numbers stay in their order");
	becomes("['3','0']", "[3,0]", "strings become numbers");
	becomes("[1,'1',1.0,'01']", "[1]", "each is there once");
	refuses("'0'", "subtask 2: dependencies: want an array");
	refuses("{}", "subtask 2: dependencies: want an array");
	refuses("[0,'a']", "subtask 2: dependencies[1]: not an index");
	refuses("[0.5]", "subtask 2: dependencies[0]: not an index");
	refuses("['']", "subtask 2: dependencies[0]: not an index");
	refuses("['-']", "subtask 2: dependencies[0]: not an index");
	refuses("['1e0']", "subtask 2: dependencies[0]: not an index");
	refuses("['1\\u0000']", "subtask 2: dependencies[0]: not an index");
	refuses("[[1]]", "subtask 2: dependencies[0]: not an index");
	refuses("[5]", "subtask 2: dependency 5: out of range 0 to 4");
	refuses("[-1]", "subtask 2: dependency -1: out of range 0 to 4");
	refuses("['-1']", "subtask 2: dependency -1: out of range 0 to 4");
	refuses("['99999999999999999999']", "subtask 2: dependency 1e+20: out of range 0 to 4");
	refuses("[1,2]", "subtask 2: dependency 2: on itself");
}

/* What deps_check says of lists of dependencies. */
static void
checks(const char *lists, const char *why, const char *fact)
{
	jv given = record("%s", lists), subtasks = jv_array();
	int rc;

	jv_array_foreach (given, i, list)
		subtasks = jv_array_append(subtasks, json_set(jv_object(), "dependencies", list));
	rc = deps_check(subtasks);
	if (why)
		fails(rc, EX_DATAERR, why, fact);
	else
		is_int(rc, 0, fact);
	jv_free(subtasks);
	jv_free(given);
}

static void
test_cycles(void)
{
	checks("[]", NULL, "no subtasks");
	checks("[[],[],[]]", NULL, "no dependencies");
	checks("[[1],[2],[]]", NULL, "a chain against the order");
	checks("[[],[0],[0],[1,2]]", NULL, "a diamond");
	checks("[[1],[0]]", "subtask 1: dependency 0: makes a cycle",
	    "two that wait for each other");
	checks("[[],[2],[3],[1]]", "subtask 3: dependency 1: makes a cycle", "a ring of three");
	checks("[[1,2],[2],[3],[0]]", "subtask 3: dependency 0: makes a cycle",
	    "a ring behind a branch");
}

/* A chain as long as a plan may be ends no stack, and a ring of all is found. */
static void
test_long(void)
{
	jv chain = jv_array();

	for (int i = 0; i < CHAIN; i++) {
		jv on = i + 1 < CHAIN ? JV_ARRAY(jv_number(i + 1)) : jv_array();

		chain = jv_array_append(chain, json_set(jv_object(), "dependencies", on));
	}
	is_int(deps_check(chain), 0, "a chain of five thousand has an order");
	chain = jv_array_set(chain, CHAIN - 1,
	    json_set(jv_object(), "dependencies", JV_ARRAY(jv_number(0))));
	fails(deps_check(chain), EX_DATAERR, "subtask 4999: dependency 0: makes a cycle",
	    "closed to a ring it has none");
	jv_free(chain);
}

int
main(void)
{
	test_normalise();
	test_cycles();
	test_long();
	return done_testing();
}
