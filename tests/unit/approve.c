/* Tasks have names of one letter here (letters.h). */
#include "approve.h"
#include "asker.h"
#include "event.h"
#include "letters.h"

static const struct approval yes = { .yes = true, .by = "ada", .reason = NULL };

static char chat_id[ID_TEXT];

/* Task a, in ada's chat, asks; its event that says so is `event`. */
static void
begin_asking(char event[ID_TEXT])
{
	jv chat, stored;

	begin_test();
	chat = chat_add(tx, NULL, "ada", jv_array());
	snprintf(chat_id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	begin('a', "", "{}");
	task_put(tx, json_set_string(task('a'), "chat_id", chat_id));
	ask('a');
	event_post(tx,
	    event_new("approval_request",
		record("{'request_id':'r-a','question':'May I?','task_id':'%s'}", ids['a']), "ada",
		chat_id),
	    &stored);
	snprintf(event, ID_TEXT, "%s", json_peek_string(stored, "id"));
	jv_free(stored);
}

/* "user_id: message" of the chat's last event. */
static void
last_words_are(const char *want, const char *fact)
{
	jv event = store_at(tx, event_at(tx, chat_id, event_last(tx, chat_id))),
	   data = json_get(event, "data", JV_KIND_OBJECT);
	char *got = xprintf("%s: %s", json_peek_string(event, "user_id"),
	    json_peek_string(data, "message"));

	is(got, want, fact);
	ok(!json_has(data, "task_id"), "... and it is a person who says it");
	free(got);
	jv_free(data);
	jv_free(event);
}

static void
test_decision(void)
{
	char event[ID_TEXT], long_reason[APPROVE_REASON_MAX + 2];
	struct approval no = { .yes = false, .by = "ada", .reason = "not today" };

	begin_asking(event);
	memset(long_reason, 'x', sizeof long_reason);
	long_reason[sizeof long_reason - 1] = '\0';
	snprintf(ids['g'], ID_TEXT, "gone");
	fails(approve_task(tx, "gone", NULL, yes), EX_NOINPUT, "task gone: no such task",
	    "what is not there cannot be approved");
	is_int(approve_task(tx, ids['a'], "r-b", yes), -1, "nor another request than there is");
	ok(err_code() == EX_DATAERR && strstr(err_text(), "asks something else by now"),
	    "... which is told");
	is_int(approve_task(tx, ids['a'], NULL, (struct approval){ .yes = true, .by = "" }), -1,
	    "nor by nobody");
	is_int(approve_task(tx, ids['a'], NULL,
		   (struct approval){ .by = "ada", .reason = long_reason }),
	    -1, "nor for a reason without end");
	states("a", "approval", "all that changes nothing");
	is_int(approve_task(tx, ids['a'], "r-a", yes), 0, "its own request is approved");
	states("a", "ready", "then the task is ready");
	member('a', "approval",
	    "{'request_id':'r-a','question':'May I?','tool':'run',"
	    "'asked_at':'2026-11-20T12:00:00.000Z','decision':'approved','by':'ada',"
	    "'at':'2026-11-20T12:00:00.000Z'}",
	    "and knows what was decided");
	member('a', "events", NULL, "it has not ended");
	last_words_are("ada: ada approved: May I?", "the chat is told");
	is_int(approve_task(tx, ids['a'], NULL, no), -1, "a request is decided once");
	ok(strstr(err_text(), "was approved by ada already") != NULL, "... which is told");
	claim('a');
	is_int(approve_task(tx, ids['a'], NULL, no), -1, "... also while it runs");
	life_complete(tx, task('a'), jv_string("done"));
	is_int(approve_task(tx, ids['a'], NULL, no), -1, "and when it has ended");
	ok(strstr(err_text(), "was approved by ada already") != NULL, "... which is told, too");
	begin('b', "", "{}");
	is_int(approve_task(tx, ids['b'], NULL, no), -1, "nor where nothing was asked");
	end_test();
	begin_asking(event);
	is_int(approve_task(tx, ids['a'], NULL, no), 0, "a request may be denied");
	states("a", "ready", "then the task is ready, too");
	last_words_are("ada: ada denied: May I?: not today", "the chat is told why");
	end_test();
}

static void
test_again(void)
{
	char event[ID_TEXT];

	begin_asking(event);
	approve_task(tx, ids['a'], NULL, yes);
	claim('a');
	life_ask(tx, task('a'), record("{'request_id':'r2','question':'And now?'}"));
	states("a", "approval", "a task may ask again");
	is_int(approve_task(tx, ids['a'], "r-a", yes), -1, "what was decided decides nothing new");
	is_int(approve_task(tx, ids['a'], "r2", yes), 0, "only what it asks now");
	end_test();
	begin_asking(event);
	store_delete(tx, "event/none/1");
	task_put(tx, json_drop(task('a'), "chat_id"));
	is_int(approve_task(tx, ids['a'], NULL, yes), 0, "a task without a chat can be approved");
	end_test();
}

/* Whether a message of `user` with that text, and more in its data, decides something. */
static bool
replies(const char *in, const char *text, const char *more)
{
	jv data = json_set_string(record("%s", more), "text", text), stored;
	bool has_decided;

	event_post(tx, event_new("message", data, "ada", in), &stored);
	has_decided = approve_by_reply(tx, stored);
	jv_free(stored);
	return has_decided;
}

/* The chat was told last that task a was approved before. */
static void
told_late(const char *fact)
{
	char *want = xprintf("legwork: task %.8s: was approved by ada already", ids['a']);

	last_words_are(want, fact);
	free(want);
}

static void
reply_is(const char *text, const char *want)
{
	char event[ID_TEXT], *more;
	jv t, approval;

	begin_asking(event);
	more = xprintf("{'reply_to':'%s'}", event);
	ok(replies(chat_id, text, more) == (want != NULL), text);
	t = task('a');
	approval = json_get(t, "approval", JV_KIND_OBJECT);
	if (want) {
		char *got = xprintf("%s: %s", json_peek_string(approval, "decision"),
		    json_has(approval, "reason") ? json_peek_string(approval, "reason") : "-");

		is(got, want, "... so");
		free(got);
	} else {
		states("a", "approval", "... so it waits on");
	}
	jv_free(approval);
	jv_free(t);
	free(more);
	end_test();
}

static void
test_replies(void)
{
	reply_is("yes", "approved: -");
	reply_is("  Y", "approved: -");
	reply_is("OK, but only once", "approved: but only once");
	reply_is("approve", "approved: -");
	reply_is("Approved!", "approved: -");
	reply_is("no", "denied: -");
	reply_is("No: it is late\n", "denied: it is late\n");
	reply_is("n", "denied: -");
	reply_is("deny it breaks things", "denied: it breaks things");
	reply_is("denied", "denied: -");
	reply_is("yesterday", NULL);
	reply_is("nobody knows", NULL);
	reply_is("y'all", NULL);
	reply_is("what is it?", NULL);
	reply_is("?", NULL);
}

static void
test_whose(void)
{
	char event[ID_TEXT], *more;
	jv chat, stored;

	begin_asking(event);
	ok(!replies(chat_id, "yes", "{}"), "a message that answers nothing decides nothing");
	ok(!replies(chat_id, "yes", "{'reply_to':7}"), "nor one that answers a number");
	ok(!replies(chat_id, "yes", "{'reply_to':'r-b'}"), "nor one that answers another request");
	more = xprintf("{'reply_to':'%s','task_id':'%s'}", event, ids['a']);
	ok(!replies(chat_id, "yes", more), "nor what a task says");
	free(more);
	more = xprintf("{'reply_to':'%s'}", event);
	chat = chat_add(tx, NULL, "eve", jv_array());
	ok(!replies(json_peek_string(chat, "id"), "yes", more), "nor what is said elsewhere");
	jv_free(chat);
	free(more);
	begin('b', "", "{}");
	event_post(tx,
	    event_new("approval_request",
		record("{'request_id':'r-a','question':'Is it Friday?','task_id':'%s'}", ids['b']),
		"ada", chat_id),
	    &stored);
	more = xprintf("{'reply_to':'%s'}", json_peek_string(stored, "id"));
	ok(!replies(chat_id, "yes", more), "nor what answers another task's question");
	jv_free(stored);
	free(more);
	states("a", "approval", "it waits all the time");
	ok(asker_kind(tx, event) != ASKER_UNKNOWN && asker_kind(tx, "r-a") != ASKER_UNKNOWN,
	    "event and request are known");
	ok(asker_kind(tx, "r-b") == ASKER_UNKNOWN && asker_kind(tx, "") == ASKER_UNKNOWN,
	    "others are not");
	ok(replies(chat_id, "yes", "{'reply_to':'r-a'}"), "the request's own id does");
	states("a", "ready", "then it is ready");
	ok(!replies(chat_id, "no", "{'reply_to':'r-a'}"), "but once only");
	told_late("... which its chat is told");
	end_test();
}

/* A request is known by its id when it was decided, unless another task asks so by now. */
static void
test_known(void)
{
	char event[ID_TEXT], *more;

	begin_asking(event);
	approve_task(tx, ids['a'], NULL, yes);
	ok(asker_kind(tx, "r-a") == ASKER_REQUEST, "what was decided is known");
	begin('b', "", "{}");
	claim('b');
	task_put(tx, json_set_string(task('b'), "chat_id", chat_id));
	life_ask(tx, task('b'), record("{'request_id':'r-a','question':'And I?'}"));
	task_put(tx, task('a'));
	ok(replies(chat_id, "no", "{'reply_to':'r-a'}"), "another may ask with the same id");
	states("b", "ready", "... and is answered");
	more = xprintf("{'reply_to':'%s'}", event);
	ok(!replies(chat_id, "no", more), "an event that has asked is its own task's");
	told_late("... which was answered");
	free(more);
	end_test();
}

/* What becomes of an event of ada's, with more members of its data: its reply_to; NULL: none. */
static void
aims(const char *user, const char *type, const char *text, const char *more, const char *want)
{
	jv data = jv_object_merge(json_set_string(jv_object(), "text", text), record("%s", more)),
	   event = approve_aim(tx, event_new(type, data, user, chat_id));

	data = json_get(event, "data", JV_KIND_OBJECT);
	is(json_peek_string(data, "reply_to"), want, text);
	jv_free(data);
	jv_free(event);
}

static void
test_aim(void)
{
	char event[ID_TEXT];

	begin_asking(event);
	aims("ada", "message", "yes", "{}", "r-a");
	aims("ada", "message", " Approved!\n", "{}", "r-a");
	aims("ada", "message", "n", "{}", "r-a");
	aims("ada", "message", "yes, do", "{}", NULL);
	aims("ada", "message", "?", "{}", NULL);
	aims("bob", "message", "yes", "{}", NULL);
	aims("ada", "status", "yes", "{}", NULL);
	aims("ada", "message", "yes", "{'task_id':'x'}", NULL);
	aims("ada", "message", "yes", "{'reply_to':'x'}", "x");
	task_put(tx,
	    json_set_string(json_set(task('a'), "own_chat", jv_true()), "created_by", "bob"));
	aims("ada", "message", "no", "{}", NULL);
	aims("bob", "message", "no", "{}", "r-a");
	begin('b', "", "{}");
	task_put(tx, json_set_string(task('b'), "chat_id", chat_id));
	ask('b');
	aims("bob", "message", "no", "{}", NULL);
	approve_task(tx, ids['a'], NULL, (struct approval){ .yes = true, .by = "bob" });
	aims("ada", "message", "no", "{}", "r-b");
	end_test();
}

int
main(void)
{
	domain_open("approve", 1);
	setenv("LEGWORK_NOW", now, 1);
	test_decision();
	test_again();
	test_replies();
	test_whose();
	test_known();
	test_aim();
	domain_close();
	return done_testing();
}
