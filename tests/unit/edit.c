/* Tasks have names of one letter here (letters.h). */
#include "edit.h"
#include "letters.h"
#include "retry.h"

static int
edit_with(char name, struct edit e)
{
	jv edited = jv_invalid();
	int rc = edit_task(tx, ids[(int)name], &e, &edited);

	if (rc == 0) {
		jv stored = task(name);

		if (!jv_equal(jv_copy(edited), jv_copy(stored)))
			abort();
		jv_free(stored);
	}
	jv_free(edited);
	jv_free(e.metadata);
	jv_free(e.depends_on);
	return rc;
}

static struct edit
nothing(void)
{
	return (struct edit){ .metadata = jv_object(), .depends_on = jv_array() };
}

static jv
limits_of(char name, const char *limits, int *rc)
{
	struct edit e = nothing();
	jv t, own;

	e.limits = record("%s", limits);
	*rc = edit_with(name, e);
	jv_free(e.limits);
	t = task(name);
	own = json_get(t, "limits", JV_KIND_OBJECT);
	jv_free(t);
	return own;
}

static void
test_terms(void)
{
	struct edit e = nothing();
	int rc;

	begin_test();
	begin('a', "", "{'limits':{'timeout_s':5,'max_turns':3}}");
	is_json(limits_of('a', "{'max_turns':4,'max_depth':0}", &rc),
	    "{'timeout_s':5,'max_turns':4,'max_depth':0}", "limits are joined with its own");
	jv_free(limits_of('a', "{'max_turns':0}", &rc));
	fails(rc, EX_DATAERR, "limits.max_turns: want a number above 0",
	    "one that is none is refused");
	e.output = record("{'check':{'jq':'.'}}");
	is_int(edit_with('a', e), 0, "so is what the answer must be");
	jv_free(e.output);
	member('a', "output", "{'check':{'jq':'.'}}", "... and stored");
	begin('c', "", "{}");
	split('c', "b", " ", false);
	jv_free(limits_of('c', "{'max_turns':9}", &rc));
	is_int(rc, -1, "the limits of a task that was split stay as they are");
	end_test();
}

static int
prioritise(char name, const char *priority)
{
	struct edit e = nothing();

	e.priority = priority;
	return edit_with(name, e);
}

static int
instruct(char name, const char *instruction)
{
	struct edit e = nothing();

	e.instruction = instruction;
	return edit_with(name, e);
}

static int
assign(char name, const char *role)
{
	struct edit e = nothing();

	e.agent = role;
	return edit_with(name, e);
}

/* Lets a task depend on those named, besides those that it has or instead of them. */
static int
depend(char name, const char *on, bool instead)
{
	struct edit e = nothing();

	e.drops_dependencies = instead;
	for (; *on; on++)
		e.depends_on = jv_array_append(e.depends_on, jv_string(ids[(int)*on]));
	return edit_with(name, e);
}

/* Whether it was refused so, with %.8s of the ids of the names. */
static void
refused(int rc, int code, const char *fmt, const char *names, const char *fact)
{
	struct buf b = { 0 };

	for (const char *p = fmt; *p; p++)
		if (*p == '%')
			buf_printf(&b, "%.8s", ids[(int)*names++]);
		else
			buf_putc(&b, *p);
	fails(rc, code, b.p, fact);
	buf_release(&b);
}

static void
test_fields(void)
{
	struct edit e;

	begin_test();
	begin('a', "", "{'title':'do it','priority':'medium','metadata':{'x':1,'y':2}}");
	member('a', "revision", NULL, "a task that was not edited has no revision");
	prioritise('a', "high");
	member('a', "priority", "'high'", "a priority is changed");
	member('a', "revision", "1", "a task counts how often it was edited");
	is_int((long long)store_count(tx, "ready.0"), 1, "it is in the set of its new priority");
	instruct('a', "do that\nand this");
	member('a', "title", "'do that'", "a title that was derived follows the instruction");
	e = nothing();
	e.metadata = jv_object_merge(e.metadata, record("{'y':'3','z':'4'}"));
	edit_with('a', e);
	member('a', "metadata", "{'x':1,'y':'3','z':'4'}", "metadata is joined");
	assign('a', "SORTER");
	member('a', "agent", "'Sorter'", "a role is stored as the crew spells it");
	member('a', "revision", "4", "four edits");
	refused(assign('a', "nobody"), EX_NOINPUT, "agent nobody: no such role", "",
	    "an unknown role is refused");
	fails(instruct('a', " \n"), EX_DATAERR, "instruction: is empty", "so is no instruction");
	member('a', "revision", "4", "which changes nothing");
	begin('b', "", "{'title':'my own','decision':{'reasoning':'x'}}");
	instruct('b', "else");
	member('b', "title", "'my own'", "a title of somebody's own stays");
	member('b', "decision", NULL, "a decision on another instruction does not");
	snprintf(ids['g'], ID_TEXT, "gone");
	fails(instruct('g', "x"), EX_NOINPUT, "task gone: no such task",
	    "what is gone cannot be edited");
	end_test();
}

