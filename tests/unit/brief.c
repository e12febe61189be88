/* Tasks have names of one letter here (letters.h). */
#include "brief.h"
#include "event.h"
#include "letters.h"

static char chat_id[ID_TEXT];

/* A chat of ann's with that policy; tasks are put into it by enter. */
static void
begin_chat(const char *policy)
{
	jv chat;

	begin_test();
	chat = chat_add(tx, "Work", "ann", jv_array());
	snprintf(chat_id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	jv_free(chat_set_policy(tx, chat_id, record("%s", policy)));
}

static void
enter(char name)
{
	task_put(tx,
	    json_set_string(json_set_string(task(name), "chat_id", chat_id), "user_id", "ann"));
}

static void
test_chat(void)
{
	jv told, stored;

	begin_chat("{}");
	begin('a', "", "{}");
	begin('b', "", "{}");
	begin('c', "", "{}");
	for (char name = 'a'; name <= 'c'; name++)
		enter(name);
	claim('a');
	ask('b');
	event_post(tx, event_new("message", record("{'text':'x'}"), "ann", chat_id), &stored);
	jv_free(stored);
	told = brief_chat(tx, chat_get(tx, chat_id));
	has(told, "title", "'Work'", "a chat is told as it is");
	has(told, "last_seq", "1", "with the last thing that was said");
	has(told, "asking", "1", "how many of its tasks ask");
	jv_free(told);
	end_test();
}

static void
test_rights(void)
{
	jv chat;

	begin_chat("{'may':{'add':'owner'}}");
	chat = chat_get(tx, chat_id);
	is_json(brief_rights(chat, "ann"), "{'post':true,'add':true,'cancel':true,'approve':true}",
	    "the owner may all");
	is_json(brief_rights(chat, "bob"),
	    "{'post':true,'add':false,'cancel':true,'approve':false}",
	    "others what is left, but for what its owner is asked");
	jv_free(chat);
	end_test();
}

static void
test_task(void)
{
	jv told;

	begin_chat("{}");
	begin('a', "", "{'title':'T','metadata':{'secret':'x'}}");
	enter('a');
	told = brief_task(tx, task('a'), "bob");
	has(told, "title", "'T'", "a task is told by what tells it from others");
	ok(!json_has(told, "instruction") && !json_has(told, "metadata"), "and no more");
	has(told, "may", NULL, "it asks nothing");
	jv_free(told);
	ask('a');
	told = brief_task(tx, task('a'), "bob");
	has(told, "may", "{'approve':false}", "where it asks, that bob may not decide is told");
	jv_free(told);
	told = brief_task(tx, task('a'), "ann");
	has(told, "may", "{'approve':true}", "... and that ann may");
	jv_free(told);
	end_test();
}

/* The titles of the children of task p, as a user is told. */
static void
children_are(const char *user, const char *want, const char *fact)
{
	jv whole = brief_whole(tx, task('p'), user),
	   children = json_get(whole, "children", JV_KIND_ARRAY);
	struct buf titles = { 0 };

	jv_array_foreach (children, i, child) {
		buf_puts(&titles, json_peek_string(child, "title"));
		jv_free(child);
	}
	is(titles.p ? titles.p : "", want, fact);
	buf_release(&titles);
	jv_free(children);
	jv_free(whole);
}

static void
test_whole(void)
{
	jv whole, why;

	begin_chat("{'may':{'cancel':'owner'}}");
	begin('p', "", "{'title':'P'}");
	enter('p');
	children_are("bob", "", "a task alone has no children");
	split('p', "xy", "  ", false);
	begin('s', "", "{'title':'S','created_by':'ann'}");
	task_put(tx, json_set_string(task('s'), "spawned_by", ids['p']));
	children_are("ann", "xyS", "subtasks in their order, then what it has spawned");
	children_are("bob", "xy", "... unless that is in no chat of the user's");
	whole = brief_whole(tx, task('p'), "bob");
	why = json_get(whole, "why", JV_KIND_OBJECT);
	is(json_peek_string(why, "waiting"), "subtasks", "with why it is so");
	has(whole, "may", "{'cancel':false,'retry':true,'approve':false}",
	    "and what the user may do");
	ok(json_has(whole, "task"), "and the record");
	jv_free(why);
	jv_free(whole);
	end_test();
}

int
main(void)
{
	domain_open("brief", 1);
	setenv("LEGWORK_NOW", now, 1);
	test_chat();
	test_rights();
	test_task();
	test_whole();
	domain_close();
	return done_testing();
}
