#include "limit.h"

#include <inttypes.h>

#include "agent.h"
#include "chat.h"
#include "domain.h"
#include "life.h"
#include "task.h"

static struct tx *tx;
static char chat_id[ID_TEXT];
static const char *const ids[] = { "aaaaaaaa-0000-4000-8000-000000000001",
	"bbbbbbbb-0000-4000-8000-000000000002", "cccccccc-0000-4000-8000-000000000003" };

static void
agent(const char *text)
{
	jv stored = agent_put(tx, record("%s", text));

	ok(jv_is_valid(stored), text);
	jv_free(stored);
}

/* Task i is there, with these members beside its id. */
static void
put(int i, const char *members)
{
	task_put(tx, json_set_string(record("%s", members), "id", ids[i]));
}

static void
member(int i, const char *name, const char *want, const char *fact)
{
	jv task = task_get(tx, ids[i]);

	has(task, name, want, fact);
	jv_free(task);
}

static void
slots_are(const char *task, const char *role, const char *want, const char *fact)
{
	jv t = record("%s", task);

	is_json(limit_slots(tx, t, role), want, fact);
	jv_free(t);
}

static void
room_is(const char *slot, enum limit_by by, int64_t want, const char *fact)
{
	is_int(limit_room(tx, slot, by), want, fact);
}

static void
why_is(const char *slot, const char *want, const char *fact)
{
	char *why = limit_why(tx, slot);

	is(why, want, fact);
	free(why);
}

