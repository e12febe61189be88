#include "task.h"
#include "domain.h"

static const char *const a = "aaaaaaaa-0000-4000-8000-000000000001";
static const char *const b = "bbbbbbbb-0000-4000-8000-000000000002";
static const char *const c = "cccccccc-0000-4000-8000-000000000003";

/* Writes the task of that id; text is what else it has. */
static void
put(const char *id, const char *text)
{
	struct tx *tx = domain_begin();
	jv task = json_set_string(jv_object(), "id", id);

	task_put(tx, jv_object_merge(json_set_string(task, "instruction", id), record("%s", text)));
	domain_commit(tx);
}

/* Which sets, of all that a task could be in, have the task as their only member. */
static char *
sets_of_only(struct tx *tx, const char *id)
{
	static const char *const sets[] = { "tasks", "status.pending", "status.in_progress",
		"status.completed", "status.failed", "status.cancelled", "ready.0", "ready.1",
		"ready.2", "reserved", "delayed", "chat.x", "parent.x", "agent.x", "dependents.x",
		"dependents.y", "spawned", "spawned.x", "outbox" };
	char *key = xprintf("task/%s", id);
	uint64_t n = store_number(tx, key);
	struct buf list = { 0 };

	buf_puts(&list, "");
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (store_next(tx, sets[i], 0) == n && store_count(tx, sets[i]) == 1)
			buf_printf(&list, "%s%s", list.len ? " " : "", sets[i]);
	free(key);
	return list.p;
}

/* A task (what it has, then its sets): each put moves the same record. */
static void
is_in(const char *text, const char *want, const char *fact)
{
	struct tx *tx;
	char *sets;

	put(a, text);
	tx = domain_begin();
	sets = sets_of_only(tx, a);
	is(sets, want, fact);
	store_end(tx);
	free(sets);
}

static void
test_pending_sets(void)
{
	is_in("{'status':'pending'}", "tasks status.pending ready.1",
	    "a pending task is ready, of priority medium");
	is_in("{'status':'pending','priority':'high'}", "tasks status.pending ready.0", "high");
	is_in("{'status':'pending','priority':'low'}", "tasks status.pending ready.2", "low");
	is_in("{'status':'pending','priority':'odd'}", "tasks status.pending ready.1",
	    "an unknown priority is medium");
	is_in("{'status':'pending','waiting':'time'}", "tasks status.pending delayed",
	    "who waits for a time is delayed");
	is_in("{'status':'pending','waiting':'subtasks'}", "tasks status.pending",
	    "who waits for subtasks is not ready");
	is_in("{'status':'pending','waiting':'approval'}", "tasks status.pending",
	    "nor who waits for anything else");
	is_in("{'status':'pending','waiting':'dependencies','depends_on':['x','y']}",
	    "tasks status.pending dependents.x dependents.y", "a dependent is found by each");
	is_in("{'status':'pending','waiting':'dependencies','depends_on':['x','x']}",
	    "tasks status.pending dependents.x", "and counted once where one is named twice");
	is_in("{'status':'pending','depends_on':['x']}", "tasks status.pending ready.1",
	    "who waits no more is nobody's dependent");
	is_in("{'status':'pending','reservation':{}}", "tasks status.pending reserved",
	    "who is reserved is not ready");
	is_in("{'status':'pending','chat_id':'x','parent_id':'x','agent':'x'}",
	    "tasks status.pending ready.1 chat.x parent.x agent.x",
	    "it is found by chat, parent and agent");
}

static void
test_other_sets(void)
{
	is_in("{'status':'in_progress','waiting':'time','reservation':{}}",
	    "tasks status.in_progress", "a running task is neither ready, reserved nor delayed");
	is_in("{'status':'in_progress','events':3,'posted':1}", "tasks status.in_progress",
	    "and not in the outbox");
	is_in("{'status':'completed','events':3,'posted':2}", "tasks status.completed outbox",
	    "one that ended with events to post is");
	is_in("{'status':'failed','events':1}", "tasks status.failed outbox", "failed ones too");
	is_in("{'status':'cancelled','events':3,'posted':3}", "tasks status.cancelled",
	    "one with all posted is not");
	is_in("{'status':'completed','depends_on':['x'],'waiting':'dependencies'}",
	    "tasks status.completed", "one that ended is nobody's dependent");
	is_in("{'status':'in_progress','spawned':true,'spawned_by':'x'}",
	    "tasks status.in_progress spawned spawned.x", "a spawned task that runs is counted");
	is_in("{'status':'pending','spawned':true,'spawned_by':'x'}",
	    "tasks status.pending ready.1 spawned.x", "one that waits is known to who spawned it");
	is_in("{'status':'failed','spawned':true}", "tasks status.failed", "nobody has to");
	is_in("{'status':'completed','chat_id':7,'agent':null}", "tasks status.completed",
	    "what is no name is in no set");
}

