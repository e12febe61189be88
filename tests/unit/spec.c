/* Every test but those of the seams between transactions is one, never made. */
#include "spec.h"
#include "agent.h"
#include "chat.h"
#include "domain.h"
#include "life.h"
#include "task.h"

static const char *const one = "aaaaaaaa-0000-4000-8000-000000000001";
static const char *const two = "bbbbbbbb-0000-4000-8000-000000000002";

static struct tx *tx;

static void
begin_test(void)
{
	tx = domain_begin();
	jv_free(agent_put(tx, record("{'role':'Sorter'}")));
}

static void
end_test(void)
{
	if (store_end(tx) < 0)
		abort();
}

/* Adds the spec that text writes; *task is owned. */
static int
add(const char *text, jv *task)
{
	return spec_add(tx, record("%s", text), false, task);
}

/* The same, looking only at what it did. */
static int
adds(const char *text)
{
	jv task;
	int rc = add(text, &task);

	jv_free(task);
	return rc;
}

/* Whether the spec is refused, with that sentence, before anything is stored. */
static void
refuses(const char *text, const char *why)
{
	jv spec = record("%s", text);

	fails(spec_check(spec), EX_DATAERR, why, why);
	is_int(adds(text), -1, "... and not added");
	jv_free(spec);
}

static void
test_kinds(void)
{
	static const char *const strings[] = { "id", "title", "instruction", "priority", "chat_id",
		"user_id", "created_by", "agent", "key", "model_id" };
	static const char *const objects[] = { "scope", "output", "limits", "source", "metadata" };
	static const char *const arrays[] = { "required_skills", "depends_on" };
	char text[100], why[100];

	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		snprintf(text, sizeof text, "{'instruction':'x','%s':7}", strings[i]);
		snprintf(why, sizeof why, "%s: want string, got number", strings[i]);
		refuses(text, why);
	}
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		snprintf(text, sizeof text, "{'instruction':'x','%s':[]}", objects[i]);
		snprintf(why, sizeof why, "%s: want object, got array", objects[i]);
		refuses(text, why);
	}
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		snprintf(text, sizeof text, "{'instruction':'x','%s':'y'}", arrays[i]);
		snprintf(why, sizeof why, "%s: want array, got string", arrays[i]);
		refuses(text, why);
		snprintf(text, sizeof text, "{'instruction':'x','%s':['y',true]}", arrays[i]);
		snprintf(why, sizeof why, "%s[1]: want a string", arrays[i]);
		refuses(text, why);
	}
}

static void
test_values(void)
{
	refuses("{}", "instruction: is missing");
	refuses("{'instruction':null}", "instruction: is missing");
	refuses("{'instruction':''}", "instruction: is empty");
	refuses("{'instruction':' \\t\\r\\n'}", "instruction: is empty");
	refuses("{'instruction':'x','priority':'urgent'}",
	    "priority 'urgent': want high, medium or low");
	refuses("{'instruction':'x','id':'7'}", "id '7': want a UUID in lower case");
	refuses("{'instruction':'x','id':'AAAAAAAA-0000-4000-8000-000000000001'}",
	    "id 'AAAAAAAA-0000-4000-8000-000000000001': want a UUID in lower case");
	refuses("{'instruction':'x','key':''}", "key: want 1 to 200 bytes");
	refuses("{'instruction':'x','limits':{'timeout_s':0}}",
	    "limits.timeout_s: want a number above 0");
	refuses("{'instruction':'x','limits':{'timeout_s':'5'}}",
	    "limits.timeout_s: want a number above 0");
	refuses("{'instruction':'x','limits':{'max_attempts':-1}}",
	    "limits.max_attempts: want a number above 0");
	refuses("{'instruction':'x','limits':{'max_attempts':1.5}}",
	    "limits.max_attempts: want a whole number");
	refuses("{'instruction':'x','output':{'format':'xml'}}",
	    "output.format: want text, json, markdown or csv");
	is_int(adds("{'instruction':'x','limits':{'timeout_s':null,'retry_delay_s':0.5,'odd':[]}}"),
	    SPEC_ADDED, "limits may be null, small, or unknown");
}

