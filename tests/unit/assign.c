#include "assign.h"
#include "agent.h"
#include "chat.h"
#include "domain.h"
#include "task.h"

static struct tx *tx;

static void
agent(const char *members)
{
	jv_free(agent_put(tx,
	    jv_object_merge(record("{'kind':'exec','command':['cat']}"), record("%s", members))));
}

/* Whether it is known that the task itself has named who does it. */
static void
is_named(const char *task, bool want, const char *fact)
{
	jv t = record("%s", task), choice = assign_choose(tx, t);

	is_int(json_peek_bool(choice, "named"), want, fact);
	jv_free(choice);
	jv_free(t);
}

/* Who does a task: "role: reason". */
static void
does(const char *task, const char *want, const char *fact)
{
	jv t = record("%s", task), choice = assign_choose(tx, t);
	const char *role = json_peek_string(choice, "role");
	char *got = xprintf("%s: %s", role ? role : "-", json_peek_string(choice, "reason"));

	is(got, want, fact);
	free(got);
	jv_free(choice);
	jv_free(t);
}

static void
run(const char *id, const char *role, const char *status)
{
	task_put(tx, record("{'id':'%s','status':'%s','agent':'%s'}", id, status, role));
}

static void
test_named(void)
{
	does("{'instruction':'x'}", "-: there are no agents; add one with agent-add",
	    "nobody does");
	agent("{'role':'first'}");
	agent("{'role':'adder','skills':['add numbers']}");
	agent("{'role':'later','skills':['add later'],'status':'proposed'}");
	does("{'instruction':'@first','agent':'ADDER'}", "adder: the task names it",
	    "who is named does it");
	does("{'instruction':'x','agent':'first','instead_of':'gone'}",
	    "first: no agent had the role gone: it was the first",
	    "for want of who is named the first does it");
	is_named("{'instruction':'x','agent':'first','instead_of':'gone'}", false,
	    "... which the task has not named");
	does("{'instruction':'add, @First'}", "first: the instruction mentions it",
	    "else who is mentioned");
	does("{'instruction':'x','agent':'gone'}", "-: no agent has the role gone",
	    "nobody else does what names somebody");
	does("{'instruction':'x','agent':'later'}", "-: no agent has the role later",
	    "who is proposed is nobody");
	does("{'instruction':'later'}", "first: it is the first: nobody's skills fit",
	    "for whom nobody fits, the first does it");
	does("{'agent':'adder','assignment':{'role':'adder','reason':'so it was'}}",
	    "adder: so it was", "what was said at first stays said");
	does("{'agent':'adder','assignment':{'role':'first','reason':'so it was'}}",
	    "adder: the task names it", "while it is so");
	is_named("{'agent':'ADDER'}", true, "it is known that it was named");
	is_named("{'instruction':'@adder'}", false, "who is mentioned was not");
	is_named("{'agent':'adder','assignment':{'role':'adder','reason':'so it was'}}", false,
	    "nor was who was chosen before");
}

static void
test_skills(void)
{
	agent("{'role':'writer','skills':['write numbers']}");
	does("{'instruction':'add numbers'}", "adder: 2 words of its skills fit the instruction",
	    "most words of the skills decide");
	does("{'instruction':'add numbers','required_skills':['write']}",
	    "writer: 1 word of its skills fit the required ones", "those that it requires first");
	does("{'instruction':'add numbers','required_skills':['fly']}",
	    "adder: 2 words of its skills fit the instruction", "unless nobody has them");
}

static void
test_busy(void)
{
	const char *both = "{'instruction':'numbers'}";

	does(both,
	    "adder: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "of equals the earlier one, while none is busier");
	run("a", "ADDER", "in_progress");
	does(both,
	    "writer: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "then the one that runs fewer");
	run("b", "writer", "in_progress");
	run("c", "writer", "in_progress");
	does(both,
	    "adder: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "whoever that is");
	agent("{'role':'adder','skills':['add numbers'],'max_running':1}");
	does(both,
	    "writer: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "who may run no more comes last");
	run("a", "adder", "completed");
	does(both,
	    "adder: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "until it may");
	task_put(tx,
	    record("{'id':'d','status':'pending','reservation':{'slots':['agent.adder']}}"));
	does(both,
	    "writer: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "what was handed out counts");
	does("{'instruction':'numbers','reservation':{'slots':['agent.adder']}}",
	    "adder: 1 word of its skills fit the instruction, as do those of 2; it is the least "
	    "busy",
	    "but not against itself");
}

static void
test_crews(void)
{
	jv chat = chat_add(tx, NULL, "ada", jv_array()), crew;
	char id[ID_TEXT], task[200];

	snprintf(id, sizeof id, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	jv_free(chat_set_crew(tx, id, "Desk"));
	snprintf(task, sizeof task, "{'instruction':'add numbers','chat_id':'%s'}", id);
	does(task, "-: the crew Desk has no agents", "a crew may be empty");
	agent("{'role':'clerk','crews':['other','desk']}");
	does(task, "clerk: it is the first: nobody's skills fit", "its agents only do its tasks");
	crew = record("%s", task);
	is_int(jv_array_length(assign_crew(tx, crew)), 1, "they are all there are");
	jv_free(crew);
	snprintf(task, sizeof task, "{'agent':'adder','chat_id':'%s'}", id);
	does(task, "-: no agent of the crew Desk has the role adder",
	    "no other, though it is named");
	snprintf(task, sizeof task,
	    "{'agent':'adder','instruction':'x','chat_id':'%s','parent_id':'p'}", id);
	does(task, "clerk: it is the first: nobody's skills fit",
	    "but by a planner, who did not know");
}

int
main(void)
{
	domain_open("assign", 1);
	tx = domain_begin();
	test_named();
	test_skills();
	test_busy();
	test_crews();
	domain_commit(tx);
	domain_close();
	return done_testing();
}
