/* Tasks have names of one letter here (letters.h).  Every test but the walk is one transaction,
 * never made: so each begins with an empty store. */
#include "approve.h"
#include "edit.h"
#include "letters.h"
#include "retry.h"

enum { STEPS = 1000, WALKERS = 40, TRIES = 200 };

/* --- every transition from every state ------------------------------------------------- */

static const char *const all_states[] = { "ready", "reserved", "dependencies", "subtasks", "time",
	"in_progress", "completed", "failed", "cancelled", "approval" };

/* Brings task x to a state; d is what it depends on. */
static void
bring_to(const char *state)
{
	if (!strcmp(state, "dependencies")) {
		begin('d', "", "{}");
		begin('x', "d", "{}");
		return;
	}
	begin('x', "", "{}");
	if (!strcmp(state, "reserved"))
		reserve('x');
	else if (!strcmp(state, "subtasks"))
		split('x', "y", " ", false);
	else if (!strcmp(state, "cancelled"))
		cancel('x');
	else if (!strcmp(state, "completed"))
		complete('x');
	else if (!strcmp(state, "failed"))
		fail('x');
	else if (!strcmp(state, "approval"))
		ask('x');
	else if (strcmp(state, "ready") != 0)
		claim('x');
	if (!strcmp(state, "time"))
		life_fail(tx, task('x'), some_error(true));
}

/* What a runner does to a task that it holds, and only to that. */
static void
do_mine(char what)
{
	jv t = task('x');

	if (!life_is_mine(t, "L"))
		jv_free(t);
	else if (what == 'c')
		life_complete(tx, t, jv_string("done"));
	else if (what == 'f')
		life_fail(tx, t, some_error(false));
	else if (what == 'r')
		life_fail(tx, t, some_error(true));
	else if (what == 'l')
		life_lost(tx, t);
	else if (what == 'a')
		life_ask(tx, t, record("{'request_id':'r','question':'?'}"));
	else
		life_return(tx, t);
}

static int
split_x(void)
{
	return split('x', "y", " ", false);
}

static int
claim_x(void)
{
	return claim_as('x', "M");
}

/* From each state: what becomes of it by a claim or a split, and whether that is passed. */
static void
test_taking(const char *name, int (*take)(void), const char *const *want)
{
	for (size_t i = 0; i < sizeof all_states / sizeof *all_states; i++) {
		char fact[80];
		int rc;

		begin_test();
		bring_to(all_states[i]);
		rc = take();
		snprintf(fact, sizeof fact, "%s from %s", name, all_states[i]);
		states("x", want[i] ? want[i] : all_states[i], fact);
		is_int(rc, want[i] ? LIFE_DONE : LIFE_PASSED, "... is told as done or passed");
		end_test();
	}
}

static void
test_mine(char what, const char *name, const char *want)
{
	for (size_t i = 0; i < sizeof all_states / sizeof *all_states; i++) {
		char fact[80];

		begin_test();
		bring_to(all_states[i]);
		do_mine(what);
		snprintf(fact, sizeof fact, "%s from %s", name, all_states[i]);
		states("x", strcmp(all_states[i], "in_progress") ? all_states[i] : want, fact);
		end_test();
	}
}

static void
test_machine(void)
{
	static const char *const claims[10] = { "in_progress", "in_progress" };

	test_taking("a claim", claim_x, claims);
	test_mine('c', "a completion", "completed");
	test_mine('f', "a failure", "failed");
	test_mine('r', "a failure that may pass", "time");
	test_mine('l', "a loss", "ready");
	test_mine('b', "a return", "ready");
	test_mine('a', "a question", "approval");
	for (size_t i = 0; i < sizeof all_states / sizeof *all_states; i++) {
		char fact[80];

		if (i > 4 && strcmp(all_states[i], "approval") != 0)
			continue;
		begin_test();
		bring_to(all_states[i]);
		cancel('x');
		snprintf(fact, sizeof fact, "a cancellation from %s", all_states[i]);
		states("x", "cancelled", fact);
		end_test();
	}
}

static void
test_splitting(void)
{
	static const char *const over[] = { "subtasks", "in_progress", "completed", "failed",
		"cancelled", "approval" };

	for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
		char fact[80];

		begin_test();
		bring_to(over[i]);
		snprintf(fact, sizeof fact, "a split from %s is passed", over[i]);
		is_int(split_x(), LIFE_PASSED, fact);
		states("x", over[i], "... and changes nothing");
		end_test();
	}
	for (size_t i = 0; i < 2; i++) {
		begin_test();
		bring_to(all_states[i]);
		is_int(split_x(), LIFE_DONE, "a split from ready or reserved is made");
		states("xy", "subtasks ready", "... and it waits for what it is made of");
		end_test();
	}
	begin_test();
	snprintf(ids['g'], ID_TEXT, "gone");
	fails(split('g', "y", " ", false), EX_NOINPUT, "task gone: no such task",
	    "what is not there cannot be split");
	fails(claim_as('g', "L"), EX_NOINPUT, "task gone: no such task", "nor claimed");
	end_test();
}

/* --- claims ---------------------------------------------------------------------------- */

