#include <stdlib.h>

#include "divide.h"
#include "plans.h"

/* Texts to lists: "[role deps] description", a line each, then "= context". */

static jv
split(const char *instruction, const char *crew_json)
{
	jv task = json_set_string(jv_object(), "instruction", instruction);
	jv crew = parse(crew_json), result;

	task = json_set_string(task, "priority", "high");
	result = divide_by_list(task, crew);
	jv_free(task);
	jv_free(crew);
	return result;
}

static void
show_subtask(struct buf *b, jv subtask)
{
	const char *role = json_peek_string(subtask, "assigned_to");
	jv on = member(subtask, "dependencies");

	buf_printf(b, "[%s", role ? role : "null");
	jv_array_foreach (on, i, one) {
		buf_printf(b, " %s", jv_string_value(one));
		jv_free(one);
	}
	buf_printf(b, "] %s\n", json_peek_string(subtask, "description"));
	jv_free(on);
}

static void
splits(const char *instruction, const char *want, const char *fact)
{
	jv result = split(instruction, crew_text), subtasks, plan = member(result, "plan");
	const char *context = NULL;
	struct buf b = { 0 };

	if (!jv_is_valid(plan)) {
		jv_free(plan);
		jv_free(result);
		is("no list", want, fact);
		return;
	}
	subtasks = member(plan, "subtasks");
	jv_array_foreach (subtasks, i, subtask) {
		show_subtask(&b, subtask);
		context = json_peek_string(subtask, "context");
		jv_free(subtask);
	}
	if (context)
		buf_printf(&b, "= %s\n", context);
	is(b.p, want, fact);
	buf_release(&b);
	jv_free(subtasks);
	jv_free(plan);
	jv_free(result);
}

static void
test_markers(void)
{
	splits("- find it\n- sort it", "[finder] find it\n[Sorter] sort it\n",
	    "dashes make a list, side by side");
	splits("* a\n+ b\n- c", "[finder] a\n[finder] b\n[finder] c\n",
	    "the three ASCII bullets are one kind");
	splits("• a\n•b\n◦ c\n‣ d", "[finder] a\n[finder] b\n[finder] c\n[finder] d\n",
	    "bullet signs, a blank behind them or not");
	splits("1. a\n2. b\n3. c", "[finder] a\n[finder 0] b\n[finder 1] c\n",
	    "numbers with a point: one after the other");
	splits("1) a\n22)\tb", "[finder] a\n[finder 0] b\n", "numbers with a bracket");
	splits("  - a\n  - b\n", "[finder] a\n[finder] b\n", "a list that is indented");
	splits("- a\n - b\n- c", "[finder] a\n[finder] b\n[finder] c\n",
	    "one column more is no deeper level");
	splits("- a\r\n- b\r\n\r\n", "[finder] a\n[finder] b\n", "CR LF");
	splits("-a\n-b", "no list", "a dash without a blank is none");
	splits("1.5 kg\n2.5 kg", "no list", "a decimal is no number of a list");
	splits("1234567890. a\n1234567891. b", "no list", "ten digits are none");
	splits("- \n-\n---\n* * *\n- - -", "no list", "empty items and rulers are none");
	splits("---\n- a\n---\n- b\n---", "[finder] a\n[finder] b\n= ---\n\n---\n\n---\n",
	    "rulers around items are context");
	splits("count the words", "no list", "a sentence is none");
	splits("", "no list", "an empty text is none");
	splits("Do:\n- one thing", "no list", "one item is none");
}

