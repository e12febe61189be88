#include "schedule.h"
#include "letters.h"
#include "remove.h"
#include "spec.h"

static const char *const SWEEP = "{'instruction':'sweep','schedule':'house'%s}";

/* Adds the next task of the schedule; what spec_add says. */
static int
add(const char *more, jv *task)
{
	char *text = xprintf(SWEEP, more);
	int rc = spec_add(tx, record("%s", text), false, task);

	free(text);
	return rc;
}

static int
add_at(const char *time, const char *more)
{
	jv task;
	int rc;

	setenv("LEGWORK_NOW", time, 1);
	rc = add(more, &task);
	jv_free(task);
	return rc;
}

static void
test_slots(void)
{
	static const char hourly[] = ",'every_s':3600";

	begin_test();
	is_int(add_at("2026-11-20T10:59:59.999Z", hourly), SPEC_ADDED, "a slot gets a task");
	is_int(add_at("2026-11-20T10:00:00Z", hourly), SPEC_DUPLICATE, "one");
	is_int(add_at("2026-11-20T11:00:00Z", hourly), SPEC_ADDED, "the next slot another");
	is_int(add_at("2026-11-20T09:30:00Z", hourly), SPEC_DUPLICATE,
	    "a clock that was set back makes none again");
	is_int(add_at("2026-11-20T11:59:00Z", ",'every_s':60"), SPEC_ADDED,
	    "shorter slots begin when the last one is over");
	is_int((long long)store_count(tx, "tasks"), 3, "that makes three");
	is_int((long long)store_count(tx, "chats"), 1, "which speak in one chat");
	end_test();
}

static void
test_deleted(void)
{
	jv task, ids_of, removed, chat;

	begin_test();
	setenv("LEGWORK_NOW", now, 1);
	add(",'every_s':60", &task);
	ids_of = JV_ARRAY(json_get(task, "id", JV_KIND_STRING));
	remove_tasks(tx, ids_of, false, &removed);
	jv_free(ids_of);
	jv_free(removed);
	jv_free(task);
	is_int(add(",'every_s':60", &task), SPEC_DUPLICATE, "a deleted task is not made again");
	ok(!jv_is_valid(task), "nor can it be shown");
	jv_free(task);
	chat = schedule_chat(tx, "house");
	remove_chat_some(tx, json_peek_string(chat, "id"), false);
	jv_free(chat);
	chat = schedule_chat(tx, "house");
	is(json_peek_string(chat, "title"), "Task: house", "a deleted chat is");
	is(json_peek_string(chat, "schedule"), "house", "for the same schedule");
	jv_free(chat);
	is_int(add(",'every_s':60", &task), SPEC_DUPLICATE, "which does not forget its slot");
	jv_free(task);
	end_test();
}

static void
test_without_slots(void)
{
	jv task;

	begin_test();
	is_int(add("", &task), SPEC_ADDED, "a schedule needs no slots");
	jv_free(task);
	is_int(add("", &task), SPEC_DUPLICATE, "then a duplicate is one");
	jv_free(task);
	is_int(add(",'metadata':{'a':'b'}", &task), SPEC_ADDED, "and other tasks are added");
	jv_free(task);
	is_int((long long)store_count(tx, "chats"), 1, "to the same chat");
	fails(spec_add(tx, record("{'instruction':'x','every_s':60}"), false, &task), EX_DATAERR,
	    "every_s: want a schedule, too", "slots need a schedule");
	fails(spec_add(tx, record("{'instruction':'x','schedule':'s','every_s':0.5}"), false,
		  &task),
	    EX_DATAERR, "every_s: want a whole number from 1 to 31622400",
	    "a slot has whole seconds");
	fails(spec_add(tx, record("{'instruction':'x','schedule':''}"), false, &task), EX_DATAERR,
	    "schedule: want 1 to 100 bytes, got 0", "a schedule has a name");
	end_test();
}

int
main(void)
{
	domain_open("schedule", 0);
	test_slots();
	test_deleted();
	test_without_slots();
	domain_close();
	return done_testing();
}
