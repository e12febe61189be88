/* Tasks have names of one letter here (letters.h). */
#include "remove.h"
#include "cursor.h"
#include "event.h"
#include "letters.h"

/* Removes those named; how many tasks went, or -1. */
static int
rm(const char *names, bool is_force)
{
	jv doomed = jv_array(), removed;
	int rc;

	for (; *names; names++)
		doomed = jv_array_append(doomed, jv_string(ids[(int)*names]));
	rc = remove_tasks(tx, doomed, is_force, &removed);
	if (rc == 0)
		rc = jv_array_length(jv_copy(removed));
	jv_free(removed);
	jv_free(doomed);
	return rc;
}

static void
refused(const char *names, bool is_force, const char *fmt, char first, char second,
    const char *fact)
{
	char *want = xprintf(fmt, ids[(int)first], ids[(int)second]);

	fails(rm(names, is_force), EX_TEMPFAIL, want, fact);
	free(want);
}

/* The seq of the first event that is left. */
static long long
first_seq(const char *chat)
{
	uint64_t seq = 0;

	return event_next(tx, chat, &seq, 0) ? (long long)seq : 0;
}

static void
test_tasks(void)
{
	begin_test();
	begin('a', "", "{'key':'k'}");
	begin('b', "", "{}");
	begin('c', "", "{}");
	complete('b');
	claim('c');
	is_int(rm("ab", false), 2, "a ready task and a completed one are deleted");
	states("abc", "gone gone in_progress", "they are gone");
	is_int((long long)store_count(tx, "tasks"), 1, "from all sets");
	is_int((long long)store_number(tx, "key/k"), 0, "a key is free again");
	refused("c", true, "task %.8s: is running", 'c', 'c', "who runs is not deleted");
	snprintf(ids['g'], ID_TEXT, "gone");
	fails(rm("g", false), EX_NOINPUT, "task gone: no such task", "nor who is not there");
	end_test();
}

static void
test_waiting(void)
{
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	begin('c', "b", "{}");
	refused("a", false, "task %.8s: task %.8s waits for it", 'a', 'b',
	    "who is waited for stays");
	states("abc", "ready dependencies dependencies", "nothing has changed");
	is_int(rm("abc", false), 3, "but goes with those who wait");
	end_test();
	begin_test();
	begin('a', "", "{}");
	begin('b', "a", "{}");
	begin('c', "b", "{}");
	is_int(rm("a", true), 1, "by force it goes alone");
	states("abc", "gone failed failed", "and those who wait fail");
	error_is('b', "dependency", "dependency %.8s was cancelled", 'a', "because of it");
	end_test();
}

static void
test_trees(void)
{
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	split('b', "de", "  ", false);
	complete('d');
	refused("e", false, "task %.8s: its parent %.8s waits for it", 'e', 'b',
	    "a subtask stays while its parent waits");
	refused("d", false, "task %.8s: its parent %.8s waits for it", 'd', 'b',
	    "an ended one, too");
	is_int(rm("bae", false), 5, "a parent goes with its tree, named once or twice");
	is_int((long long)store_count(tx, "tasks"), 0, "and all is gone");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", false);
	claim('c');
	refused("a", true, "task %.8s: is running", 'c', 'c', "not while one of it runs");
	is_int(rm("b", true), 1, "by force a subtask goes");
	states("abc", "failed gone in_progress", "and its parent fails");
	end_test();
	begin_test();
	begin('a', "", "{}");
	split('a', "bcd", "   ", true);
	complete('b');
	is_int(rm("c", true), 1, "from one that keeps going it goes");
	states("abcd", "subtasks completed gone ready", "without doing harm");
	member('a', "subtasks", "{'total':2,'done':1,'failed':0}", "its parent counts the others");
	is_int(rm("b", true), 1, "one that has completed goes as well");
	complete('d');
	member('a', "subtasks", "{'total':1,'done':1,'failed':0}", "which are fewer then");
	claim('a');
	refused("d", true, "task %.8s: its parent %.8s is running", 'd', 'a',
	    "not while the parent runs");
	end_test();
}

/* Those who had been waited for. */
static void
test_after_waiting(void)
{
	begin_test();
	begin('a', "", "{}");
	split('a', "bc", "  ", true);
	is_int(rm("bc", true), 2, "from a parent that keeps going all subtasks go");
	states("abc", "ready gone gone", "it may run");
	member('a', "subtasks", NULL, "as an ordinary task");
	member('a', "plan", NULL, "without a plan");
	is_int(split('a', "de", "  ", true), LIFE_DONE, "which may be split again");
	end_test();
	begin_test();
	begin('a', "", "{}");
	begin('b', "", "{}");
	begin('c', "ab", "{}");
	complete('a');
	is_int(rm("a", false), 1, "a completed task goes while others wait that depended on it");
	states("abc", "gone ready dependencies", "and they go on waiting for others");
	complete('b');
	states("c", "ready", "until those have completed");
	end_test();
}