/* A spec with so many of the byte as a member. */
static jv
spec_of(const char *member, size_t bytes, char byte)
{
	char *text = xmalloc(bytes + 1);
	jv spec = record("{'instruction':'x'}");

	memset(text, byte, bytes);
	text[bytes] = '\0';
	spec = json_set_string(spec, member, text);
	free(text);
	return spec;
}

static void
test_sizes(void)
{
	jv spec = spec_of("instruction", SPEC_INSTRUCTION_MAX, 'y');

	is_int(spec_check(spec), 0, "an instruction of a mebibyte is taken");
	jv_free(spec);
	spec = spec_of("instruction", SPEC_INSTRUCTION_MAX + 1, 'y');
	fails(spec_check(spec), EX_DATAERR, "instruction: longer than 1048576 bytes",
	    "a longer one is not");
	jv_free(spec);
	spec = spec_of("key", SPEC_KEY_MAX, 'y');
	is_int(spec_check(spec), 0, "a key of 200 bytes is taken");
	jv_free(spec);
	spec = spec_of("key", SPEC_KEY_MAX + 1, 'y');
	fails(spec_check(spec), EX_DATAERR, "key: want 1 to 200 bytes", "a longer one is not");
	jv_free(spec);
	spec = spec_of("key", SPEC_KEY_MAX / 6, '\x01');
	is_int(spec_check(spec), 0, "controls count as they are escaped");
	jv_free(spec);
	spec = spec_of("key", SPEC_KEY_MAX / 6 + 1, '\x01');
	ok(spec_check(spec) == -1, "and too many are too long");
	jv_free(spec);
}

static void
test_record(void)
{
	jv task;

	is_int(add("{'instruction':'do it\\nwell'}", &task), SPEC_ADDED,
	    "an instruction is enough");
	ok(jv_equal(jv_copy(task), task_get(tx, json_peek_string(task, "id"))),
	    "the task is returned as it is stored, but for its update");
	ok(id_is_full(json_peek_string(task, "id")), "it gets an id");
	is_json(json_drop(task, "id"),
	    "{'title':'do it','instruction':'do it\\nwell','status':'pending','priority':'medium',"
	    "'created_by':'tester','attempt':0,'posted':0,'revision':0,"
	    "'created_at':'2026-11-20T12:00:00.000Z','updated_at':'2026-11-20T12:00:00.000Z'}",
	    "and what it did not say");
	is_int(add("{'custom':{'a':[1]},'instruction':'x','title':'T','priority':'low',"
		   "'created_by':'bob','id':'aaaaaaaa-0000-4000-8000-000000000001',"
		   "'metadata':{},'decision':{'reasoning':'r'}}",
		   &task),
	    SPEC_ADDED, "a spec may say more");
	is_json(task,
	    "{'id':'aaaaaaaa-0000-4000-8000-000000000001','title':'T','instruction':'x',"
	    "'status':'pending','priority':'low','created_by':'bob','custom':{'a':[1]},"
	    "'metadata':{},'decision':{'reasoning':'r'},'attempt':0,'posted':0,'revision':0,"
	    "'created_at':'2026-11-20T12:00:00.000Z','updated_at':'2026-11-20T12:00:00.000Z'}",
	    "which is kept, unknown fields too");
}

static void
test_not_theirs(void)
{
	static const char *const ours[] = { "waiting", "not_before", "lease", "runner",
		"reservation", "events", "response", "error", "usage", "started_at", "finished_at",
		"subtasks", "duplicate" };
	jv spec =
	       record("{'instruction':'x','title':null,'priority':null,'chat_id':null,'odd':null,"
		      "'id':null,'key':null,'depends_on':null,'limits':null,'status':'completed',"
		      "'attempt':3,'posted':9,'created_at':'then','updated_at':'then'}"),
	   task;
	int kept = 0;

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		spec = json_set_string(spec, ours[i], "forged");
	is_int(spec_add(tx, spec, false, &task), SPEC_ADDED, "a spec with what is not its to say");
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		kept += json_has(task, ours[i]);
	is_int(kept, 0, "... becomes a task without that");
	has(task, "status", "'pending'", "its status is the store's to say");
	has(task, "attempt", "0", "so are its attempts");
	has(task, "posted", "0", "and its events");
	has(task, "created_at", "'2026-11-20T12:00:00.000Z'", "and its time");
	has(task, "title", "'x'", "null is as good as nothing");
	ok(!json_has(task, "chat_id") && !json_has(task, "odd") && !json_has(task, "limits"),
	    "and is dropped");
	jv_free(task);
}