static void
test_ready(void)
{
	jv t = record("{'status':'pending'}");

	ok(life_is_ready(t, 0), "a pending task is ready");
	t = json_set_string(t, "waiting", "time");
	ok(!life_is_ready(t, INT64_MAX), "one that waits for a time without one is not");
	t = json_set_string(t, "not_before", "1970-01-01T00:00:01Z");
	ok(!life_is_ready(t, 999), "nor before its time");
	ok(life_is_ready(t, 1000), "but when it has come");
	t = json_set_string(t, "not_before", "soon");
	ok(!life_is_ready(t, INT64_MAX), "a time that is none never comes");
	t = json_set_string(t, "waiting", "approval");
	ok(!life_is_ready(t, INT64_MAX), "who waits for anything else is not ready");
	t = json_drop(json_set_string(t, "status", "completed"), "waiting");
	ok(!life_is_ready(t, INT64_MAX), "nor who has ended");
	jv_free(t);
	ok(!life_is_ready(jv_invalid(), 0), "nor what is not there");
}

static void
test_claim(void)
{
	struct life_claim with = { "L", "R", record("{'reasoning':'short'}"), 0 };
	jv t, chat;
	char want[40];

	begin_test();
	begin('a', "", "{'instruction':'sort them','error':{},'user_id':'nobody'}");
	reserve('a');
	is_int(life_claim(tx, ids['a'], with, &t), LIFE_DONE, "a task is claimed");
	ok(jv_equal(jv_copy(t), task('a')), "as it is stored");
	has(t, "status", "'in_progress'", "it is in progress");
	has(t, "attempt", "1", "for the first time");
	has(t, "lease", "'L'", "under the claimer's lease");
	has(t, "runner", "'R'", "for that runner");
	has(t, "agent", "'Sorter'", "by the agent who can do it");
	has(t, "decision", "{'reasoning':'short'}", "with the decision that came with it");
	has(t, "reservation", NULL, "reserved no more");
	has(t, "error", NULL, "without an older error");
	has(t, "started_at", "'2026-11-20T12:00:00.000Z'", "since now");
	chat = chat_get(tx, json_peek_string(t, "chat_id"));
	snprintf(want, sizeof want, "'Task: %.8s'", ids['a']);
	has(chat, "title", want, "a chat is made for it");
	has(chat, "user_id", "'agent'", "which is the agents'");
	has(t, "user_id", "'agent'", "and so it runs as them");
	jv_free(chat);
	jv_free(t);
	is_int(claim_as('a', "M"), LIFE_PASSED, "a second claim is passed");
	member('a', "lease", "'L'", "and takes nothing away");
	end_test();
}

static void
test_claim_in_chat(void)
{
	struct life_claim with = { "L", NULL, record("{'new':true}"), 0 };
	char text[200];
	jv chat, claimed;

	begin_test();
	chat = chat_add(tx, NULL, "alice", jv_array());
	snprintf(text, sizeof text, "{'chat_id':'%s','decision':{'old':true},'agent':'WC'}",
	    json_peek_string(chat, "id"));
	begin('a', "", text);
	jv_free(chat);
	is_int(life_claim(tx, ids['a'], with, &claimed), LIFE_DONE, "a task of a chat is claimed");
	jv_free(claimed);
	member('a', "user_id", "'alice'", "it runs as the chat's owner");
	member('a', "agent", "'wc'", "by the agent that was wanted, as the crew spells it");
	member('a', "decision", "{'old':true}", "it keeps the decision that it has");
	member('a', "runner", "'L'", "the claimer runs it where no other is named");
	is_int((long long)store_count(tx, "chats"), 1, "no other chat is made");
	begin('b', "", "{'chat_id':'gone'}");
	claim('b');
	is_int((long long)store_count(tx, "chats"), 2, "but where its own is gone");
	end_test();
}

static void
test_no_crew(void)
{
	begin_test();
	begin('a', "", "{'agent':'nobody'}");
	begin('b', "a", "{}");
	is_int(claim_as('a', "L"), LIFE_PASSED, "a task that no agent can do is passed");
	states("ab", "failed failed", "it fails, and who waits for it");
	error_is('a', "configuration", "no agent has the role nobody", 'a',
	    "and says who is missing");
	member('a', "lease", NULL, "nobody holds it");
	agent_remove(tx, "wc");
	agent_remove(tx, "sorter");
	begin('c', "", "{}");
	is_int(claim_as('c', "L"), LIFE_PASSED, "without a crew every task is passed");
	error_is('c', "configuration", "there are no agents; add one with agent-add", 'c',
	    "and says what to do");
	member('c', "events", "1", "it has the event that tells its chat");
	end_test();
}

/* A task that brings its agent with it. */
static void
test_worker(void)
{
	jv claimed;

	begin_test();
	begin('a', "", "{'worker':{'one_off':true,'role':'Errand','kind':'llm'}}");
	is_int(life_claim(tx, ids['a'], (struct life_claim){ "L", NULL, jv_invalid(), -1 },
		   &claimed),
	    LIFE_DONE, "a task that brings its agent needs none of the crew");
	has(claimed, "agent", "'Errand'", "that one does it");
	has(claimed, "assignment", "{'role':'Errand','reason':'it was made for this task'}",
	    "and why is said");
	jv_free(claimed);
	end_test();
}

static void
test_mine_only(void)
{
	jv t = record("{'status':'in_progress','lease':'L'}");

	ok(life_is_mine(t, "L"), "who shows the lease has the task");
	ok(!life_is_mine(t, "M"), "no other has");
	t = json_set_string(t, "status", "pending");
	ok(!life_is_mine(t, "L"), "nobody has one that is pending");
	t = json_drop(json_set_string(t, "status", "in_progress"), "lease");
	ok(!life_is_mine(t, ""), "or that has no lease");
	jv_free(t);
	ok(!life_is_mine(jv_invalid(), "L"), "or that is not there");
}

