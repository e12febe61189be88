#include "quiet.h"

#include "agent.h"
#include "chat.h"
#include "domain.h"
#include "event.h"
#include "life.h"
#include "limit.h"
#include "task.h"

static struct tx *tx;
static char chat_id[ID_TEXT];
static const char *const task_id = "aaaaaaaa-0000-4000-8000-000000000001";

static void
now_is(const char *time)
{
	setenv("LEGWORK_NOW", time, 1);
}

/* Somebody says something in the chat, now; members: of the event. */
static void
say(const char *members)
{
	jv event = record("%s", members), stored;

	event = json_set_string(json_set_string(event, "chat_id", chat_id), "type", "message");
	if (event_post(tx, event, &stored) != EVENT_POSTED)
		abort();
	jv_free(stored);
}

static void
check_is(const char *spec, bool want, const char *fact)
{
	jv v = record("%s", spec);
	int rc = quiet_check(v);

	if (want)
		is_int(rc, 0, fact);
	else
		fails(rc, EX_DATAERR, "when_idle_s: want a number from 0 to 31622400", fact);
	jv_free(v);
}

static void
test_texts(void)
{
	is_int(quiet_read("30s"), 30000, "a time can be said");
	is_int(quiet_read("500ms"), 500, "a short one");
	is_int(quiet_read("none"), 0, "and none");
	fails((int)quiet_read("soon"), EX_DATAERR,
	    "want a time such as 30s or 2m, at most a year, or none, got 'soon'", "but no word");
	fails((int)quiet_read("367d"), EX_DATAERR, NULL, "and not more than a year");
	check_is("{}", true, "a spec need say nothing");
	check_is("{'when_idle_s':0.5}", true, "or a part of a second");
	check_is("{'when_idle_s':0}", true, "or nothing at all");
	check_is("{'when_idle_s':-1}", false, "but nothing negative");
	check_is("{'when_idle_s':1e9}", false, "nothing endless");
	check_is("{'when_idle_s':'1'}", false, "and no string");
}

static void
slot_is(const char *task, const char *want, const char *fact)
{
	jv t = json_set_string(record("%s", task), "chat_id", "C"),
	   chat = record("{'policy':{'when_idle_s':2}}");

	is_json(quiet_slot(t, chat), want, fact);
	jv_free(chat);
	jv_free(t);
}

static void
test_slots(void)
{
	jv none = jv_invalid(), free_task = record("{'when_idle_s':3}");

	slot_is("{'when_idle_s':3}", "'quiet.C.3000'", "a task says how long it waits");
	slot_is("{}", "'quiet.C'", "or its chat does");
	slot_is("{'when_idle_s':0}", NULL, "unless the task does not mind");
	slot_is("{'started_at':'x'}", NULL, "what has begun goes on");
	slot_is("{'parent_id':'x'}", NULL, "and so do subtasks");
	slot_is("{'subtasks':{}}", NULL, "a task that has some");
	slot_is("{'spawned':true}", NULL, "and what was spawned");
	is_json(quiet_slot(free_task, none), NULL, "without a chat there is nobody to wait for");
	ok(quiet_is("quiet.C") && !quiet_is("chat.C"), "its slots are known by their names");
	jv_free(free_task);
}

/* When it is quiet for 30 s, as text; NULL: it always was. */
static void
due_is(const char *want, const char *fact)
{
	char *slot = xprintf("quiet.%s.30000", chat_id), text[CLOCK_TEXT];
	int64_t due_ms = quiet_due_ms(tx, slot);

	is(due_ms ? clock_format(due_ms, text) : NULL, want, fact);
	free(slot);
}

static void
test_times(void)
{
	jv chat;

	now_is("2026-11-20T12:00:00Z");
	chat = chat_add(tx, NULL, "ada", jv_array());
	snprintf(chat_id, sizeof chat_id, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	jv_free(chat_set_member(tx, chat_id, "weather", "bot"));
	due_is(NULL, "nobody has spoken");
	say("{'user_id':'ada','data':{'text':'x'}}");
	due_is("2026-11-20T12:00:30.000Z", "a person has");
	now_is("2026-11-20T12:00:10Z");
	say("{'user_id':'Weather','data':{'text':'rain'}}");
	say("{'user_id':'ada','data':{'text':'x','task_id':'%s'}}");
	due_is("2026-11-20T12:00:30.000Z", "what bots and tasks say does not count");
	say("{'user_id':'eve','data':{'text':'x'}}");
	due_is("2026-11-20T12:00:40.000Z", "what a stranger says does");
	say("{'user_id':'ada','at':'2027-01-01T00:00:00Z','data':{'text':'x'}}");
	due_is("2026-11-20T12:00:40.000Z", "what is not said yet is not waited for");
}

static void
why_is(const char *slot, const char *want, const char *fact)
{
	char *why = quiet_why(tx, slot);

	is(why, want, fact);
	free(why);
}

static void
waits_are(const char *waiting, const char *slot, const char *fact)
{
	jv task = task_get(tx, task_id);

	has(task, "waiting", waiting, fact);
	has(task, "slot", slot, fact);
	jv_free(task);
}

static void
test_policy(void)
{
	struct life_claim claim = { "L", NULL, jv_invalid(), -1 };
	char *slot = xprintf("quiet.%s", chat_id), *quoted_slot = xprintf("'%s'", slot);
	jv task;

	jv_free(agent_put(tx, record("{'role':'w','kind':'exec','command':['cat']}")));
	now_is("2026-11-20T12:00:10Z");
	say("{'user_id':'ada','data':{'text':'x'}}");
	is_int(limit_room(tx, slot, LIMIT_RUNNING), INT64_MAX, "a chat does not mind");
	jv_free(quiet_set(tx, chat_id, 1500));
	is_int(limit_room(tx, slot, LIMIT_RUNNING), 0, "unless it says so");
	why_is(slot,
	    "it waits until nobody has spoken in its chat for 1.5 s: 2026-11-20T12:00:11.500Z, "
	    "if nobody does",
	    "and until when is known");
	task =
	    json_set_string(record("{'id':'%s','status':'pending'}", task_id), "chat_id", chat_id);
	jv_free(life_begin(tx, task));
	waits_are("'chat_idle'", quoted_slot, "a task waits from the start");
	is_int(life_claim(tx, task_id, claim, &task), LIFE_HELD, "and cannot be claimed");
	now_is("2026-11-20T12:00:11.500Z");
	task = life_reserve(tx, task_get(tx, task_id), "W", 1000);
	ok(jv_is_valid(task), "until the time has come");
	has(task, "reservation", "{'lease':'W','until':'1970-01-01T00:00:01.000Z'}",
	    "it takes no room");
	jv_free(task);
	waits_are(NULL, NULL, "and it does not wait any more");
	say("{'user_id':'ada','data':{'text':'x'}}");
	is_int(life_claim(tx, task_id, claim, &task), LIFE_HELD,
	    "unless somebody speaks before it is claimed");
	waits_are("'chat_idle'", quoted_slot, "then it waits again");
	jv_free(quiet_set(tx, chat_id, 0));
	is_int(life_claim(tx, task_id, claim, &task), LIFE_DONE,
	    "a chat that does not mind any more lets it begin");
	jv_free(task);
	waits_are(NULL, NULL, "and it waits for nothing");
	free(quoted_slot);
	free(slot);
}

int
main(void)
{
	domain_open("quiet", 1);
	tx = domain_begin();
	test_texts();
	test_slots();
	test_times();
	test_policy();
	domain_commit(tx);
	domain_close();
	return done_testing();
}