static void
test_levels(void)
{
	splits("- a\n  goes on\n\n  and on\n- b", "[finder] a\ngoes on\n\nand on\n[finder] b\n",
	    "an item goes on");
	splits("- a\n  - a1\n    - a11\n  - a2\n- b",
	    "[finder] a\n- a1\n  - a11\n- a2\n[finder] b\n",
	    "deeper levels belong to their item's text");
	splits("1. a\n   - x\n2. b\n\t- y", "[finder] a\n- x\n[finder 0] b\n- y\n",
	    "bullets below numbers, a tab before one");
	splits("- a\n  1. x\n  2. y\n- b", "[finder] a\n1. x\n2. y\n[finder] b\n",
	    "numbers below bullets");
	splits("- a\n- b\n1. x\n2. y", "[finder] a\n[finder] b\n= 1. x\n2. y\n",
	    "two kinds on one level: the first one's");
	splits("1. only\n- a\n- b", "no list", "and if that is one item, no list");
	splits("    - a\n- b\n    - b1\n- c", "[finder] a\n[finder] b\n  - b1\n[finder] c\n",
	    "a first item that stands further right");
	splits("Hello,\n\n\nplease:\n- a\n- b\n\nThanks\n  a lot",
	    "[finder] a\n[finder] b\n= Hello,\n\nplease:\n\nThanks\n  a lot\n",
	    "the text around the list is context");
	splits("First:\n- a\n- b\nThen:\n- c",
	    "[finder] a\n[finder] b\n[finder] c\n= First:\n\nThen:\n", "two lists count as one");
	splits("1. a\n2. b\nText\n1. c", "[finder] a\n[finder 0] b\n[finder 1] c\n= Text\n",
	    "two numbered lists too");
}

static void
test_fences(void)
{
	splits("- a\n- b\n```\n- x\n\n\n- y\n```\n",
	    "[finder] a\n[finder] b\n= ```\n- x\n\n\n- y\n```\n",
	    "lines inside a fence are no items");
	splits("- a\n  ```sh\n- x\n  ```\n- b", "[finder] a\n```sh\n- x\n```\n[finder] b\n",
	    "a fence that begins in an item stays there");
	splits("- ```\n  - x\n  ```\n- b", "[finder] ```\n- x\n```\n[finder] b\n",
	    "a fence on the item's own line");
	splits("````\n- x\n```\n- y\n````\n- a\n- b",
	    "[finder] a\n[finder] b\n= ````\n- x\n```\n- y\n````\n",
	    "a longer fence ends with a longer one");
	splits("```ls```\n- a\n- b", "[finder] a\n[finder] b\n= ```ls```\n",
	    "a fence closed on its line is none");
	splits("- a\n- b\n```\n- c", "[finder] a\n[finder] b\n= ```\n- c\n",
	    "a fence without end goes on to the end");
}

static void
test_roles(void)
{
	splits("- @wc find it\n- sort it @WC", "[wc] find it\n[wc] sort it\n",
	    "@role first or last, in any case");
	splits("- @wc: find\n- (@sorter) x\n- say @wc, then @finder",
	    "[wc] find\n[Sorter] x\n[wc] say, then @finder\n",
	    "its punctuation goes too, and only the first is taken");
	splits("- ask @nobody to sort\n- ask @painter\n",
	    "[Sorter] ask @nobody to sort\n[finder] ask @painter\n",
	    "unknown and proposed roles stay in the text");
	splits("- mail me@wc and a@wc.org\n- see @wc.org, @wc-l, @wcs, @wc/x",
	    "[finder] mail me@wc and a@wc.org\n"
	    "[finder] see @wc.org, @wc-l, @wcs, @wc/x\n",
	    "an e-mail address or part of a word is no @role");
	splits("- do it @wc.\n- @wc-long do", "[wc] do it.\n[wc-long] do\n",
	    "a full stop ends it, the longer role is meant");
	splits("- find\n  it, @wc\n- @wc\n  sort", "[wc] find\nit,\n[wc] sort\n",
	    "@role on any line of the item");
	splits("- @wc\n- @sorter:", "[wc] @wc\n[Sorter] @sorter:\n",
	    "an item that is only a role keeps it as its text");
	splits("- @\n- @@wc", "[finder] @\n[finder] @@wc\n", "a lone @");
}

/* The records themselves. */