static void
test_reservations(void)
{
	begin_test();
	begin('a', "", "{}");
	jv_free(life_reserve(tx, task('a'), "W", 1000));
	member('a', "reservation", "{'lease':'W','until':'1970-01-01T00:00:01.000Z'}",
	    "a reservation says whose it is, and how long");
	life_unreserve(tx, task('a'));
	states("a", "ready", "and can be taken back");
	claim('a');
	life_fail(tx, task('a'), some_error(true));
	reserve('a');
	states("a", "reserved", "who waited for a time is handed out");
	member('a', "not_before", NULL, "and waits no more");
	life_unreserve(tx, task('a'));
	states("a", "ready", "nor when it comes back");
	end_test();
}

/* --- trying again ---------------------------------------------------------------------- */

/* The shortest and longest delay of TRIES that the task is given. */
static void
delays(const char *limits, int attempt, int64_t *shortest, int64_t *longest)
{
	jv t = json_set_int(record("{'limits':%s}", limits), "attempt", attempt);
	jv error = some_error(true);

	*shortest = INT64_MAX;
	*longest = -1;
	for (int i = 0; i < TRIES; i++) {
		int64_t delay = life_will_retry(t, error);

		*shortest = delay < *shortest ? delay : *shortest;
		*longest = delay > *longest ? delay : *longest;
	}
	jv_free(error);
	jv_free(t);
}

static void
test_delays(void)
{
	int64_t shortest, longest, wrong = 0, spread = 0;

	for (int attempt = 1; attempt <= 50; attempt++) {
		int64_t want = attempt < 7 ? INT64_C(1000) << (attempt - 1) : 60000;

		delays("{'max_attempts':1000}", attempt, &shortest, &longest);
		wrong += shortest < want * 3 / 4 || longest > want * 5 / 4;
		spread += longest - shortest > want / 4;
	}
	is_int(wrong, 0, "the delay is 1 s, doubled each time, a minute at most, +-25 %");
	is_int(spread, 50, "and never the same");
	delays("{'retry_delay_s':0.1}", 2, &shortest, &longest);
	ok(shortest >= 150 && longest <= 250, "a task may say how long the first is");
	delays("{'retry_delay_s':3600}", 1, &shortest, &longest);
	ok(shortest >= 45000 && longest <= 75000, "but not over a minute");
	delays("{'retry_delay_s':0}", 1, &shortest, &longest);
	ok(shortest == 0 && longest == 0, "and may want none");
	delays("{}", 2, &shortest, &longest);
	ok(shortest > 0, "after two attempts there is a third");
	delays("{}", 3, &shortest, &longest);
	is_int(longest, -1, "and no fourth");
	delays("{'max_attempts':1}", 1, &shortest, &longest);
	is_int(longest, -1, "unless the task says how many");
	delays("{'max_attempts':'x','retry_delay_s':null}", 3, &shortest, &longest);
	is_int(longest, -1, "limits that are no numbers are none");
}

static void
test_retry(void)
{
	int64_t due = 0;
	jv t;

	begin_test();
	begin('a', "", "{'limits':{'max_attempts':2}}");
	claim('a');
	life_fail(tx, task('a'), some_error(true));
	t = task('a');
	ok(clock_parse(json_peek_string(t, "not_before"), &due),
	    "a task that is tried again has a time");
	ok(due >= clock_now_ms() + 750 && due <= clock_now_ms() + 1250, "in about a second");
	ok(!json_has(t, "lease") && !json_has(t, "finished_at"),
	    "nobody holds it, it has not ended");
	jv_free(t);
	error_is('a', "tool", "it broke", 'a', "its error is kept meanwhile");
	is_int(claim_as('a', "L"), LIFE_PASSED, "until then it is not to be had");
	setenv("LEGWORK_NOW", "2026-11-20T12:00:02Z", 1);
	is_int(claim_as('a', "M"), LIFE_DONE, "then it is");
	member('a', "attempt", "2", "for the second time");
	member('a', "error", NULL, "without the first one's error");
	member('a', "not_before", NULL, "and time");
	member('a', "started_at", "'2026-11-20T12:00:00.000Z'", "it began with the first");
	life_fail(tx, task('a'), some_error(true));
	states("a", "failed", "the last attempt is final");
	setenv("LEGWORK_NOW", now, 1);
	end_test();
}

static void
test_lost(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	for (int i = 1; i <= 3; i++) {
		states("ab", "ready dependencies", "a task whose runner died is ready at once");
		claim('a');
		life_lost(tx, task('a'));
	}
	states("ab", "failed failed", "the third time it fails");
	error_is('a', "internal", "the process that ran it died", 'a', "and says why");
	begin('c', "", "{'limits':{'max_attempts':1}}");
	for (int i = 0; i < 5; i++) {
		claim('c');
		life_return(tx, task('c'));
	}
	states("c", "ready", "one that is given back is ready however often");
	member('c', "attempt", "0", "it does not count");
	member('c', "lease", NULL, "nobody holds it");
	end_test();
}