/* The id that an addition comes to, and whether as a duplicate. */
static void
comes_to(const char *text, const char *id, int want, const char *fact)
{
	jv task;

	is_int(add(text, &task), want, fact);
	is(jv_is_valid(task) ? json_peek_string(task, "id") : NULL, id, "... of that task");
	is_int(json_peek_bool(task, "duplicate"), want == SPEC_DUPLICATE, "... and says so");
	jv_free(task);
}

static void
test_key(void)
{
	jv task;

	add("{'instruction':'a','key':'k','id':'aaaaaaaa-0000-4000-8000-000000000001'}", &task);
	comes_to("{'instruction':'b','key':'k'}", one, SPEC_DUPLICATE,
	    "the same key is a duplicate");
	life_cancel(tx, task, "over");
	comes_to("{'instruction':'b','key':'k'}", one, SPEC_DUPLICATE, "also when it has ended");
	is_int(spec_add(tx, record("{'instruction':'b','key':'k'}"), true, &task), SPEC_DUPLICATE,
	    "also where duplicates are allowed");
	has(task, "status", "'cancelled'", "what became of it is told");
	jv_free(task);
	comes_to("{'instruction':'b','key':'K','id':'bbbbbbbb-0000-4000-8000-000000000002'}", two,
	    SPEC_ADDED, "another key is another task");
	task = task_get(tx, one);
	has(task, "instruction", "'a'", "the first is as it was");
	has(task, "duplicate", NULL, "nor is it marked in the store");
	jv_free(task);
}

static void
test_id(void)
{
	jv task;

	add("{'instruction':'a','id':'aaaaaaaa-0000-4000-8000-000000000001'}", &task);
	comes_to("{'instruction':'b','id':'aaaaaaaa-0000-4000-8000-000000000001'}", one,
	    SPEC_DUPLICATE, "the same id is a duplicate");
	life_cancel(tx, task, "over");
	is_int(spec_add(tx,
		   record("{'instruction':'b','id':'aaaaaaaa-0000-4000-8000-000000000001'}"), true,
		   &task),
	    SPEC_DUPLICATE, "whatever became of it");
	jv_free(task);
	is_int((long long)store_count(tx, "tasks"), 1, "it is there once");
}

static void
test_twins(void)
{
	jv task, claimed;

	add("{'instruction':'a','metadata':{'x':1,'y':2},"
	    "'id':'aaaaaaaa-0000-4000-8000-000000000001'}",
	    &task);
	comes_to("{'metadata':{'y':2,'x':1},'instruction':'a','title':'other'}", one,
	    SPEC_DUPLICATE, "the same instruction and metadata are a duplicate");
	is_int(adds("{'instruction':'a','metadata':{'x':1}}"), SPEC_ADDED, "other metadata is not");
	is_int(adds("{'instruction':'a '}"), SPEC_ADDED, "nor are other words");
	life_claim(tx, one, (struct life_claim){ "L", NULL, jv_invalid(), 0 }, &claimed);
	comes_to("{'instruction':'a','metadata':{'x':1,'y':2}}", one, SPEC_DUPLICATE,
	    "nor does a claim change that");
	life_complete(tx, claimed, jv_string("done"));
	is_int(adds("{'instruction':'a','metadata':{'x':1,'y':2}}"), SPEC_ADDED,
	    "when it has ended the same may be asked for again");
	is_int(spec_add(tx, record("{'instruction':'a '}"), true, &claimed), SPEC_ADDED,
	    "and at once where duplicates are allowed");
	has(claimed, "duplicate", NULL, "it is none then");
	jv_free(claimed);
	jv_free(task);
}

static void
test_twins_in_chats(void)
{
	jv chat = chat_add(tx, NULL, "alice", jv_array());
	char text[100];

	snprintf(text, sizeof text, "{'instruction':'a','chat_id':'%.6s'}",
	    json_peek_string(chat, "id"));
	is_int(adds("{'instruction':'a'}"), SPEC_ADDED, "a task of no chat");
	is_int(adds(text), SPEC_ADDED, "in a chat the same is another");
	is_int(adds(text), SPEC_DUPLICATE, "but once in each");
	jv_free(chat);
}

