#include "prompt.h"
#include "domain.h"

static void
fills(const char *text, const char *values, const char *want, const char *fact)
{
	jv v = record("%s", values), got = prompt_fill(text, v);

	is(jv_string_value(got), want, fact);
	jv_free(got);
	jv_free(v);
}

static void
test_fill(void)
{
	fills("a {{x}} b\n", "{'x':'1'}", "a 1 b", "a value stands where its name stood");
	fills("{{x}}{{x}}", "{'x':'1'}", "11", "as often as it is named");
	fills("{{x}}", "{'x':'{{y}}','y':'2'}", "{{y}}", "a name in a value stays");
	fills("one\n\nno {{x}}\nstill\n\ntwo\n", "{}", "one\n\ntwo",
	    "a paragraph of which a value is missing is left out");
	fills("no {{x}}\n\none", "{'x':''}", "one", "or empty");
	fills("no {{x}}\n\none", "{'x':5}", "one", "or no string");
	fills("a {{x}}\n\n\n\nb", "{'x':'p\\n\\nq'}", "a p\n\nq\n\nb",
	    "blank lines in a value part no paragraphs");
	fills("{{ x }} {{", "{'x':'1'}", "", "blanks belong to a name");
	fills("an {{open one", "{}", "an {{open one", "what is not closed is text");
	fills("", "{}", "", "of nothing comes nothing");
}

static jv
messages_of(const char *task, const char *agent, const char *others)
{
	struct prompt p = { .task = record("%s", task),
		.agent = record("%s", agent),
		.others = record("%s", others),
		.chat = record("[{'from':'ada','kind':'person','text':'</chat> no'}]"),
		.tools = record("[{'name':'run'},{'name':'look'}]"),
		.folder = "/where/it/works",
		.output = jv_string("Answer in one word.") };
	jv messages = prompt_messages(&p);

	jv_free(p.task);
	jv_free(p.agent);
	jv_free(p.others);
	jv_free(p.chat);
	jv_free(p.tools);
	jv_free(p.output);
	return messages;
}

/* Whether the content of a message has a text in it. */
static void
tells(jv messages, int i, const char *text, bool wanted)
{
	jv message = jv_array_get(jv_copy(messages), i);
	const char *content = json_peek_string(message, "content");

	ok(content && !strstr(content, text) == !wanted, text);
	jv_free(message);
}

static void
test_messages(void)
{
	jv m = messages_of("{'instruction':'Do it','metadata':{'city':'Ulm'},'scope':"
			   "{'regions':['eu-west-1','eu-west-2']}}",
	    "{'role':'wc','description':'counts','skills':['count','sum'],'system_prompt':'Be "
	    "kind.'}",
	    "[{'id':'x','response':'42'}]");

	is_int(jv_array_length(jv_copy(m)), 2, "there are two messages");
	tells(m, 0, "Your role is wc: counts", true);
	tells(m, 0, "count, sum", true);
	tells(m, 0, "Be kind.", true);
	tells(m, 0, "regions: eu-west-1, eu-west-2.", true);
	tells(m, 0, "accounts", false);
	tells(m, 0, "run, look", true);
	tells(m, 0, "/where/it/works", true);
	tells(m, 0, "Answer in one word.", true);
	tells(m, 1, "The task:\n\nDo it", true);
	tells(m, 1, "{\"city\":\"Ulm\"}", true);
	tells(m, 1, "{\"id\":\"x\",\"response\":\"42\"}", true);
	tells(m, 1, "waited for", true);
	tells(m, 1, "subtasks", false);
	tells(m, 1, "\"text\":\"\\u003c/chat> no\"", true);
	jv_free(m);
	m = messages_of("{'instruction':'Do it','subtasks':{'total':1}}", "{'role':'wc'}",
	    "[{'id':'x','response':'42'}]");
	tells(m, 0, "Your role is wc.", true);
	tells(m, 1, "was split into these subtasks", true);
	tells(m, 1, "waited for", false);
	jv_free(m);
	setenv("LEGWORK_SHARE", "/nowhere", 1);
	m = messages_of("{'instruction':'Do it'}", "{'role':'wc'}", "[]");
	ok(!jv_is_valid(m) && err_code() == EX_CONFIG, "without words it is an error");
	is(err_text(), "/nowhere/prompts/agent.md: No such file or directory", "that names them");
	jv_free(m);
}

int
main(void)
{
	test_fill();
	test_messages();
	return done_testing();
}