static void
test_states(void)
{
	begin_test();
	begin('a', "", "{}");
	reserve('a');
	prioritise('a', "low");
	states("a", "ready", "a reservation is taken back");
	claim('a');
	refused(prioritise('a', "high"), EX_TEMPFAIL,
	    "task %: is running: edit it when it has ended", "a", "who runs is not edited");
	life_fail(tx, task('a'), some_error(false));
	is_int(instruct('a', "better"), 0, "who failed can be");
	states("a", "failed", "and stays so");
	retry_task(tx, ids['a']);
	member('a', "instruction", "'better'", "until it is tried again");
	complete('a');
	refused(prioritise('a', "high"), EX_DATAERR, "task %: has completed", "a",
	    "who has completed is not edited");
	end_test();
}

static void
test_split(void)
{
	begin_test();
	begin('a', "", "{'priority':'low'}");
	begin('z', "", "{}");
	split('a', "bcde", "   b", true);
	split('b', "fg", "  ", false);
	complete('c');
	claim('d');
	refused(instruct('a', "x"), EX_DATAERR, "task %: was split: edit its subtasks", "a",
	    "a split task has its instruction");
	refused(assign('a', "wc"), EX_DATAERR, "task %: was split: edit its subtasks", "a",
	    "agent");
	refused(depend('a', "z", false), EX_DATAERR, "task %: was split: edit its subtasks", "a",
	    "and dependencies");
	prioritise('a', "high");
	for (const char *name = "abefg"; *name; name++)
		member(*name, "priority", "'high'", "its priority is that of what has not begun");
	member('c', "priority", NULL, "not of what has ended");
	member('d', "priority", NULL, "or runs");
	states("abcdefg", "subtasks subtasks completed in_progress dependencies ready ready",
	    "they are what they were");
	is_int(instruct('f', "better"), 0, "a subtask is edited as any task");
	end_test();
}

static void
test_dependencies(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "", "{}");
	begin('c', "", "{}");
	begin('f', "", "{}");
	complete('c');
	fail('f');
	depend('a', "b", false);
	states("a", "dependencies", "a task waits for a new dependency");
	depend('a', "bc", false);
	is_int(depend('a', "", true), 0, "it is let go of all");
	states("a", "ready", "and is ready");
	member('a', "depends_on", NULL, "it has none");
	depend('a', "c", false);
	states("a", "ready", "one that has completed is not waited for");
	depend('a', "b", true);
	states("a", "dependencies", "one instead of another");
	refused(depend('a', "f", false), EX_TEMPFAIL,
	    "task %: dependency % failed: task-retry it first", "af", "none that has failed");
	complete('b');
	states("a", "ready", "it is released as ever");
	claim('a');
	life_fail(tx, task('a'), some_error(true));
	begin('d', "", "{}");
	depend('a', "d", false);
	states("a", "dependencies", "who waits for a time waits for a task instead");
	depend('a', "d", true);
	complete('d');
	states("a", "ready", "and no longer for the time");
	begin('h', "f", "{}");
	states("h", "failed", "(one that failed with its dependency)");
	depend('h', "", true);
	is_int(retry_task(tx, ids['h']), RETRY_DONE, "let go of, it can be tried again");
	retry_task(tx, ids['f']);
	states("fh", "ready ready", "and has nothing to do with that one any more");
	end_test();
}