static void
test_resolved(void)
{
	jv chat = chat_add(tx, NULL, "alice", jv_array()), task;
	char text[200];

	add("{'instruction':'a','id':'aaaaaaaa-0000-4000-8000-000000000001'}", &task);
	jv_free(task);
	snprintf(text, sizeof text,
	    "{'instruction':'b','chat_id':'%.6s','depends_on':['aaaa'],'agent':'sORTER'}",
	    json_peek_string(chat, "id"));
	is_int(add(text, &task), SPEC_ADDED, "beginnings of ids will do");
	is(json_peek_string(task, "chat_id"), json_peek_string(chat, "id"),
	    "they become whole ids");
	has(task, "depends_on", "['aaaaaaaa-0000-4000-8000-000000000001']", "of tasks too");
	has(task, "agent", "'Sorter'", "and roles are spelled as the crew spells them");
	has(task, "waiting", "'dependencies'", "it waits for the other");
	jv_free(task);
	jv_free(chat);
	is_int(adds("{'instruction':'c','chat_id':'ffff'}"), -1, "a chat that is not there");
	fails(-1, EX_NOINPUT, "chat ffff: no such chat", "... is no input");
	is_int(adds("{'instruction':'c','depends_on':['aaaa','ffff']}"), -1, "so is a task");
	fails(-1, EX_NOINPUT, "task ffff: no such task", "... that is not there");
	is_int(adds("{'instruction':'c','agent':'nobody'}"), -1, "so is a role");
	fails(-1, EX_NOINPUT, "agent nobody: no such role", "... that is not there");
	is_int(adds("{'instruction':'c','depends_on':['aaa']}"), -1,
	    "three characters are too few");
	is_int(adds("{'instruction':'c','id':'bbbbbbbb-0000-4000-8000-000000000002',"
		    "'depends_on':['bbbbbbbb-0000-4000-8000-000000000002']}"),
	    -1, "a task that waits for itself");
	fails(-1, EX_DATAERR,
	    "depends_on: task bbbbbbbb-0000-4000-8000-000000000002 would wait for itself",
	    "... is bad data");
	add("{'instruction':'d','id':'aaaaaaaa-0000-4000-8000-000000000002'}", &task);
	jv_free(task);
	is_int(adds("{'instruction':'c','depends_on':['aaaa']}"), -1, "a beginning of two");
	ok(err_code() == EX_NOINPUT && strstr(err_text(), "ambiguous"), "... is ambiguous");
	is_int((long long)store_count(tx, "tasks"), 3, "nothing of all that is stored");
}

static void
test_failed_dependency(void)
{
	jv task, error;

	add("{'instruction':'a','id':'aaaaaaaa-0000-4000-8000-000000000001'}", &task);
	life_cancel(tx, task, "over");
	is_int(add("{'instruction':'b','depends_on':['aaaa']}", &task), SPEC_ADDED,
	    "a task that depends on one that was cancelled is stored");
	has(task, "status", "'failed'", "as failed");
	error = json_get(task, "error", JV_KIND_OBJECT);
	has(error, "category", "'dependency'", "because of that");
	jv_free(error);
	jv_free(task);
}

/* What one transaction added, another knows. */
static void
test_later(void)
{
	jv task;

	tx = domain_begin();
	is_int(adds("{'instruction':'kept','key':'later','id':"
		    "'cccccccc-0000-4000-8000-000000000003'}"),
	    SPEC_ADDED, "a task is added and stored");
	domain_commit(tx);
	tx = domain_begin();
	is_int(adds("{'instruction':'kept'}"), SPEC_DUPLICATE, "later its twin is a duplicate");
	is_int(adds("{'instruction':'x','key':'later'}"), SPEC_DUPLICATE, "and its key");
	is_int(add("{'instruction':'x','depends_on':['cccc']}", &task), SPEC_ADDED,
	    "and others may depend on it");
	jv_free(task);
	store_end(tx);
}

int
main(void)
{
	static void (*const tests[])(void) = { test_kinds, test_values, test_record,
		test_not_theirs, test_key, test_id, test_twins, test_twins_in_chats, test_resolved,
		test_failed_dependency };

	domain_open("spec", 1);
	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	test_sizes();
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		begin_test();
		tests[i]();
		end_test();
	}
	test_later();
	domain_close();
	return done_testing();
}
