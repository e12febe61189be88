#include <inttypes.h>

#include "chat.h"
#include "cursor.h"
#include "domain.h"
#include "event.h"
#include "task.h"

enum { MANY = 300 };

static const char *const task_id = "aaaaaaaa-0000-4000-8000-000000000001";
static const char *const event_id = "eeeeeeee-0000-4000-8000-000000000001";

static char chat_id[ID_TEXT]; /* of the present test's chat */

/* Makes a chat of alice's. */
static void
new_chat(void)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, NULL, "alice", jv_array());

	snprintf(chat_id, sizeof chat_id, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	domain_commit(tx);
}

/* Posts an event (consumed) to the chat, unless it names one; *stored is owned. */
static int
post(jv event, jv *stored)
{
	struct tx *tx = domain_begin();
	int rc;

	if (!json_has(event, "chat_id"))
		event = json_set_string(event, "chat_id", chat_id);
	rc = event_post(tx, event, stored);
	domain_commit(tx);
	return rc;
}

static int
post_text(const char *text)
{
	jv stored;
	int rc = post(record("%s", text), &stored);

	jv_free(stored);
	return rc;
}

static uint64_t
last(void)
{
	struct tx *tx = domain_begin();
	uint64_t seq = event_last(tx, chat_id);

	store_end(tx);
	return seq;
}

static void
test_users(void)
{
	char name[102] = { 0 };

	memset(name, 'a', 100);
	is_int(chat_check_user(name), 0, "a name of a hundred bytes is a user");
	name[100] = 'a';
	fails(chat_check_user(name), EX_DATAERR, "user: want 1 to 100 bytes, got 101",
	    "one more is too many");
	fails(chat_check_user(""), EX_DATAERR, "user: want 1 to 100 bytes, got 0", "none too few");
	fails(chat_check_user("a\nb"), EX_DATAERR, "user: a control character in the name",
	    "a newline is no part of a name");
	ok(chat_check_user("a\x7f") < 0 && chat_check_user("\x1b[1m") < 0, "nor are others");
	is_int(chat_check_user("Zo\xc3\xab, the 2nd"), 0, "blanks and letters are");
}

static void
test_add(void)
{
	struct tx *tx = domain_begin();
	jv chat, got;

	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	chat = chat_add(tx, "Title", "alice", record("['bob','alice']"));
	unsetenv("LEGWORK_NOW");
	got = chat_get(tx, json_peek_string(chat, "id"));
	ok(jv_equal(jv_copy(chat), got), "a chat is stored as it is returned");
	is_json(json_drop(chat, "id"),
	    "{'title':'Title','user_id':'alice','members':[{'user_id':'alice','kind':'person'},"
	    "{'user_id':'bob','kind':'person'}],'created_at':'2026-11-20T12:00:00.000Z'}",
	    "its owner is its first member, once");
	is_int((long long)store_count(tx, "chats"), 1, "it is one of the chats");
	chat = chat_add(tx, NULL, "alice", record("['']"));
	ok(!jv_is_valid(chat) && err_code() == EX_DATAERR, "a member without name is refused");
	jv_free(chat);
	chat = chat_add(tx, NULL, "a\tb", jv_array());
	ok(!jv_is_valid(chat) && err_code() == EX_DATAERR, "so is a bad owner");
	jv_free(chat);
	is_int((long long)store_count(tx, "chats"), 1, "nothing was stored then");
	chat = chat_get(tx, "none");
	ok(!jv_is_valid(chat), "there is no chat that nobody made");
	jv_free(chat);
	domain_commit(tx);
}

/* A good event without what is named. */
static jv
event_without(const char *name)
{
	return json_drop(record("{'id':'%s','type':'message','data':{'text':'x'},'chat_id':'x'}",
			     event_id),
	    name);
}

static void
refuses(jv event, const char *why, const char *fact)
{
	fails(event_check(event), EX_DATAERR, why, fact);
	jv_free(event);
}

/* Whether an event of that type needs no more in its data than text says. */
static bool
takes(const char *type, const char *data)
{
	jv event = record("{'type':'%s','data':%s,'chat_id':'x'}", type, data);
	bool good = event_check(event) == 0;

	jv_free(event);
	return good;
}