/* --- chats */

static char chat[ID_TEXT];

static void
begin_chat(const char *title)
{
	jv made = chat_add(tx, title, "ann", jv_array());

	snprintf(chat, ID_TEXT, "%s", json_peek_string(made, "id"));
	jv_free(made);
}

static void
post(int count)
{
	while (count-- > 0) {
		jv stored;

		event_post(tx,
		    event_new("message", json_set_string(jv_object(), "text", "x"), "ann", chat),
		    &stored);
		jv_free(stored);
	}
}

static void
begin_in_chat(char name)
{
	char text[100];

	snprintf(text, sizeof text, "{'chat_id':'%s'}", chat);
	begin(name, "", text);
}

static void
test_chat(void)
{
	begin_test();
	begin_chat("one");
	post(REMOVE_AT_ONCE + 10);
	cursor_move(tx, "reader", chat, 3);
	cursor_move(tx, "reader", "all", 0);
	is_int(remove_chat_some(tx, chat, false), 0, "a long chat is deleted piece by piece");
	is_int(first_seq(chat), REMOVE_AT_ONCE + 1, "the oldest events go first");
	post(1);
	is_int((long long)event_last(tx, chat), REMOVE_AT_ONCE + 11, "events go on counting");
	is_int((long long)event_at(tx, chat, 1), 0, "the first is not there");
	is_int(remove_chat_some(tx, chat, false), 1, "then the rest");
	is_int((long long)store_count(tx, "chats"), 0, "with the chat");
	is_int((long long)event_count(tx, chat), 0, "no event is left");
	is_int((long long)store_count(tx, "cursors"), 1, "nor a reader's place in it");
	cursor_move(tx, "reader", chat, 4);
	is_int((long long)store_count(tx, "cursors"), 1, "where none can come to any more");
	is_int(remove_chat_some(tx, chat, false), 1, "what is gone may be deleted again");
	fails(remove_check_chat(tx, chat, false), EX_NOINPUT, NULL, "but is not there");
	end_test();
}

static void
test_chat_of_one_piece(void)
{
	begin_test();
	begin_chat("one");
	post(REMOVE_AT_ONCE);
	is_int(remove_chat_some(tx, chat, false), 0, "a chat of just one piece is not gone yet");
	is_int(first_seq(chat), REMOVE_AT_ONCE, "its last event is there");
	post(1);
	is_int((long long)event_last(tx, chat), REMOVE_AT_ONCE + 1, "and the next follows it");
	is_int(remove_chat_some(tx, chat, false), 1, "both go with the chat");
	is_int((long long)event_count(tx, chat), 0, "and none is left");
	end_test();
}

static void
test_chat_tasks(void)
{
	jv claimed;
	char *want;

	begin_test();
	begin_chat("one");
	post(3);
	begin_in_chat('a');
	begin_in_chat('b');
	want = xprintf("chat %.8s: its task %.8s has not ended", chat, ids['a']);
	fails(remove_check_chat(tx, chat, false), EX_TEMPFAIL, want, "a chat has a task");
	fails(remove_chat_some(tx, chat, false), EX_TEMPFAIL, want, "whenever one looks");
	free(want);
	is_int(remove_check_chat(tx, chat, true), 0, "which force may leave alone");
	claim('b');
	want = xprintf("chat %.8s: its task %.8s is running", chat, ids['b']);
	fails(remove_check_chat(tx, chat, true), EX_TEMPFAIL, want, "but not while it runs");
	free(want);
	life_complete(tx, task('b'), jv_string("x"));
	is_int((long long)store_count(tx, "outbox"), 1, "(it has something to say)");
	is_int(remove_chat_some(tx, chat, true), 1, "the chat is deleted");
	is_int((long long)store_count(tx, "outbox"), 0, "there is nobody to tell it to");
	states("ab", "ready completed", "its tasks are there");
	is_int(life_claim(tx, ids['a'], (struct life_claim){ "L", NULL, jv_invalid(), 0 },
		   &claimed),
	    LIFE_DONE, "one that has not ended is done");
	ok(strcmp(json_peek_string(claimed, "chat_id"), chat) != 0, "in another chat");
	has(claimed, "own_chat", "true", "of its own");
	jv_free(claimed);
	end_test();
}

int
main(void)
{
	domain_open("remove", 7);
	setenv("LEGWORK_NOW", now, 1);
	test_tasks();
	test_waiting();
	test_trees();
	test_after_waiting();
	test_chat();
	test_chat_of_one_piece();
	test_chat_tasks();
	domain_close();
	return done_testing();
}