static void
test_failures(void)
{
	jv t, failures;

	begin_test();
	begin('a', "", "{'limits':{'max_attempts':2,'retry_delay_s':0.001}}");
	claim('a');
	life_lost(tx, task('a'));
	claim('a');
	life_fail(tx, task('a'), some_error(true));
	states("a", "failed", "a loss and a failure are two attempts");
	t = task('a');
	failures = json_get(t, "failures", JV_KIND_ARRAY);
	is_json(jv_copy(failures),
	    "[{'attempt':1,'at':'2026-11-20T12:00:00.000Z','category':'internal',"
	    "'code':'runner_died','message':'the process that ran it died'},"
	    "{'attempt':2,'at':'2026-11-20T12:00:00.000Z','category':'tool',"
	    "'code':'exit_status','message':'it broke'}]",
	    "and it keeps why each of them was none");
	retry_task(tx, ids['a']);
	jv_free(t);
	t = task('a');
	ok(jv_equal(json_get(t, "failures", JV_KIND_ARRAY), failures), "... when it begins again");
	jv_free(t);
	complete('a');
	t = task('a');
	ok(json_has(t, "failures"), "... and when it has its answer at last");
	jv_free(t);
	end_test();
}

/* --- asking ---------------------------------------------------------------------------- */

static void
test_ask(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	claim('a');
	log_events('a', 4);
	life_ask(tx, task('a'), record("{'request_id':'r1','question':'May I?'}"));
	states("ab", "approval dependencies", "a task that asks waits");
	member('a', "attempt", "0", "its attempt does not count");
	member('a', "lease", NULL, "nobody holds it");
	member('a', "approval",
	    "{'request_id':'r1','question':'May I?','asked_at':'2026-11-20T12:00:00.000Z'}",
	    "it keeps what it asks");
	member('a', "events", "4", "what it has said can be printed");
	is_int((int64_t)store_count(tx, "approval"), 1, "it is among those that ask");
	is_int((int64_t)store_count(tx, "outbox"), 1, "and among those with words to print");
	ok(store_number(tx, "request/r1") != 0, "it is found by its request");
	is_int(claim_as('a', "M"), LIFE_PASSED, "it is not to be had");
	cancel('a');
	states("ab", "cancelled failed", "it can be cancelled");
	member('a', "events", "5", "its last words come behind those that it had said");
	is_int((int64_t)store_count(tx, "approval"), 0, "then nothing is asked any more");
	retry_task(tx, ids['a']);
	member('a', "approval", NULL, "and not when it begins again");
	end_test();
}

/* --- those who wait -------------------------------------------------------------------- */

static void
test_chain(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	begin('c', "b", "{}");
	states("abc", "ready dependencies dependencies", "a chain of three waits");
	complete('a');
	states("abc", "completed ready dependencies", "the first releases the second");
	complete('b');
	complete('c');
	states("abc", "completed completed completed", "and that the third");
	end_test();
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	begin('c', "b", "{}");
	fail('a');
	states("abc", "failed failed failed", "the first fails all");
	error_is('b', "dependency", "dependency %.8s failed", 'a',
	    "the second because of the first");
	error_is('c', "dependency", "dependency %.8s failed", 'b',
	    "the third because of the second");
	member('c', "finished_at", "'2026-11-20T12:00:00.000Z'", "they have ended");
	end_test();
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	cancel('a');
	states("ab", "cancelled failed", "so does one that is cancelled");
	error_is('b', "dependency", "dependency %.8s was cancelled", 'a', "and says so");
	error_is('a', "cancelled", "not needed", 'a', "with its reason");
	end_test();
}

static void
test_diamond(void)
{
	for (int fails_at = 0; fails_at < 4; fails_at++) {
		begin_test();
		begin('a', "", "{}");
		begin('b', "a", "{}");
		begin('c', "a", "{}");
		begin('d', "bc", "{}");
		if (fails_at == 3) {
			fail('a');
			states("abcd", "failed failed failed failed",
			    "a diamond fails from its top");
			end_test();
			continue;
		}
		complete('a');
		states("abcd", "completed ready ready dependencies", "a diamond: two are released");
		if (fails_at == 1)
			fail('b');
		else
			complete('b');
		states("d", fails_at == 1 ? "failed" : "dependencies", "one of two is not enough");
		if (fails_at == 2)
			fail('c');
		else
			complete('c');
		states("d", fails_at ? "failed" : "ready",
		    "both release the last, or either fails it");
		end_test();
	}
}

static void
test_afterwards(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "", "{}");
	begin('c', "", "{}");
	complete('a');
	fail('b');
	begin('d', "a", "{}");
	begin('e', "ab", "{}");
	begin('f', "acb", "{}");
	begin('g', "ac", "{}");
	states("defg", "ready failed failed dependencies",
	    "a task that is added later waits for none that is over, and fails with one");
	error_is('f', "dependency", "dependency %.8s failed", 'b', "it says which");
	begin('h', "e", "{}");
	states("h", "failed", "and what waits for it fails too");
	end_test();
}

/* --- subtasks -------------------------------------------------------------------------- */

static void
test_subtasks(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('z', "a", "{}");
	split('a', "bcd", "  b", false);
	states("abcdz", "subtasks ready ready dependencies dependencies",
	    "a split task waits, so does a subtask for another");
	member('a', "subtasks", "{'total':3,'done':0,'failed':0}", "it counts them");
	complete('b');
	states("abcd", "subtasks completed ready ready", "a subtask releases the next");
	member('a', "subtasks", "{'total':3,'done':1,'failed':0}", "and is counted");
	complete('d');
	complete('c');
	states("abcd", "ready completed completed completed",
	    "with the last their parent is ready");
	member('a', "subtasks", "{'total':3,'done':3,'failed':0}", "all are counted");
	is_int(split('a', "q", " ", false), LIFE_PASSED, "it is not split twice");
	agent_remove(tx, "wc");
	agent_remove(tx, "sorter");
	is_int(claim_as('a', "L"), LIFE_DONE, "it needs no agent of its own");
	life_complete(tx, task('a'), jv_string("all"));
	states("az", "completed ready", "and releases who waits for it");
	end_test();
}