static void
test_types(void)
{
	static const char *const types[][2] = { { "message", "{'text':' '}" },
		{ "status", "{'message':'x'}" }, { "error", "{'message':'x','text':7}" },
		{ "tool_use", "{'name':'x'}" }, { "tool_result", "{'name':'x','result':[]}" },
		{ "thought", "{'text':'x'}" }, { "token_usage", "{}" },
		{ "approval_request", "{}" } };
	int good = 0, bad = 0;

	for (size_t i = 0; i < 8; i++) {
		good += takes(types[i][0], types[i][1]);
		bad += takes(types[i][0], "{'text':[],'message':null,'name':1}");
	}
	is_int(good, 8, "an event is of one of eight types, with what that needs in its data");
	is_int(bad, 2, "which is a string");
	ok(!takes("Message", "{'text':'x'}") && !takes("", "{}"), "there are no other types");
}

static void
test_check(void)
{
	jv good = event_without("nothing");

	is_int(event_check(good), 0, "an event with all that it needs is good");
	jv_free(good);
	refuses(json_set_string(event_without("id"), "type", "odd"),
	    "event: type is odd, want message, status, error ...", "an unknown type");
	refuses(event_without("type"), "event: type is missing, want message, status, error ...",
	    "no type");
	refuses(event_without("data"), "event: data is no object", "no data");
	refuses(json_set(event_without("id"), "data", jv_array()), "event: data is no object",
	    "data in no object");
	refuses(json_set(event_without("id"), "data", jv_object()),
	    "event: a message wants text in its data", "a message without text");
	refuses(json_set(event_without("id"), "data", record("{'text':7}")),
	    "event: data.text is no string", "a text that is none");
	refuses(event_without("chat_id"), "event: chat_id is missing", "no chat");
	refuses(json_set_string(event_without("id"), "id", "7"), "event: id is no UUID",
	    "an id that is none");
	refuses(json_set_int(event_without("id"), "id", 7), "event: id is no UUID",
	    "nor is a number");
	refuses(json_set_int(event_without("id"), "user_id", 7), "event: user_id is no string",
	    "a user who is no string");
	refuses(json_set_string(event_without("id"), "user_id", "a\nb"),
	    "user: a control character in the name", "a user who cannot be one");
}

static void
test_post(void)
{
	jv stored;
	char prefix[9];

	new_chat();
	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	is_int(post(record("{'type':'message','data':{'text':'x'},'seq':99,'extra':1}"), &stored),
	    EVENT_POSTED, "an event is posted");
	has(stored, "seq", "1", "its number is the chat's to say");
	has(stored, "at", "'2026-11-20T12:00:00.000Z'", "it gets its time");
	has(stored, "extra", "1", "unknown fields are kept");
	ok(id_is_full(json_peek_string(stored, "id")), "it gets an id");
	jv_free(stored);
	unsetenv("LEGWORK_NOW");
	snprintf(prefix, sizeof prefix, "%.8s", chat_id);
	is_int(post(record("{'type':'message','data':{'text':'x'},'chat_id':'%s','id':'%s',"
			   "'at':'2026-01-02T03:04:05Z'}",
			prefix, event_id),
		   &stored),
	    EVENT_POSTED, "the chat may be a prefix");
	is(json_peek_string(stored, "chat_id"), chat_id, "which becomes the whole id");
	is(json_peek_string(stored, "id"), event_id, "an id that was given is kept");
	has(stored, "at", "'2026-01-02T03:04:05Z'", "so is a time");
	has(stored, "seq", "2", "the next number is the next");
	jv_free(stored);
	is_int(post(record("{'type':'message','data':{'text':'x'},'chat_id':'ffff'}"), &stored), -1,
	    "a chat that is not there");
	is_int(err_code(), EX_NOINPUT, "... is no input");
	jv_free(stored);
	is_int(post_text("{'type':'odd','data':{}}"), -1, "what is no event");
	is_int(err_code(), EX_DATAERR, "... is bad data");
	is_int((long long)last(), 2, "neither is stored");
}

