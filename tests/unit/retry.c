/* Tasks have names of one letter here (letters.h). */
#include "retry.h"
#include "letters.h"

static int
retry(char name)
{
	return retry_task(tx, ids[(int)name]);
}

/* Whether retry refuses, with a sentence made of fmt and %.8s of two ids. */
static void
refuses(char name, int code, const char *fmt, char first, char second, const char *fact)
{
	char *want = xprintf(fmt, ids[(int)first], ids[(int)second]);

	fails(retry(name), code, want, fact);
	free(want);
}

/* The numbers and types of the events in a task's log that have any. */
static void
log_is(char name, const char *want, const char *fact)
{
	struct trail r = { .fd = -1 };
	struct buf b = { 0 };
	int64_t n = 0;
	jv event;

	buf_puts(&b, "");
	while ((n = log_read(&r, store_logs_fd(domain), ids[(int)name], n, &event)) > 0) {
		const char *type = json_peek_string(event, "type");

		if (type)
			buf_printf(&b, "%s%lld %s", b.len ? "; " : "", (long long)n, type);
		jv_free(event);
	}
	is(b.p, want, fact);
	buf_release(&b);
	trail_release(&r);
}

static void
test_alone(void)
{
	begin_test();
	begin('a', "", "{'limits':{'max_attempts':1}}");
	claim('a');
	life_fail(tx, json_set(task('a'), "response", jv_string("half")), some_error(true));
	is_int(retry('a'), RETRY_DONE, "a failed task is put back");
	states("a", "ready", "it is ready");
	member('a', "error", NULL, "without its error");
	member('a', "response", NULL, "and its answer");
	member('a', "finished_at", NULL, "it has not ended");
	member('a', "events", NULL, "nor said its last");
	member('a', "started_at", NULL, "nor begun");
	member('a', "attempt", "1", "attempts go on counting");
	member('a', "attempts_forgiven", "1", "but those before do not count");
	member('a', "retries", "1", "it was put back once");
	is_int(retry('a'), RETRY_KEPT, "a ready one is left as it is");
	member('a', "retries", "1", "and not counted");
	claim('a');
	fails(retry('a'), EX_DATAERR, NULL, "one that runs is refused");
	life_fail(tx, task('a'), some_error(true));
	states("a", "failed", "its attempts are as many as before");
	is_int(retry('a'), RETRY_DONE, "it is put back again");
	member('a', "attempts_forgiven", "2", "with both forgiven");
	complete('a');
	fails(retry('a'), EX_DATAERR, NULL, "a completed one is refused");
	begin('b', "", "{}");
	cancel('b');
	is_int(retry('b'), RETRY_DONE, "a cancelled one is put back");
	states("ab", "completed ready", "as a failed one");
	snprintf(ids['g'], ID_TEXT, "gone");
	fails(retry('g'), EX_NOINPUT, "task gone: no such task", "one that is gone cannot be");
	end_test();
}

static void
test_attempts(void)
{
	jv t = record("{'attempt':4,'attempts_forgiven':3}"), error = some_error(true);
	int64_t delay = life_will_retry(t, error);

	ok(delay >= 750 && delay <= 1250,
	    "the first attempt after a retry is followed as the first");
	t = json_set_int(t, "attempt", 6);
	is_int(life_will_retry(t, error), -1, "the third is the last");
	jv_free(t);
	jv_free(error);
	begin_test();
	begin('a', "", "{}");
	claim('a');
	life_fail(tx, task('a'), some_error(true));
	states("a", "time", "a task waits for its next attempt");
	is_int(retry('a'), RETRY_DONE, "that is hastened");
	states("a", "ready", "it is ready at once");
	member('a', "not_before", NULL, "and has no time");
	member('a', "attempts_forgiven", NULL, "nothing is forgiven");
	end_test();
}

static void
test_dependents(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	begin('c', "b", "{}");
	fail('a');
	is_int((long long)store_count(tx, "status.failed"), 3, "a chain has failed");
	refuses('c', EX_TEMPFAIL,
	    "task %.8s: dependency %.8s failed: task-retry it, this one follows", 'c', 'b',
	    "its last cannot be put back");
	refuses('b', EX_TEMPFAIL,
	    "task %.8s: dependency %.8s failed: task-retry it, this one follows", 'b', 'a',
	    "nor its second");
	states("abc", "failed failed failed", "nothing has changed");
	is_int(retry('a'), RETRY_DONE, "the first can be");
	states("abc", "ready dependencies dependencies", "and takes the others along");
	complete('a');
	complete('b');
	complete('c');
	states("abc", "completed completed completed", "they go on as if nothing had happened");
	end_test();
	begin_test();
	begin('a', "", "{}");
	begin('b', "", "{}");
	begin('c', "ab", "{}");
	begin('d', "b", "{}");
	fail('a');
	fail('b');
	is_int(retry('a'), RETRY_DONE, "of two that failed one is put back");
	states("abcd", "ready failed failed failed", "who waits for both stays");
	is_int(retry('b'), RETRY_DONE, "with the other");
	states("abcd", "ready ready dependencies dependencies", "it follows");
	end_test();
	begin_test();
	begin('a', "", "{}");
	cancel('a');
	begin('b', "a", "{}");
	refuses('b', EX_TEMPFAIL,
	    "task %.8s: dependency %.8s was cancelled: task-retry it, this one follows", 'b', 'a',
	    "a task that failed when it was added waits for its dependency, too");
	retry('a');
	states("ab", "ready dependencies", "and follows it");
	begin('c', "", "{}");
	fail('c');
	begin('d', "c", "{}");
	is_int((long long)store_count(tx, "status.failed"), 2, "(two failed)");
	task_delete(tx, ids['c']);
	is_int(retry('d'), RETRY_DONE, "a dependency that is gone stops nobody");
	states("d", "ready", "the task is ready");
	end_test();
}