static void
test_failed_subtask(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('z', "a", "{}");
	split('a', "bcdef", "  bc ", false);
	claim('f');
	fail('b');
	states("abcdefz", "failed failed cancelled failed cancelled in_progress failed",
	    "a failed subtask fails its parent and ends its siblings");
	error_is('a', "dependency", "subtask %.8s failed", 'b', "the parent because of it");
	error_is('c', "cancelled", "a sibling failed", 'b', "siblings because of that");
	error_is('d', "dependency", "dependency %.8s failed", 'b', "dependents of it as always");
	member('a', "subtasks", "{'total':5,'done':0,'failed':1}", "it was counted");
	life_complete(tx, task('f'), jv_string("late"));
	states("af", "failed completed", "a sibling that runs ends as it will");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	cancel('b');
	states("abc", "failed cancelled cancelled", "a subtask that is cancelled does the same");
	error_is('a', "dependency", "subtask %.8s was cancelled", 'b', "and the parent says so");
	end_test();
}

static void
test_keep_going(void)
{
	begin_test();
	begin('a', "", "{}");
	split('a', "bcd", "  b", true);
	fail('b');
	states("abcd", "subtasks failed ready failed",
	    "one that keeps going only loses dependents");
	member('a', "subtasks", "{'total':3,'done':0,'failed':2}", "both are counted");
	complete('c');
	states("a", "ready", "with the last it is ready all the same");
	member('a', "subtasks", "{'total':3,'done':1,'failed':2}", "with its counts");
	end_test();
}

static void
test_nested(void)
{
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	split('b', "de", "  ", false);
	complete('d');
	complete('e');
	states("abc", "subtasks ready ready", "subtasks of subtasks release their parent");
	complete('b');
	complete('c');
	states("a", "ready", "and that its own");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	split('b', "de", "  ", false);
	fail('d');
	states("abcde", "failed failed cancelled failed cancelled",
	    "a failure goes up through all of them");
	error_is('b', "dependency", "subtask %.8s failed", 'd', "each because of the one below");
	error_is('a', "dependency", "subtask %.8s failed", 'b', "to the top");
	end_test();
}

static jv
plan_of_two(void)
{
	return record(
	    "{'subtasks':[{'title':'T','description':'D','priority':'high',"
	    "'assigned_to':'wc','required_skills':['s'],'estimated_hours':2,"
	    "'context':'C','odd':1},{'title':null,'description':'E','assigned_to':null}]}");
}

static void
test_inheritance(void)
{
	jv chat, child, got;
	char text[500];

	begin_test();
	chat = chat_add(tx, NULL, "alice", jv_array());
	snprintf(text, sizeof text,
	    "{'chat_id':'%s','created_by':'bob','scope':{'regions':['x']},'metadata':{'k':1},"
	    "'limits':{'timeout_s':5},'priority':'low','key':'k','custom':1}",
	    json_peek_string(chat, "id"));
	begin('a', "", text);
	is_int(split_task(tx, ids['a'],
		   (struct split_order){ jv_invalid(), plan_of_two(), 0, false }, &got),
	    LIFE_DONE, "a plan becomes subtasks");
	child = jv_array_get(jv_copy(got), 0);
	snprintf(ids['b'], ID_TEXT, "%s", json_peek_string(child, "id"));
	member('b', "updated_at", "'2026-11-20T12:00:00.000Z'", "they are stored");
	ok(id_is_full(ids['b']), "under ids of their own");
	snprintf(text, sizeof text,
	    "{'status':'pending','title':'T','instruction':'D','priority':'high','agent':'wc',"
	    "'required_skills':['s'],'estimated_hours':2,'context':'C','chat_id':'%s',"
	    "'user_id':'alice','created_by':'bob','scope':{'regions':['x']},'metadata':{'k':1},"
	    "'limits':{'timeout_s':5},'parent_id':'%s','attempt':0,'posted':0,'revision':0,'"
	    "created_at':'%s'}",
	    json_peek_string(chat, "id"), ids['a'], now);
	is_json(json_drop(child, "id"), text,
	    "a subtask has what the plan says, and its parent has");
	child = jv_array_get(got, 1);
	ok(!json_has(child, "agent") && !json_has(child, "title"), "null is nothing");
	jv_free(child);
	jv_free(chat);
	member('a', "reservation", NULL, "the parent is reserved no more");
	end_test();
}

/* The limits of the first subtask of a task that has these members. */
static void
limits_of_child(const char *text, const char *want, const char *fact)
{
	begin_test();
	begin('a', "", text);
	is_int(split('a', "bc", "  ", false), LIFE_DONE, fact);
	member('b', "limits", want, "... so");
	end_test();
}