static void
test_same_id(void)
{
	char event[200], other[ID_TEXT];
	jv stored;

	snprintf(event, sizeof event, "{'type':'message','data':{'text':'x'},'id':'%s'}",
	    "eeeeeeee-0000-4000-8000-000000000002");
	new_chat();
	is_int(post_text(event), EVENT_POSTED, "an event with an id");
	is_int(post_text(event), EVENT_KNOWN, "... is not stored twice");
	is_int((long long)last(), 1, "it takes no number the second time");
	snprintf(other, sizeof other, "%s", chat_id);
	new_chat();
	is_int(post_text(event), EVENT_KNOWN, "nor in another chat");
	is_int((long long)last(), 0, "which stays empty");
	is_int(post(record("{'type':'error','data':{'message':'x'},'chat_id':'%s','id':'%s'}",
			other, "eeeeeeee-0000-4000-8000-000000000002"),
		   &stored),
	    EVENT_KNOWN, "nor with other words");
	has(stored, "type", "'error'", "what comes back is what was given");
	has(stored, "seq", NULL, "without a number");
	jv_free(stored);
}

/* Numbers go on without gaps, whatever is refused or known between. */
static void
test_no_gaps(void)
{
	uint64_t want = 0, wrong = 0;
	char ids[MANY][ID_TEXT];
	struct tx *tx;

	new_chat();
	for (int i = 0; i < MANY; i++) {
		int choice = (int)box_random(4);
		const char *id = want && choice == 0 ? ids[box_random(want)] : id_new(ids[want]);
		int rc;
		jv stored;

		rc = post(record("{'type':'%s','data':{'message':'x'},'id':'%s'}",
			      choice == 1 ? "odd" : "status", id),
		    &stored);
		wrong += rc != (choice == 1              ? -1
				   : want && choice == 0 ? EVENT_KNOWN
							 : EVENT_POSTED);
		if (rc == EVENT_POSTED && (uint64_t)json_peek_int(stored, "seq", 0) != ++want)
			wrong++;
		jv_free(stored);
	}
	is_int((long long)wrong, 0, "three hundred posts: each is stored, known or refused");
	is_int((long long)last(), (long long)want, "the last number is their count");
	tx = domain_begin();
	for (uint64_t seq = 1; seq <= want; seq++) {
		jv event = store_at(tx, event_at(tx, chat_id, seq));

		wrong += strcmp(json_peek_string(event, "id"), ids[seq - 1]) != 0;
		jv_free(event);
	}
	is_int((long long)wrong, 0, "each is found by its number");
	is_int((long long)event_at(tx, chat_id, want + 1), 0, "and none behind the last");
	is_int((long long)event_at(tx, chat_id, 0), 0, "nor before the first");
	store_end(tx);
}

static int64_t
posted(void)
{
	struct tx *tx = domain_begin();
	jv task = task_get(tx, task_id);
	int64_t n = json_peek_int(task, "posted", -1);

	jv_free(task);
	store_end(tx);
	return n;
}

static int
post_numbered(const char *n)
{
	jv stored;
	int rc = post(record("{'type':'status','data':{'message':'x','task_id':'%s'},'n':%s}",
			  task_id, n),
	    &stored);

	jv_free(stored);
	return rc;
}

/* The task's fourth event, whose id is another's by then. */
static int
post_usurped(void)
{
	jv stored;
	int rc = post(record("{'type':'status','data':{'message':'x','task_id':'%s'},'n':4,"
			     "'id':'eeeeeeee-0000-5000-8000-000000000009'}",
			  task_id),
	    &stored);

	jv_free(stored);
	return rc;
}

