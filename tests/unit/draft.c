#include "draft.h"
#include "domain.h"
#include "event.h"

#define MESSAGE "aaaaaaaa-0000-4000-8000-000000000001"
#define CHAT    "cccccccc-0000-4000-8000-000000000001"

/* What stands in every line's source. */
#define SOURCE "{'message_id':'" MESSAGE "','seq':3,'cursor':'c','chat_id':'" CHAT "'}"

static struct draft_scene scene;

/* The line of an event of ada's: its type, and its data as text. */
static jv
line_of(const char *type, const char *data)
{
	jv event = record("{'id':'" MESSAGE "','seq':3,'cursor':'c','chat_id':'" CHAT
			  "','user_id':'ada','type':'%s','data':%s}",
	       type, data),
	   line;

	line = draft_line(event, &scene);
	jv_free(event);
	return line;
}

static void
skips(const char *type, const char *data, const char *reason)
{
	jv line = line_of(type, data), skip = json_get(line, "skip", JV_KIND_OBJECT);

	is(json_peek_string(skip, "reason"), reason, data);
	ok(!json_has(line, "event"), "... of which nobody is told");
	jv_free(skip);
	jv_free(line);
}

/* An event for the chat that says so. */
static void
refuses(const char *text, const char *why)
{
	jv data = json_set_string(jv_object(), "text", text), line, event, said;
	char *want = xprintf("no task was made of a message: %s", why);
	struct buf b = { 0 };

	json_dump(&b, data);
	line = line_of("message", b.p);
	event = json_get(line, "event", JV_KIND_OBJECT);
	said = json_get(event, "data", JV_KIND_OBJECT);
	is(json_peek_string(said, "message"), want, "what is no task is said in the chat");
	is(json_peek_string(said, "reply_to"), MESSAGE, "... as an answer to the message");
	is(json_peek_string(event, "user_id"), EVENT_HERALD, "... by nobody of it");
	ok(json_has(line, "skip") && !json_has(line, "instruction"), "... and passed over");
	jv_free(said);
	jv_free(event);
	jv_free(line);
	buf_release(&b);
	free(want);
}

static void
test_skips(void)
{
	jv line;

	skips("status", "{'message':'x'}", "no message");
	skips("message", "{'text':'x','task_id':'t'}", "a task said it");
	skips("message", "{'text':'yes','reply_to':'e'}", "a decision");
	skips("message", "{'text':'Yes.'}", "a decision");
	scene.is_answer = true;
	skips("message", "{'text':'yes','reply_to':'e'}", "a decision");
	refuses("Perhaps", "a reply to what a task asks begins with yes or no, and why may follow; "
			   "this decides nothing");
	line = line_of("message", "{'text':'/task count them','reply_to':'e'}");
	ok(json_has(line, "instruction"), "/task is a task also where it replies to a request");
	jv_free(line);
	scene.is_answer = false;
	skips("message", "{'text':'x','bot':true}", "a bot said it");
	jv_free(scene.chat);
	scene.chat = record("{'members':[{'user_id':'Ada','kind':'bot'}]}");
	skips("message", "{'text':'do it for me'}", "a bot said it");
	scene.is_any_author = true;
	for (int i = 0; i < 2; i++) {
		line =
		    line_of("message", i ? "{'text':'do it','task_id':'t'}" : "{'text':'do it'}");

		has(line, "instruction", "'do it'", "unless that is wanted");
		jv_free(line);
	}
	skips("status", "{'message':'x'}", "no message");
	scene.is_any_author = false;
	jv_free(scene.chat);
	scene.chat = jv_invalid();
	scene.is_only_addressed = true;
	skips("message", "{'text':'do it for me'}", "it addresses nobody");
	scene.is_only_addressed = false;
}

static void
test_spec(void)
{
	jv line = line_of("message", "{'text':' @wc count\\nOutput: csv ','metadata':"
				     "{'priority':'low','ticket':7}}");

	has(line, "instruction", "'count'", "the text becomes the instruction");
	has(line, "agent", "'wc'", "who is mentioned does it");
	has(line, "output", "{'format':'csv'}", "the answer is what it is to be");
	has(line, "priority", "'low'", "the metadata say the rest");
	has(line, "metadata", "{'ticket':7}", "what is not known is kept");
	has(line, "chat_id", "'" CHAT "'", "it is the chat's");
	has(line, "created_by", "'ada'", "and the person's");
	has(line, "key", "'message:" MESSAGE "'", "one task of each message");
	has(line, "source", SOURCE, "which it knows");
	has(line, "validation",
	    "{'is_valid':true,'errors':[],'warnings':['the instruction is very short'],"
	    "'suggestions':[]}",
	    "with what is right and wrong");
	jv_free(line);
}

static void
test_lengths(void)
{
	char *text = xprintf("{'text':'%0*d'}", DRAFT_TEXT_MAX, 0),
	     *more = xprintf("%0*d", DRAFT_TEXT_MAX + 1, 0);
	jv line = line_of("message", text);

	ok(json_has(line, "instruction"), "ten thousand characters are an instruction");
	jv_free(line);
	refuses(more, "the instruction is longer than 10000 characters");
	refuses(" \n", "the message is empty");
	refuses("Output: csv", "the message says nothing of what is to be done");
	refuses("/task", "the message says nothing of what is to be done");
	free(more);
	free(text);
}

#define AS_IT_STANDS "What follows /task is done as it stands"

static void
test_commands(void)
{
	jv line;

	refuses("/cancel 1f3c", "/cancel is a command, and none are taken here");
	refuses(" /Cancle 1f3c", "/Cancle is no command: is /cancel meant?  " AS_IT_STANDS);
	scene.takes_commands = true;
	refuses("/statsu", "/statsu is no command: is /status meant?  " AS_IT_STANDS);
	refuses("/aprove 1f3c", "/aprove is no command: is /approve meant?  " AS_IT_STANDS);
	line = line_of("message", "{'text':'/etc/passwd is to be read'}");
	has(line, "instruction", "'/etc/passwd is to be read'", "a path is no command");
	jv_free(line);
	line = line_of("message", "{'text':'/Cancel  1f3c  too late '}");
	is_json(jv_copy(line),
	    "{'command':{'name':'cancel','task':'1f3c','reason':'too late','by':'ada'},"
	    "'source':" SOURCE "}",
	    "a command is one, where they are taken");
	jv_free(line);
	line = line_of("message", "{'text':'/status'}");
	has(line, "command", "{'name':'status','by':'ada'}", "also alone");
	jv_free(line);
	line = line_of("message", "{'text':'/task sweep the floor'}");
	has(line, "instruction", "'sweep the floor'", "/task is none of them");
	jv_free(line);
	scene.takes_commands = false;
}

static void
wants(const char *data, bool want, const char *fact)
{
	jv event = record("{'data':%s}", data);

	ok(draft_wants_crew(event) == want, fact);
	jv_free(event);
}

int
main(void)
{
	scene = (struct draft_scene){ .crew = record("[{'role':'wc'}]"), .chat = jv_invalid() };
	test_skips();
	test_spec();
	test_lengths();
	test_commands();
	wants("{'text':'do it'}", false, "who names nobody needs no crew");
	wants("{'text':'ask @wc'}", true, "who mentions somebody does");
	wants("{'text':'x','metadata':{'agent':'wc'}}", true, "as do metadata that name one");
	wants("7", false, "what says nothing does not");
	jv_free(scene.crew);
	return done_testing();
}