static void
test_budgets(void)
{
	limits_of_child("{'limits':{'max_turns':10,'max_tokens':1001,'timeout_s':5,"
			"'max_children':2,'max_attempts':4},'output':{'format':'json'}}",
	    "{'max_turns':5,'max_tokens':500,'timeout_s':5,'max_children':2,'max_attempts':4}",
	    "turns and tokens are shared among subtasks, other limits are theirs too");
	limits_of_child("{'limits':{'max_turns':10,'max_tokens':1000},"
			"'usage':{'total_tokens':400,'calls':3}}",
	    "{'max_turns':3,'max_tokens':300}", "what is used up is not shared");
	limits_of_child("{'limits':{'max_turns':1,'max_tokens':100},"
			"'usage':{'input_tokens':90,'output_tokens':90,'calls':1}}",
	    "{'max_turns':1,'max_tokens':1}", "each has something");
	limits_of_child("{'limits':{'max_depth':1}}", "{'max_depth':0}",
	    "a subtask is split less deep");
	limits_of_child("{}", NULL, "without limits there are none");
	begin_test();
	begin('a', "", "{'limits':{'max_depth':1},'output':{'format':'json'}}");
	split('a', "b", " ", false);
	member('b', "output", NULL, "what the answer must be is the parent's alone");
	is_int(split('b', "c", " ", false), SPLIT_TOO_DEEP, "at depth 0 nothing is split");
	states("ab", "subtasks ready", "... or changed");
	begin('d', "", "{'limits':{'max_children':2}}");
	is_int(split('d', "efg", "   ", false), -1, "a plan of too many subtasks is refused");
	ok(err_code() == EX_DATAERR &&
		strstr(err_text(), ": the plan has 3 subtasks, limits.max_children is 2"),
	    "... with a sentence");
	states("d", "ready", "... and nothing is changed");
	end_test();
}

/* Subtasks are nobody's duplicates, and their parent's plan is kept. */
static void
test_split_record(void)
{
	jv t, twin;
	char *name;

	begin_test();
	begin('a', "", "{'instruction':'do b'}");
	split('a', "bc", "  ", true);
	member('a', "decision", "{'reasoning':'why'}", "a split task keeps the decision");
	member('a', "keep_going", "true", "and whether it keeps going");
	member('a', "plan",
	    "{'subtasks':[{'title':'b','description':'do b'},{'title':'c','description':'do c'}]}",
	    "and the plan");
	t = task('b');
	name = task_twin(t);
	twin = store_get(tx, name);
	ok(!json_has(twin, "parent_id"), "a subtask is nobody's duplicate");
	jv_free(twin);
	jv_free(t);
	free(name);
	end_test();
}

/* --- closing events -------------------------------------------------------------------- */

/* The closing events of a task: "n type text" of each. */
static void
closing_is(char name, const char *want, const char *fact)
{
	jv t = task(name), events = speech_closing(t), again = speech_closing(t);
	struct buf b = { 0 };

	buf_puts(&b, "");
	ok(jv_equal(jv_copy(events), again), "closing events are the same each time they are made");
	jv_array_foreach (events, i, event) {
		jv data = json_get(event, "data", JV_KIND_OBJECT);
		const char *text = json_peek_string(data, "text");

		buf_printf(&b, "%s%lld %s %s", i ? "; " : "",
		    (long long)json_peek_int(event, "n", 0), json_peek_string(event, "type"),
		    text ? text : json_peek_string(data, "message") + strlen("Task 12345678 "));
		jv_free(data);
		jv_free(event);
	}
	is(b.p, want, fact);
	buf_release(&b);
	jv_free(events);
	jv_free(t);
}

static void
test_closing(void)
{
	begin_test();
	begin('a', "", "{}");
	claim('a');
	log_events('a', 7);
	life_complete(tx, task('a'), jv_string("It is 42"));
	member('a', "events", "9", "a task's events are those of its log and the closing ones");
	closing_is('a', "8 message It is 42; 9 status completed successfully",
	    "a task that has an answer ends with it");
	begin('b', "", "{}");
	claim('b');
	life_complete(tx, task('b'), jv_string(""));
	closing_is('b', "1 status completed successfully", "one without says that it ended");
	begin('c', "", "{}");
	fail('c');
	closing_is('c', "1 error failed: it broke", "one that failed says why");
	begin('d', "", "{}");
	cancel('d');
	closing_is('d', "", "one without a chat says nothing");
	member('d', "events", "0", "and has no events");
	begin('e', "", "{'chat_id':'x','posted':4}");
	cancel('e');
	closing_is('e', "5 status cancelled: not needed",
	    "one that is cancelled goes on behind what is posted");
	is_int((long long)store_count(tx, "outbox"), 4, "what is to be posted is in the outbox");
	end_test();
}

/* The ids of closing events: of tasks and attempts, no two the same. */
static void
test_closing_ids(void)
{
	jv seen = jv_object();
	int made = 0;

	begin_test();
	for (int attempt = 1; attempt <= 3; attempt++) {
		for (int n = 0; n < 4; n++) {
			jv t = record("{'id':'%d0000000-0000-4000-8000-000000000000','status':"
				      "'completed','response':'x','chat_id':'c','events':9,"
				      "'finished_at':'%s','attempt':%d}",
			    n, now, attempt);
			jv events = speech_closing(t);

			jv_array_foreach (events, i, event) {
				made += id_is_full(json_peek_string(event, "id"));
				seen = jv_object_set(seen, jv_object_get(event, jv_string("id")),
				    jv_true());
			}
			jv_free(events);
			jv_free(t);
		}
	}
	is_int(jv_object_length(seen), made, "closing events of tasks and attempts differ");
	is_int(made, 24, "each has a whole id");
	end_test();
}

static void
test_event(void)
{
	jv t = record("{'id':'t','user_id':'alice','chat_id':'c'}");
	jv event = speech_event(t, "status", record("{'message':'x','task_id':'forged'}"), "s");

	is_json(json_drop(event, "id"),
	    "{'at':'2026-11-20T12:00:00.000Z','type':'status','data':{'message':'x','task_id':'t'},"
	    "'user_id':'alice','chat_id':'c','session_id':'s'}",
	    "an event of a task is its user's, in its chat, and says of which task");
	event = speech_event(t, "status", jv_object(), NULL);
	has(event, "session_id", NULL, "without a session it has none");
	jv_free(event);
	jv_free(t);
}