static void
test_cycles(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	begin('c', "b", "{}");
	refused(depend('a', "a", false), EX_DATAERR, "task %: would wait for itself: % -> %", "aaa",
	    "nobody waits for himself");
	refused(depend('a', "c", false), EX_DATAERR,
	    "task %: would wait for itself: % -> % -> % -> %", "aacba", "nor by way of others");
	states("abc", "ready dependencies dependencies", "they wait as before");
	is_int(depend('c', "a", false), 0, "two ways to the same one are none");
	depend('c', "", true);
	is_int(depend('a', "c", false), 0, "nor is one that was given up");
	states("abc", "dependencies dependencies ready", "now it is the other way round");
	end_test();
	begin_test();
	begin('a', "", "{}");
	begin('x', "", "{}");
	split('a', "bc", "  ", false);
	split('b', "de", "  ", false);
	refused(depend('d', "a", false), EX_DATAERR,
	    "task %: would wait for itself: % -> % -> % -> %", "ddabd",
	    "a subtask waits for no ancestor");
	begin('y', "a", "{}");
	refused(depend('e', "y", false), EX_DATAERR,
	    "task %: would wait for itself: % -> % -> % -> % -> %", "eeyabe",
	    "nor for who waits for one");
	is_int(depend('e', "c", false), 0, "but for its parent's sibling");
	refused(depend('c', "b", false), EX_DATAERR,
	    "task %: would wait for itself: % -> % -> % -> %", "ccbec",
	    "which then waits for none of them");
	is_int(depend('x', "a", false), 0, "others may");
	end_test();
}

/* What failed and may come back counts, too: else two that come back would wait for each other. */
static void
test_failed_ways(void)
{
	begin_test();
	begin('t', "", "{}");
	begin('p', "", "{}");
	split('p', "qr", "  ", true);
	depend('q', "t", false);
	fail('t');
	states("pqrt", "subtasks failed ready failed", "a subtask has failed with its dependency");
	refused(depend('t', "p", false), EX_DATAERR,
	    "task %: would wait for itself: % -> % -> % -> %", "ttpqt",
	    "that one does not wait for its parent");
	end_test();
}

/* A long way is not told in full. */
static void
test_long_cycle(void)
{
	const char *names = "abcdefghijklmnopqrst";

	begin_test();
	begin('a', "", "{}");
	for (const char *p = names + 1; *p; p++) {
		char on[2] = { p[-1], '\0' };

		begin(*p, on, "{}");
	}
	fails(depend('a', "t", false), EX_DATAERR, NULL, "a long way is found");
	ok(strstr(err_text(), " -> ... -> ") && strlen(err_text()) < 200, "and told in short");
	end_test();
}

/* What was told of another revision does not count. */
static void
test_revisions(void)
{
	jv claimed, children;

	begin_test();
	begin('a', "", "{}");
	begin('b', "", "{}");
	prioritise('a', "high");
	prioritise('b', "high");
	is_int(split_task(tx, ids['a'],
		   (struct split_order){ jv_invalid(), record("{'subtasks':[{'description':'x'}]}"),
		       0, false },
		   &children),
	    SPLIT_EDITED, "a plan for what the task was is not taken");
	jv_free(children);
	states("a", "ready", "nothing happens");
	is_int(split_task(tx, ids['a'],
		   (struct split_order){ jv_invalid(), record("{'subtasks':[{'description':'x'}]}"),
		       1, false },
		   &children),
	    LIFE_DONE, "one for what it is is");
	jv_free(children);
	life_claim(tx, ids['b'], (struct life_claim){ "L", NULL, record("{'old':true}"), 0 },
	    &claimed);
	jv_free(claimed);
	states("b", "ready", "a claim of what the task was is passed over");
	life_claim(tx, ids['b'], (struct life_claim){ "L", NULL, record("{'new':true}"), 1 },
	    &claimed);
	jv_free(claimed);
	member('b', "decision", "{'new':true}", "one on what it is counts");
	end_test();
}

static void
test_asking(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('d', "", "{}");
	ask('a');
	prioritise('a', "high");
	states("a", "approval", "another priority does not take back what is asked");
	instruct('a', "do something else");
	states("a", "ready", "another instruction does");
	member('a', "approval", NULL, "... and forgets it");
	ask('a');
	depend('a', "d", false);
	states("a", "dependencies", "who has to wait for others asks no more");
	member('a', "approval", NULL, "... either");
	end_test();
}

int
main(void)
{
	domain_open("edit", 7);
	setenv("LEGWORK_NOW", now, 1);
	test_fields();
	test_states();
	test_split();
	test_dependencies();
	test_cycles();
	test_failed_ways();
	test_long_cycle();
	test_revisions();
	test_terms();
	test_asking();
	domain_close();
	return done_testing();
}