/* Counts and order of a set with several members. */
static void
test_counts(void)
{
	struct tx *tx;
	jv task;

	put(a, "{'status':'pending'}");
	put(b, "{'status':'pending'}");
	put(c, "{'status':'completed'}");
	tx = domain_begin();
	is_int((long long)store_count(tx, "tasks"), 3, "all tasks are counted");
	is_int((long long)store_count(tx, "status.pending"), 2, "each status is");
	is_int((long long)store_count(tx, "status.failed"), 0, "also one that nobody has");
	task = store_at(tx, store_next(tx, "ready.1", 0));
	is(json_peek_string(task, "id"), a, "the oldest comes first");
	task_put(tx, json_set_string(task, "status", "failed"));
	is_int((long long)store_count(tx, "ready.1"), 1, "one that fails leaves the set");
	is_int((long long)store_count(tx, "status.failed"), 1, "for its own");
	store_end(tx);
}

/* Who answers to that name: the id's first letter, or "none". */
static void
answers(const char *name, const char *want, const char *fact)
{
	struct tx *tx = domain_begin();
	jv task = store_get(tx, name);
	char short_id[9] = "none";

	if (jv_is_valid(task))
		task_short(json_peek_string(task, "id"), short_id);
	is(short_id, want, fact);
	jv_free(task);
	store_end(tx);
}

/* The twin name of a task that text writes. */
static char *
twin_of(const char *text)
{
	jv task = record("%s", text);
	char *name = task_twin(task);

	jv_free(task);
	return name;
}

static void
are_twins(const char *one, const char *other, bool want, const char *fact)
{
	char *x = twin_of(one), *y = twin_of(other);
	jv a_twin = record("%s", one), b_twin = record("%s", other);

	ok(!strcmp(x, y) == want, fact);
	ok(task_is_twin(a_twin, b_twin) == want, "... and their texts say the same");
	jv_free(a_twin);
	jv_free(b_twin);
	free(x);
	free(y);
}

static void
test_twins(void)
{
	char *twin = twin_of("{'instruction':'do'}");

	put(a, "{'status':'pending','instruction':'do'}");
	answers(twin, "aaaaaaaa", "a task is found by what it shares with its twins");
	put(b, "{'status':'pending','instruction':'do'}");
	answers(twin, "aaaaaaaa", "a second one does not take the name");
	put(a, "{'status':'in_progress','instruction':'do'}");
	answers(twin, "aaaaaaaa", "a running one keeps it");
	put(a, "{'status':'completed','instruction':'do'}");
	answers(twin, "none", "one that ended gives it up");
	put(b, "{'status':'pending','instruction':'do'}");
	answers(twin, "bbbbbbbb", "and another one has it when it is put");
	put(b, "{'status':'pending','instruction':'other'}");
	answers(twin, "none", "one that changes has another");
	put(b, "{'status':'pending','instruction':'do','parent_id':'x'}");
	answers(twin, "none", "subtasks are nobody's twins");
	put(b, "{'status':'pending','instruction':'do','spawned':true}");
	answers(twin, "none", "nor are spawned tasks");
	free(twin);
	are_twins("{'instruction':'a','title':'x'}",
	    "{'instruction':'a','agent':'y','assignment':{'role':'y'}}", true,
	    "title and an agent that was chosen do not matter");
	are_twins("{'instruction':'a','agent':'x'}",
	    "{'instruction':'a','agent':'x','assignment':{'role':'x','named':true}}", true,
	    "nor does it that a named one has begun");
	are_twins("{'instruction':'a'}", "{'instruction':'a','agent':'y'}", false,
	    "a named one does");
	are_twins("{'instruction':'a'}", "{'instruction':'a','output':{'format':'csv'}}", false,
	    "so does the output");
	are_twins("{'instruction':'a'}", "{'instruction':'a','metadata':{}}", false,
	    "metadata does");
	are_twins("{'instruction':'a','chat_id':'x'}", "{'instruction':'a','chat_id':'y'}", false,
	    "so does the chat");
	are_twins("{'instruction':'a','chat_id':'b'}", "{'instruction':'b','chat_id':'a'}", false,
	    "and which is which");
	are_twins("{'instruction':'a','metadata':{'x':1,'y':2}}",
	    "{'instruction':'a','metadata':{'y':2,'x':1}}", true, "the order of metadata does not");
	are_twins("{'instruction':'a'}", "{'instruction':'a','chat_id':'x','own_chat':true}", true,
	    "nor a chat that was made for one");
}