/* --- a walk ---------------------------------------------------------------------------- */

struct walk {
	char id[WALKERS][ID_TEXT];
	jv completed[WALKERS]; /* as it was when it was first seen completed */
	int len;
};

static void
walk_begin(struct walk *w)
{
	static const char *const priorities[] = { "high", "medium", "low" };
	jv new, deps;

	if (w->len >= WALKERS - 3)
		return;
	deps = jv_array();
	for (uint64_t i = box_random(3); w->len > 0 && i > 0; i--)
		deps = jv_array_append(deps, jv_string(w->id[box_random((uint64_t)w->len)]));
	new = json_set_string(jv_object(), "id", id_new(w->id[w->len++]));
	new = json_set_string(json_set_string(new, "instruction", "walk"), "status", "pending");
	new = json_set_string(new, "priority", priorities[box_random(3)]);
	jv_free(life_begin(tx, json_set(new, "depends_on", deps)));
}

static void
walk_split(struct walk *w, const char *id)
{
	static const char *const plans[] = {
		"[{'description':'x'}]",
		"[{'description':'x'},{'description':'y','dependencies':['0']}]",
		"[{'description':'x','dependencies':['2']},{'description':'y'},{'description':'z'}]"
	};
	jv plan = json_set(jv_object(), "subtasks", record("%s", plans[box_random(3)])), made;

	if (w->len >= WALKERS - 3) {
		jv_free(plan);
		return;
	}
	split_task(tx, id, (struct split_order){ jv_invalid(), plan, 0, box_random(2) }, &made);
	jv_array_foreach (made, i, child) {
		snprintf(w->id[w->len++], ID_TEXT, "%s", json_peek_string(child, "id"));
		jv_free(child);
	}
	jv_free(made);
}

/* What a runner does with a task it holds (consumed). */
static void
walk_end(jv t, uint64_t choice)
{
	if (choice < 4)
		life_complete(tx, t, jv_string(choice ? "x" : ""));
	else if (choice < 7)
		life_fail(tx, t, some_error(choice > 4));
	else if (choice < 8)
		life_lost(tx, t);
	else if (choice < 9)
		life_return(tx, t);
	else
		life_ask(tx, t,
		    json_set(record("{'question':'?'}"), "request_id",
			jv_string_fmt("r%llu", (unsigned long long)box_random(1000))));
}

/* What a person does: another dependency, none any more; or the same from the beginning. */
static void
walk_meddle(struct walk *w, const char *id)
{
	struct edit e = { .metadata = jv_object(),
		.depends_on = JV_ARRAY(jv_string(w->id[box_random((uint64_t)w->len)])),
		.drops_dependencies = box_random(2) };
	jv edited = jv_invalid();

	if (box_random(3))
		retry_task(tx, id);
	else
		edit_task(tx, id, &e, &edited);
	jv_free(edited);
	jv_free(e.metadata);
	jv_free(e.depends_on);
}

/* One step that somebody who keeps to life.h could make. */
static void
walk_step(struct walk *w)
{
	jv t = w->len ? task_get(tx, w->id[box_random((uint64_t)w->len)]) : jv_invalid(), claimed;
	uint64_t choice = box_random(10);

	if (jv_is_valid(t) && box_random(5) == 0) {
		walk_meddle(w, json_peek_string(t, "id"));
	} else if (!jv_is_valid(t) || choice == 0 || task_is_over(t)) {
		walk_begin(w);
	} else if (life_is_mine(t, "L")) {
		walk_end(jv_copy(t), choice);
	} else if (task_waits_for(t, "approval") && choice > 1) {
		approve_task(tx, json_peek_string(t, "id"), NULL,
		    (struct approval){ .yes = box_random(2), .by = "ann" });
	} else if (choice < 2) {
		life_cancel(tx, jv_copy(t), "walked over");
	} else if (json_has(t, "reservation") && choice < 5) {
		life_unreserve(tx, jv_copy(t));
	} else if (life_is_ready(t, clock_now_ms()) && choice < 4) {
		walk_split(w, json_peek_string(t, "id"));
	} else if (life_is_ready(t, clock_now_ms()) && choice < 6) {
		jv_free(life_reserve(tx, jv_copy(t), "W", 0));
	} else {
		life_claim(tx, json_peek_string(t, "id"),
		    (struct life_claim){ "L", NULL, jv_invalid(), 0 }, &claimed);
		jv_free(claimed);
	}
	jv_free(t);
}

/* How many members of a set are in that state; -1 where its count says otherwise. */
static int
set_holds(const char *set, const char *state)
{
	int members = 0, right = 0;

	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0; members++) {
		jv t = store_at(tx, n);

		right += !strcmp(state_of(t), state);
		jv_free(t);
	}
	return members == right && store_count(tx, set) == (uint64_t)members ? right : -1;
}

/* Which sets should hold tasks of which state, and only them. */
static const struct {
	const char *set[3], *state;
} homes[] = {
	{ { "ready.0", "ready.1", "ready.2" }, "ready" },
	{ { "reserved" }, "reserved" },
	{ { "delayed" }, "time" },
	{ { "approval" }, "approval" },
	{ { "status.in_progress" }, "in_progress" },
	{ { "status.completed" }, "completed" },
	{ { "status.failed" }, "failed" },
	{ { "status.cancelled" }, "cancelled" },
};

