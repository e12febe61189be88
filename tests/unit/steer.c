/* Tasks have names of one letter here (letters.h). */
#include "steer.h"
#include "event.h"
#include "letters.h"

static char chat_id[ID_TEXT];
static const char *speaker = "bob";
static int messages;

static void
begin_chat(void)
{
	jv chat;

	begin_test();
	chat = chat_add(tx, NULL, "ada", jv_array());
	snprintf(chat_id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
}

/* A new task of the chat. */
static void
begin_here(char name)
{
	char text[80];

	snprintf(text, sizeof text, "{'chat_id':'%s','title':'%c'}", chat_id, name);
	begin(name, "", text);
}

/* A command of the speaker's about a task (0: none), in message n. */
static int
obey(const char *name, char about, int n)
{
	jv command = record("{'name':'%s','by':'%s'}", name, speaker),
	   source =
	       record("{'chat_id':'%s','message_id':'eeeeeeee-0000-4000-8000-%012d'}", chat_id, n),
	   todo = jv_array();
	int rc;

	if (about)
		command = json_set_string(command, "task", ids[(int)about]);
	rc = steer_obey(tx, command, source, &todo);
	jv_free(todo);
	jv_free(command);
	jv_free(source);
	return rc;
}

/* The chat's last event is "type: message", with %s for the short id of a task. */
static void
answers(const char *name, char about, const char *want, const char *fact)
{
	char *whole, short_id[9];
	jv event, data;

	is_int(obey(name, about, ++messages), 0, fact);
	event = store_at(tx, event_at(tx, chat_id, event_last(tx, chat_id)));
	data = json_get(event, "data", JV_KIND_OBJECT);
	whole =
	    xprintf("%s: %s", json_peek_string(event, "type"), json_peek_string(data, "message"));
	if (about && strstr(want, "%s")) {
		const char *at = strstr(want, "%s");
		char *text = xprintf("%.*s%s%s", (int)(at - want), want,
		    task_short(ids[(int)about], short_id), at + 2);

		is(whole, text, "... and says so");
		free(text);
	} else {
		is(whole, want, "... and says so");
	}
	free(whole);
	jv_free(data);
	jv_free(event);
}

static void
test_status(void)
{
	begin_chat();
	answers("status", 0, "status: nothing waits or runs here", "a chat without tasks");
	begin_here('a');
	answers("status", 'a', "status: %s pending (a): it is ready: no pipeline has taken it yet",
	    "one task");
	fail('a');
	answers("status", 'a', "status: %s failed (a): it broke", "one that failed");
	answers("status", 0, "status: nothing waits or runs here", "what has ended is not told of");
	end_test();
}

static void
test_changes(void)
{
	begin_chat();
	begin_here('a');
	answers("cancel", 'a', "status: %s cancelled (a)", "a task that waits is cancelled");
	states("a", "cancelled", "it is");
	answers("cancel", 'a', "error: task %s: has ended already (cancelled)", "once");
	answers("retry", 'a', "status: %s pending (a): it is ready: no pipeline has taken it yet",
	    "it is put back");
	states("a", "ready", "it is");
	end_test();
}

/* The chat is ada's: what its tasks ask, they ask her. */
static void
test_approval(void)
{
	begin_chat();
	begin_here('a');
	ask('a');
	answers("approve", 'a', "error: task %s: asks ada, not bob", "another approves nothing");
	member('a', "waiting", "\"approval\"", "it still waits");
	speaker = "ada";
	answers("approve", 'a', "status: %s goes on (a)", "whom it asks approves it");
	member('a', "waiting", NULL, "it waits no more");
	answers("approve", 'a', "error: task %s: was approved by ada already", "once");
	speaker = "bob";
	end_test();
}

static void
test_refusals(void)
{
	uint64_t before;

	begin_chat();
	begin_here('a');
	begin('b', "", "{}");
	answers("cancel", 0, "error: /cancel: want a task: /cancel ID", "a command wants a task");
	is_int(obey("cancel", 'b', ++messages), 0, "of its own chat");
	states("b", "ready", "no other's");
	before = event_last(tx, chat_id);
	is_int(obey("cancel", 'a', messages), 0, "a message that was answered");
	states("a", "ready", "is not obeyed again");
	is_int((int64_t)event_last(tx, chat_id), (int64_t)before, "nor answered");
	fails(obey("dance", 'a', ++messages), EX_DATAERR,
	    "command: want cancel, status, retry or approve", "what is no command is refused");
	setenv("LEGWORK_TASK_ID", ids['a'], 1);
	fails(obey("cancel", 'a', messages), EX_NOPERM,
	    "LEGWORK_TASK_ID is set: an agent commands nothing", "and an agent");
	unsetenv("LEGWORK_TASK_ID");
	snprintf(chat_id, ID_TEXT, "cccccccc-0000-4000-8000-000000000001");
	ok(obey("cancel", 'a', messages) == -1 && err_code() == EX_NOINPUT,
	    "and a chat that is not there");
	states("a", "ready", "nothing came of it");
	end_test();
}

int
main(void)
{
	domain_open("steer", 1);
	setenv("LEGWORK_NOW", now, 1);
	test_status();
	test_changes();
	test_approval();
	test_refusals();
	domain_close();
	return done_testing();
}