static void
test_keys(void)
{
	put(a, "{'status':'pending','key':'k'}");
	answers("key/k", "aaaaaaaa", "a task is found by its key");
	put(a, "{'status':'completed','key':'k'}");
	answers("key/k", "aaaaaaaa", "also when it has ended");
	answers("key/K", "none", "case matters");
}

static void
titles(const char *instruction, const char *want, const char *fact)
{
	jv title = task_title(instruction);

	is(jv_string_value(title), want, fact);
	jv_free(title);
}

/* count times the character, into out. */
static const char *
times(struct buf *out, const char *character, int count)
{
	out->len = 0;
	for (int i = 0; i < count; i++)
		buf_puts(out, character);
	return out->p;
}

static void
test_titles(void)
{
	static const char *const characters[] = { "x", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x99\x82" };
	struct buf text = { 0 }, want = { 0 };

	titles("do it", "do it", "a short instruction is its title");
	titles(" \n\t\r\n do it\nand more", "do it", "of a long one the first line with text");
	titles("do it\r\nmore", "do it", "without its CR");
	titles("", "", "an empty one has an empty title");
	for (int i = 0; i < 4; i++) {
		char fact[80];

		snprintf(fact, sizeof fact, "%zu bytes a character: 80 stay",
		    strlen(characters[i]));
		titles(times(&text, characters[i], 80), times(&want, characters[i], 80), fact);
		snprintf(fact, sizeof fact, "%zu bytes a character: of 81 so do 80",
		    strlen(characters[i]));
		titles(times(&text, characters[i], 81), times(&want, characters[i], 80), fact);
	}
	times(&text, "x", 79);
	buf_puts(&text, "\xe2\x82\xac\xe2\x82\xac");
	times(&want, "x", 79);
	buf_puts(&want, "\xe2\x82\xac");
	titles(text.p, want.p, "the cut is between characters");
	buf_release(&text);
	buf_release(&want);
}

static void
test_words(void)
{
	jv task = record("{'status':'completed','subtasks':{}}"), none = jv_invalid();
	char out[9];

	ok(task_is(task, "completed") && !task_is(task, "failed"), "a status is compared");
	ok(task_is_over(task) && task_has_subtasks(task), "a completed task is over");
	ok(!task_is(none, "pending") && !task_is_over(none), "a task that is not there has none");
	jv_free(task);
	task = record("{'status':'in_progress'}");
	ok(!task_is_over(task) && !task_has_subtasks(task), "a running one is not");
	jv_free(task);
	is(task_short(a, out), "aaaaaaaa", "an id's beginning");
	is(task_short("ab", out), "ab", "of a short one all");
	is_int(task_check_status("cancelled"), 0, "a status is known");
	fails(task_check_status("done"), EX_DATAERR,
	    "status 'done': want pending, in_progress, completed, failed or cancelled",
	    "another is refused");
	is_int(task_check_priority("low"), 0, "a priority is known");
	fails(task_check_priority("Low"), EX_DATAERR, "priority 'Low': want high, medium or low",
	    "another is refused");
}

int
main(void)
{
	domain_open("task", 1);
	test_pending_sets();
	test_other_sets();
	test_counts();
	test_twins();
	test_keys();
	test_titles();
	test_words();
	domain_close();
	return done_testing();
}