static void
test_posted(void)
{
	struct tx *tx = domain_begin();

	task_put(tx, record("{'id':'%s','instruction':'x','status':'completed','events':4,"
			    "'posted':0}",
			 task_id));
	domain_commit(tx);
	new_chat();
	is_int(post_numbered("1"), EVENT_POSTED, "a task's first event is posted");
	is_int(posted(), 1, "which the task knows at once");
	is_int(post_numbered("1"), EVENT_KNOWN, "its number is not posted again");
	is_int(post_numbered("3"), EVENT_POSTED, "a later one is");
	is_int(posted(), 3, "and counts");
	is_int(post_numbered("2"), EVENT_KNOWN, "one before it is not");
	is_int(posted(), 3, "what is posted never goes down");
	is_int((long long)last(), 2, "the chat has what was posted");
	is_int(post_text("{'type':'message','data':{'text':'mine'},"
			 "'id':'eeeeeeee-0000-5000-8000-000000000009'}"),
	    EVENT_POSTED, "a person's message has the id that a task's event is to have");
	is_int(post_usurped(), EVENT_POSTED, "the task's event is posted nevertheless");
	is_int(posted(), 4, "and counts");
	is_int(post_usurped(), EVENT_KNOWN, "but not twice");
	tx = domain_begin();
	is_int((long long)store_count(tx, "outbox"), 0, "with all posted the outbox is empty");
	store_end(tx);
	is_int(post_numbered("0"), EVENT_POSTED, "a number below one is none");
	is_int(post_numbered("'4'"), EVENT_POSTED, "nor is a string");
	is_int(post_text("{'type':'status','data':{'message':'x','task_id':'gone'},'n':1}"),
	    EVENT_POSTED, "an event of a task that is not there is posted");
	is_int(post_text("{'type':'status','data':{'message':'x'},'n':1}"), EVENT_POSTED,
	    "or of none");
	is_int(posted(), 4, "and does not count");
}

static void
move_is(const char *name, int64_t seq, int64_t want, const char *fact)
{
	struct tx *tx = domain_begin();

	cursor_move(tx, name, chat_id, seq);
	is_int(cursor_seq(tx, name, chat_id), want, fact);
	domain_commit(tx);
}

static void
test_cursors(void)
{
	struct tx *tx = domain_begin();

	is_int(cursor_seq(tx, "phone", chat_id), -1, "a reader nobody knows has no cursor");
	store_end(tx);
	move_is("phone", 0, 0, "it may begin at the beginning");
	move_is("phone", 7, 7, "goes forward");
	move_is("phone", 3, 7, "never backwards");
	move_is("phone", 7, 7, "and stays");
	move_is("desk", 2, 2, "another reader has its own");
	new_chat();
	move_is("phone", 1, 1, "so has each chat");
	tx = domain_begin();
	is_int((long long)store_count(tx, "cursors"), 3, "there are three then");
	store_end(tx);
}

static jv
stamped(void)
{
	return event_stamp(record("{'type':'message','data':{'text':'x','task_id':'forged'},"
				  "'user_id':'alice','session_id':'hers'}"));
}

static void
test_stamp(void)
{
	is_json(stamped(),
	    "{'type':'message','data':{'text':'x','task_id':'forged'},'user_id':'alice',"
	    "'session_id':'hers'}",
	    "a person's event is as it was");
	setenv("LEGWORK_TASK_ID", "", 1);
	is_json(jv_object_get(stamped(), jv_string("user_id")), "'alice'",
	    "an empty id is no task");
	setenv("LEGWORK_TASK_ID", "t", 1);
	is_json(stamped(),
	    "{'type':'message','data':{'text':'x','task_id':'t'},'user_id':'tester',"
	    "'session_id':'hers'}",
	    "an agent's has its task and its user, whatever it says");
	setenv("LEGWORK_RUN", "r", 1);
	is_json(stamped(),
	    "{'type':'message','data':{'text':'x','task_id':'t'},'user_id':'tester',"
	    "'session_id':'r'}",
	    "and its run as the session");
	is_json(event_stamp(record("{'data':{},'n':7}")),
	    "{'data':{'task_id':'t'},'user_id':'tester','session_id':'r'}",
	    "it has no number: it cannot pass for what was posted");
	is_json(event_stamp(record("{'data':7}")), "{'data':7,'user_id':'tester','session_id':'r'}",
	    "data that is no object is left as it is");
	unsetenv("LEGWORK_TASK_ID");
	unsetenv("LEGWORK_RUN");
}

int
main(void)
{
	domain_open("chat", 2);
	test_users();
	test_add();
	test_types();
	test_check();
	test_post();
	test_same_id();
	test_no_gaps();
	test_posted();
	test_cursors();
	test_stamp();
	domain_close();
	return done_testing();
}