static void
test_plan_fields(void)
{
	jv result = split("Report:\n1. list files\n2. sort them", crew_text);

	is_json(member(result, "plan"),
	    "{\"analysis_summary\":\"a list of 2 numbered items\","
	    "\"subtasks\":[{\"title\":\"list files\",\"description\":\"list files\","
	    "\"priority\":\"high\",\"assigned_to\":\"finder\",\"estimated_hours\":0,"
	    "\"dependencies\":[],\"required_skills\":[\"files\",\"list files\"],"
	    "\"context\":\"Report:\"},"
	    "{\"title\":\"sort them\",\"description\":\"sort "
	    "them\",\"priority\":\"high\","
	    "\"assigned_to\":\"Sorter\",\"estimated_hours\":0,\"dependencies\":[\"0\"],"
	    "\"required_skills\":[\"sort\"],\"context\":\"Report:\"}],"
	    "\"agent_creations\":[],\"recommended_approach\":"
	    "\"one after the other: each item waits for the one before\","
	    "\"estimated_total_hours\":0,"
	    "\"risk_assessment\":\"not assessed: rules only read the list\"}",
	    "every field of the plan");
	is_json(member(result, "decision"),
	    "{\"needs_subtasks\":true,"
	    "\"reasoning\":\"the instruction holds a list of 2 numbered items\","
	    "\"complexity_score\":3,"
	    "\"required_skills\":[\"files\",\"list files\",\"sort\"]}",
	    "every field of the decision");
	jv_free(result);
}

static void
decides(jv task, const char *want, const char *fact)
{
	jv crew = parse(crew_text), result = divide_by_list(task, crew);

	is_json(member(result, "decision"), want, fact);
	ok(!json_has(result, "plan"), "and there is no plan");
	jv_free(result);
	jv_free(crew);
	jv_free(task);
}

static void
test_decisions(void)
{
	decides(parse("{\"instruction\":\"count words, find files\"}"),
	    "{\"needs_subtasks\":false,\"reasoning\":\"the instruction holds no list\","
	    "\"complexity_score\":1,\"required_skills\":[\"find\",\"files\"]}",
	    "no list: the skills of the agent that would be chosen");
	decides(parse("{\"instruction\":\"- count words\",\"agent\":\"wc\"}"),
	    "{\"needs_subtasks\":false,"
	    "\"reasoning\":\"the instruction holds a list of one item only\","
	    "\"complexity_score\":1,\"required_skills\":[\"count\",\"words\"]}",
	    "one item: the skills of the task's agent");
	decides(parse("{\"instruction\":7}"),
	    "{\"needs_subtasks\":false,\"reasoning\":\"the instruction holds no list\","
	    "\"complexity_score\":1,\"required_skills\":[]}",
	    "an instruction that is no text");
	decides(parse("[]"),
	    "{\"needs_subtasks\":false,\"reasoning\":\"the instruction holds no list\","
	    "\"complexity_score\":1,\"required_skills\":[]}",
	    "a task that is no object");
}

static void
test_titles(void)
{
	struct buf text = { 0 }, title = { 0 };
	jv result, subtasks, subtask;

	buf_puts(&text, "- ");
	for (int i = 0; i < 81; i++) {
		buf_puts(&text, "é");
		buf_puts(&title, i < 80 ? "é" : "");
	}
	buf_puts(&text, "\n  more\n- b\n- c\n- d\n- e\n- f\n- g\n- h\n- i\n- j\n- k");
	result = split(text.p, "[]");
	subtasks = member(result, "plan");
	subtask = jv_array_get(member(subtasks, "subtasks"), 0);
	is(json_peek_string(subtask, "title"), title.p,
	    "a title is the first line, cut at 80 characters");
	is_json(member(subtask, "assigned_to"), "null", "nobody, where the crew is empty");
	ok(!json_has(subtask, "context"), "no context, where there is none");
	jv_free(subtask);
	subtask = member(result, "decision");
	is_int(json_peek_int(subtask, "complexity_score", 0), 10,
	    "the score ends at 10, for eleven items too");
	jv_free(subtask);
	jv_free(subtasks);
	jv_free(result);
	buf_release(&text);
	buf_release(&title);
}

int
main(void)
{
	test_markers();
	test_levels();
	test_fences();
	test_roles();
	test_plan_fields();
	test_decisions();
	test_titles();
	return done_testing();
}