static void
test_slots(void)
{
	char task[100], want[120];
	jv chat = chat_add(tx, NULL, "ada", jv_array());

	snprintf(chat_id, sizeof chat_id, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	snprintf(task, sizeof task, "{'chat_id':'%s'}", chat_id);
	agent("{'role':'free','kind':'exec','command':['cat'],'crews':['Desk']}");
	slots_are(task, "free", "[]", "what has no limit has no slots");
	agent("{'role':'Two','kind':'exec','command':['cat'],'max_running':2}");
	agent("{'role':'one','kind':'exec','command':['cat'],'max_running':3,"
	      "'crews':['Desk','b'],'one_at_a_time':true}");
	slots_are(task, "two", "['agent.two']", "an agent's");
	slots_are(task, "one", "['agent.one','crew.desk','crew.b']", "and its crews'");
	slots_are(task, "free", "[]", "those of an agent that does not mind them not");
	slots_are(task, NULL, "[]", "of nobody none");
	jv_free(chat_set_single(tx, chat_id, true));
	snprintf(want, sizeof want, "['agent.two','chat.%s']", chat_id);
	slots_are(task, "two", want, "and the chat's");
	slots_are("{'chat_id':'gone'}", "two", "['agent.two']", "but of one that is there");
	snprintf(task, sizeof task, "{'chat_id':'%s','spawned':true}", chat_id);
	slots_are(task, "two", "['agent.two']", "what was spawned does not wait for it");
	slots_are("{'worker':{'one_off':true}}", "two", "[]",
	    "an agent made for the task is another one");
}

static void
test_room(void)
{
	char text[200], slot[60];

	room_is("agent.two", LIMIT_RUNNING, 2, "there is room for so many");
	put(0, "{'status':'in_progress','agent':'TWO','crews':['DESK']}");
	room_is("agent.two", LIMIT_RUNNING, 1, "who runs takes some, in any case");
	room_is("crew.desk", LIMIT_RUNNING, 0, "in the crew, too");
	why_is("crew.desk", "the crew desk does one task at a time, and aaaaaaaa is running",
	    "which can be said");
	put(1, "{'status':'pending','reservation':{'slots':['agent.two',7]}}");
	room_is("agent.two", LIMIT_RUNNING, 1, "who was handed out does not run");
	room_is("agent.two", LIMIT_RESERVED, 0, "but will");
	put(2, "{'status':'in_progress','agent':'two','worker':{'one_off':true}}");
	room_is("agent.two", LIMIT_RUNNING, 1, "nor does an agent of the same role count");
	put(1, "{'status':'in_progress','agent':'two'}");
	why_is("agent.two", "agent Two has 2 of 2 tasks running", "how many do is said");
	put(2, "{'status':'in_progress','agent':'two'}");
	room_is("agent.two", LIMIT_RUNNING, 0, "more than may is no room");
	room_is("agent.nobody", LIMIT_RUNNING, INT64_MAX, "who is gone has no limit");
	snprintf(slot, sizeof slot, "chat.%s", chat_id);
	room_is(slot, LIMIT_RUNNING, 1, "a chat has room for one");
	snprintf(text, sizeof text, "{'status':'in_progress','chat_id':'%s','spawned':true}",
	    chat_id);
	put(0, text);
	room_is(slot, LIMIT_RUNNING, 1, "without what was spawned there");
	snprintf(text, sizeof text, "{'status':'in_progress','chat_id':'%s'}", chat_id);
	put(0, text);
	room_is(slot, LIMIT_RUNNING, 0, "and then no more");
	why_is(slot, "its chat does one task at a time, and aaaaaaaa is running", "which is said");
	jv_free(chat_set_single(tx, chat_id, false));
	room_is(slot, LIMIT_RUNNING, INT64_MAX, "until it does not mind any more");
	for (int i = 0; i < 3; i++)
		put(i, "{'status':'completed','agent':'two','crews':['desk']}");
	room_is("agent.two", LIMIT_RESERVED, 2, "who has ended takes none");
	room_is("crew.desk", LIMIT_RESERVED, 1, "nowhere");
	agent("{'role':'one','kind':'exec','command':['cat'],'crews':['Desk']}");
	room_is("crew.desk", LIMIT_RUNNING, INT64_MAX, "a crew that nobody limits has no limit");
	room_is("crew.b", LIMIT_RUNNING, INT64_MAX, "nor has one that was left");
}

/* The queues of a rank as "SET room empty?" */
static void
queues_are(int rank, const char *want, const char *fact)
{
	struct limit_queue q = { 0 };
	struct buf b = { 0 };

	buf_puts(&b, "");
	while (limit_next_queue(tx, rank, &q)) {
		buf_printf(&b, "%s %" PRId64 " %d\n", q.set, q.room, q.is_empty);
		free(q.set);
	}
	is(b.p, want, fact);
	buf_release(&b);
}

static void
test_queues(void)
{
	struct life_claim claim = { "L", NULL, jv_invalid(), -1 };
	jv task;

	queues_are(0, "", "nobody waits");
	put(0, "{'status':'pending','priority':'high','agent':'two','reservation':{},"
	       "'not_before':'x'}");
	task_put(tx, limit_wait(tx, task_get(tx, ids[0]), "agent.two"));
	queues_are(0, "held.0.agent.two 2 0\n", "who waits is in a queue");
	is_int((long long)store_count(tx, "held.0.agent.two"), 1, "of the slot and the priority");
	queues_are(1, "held.1.agent.two 2 0\n", "which has one for each");
	member(0, "reservation", NULL, "and handed out no more");
	member(0, "not_before", NULL, "nor for a time");
	task = task_get(tx, ids[0]);
	is(limit_waits(task), "agent.two", "it says for what");
	task = limit_forget(task);
	ok(!json_has(task, "slot") && !json_has(task, "waiting"), "and can forget it");
	jv_free(task);
	is_int(life_claim(tx, ids[0], claim, &task), LIFE_DONE, "it can be claimed");
	jv_free(task);
	member(0, "slot", NULL, "and waits for nothing then");
	queues_are(0, "held.0.agent.two 1 1\n", "an empty queue says so");
	limit_close_queue(tx, store_next(tx, "holds", 0));
	queues_are(0, "", "and can be closed");
}

static void
test_claims(void)
{
	struct life_claim claim = { "L", NULL, jv_invalid(), -1 };
	jv task;

	agent("{'role':'two','kind':'exec','command':['cat'],'max_running':1,'crews':['C']}");
	member(0, "status", "'in_progress'", "one task runs");
	put(1, "{'status':'pending','agent':'two'}");
	is_int(life_claim(tx, ids[1], claim, &task), LIFE_HELD, "the claim of another is passed");
	ok(!jv_is_valid(task), "it gets no task");
	member(1, "waiting", "'slot'", "which waits");
	member(1, "attempt", NULL, "and has not begun");
	member(1, "chat_id", NULL, "nor been given a chat");
	put(2, "{'status':'pending','agent':'two'}");
	task = life_reserve(tx, task_get(tx, ids[2]), "W", 1000);
	ok(!jv_is_valid(task), "a third is not handed out");
	member(2, "slot", "'agent.two'", "but waits, too");
	life_lost(tx, task_get(tx, ids[0]));
	task = life_reserve(tx, task_get(tx, ids[2]), "W", 1000);
	has(task, "reservation",
	    "{'lease':'W','until':'1970-01-01T00:00:01.000Z','slots':['agent.two']}",
	    "until the runner has died");
	jv_free(task);
	task = life_reserve(tx, task_get(tx, ids[1]), "W", 1000);
	ok(!jv_is_valid(task), "then there is room for one only");
	is_int(life_claim(tx, ids[1], claim, &task), LIFE_DONE, "who claims first has it");
	has(task, "crews", "['C']", "and is counted in its crews");
	jv_free(task);
	is_int(life_claim(tx, ids[2], claim, &task), LIFE_HELD, "though another was handed out");
	member(2, "reservation", NULL, "which is given back");
}

int
main(void)
{
	domain_open("limit", 1);
	tx = domain_begin();
	test_slots();
	test_room();
	test_queues();
	test_claims();
	domain_commit(tx);
	domain_close();
	return done_testing();
}