static void
test_parent(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('z', "a", "{}");
	split('a', "bcdef", "  bc ", false);
	claim('f');
	complete('c');
	fail('b');
	states("abcdefz", "failed failed completed failed cancelled in_progress failed",
	    "a family has failed");
	is_int(retry('a'), RETRY_DONE, "the parent is put back");
	states("abcdefz", "subtasks ready completed dependencies ready in_progress dependencies",
	    "with its subtasks and who waited for it; what completed or runs is left");
	member('a', "subtasks", "{'total':5,'done':1,'failed':0}", "it counts anew");
	life_complete(tx, task('f'), jv_string("late"));
	complete('b');
	complete('d');
	complete('e');
	states("a", "ready", "and is ready with the last");
	complete('a');
	states("az", "completed ready", "then all goes on");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "b", " ", false);
	complete('b');
	fail('a');
	is_int(retry('a'), RETRY_DONE, "a parent that failed after its subtasks");
	states("ab", "ready completed", "is ready at once");
	end_test();
}

static void
test_subtask(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('z', "a", "{}");
	split('a', "bcde", "  b ", false);
	complete('e');
	fail('b');
	is_int(retry('b'), RETRY_DONE, "a subtask is put back");
	states("abcdez", "subtasks ready ready dependencies completed dependencies",
	    "with its parent, siblings and all who waited");
	member('a', "subtasks", "{'total':4,'done':1,'failed':0}", "the parent counts anew");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	split('b', "de", "  ", false);
	fail('d');
	states("abcde", "failed failed cancelled failed cancelled", "a tree has failed");
	is_int(retry('e'), RETRY_DONE, "its smallest leaf is put back");
	states("abcde", "subtasks subtasks ready ready ready", "and the tree with it");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	claim('c');
	fail('b');
	life_fail(tx, task('c'), some_error(false));
	states("abc", "failed failed failed", "two siblings have failed, each by itself");
	retry('b');
	states("abc", "subtasks ready ready", "without either the parent could not complete");
	end_test();
}

static void
test_keep_going(void)
{
	begin_test();
	begin('a', "", "{}");
	split('a', "bcde", "    ", true);
	fail('b');
	fail('c');
	complete('d');
	is_int(retry('b'), RETRY_DONE, "a subtask of one that keeps going is put back");
	states("abcde", "subtasks ready failed completed ready", "alone");
	member('a', "subtasks", "{'total':4,'done':1,'failed':1}", "its parent counts anew");
	fail('b');
	complete('e');
	states("a", "ready", "the parent is ready");
	reserve('a');
	retry('c');
	states("a", "subtasks", "until another is put back");
	fail('c');
	claim('a');
	refuses('c', EX_TEMPFAIL,
	    "task %.8s: its parent %.8s is running: retry it when that has ended", 'c', 'a',
	    "not while it runs");
	life_fail(tx, task('a'), some_error(false));
	retry('c');
	states("abc", "subtasks failed ready", "one that failed follows its subtask");
	cancel('a');
	states("abcde", "cancelled failed cancelled completed completed", "a parent is cancelled");
	is_int(retry('a'), RETRY_DONE, "a parent that is put back");
	states("abcde", "subtasks ready ready completed completed", "takes all along that failed");
	complete('b');
	complete('c');
	complete('a');
	states("abc", "completed completed completed", "and completes");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", true);
	fail('b');
	complete('c');
	complete('a');
	is_int(retry('b'), RETRY_DONE, "a subtask of a parent that has completed is put back");
	states("ab", "completed ready", "and that is left as it is");
	end_test();
}

static void
test_words(void)
{
	jv t;

	begin_test();
	begin('a', "", "{}");
	claim('a');
	log_events('a', 2);
	life_fail(tx, task('a'), some_error(false));
	member('a', "events", "3", "a task ends with a third event");
	t = task('a');
	retry('a');
	log_is('a', "3 error", "its last word goes into the log");
	task_put(tx, t);
	retry('a');
	log_is('a', "3 error", "once, though the retry went no further than that");
	cancel('a');
	member('a', "events", "4", "numbers go on behind it");
	retry('a');
	log_is('a', "3 error; 4 status", "so does what it says then");
	end_test();
	begin_test();
	begin('b', "", "{'chat_id':'c','posted':4}");
	cancel('b');
	retry('b');
	log_is('b', "5 status", "where there was no log it goes on behind what is in the chat");
	cancel('b');
	task_put(tx, json_set_int(task('b'), "posted", 6));
	retry('b');
	log_is('b', "5 status", "what is posted need not be kept");
	begin('c', "", "{}");
	cancel('c');
	retry('c');
	log_is('c', "", "who has no chat says nothing");
	end_test();
}

/* Two ends of a task never have the same event, whether it was begun in between or not. */
static void
test_ids(void)
{
	jv seen = jv_object();

	begin_test();
	begin('a', "", "{'chat_id':'c'}");
	for (int i = 0; i < 3; i++) {
		jv t, closing;

		cancel('a');
		t = task('a');
		closing = jv_array_get(speech_closing(t), 0);
		seen = json_set(seen, json_peek_string(closing, "id"), jv_true());
		jv_free(closing);
		jv_free(t);
		retry('a');
	}
	is_int(jv_object_length(seen), 3, "each end has an event of its own");
	end_test();
}

int
main(void)
{
	domain_open("retry", 7);
	setenv("LEGWORK_NOW", now, 1);
	test_alone();
	test_attempts();
	test_dependents();
	test_parent();
	test_subtask();
	test_keep_going();
	test_words();
	test_ids();
	domain_close();
	return done_testing();
}
