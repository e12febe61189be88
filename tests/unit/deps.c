#include "deps.h"
#include "domain.h"

enum { CHAIN = 5000 };

/* Five subtasks behind two that create agents. */
static struct deps
five(void)
{
	jv subtasks = record("[{'title':'Create X Agent','creates':{'role':'x y'}},"
			     "{'title':'Create Z Agent','creates':{'role':'z'}},"
			     "{'title':'One','assigned_to':'a'},{'title':'two','assigned_to':'b'},"
			     "{'title':'three'},{'title':'Twin','assigned_to':'c'},"
			     "{'title':'twin','assigned_to':'C'}]");
	struct deps d;

	deps_open(&d, subtasks, 2);
	jv_free(subtasks);
	return d;
}

/* What deps_normalise makes of dependencies (invalid: none) of the third. */
static jv
normal(const char *given)
{
	struct deps d = five();
	jv got = deps_normalise(&d, given ? record("%s", given) : jv_invalid(), 4);

	deps_close(&d);
	return got;
}

static void
becomes(const char *given, const char *want, const char *fact)
{
	is_json(normal(given), want, fact);
}

static void
refuses(const char *given, const char *why)
{
	jv got = normal(given);

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
	becomes("[4,0,1]", "[6,2,3]", "numbers stay in their order");
	becomes("['3','0']", "[5,2]", "strings become numbers");
	becomes("[1,'1',1.0,'01']", "[3]", "each is there once");
	becomes("[' ONE','two']", "[2,3]", "titles that one has");
	becomes("['B','a']", "[3,2]", "roles that one has");
	becomes("['X-y','create z agent']", "[0,1]", "roles that are created, and their titles");
	becomes("['two','b',1]", "[3]", "by all its names it is there once");
	refuses("['twin']", "subtask 2: dependencies[0]: \"twin\" is the title of several");
	refuses("['c']", "subtask 2: dependencies[0]: \"c\" is the role of several");
	refuses("['Three']", "subtask 2: dependency 2: on itself");
	refuses("'0'", "subtask 2: dependencies: want an array");
	refuses("{}", "subtask 2: dependencies: want an array");
	refuses("[0,'q']", "subtask 2: dependencies[1]: \"q\" is no index, title or role");
	refuses("[0.5]", "subtask 2: dependencies[0]: no index, title or role");
	refuses("['']", "subtask 2: dependencies[0]: \"\" is no index, title or role");
	refuses("['-']", "subtask 2: dependencies[0]: \"-\" is no index, title or role");
	refuses("['1e0']", "subtask 2: dependencies[0]: \"1e0\" is no index, title or role");
	refuses("['1\\u0000']", "subtask 2: dependencies[0]: no index, title or role");
	refuses("[[1]]", "subtask 2: dependencies[0]: no index, title or role");
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
	rc = deps_check(subtasks, 0);
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
	is_int(deps_check(chain, 0), 0, "a chain of five thousand has an order");
	chain = jv_array_set(chain, CHAIN - 1,
	    json_set(jv_object(), "dependencies", JV_ARRAY(jv_number(0))));
	fails(deps_check(chain, 0), EX_DATAERR, "subtask 4999: dependency 0: makes a cycle",
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
