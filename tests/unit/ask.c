#include "ask.h"
#include "chat.h"
#include "domain.h"
#include "task.h"

static const char *const id = "abcdef01-0000-4000-8000-000000000001";

static void
put(const char *task_id)
{
	struct tx *tx = domain_begin();

	task_put(tx, record("{'id':'%s','instruction':'x','status':'pending'}", task_id));
	domain_commit(tx);
}

/* A prefix to an id, or the sentence that says why not. */
static void
finds(const char *kind, const char *prefix, const char *want, const char *fact)
{
	char found[ID_TEXT] = "";
	int rc = ask_id(domain, kind, prefix, found);

	is(rc == 0 ? found : err_text(), want, fact);
	ok(rc == 0 || err_code() == EX_NOINPUT, "... is told by the code too");
}

static void
test_ids(void)
{
	finds("task", id, id, "a whole id is found");
	finds("task", "abcd", id, "so is its beginning");
	finds("task", "ABCDEF01-0000", id, "in capitals too");
	finds("task", "abc",
	    "task abc: no such task (want an id, or its first 4 or more characters)",
	    "three characters are too few");
	finds("task", "", "task : no such task (want an id, or its first 4 or more characters)",
	    "so are none");
	finds("task", "ffff", "task ffff: no such task", "another is not found");
	finds("chat", "abcd", "chat abcd: no such chat", "nor one of another kind");
	finds("task", "abcdef01-0000-4000-8000-0000000000011",
	    "task abcdef01-0000-4000-8000-0000000000011: no such task (want an id, or its first 4 "
	    "or more characters)",
	    "nor a longer one");
	put("abcdef02-0000-4000-8000-000000000002");
	finds("task", "abcdef0", "task abcdef0: ambiguous: more than one task id begins with that",
	    "a beginning of two is ambiguous");
	finds("task", "abcdef01", id, "a longer one is not");
}

static void
test_records(void)
{
	jv rec = ask_record(domain, "task", "abcdef01");

	has(rec, "id", "'abcdef01-0000-4000-8000-000000000001'", "a record is found the same way");
	jv_free(rec);
	rec = ask_record(domain, "task", "ffff");
	ok(!jv_is_valid(rec) && err_code() == EX_NOINPUT, "or is not there");
	is(err_text(), "task ffff: no such task", "... with a sentence");
	jv_free(rec);
}

static void
test_chat(void)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, "T", "alice", jv_array()), got;

	domain_commit(tx);
	got = ask_record(domain, "chat", json_peek_string(chat, "id"));
	ok(jv_equal(got, chat), "chats are records too");
}

static char taken[ID_TEXT];

static void
take(struct tx *tx, jv rec)
{
	jv again = store_get(tx, "task/abcdef01-0000-4000-8000-000000000001");

	snprintf(taken, sizeof taken, "%s%s", jv_equal(jv_copy(again), jv_copy(rec)) ? "" : "not ",
	    json_peek_string(rec, "id"));
	jv_free(again);
	jv_free(rec);
}

static void
test_and(void)
{
	ok(ask_and(domain, "task", "abcdef01", take) == 0, "a record is handed on");
	is(taken, id, "with the transaction that has read it");
	taken[0] = '\0';
	fails(ask_and(domain, "task", "ffff", take), EX_NOINPUT, "task ffff: no such task",
	    "one that is not there is not");
	is(taken, "", "... not at all");
}

/* After an answer, and after none, the store is free again. */
static void
test_lock(void)
{
	int before = box_descriptors();
	char found[ID_TEXT];

	for (int i = 0; i < 50; i++) {
		ask_id(domain, "task", i % 2 ? "ffff" : id, found);
		jv_free(ask_record(domain, "task", i % 2 ? "ffff" : id));
		ask_and(domain, "task", i % 2 ? "ffff" : id, take);
	}
	is_int(box_descriptors(), before, "a hundred questions leave no descriptor");
	put(id);
	ok(true, "nor the lock");
}

int
main(void)
{
	domain_open("ask", 1);
	put(id);
	test_ids();
	test_records();
	test_chat();
	test_and();
	test_lock();
	domain_close();
	return done_testing();
}