static int
count_wrong_sets(const struct walk *w)
{
	int counts[sizeof homes / sizeof *homes] = { 0 }, wrong = 0, pending = 0;

	for (int i = 0; i < w->len; i++) {
		jv t = task_get(tx, w->id[i]);

		for (size_t h = 0; h < sizeof homes / sizeof *homes; h++)
			counts[h] += !strcmp(state_of(t), homes[h].state);
		pending += task_is(t, "pending");
		jv_free(t);
	}
	for (size_t h = 0; h < sizeof homes / sizeof *homes; h++) {
		int held = 0;

		for (int s = 0; s < 3 && homes[h].set[s]; s++)
			held += set_holds(homes[h].set[s], homes[h].state);
		wrong += held != counts[h];
	}
	wrong += store_count(tx, "status.pending") != (uint64_t)pending;
	return wrong + (store_count(tx, "tasks") != (uint64_t)w->len);
}

/* Whether a task's dependencies (or subtasks) stand as its state says. */
static bool
is_rightly(jv t)
{
	jv deps = json_get(t, "depends_on", JV_KIND_ARRAY);
	int open = 0, bad = 0;
	const char *state = state_of(t);

	if (jv_is_valid(deps))
		jv_array_foreach (deps, i, id) {
			jv dep = task_get(tx, jv_string_value(id));

			open += !task_is_over(dep);
			bad += task_is_over(dep) && !task_is(dep, "completed");
			jv_free(dep);
			jv_free(id);
		}
	jv_free(deps);
	if (!strcmp(state, "dependencies"))
		return open > 0 && bad == 0;
	if (task_is_over(t))
		return json_has(t, "finished_at") && !json_has(t, "lease") &&
		       json_peek_int(t, "events", -1) >= json_peek_int(t, "posted", 0);
	return open == 0 && bad == 0 && !json_has(t, "finished_at");
}

/* Whether a parent that waits has counted its subtasks right, and one is still to come. */
static bool
has_counted(jv t)
{
	jv counts = json_get(t, "subtasks", JV_KIND_OBJECT);
	char *set = xprintf("parent.%s", json_peek_string(t, "id"));
	int done = 0, failed = 0, total = 0;
	bool right = true;

	for (uint64_t n = 0; jv_is_valid(counts) && (n = store_next(tx, set, n)) != 0; total++) {
		jv child = store_at(tx, n);

		done += task_is(child, "completed");
		failed += task_is_over(child) && !task_is(child, "completed");
		jv_free(child);
	}
	if (jv_is_valid(counts) && !task_is_over(t))
		right = json_peek_int(counts, "done", -1) == done &&
		        json_peek_int(counts, "failed", -1) == failed &&
		        json_peek_int(counts, "total", -1) == total &&
		        !strcmp(state_of(t), "subtasks") == (done + failed < total);
	free(set);
	jv_free(counts);
	return right;
}

/* A completed task is, for ever, what it was when it was completed. */
static bool
has_stayed(struct walk *w, int i, jv t)
{
	if (jv_is_valid(w->completed[i]))
		return jv_equal(jv_copy(w->completed[i]), jv_copy(t));
	if (task_is(t, "completed")) {
		jv_free(w->completed[i]);
		w->completed[i] = jv_copy(t);
	}
	return true;
}

static void
walk_look(struct walk *w, int wrong[4])
{
	wrong[0] += count_wrong_sets(w);
	for (int i = 0; i < w->len; i++) {
		jv t = task_get(tx, w->id[i]);

		wrong[1] += !is_rightly(t);
		wrong[2] += !has_counted(t);
		wrong[3] += !has_stayed(w, i, t);
		jv_free(t);
	}
}

static void
test_walk(void)
{
	static struct walk w;
	int wrong[4] = { 0 }, ended = 0;

	for (int i = 0; i < WALKERS; i++)
		w.completed[i] = jv_invalid();
	begin_test();
	for (int step = 0; step < STEPS; step++) {
		char at[CLOCK_TEXT];

		setenv("LEGWORK_NOW", clock_format(clock_now_ms() + (int64_t)box_random(2000), at),
		    1);
		walk_step(&w);
		walk_look(&w, wrong);
		if (step % 10 == 9) {
			domain_commit(tx);
			tx = domain_begin();
		}
	}
	setenv("LEGWORK_NOW", now, 1);
	for (int i = 0; i < w.len; i++) {
		jv t = task_get(tx, w.id[i]);

		ended += task_is_over(t);
		jv_free(t);
		jv_free(w.completed[i]);
	}
	printf("# %d tasks, %d of them over\n", w.len, ended);
	is_int(wrong[0], 0,
	    "a walk: after each step each set holds exactly the tasks of its state");
	is_int(wrong[1], 0, "who waits has something to wait for, who is ready has not");
	is_int(wrong[2], 0, "parents count their subtasks, and are ready with the last");
	is_int(wrong[3], 0, "a completed task never changes");
	ok(w.len == WALKERS - 3 || w.len > WALKERS / 2, "the walk went far");
	end_test();
}

int
main(void)
{
	domain_open("life", 7);
	setenv("LEGWORK_NOW", now, 1);
	test_machine();
	test_splitting();
	test_ready();
	test_claim();
	test_claim_in_chat();
	test_no_crew();
	test_worker();
	test_mine_only();
	test_reservations();
	test_delays();
	test_retry();
	test_lost();
	test_failures();
	test_ask();
	test_chain();
	test_diamond();
	test_afterwards();
	test_subtasks();
	test_failed_subtask();
	test_keep_going();
	test_nested();
	test_inheritance();
	test_split_record();
	test_budgets();
	test_closing();
	test_closing_ids();
	test_event();
	test_walk();
	domain_close();
	return done_testing();
}
