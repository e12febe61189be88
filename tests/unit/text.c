#include <time.h>

#include "domain.h"
#include "text.h"

static void
cleans(const char *s, const char *indent, const char *want, const char *fact)
{
	struct buf b = { 0 };

	buf_puts(&b, "");
	text_clean(&b, s, indent);
	is(b.p, want, fact);
	buf_release(&b);
}

static void
test_clean(void)
{
	char each[3] = "";
	int left = 0;

	cleans("plain", NULL, "plain", "a plain text is as it was");
	cleans("", NULL, "", "so is none");
	cleans("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x99\x82", NULL,
	    "Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x99\x82", "letters of all sizes stay");
	cleans("a\tb", NULL, "a b", "a tab is a blank");
	cleans("a\nb\n\nc", NULL, "a b  c", "so is a newline");
	cleans("\x1b[2J\x1b]0;x\x07", NULL, "[2J]0;x", "escapes are taken their sting");
	cleans("a\rb\x08"
	       "c\x7f",
	    NULL, "abc", "other controls are left out");
	cleans("a\xc2\x9b"
	       "31mb\xc2\x80\xc2\x9f",
	    NULL, "a31mb", "the 8-bit ones too");
	cleans("\xe2\x80\xae"
	       "evil\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9",
	    NULL, "evil x", "and what turns the direction of writing");
	cleans("\xc2\xa0\xc2\xa1\xc2\xbf", NULL, "\xc2\xa0\xc2\xa1\xc2\xbf",
	    "their neighbours are letters");
	cleans("a\xc2", NULL, "a\xc2", "half a character at the end ends nothing else");
	cleans("a \t\n", NULL, "a", "no blank is left at the end");
	for (int c = 1; c < 32; c++) {
		struct buf b = { 0 };

		each[0] = (char)c;
		each[1] = 'x';
		text_clean(&b, each, "");
		left += strcmp(b.p, c == '\t' ? " x" : c == '\n' ? "\nx" : "x") != 0;
		buf_release(&b);
	}
	is_int(left, 0, "no control character is let through");
}

static void
test_lines(void)
{
	cleans("a\nb\nc", "> ", "a\n> b\n> c", "with an indent lines stay lines");
	cleans("a\n", "> ", "a", "a newline at the end begins none");
	cleans("a\n\nb", "> ", "a\n\n> b", "an empty line stays empty");
	cleans("a\r\nb", "> ", "a\n> b", "CR LF is one newline");
	cleans("\n", "> ", "", "a newline alone is nothing");
}

/* What a person sees of the event that text writes. */
static void
looks(const char *text, const char *want, const char *fact)
{
	jv event = record("%s", text);
	struct buf b = { 0 };

	text_event(&b, event);
	is(b.p, want, fact);
	buf_release(&b);
	jv_free(event);
}

#define AT   "'at':'2026-11-20T14:03:07.123Z'"
#define TASK "'task_id':'1f3c9a2b-0000-4000-8000-000000000001'"

static void
test_people(void)
{
	looks("{" AT ",'type':'message','user_id':'alice','data':{'text':'Count the files'}}",
	    "14:03:07 alice: Count the files\n", "what a person says");
	looks("{" AT ",'type':'message','user_id':'alice','data':{'text':'a\\nb'}}",
	    "14:03:07 alice: a\n         b\n", "on several lines");
	looks("{" AT ",'type':'message','user_id':'al\\u001b[1mice\\n','data':{'text':'x\\u009b'}}",
	    "14:03:07 al[1mice: x\n", "without controls, in names too");
	looks("{" AT ",'type':'message','data':{'text':'x'}}", "14:03:07 ?: x\n", "of nobody");
	looks("{" AT ",'type':'message','user_id':'a','data':{'text':'x\\n14:03:08 bob: forged'}}",
	    "14:03:07 a: x\n         14:03:08 bob: forged\n", "no line looks like another's");
}

static void
test_marks(void)
{
	looks("{" AT ",'type':'status','data':{'message':'Task 1f3c9a2b: Starting'," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: Starting\n", "a status of a task");
	looks("{" AT
	      ",'type':'status','data':{'message':'Task 1f3c9a2b completed successfully'," TASK
	      "}}",
	    "14:03:07 \xe2\x9c\x85 Task 1f3c9a2b completed successfully\n", "its success");
	looks("{" AT ",'type':'error','data':{'message':'Task 1f3c9a2b failed: x'," TASK "}}",
	    "14:03:07 \xe2\x9d\x8c Task 1f3c9a2b failed: x\n", "its failure");
	looks("{" AT ",'type':'message','user_id':'alice','data':{'text':'42'," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: 42\n",
	    "its words, which are not a person's whoever it runs as");
	looks("{" AT ",'type':'message','data':{'text':'x completed successfully'," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: x completed successfully\n",
	    "only a status tells of success");
	looks("{" AT ",'type':'thought','data':{'text':'hm'," TASK "}}",
	    "14:03:07 \xf0\x9f\x92\xad Task 1f3c9a2b: hm\n", "a thought");
	looks("{" AT ",'type':'tool_use','data':{'name':'run','args':{'command':'ls'}," TASK "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: Using tool: run "
	    "{\"args\":{\"command\":\"ls\"}}\n",
	    "a tool that is used");
	looks("{" AT
	      ",'type':'tool_result','data':{'name':'run','result':'a\\nb','status':'ok'," TASK
	      "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: Tool answered: run "
	    "{\"result\":\"a\\nb\",\"status\":\"ok\"}\n",
	    "and its answer");
	looks("{" AT ",'type':'token_usage','data':{'input_tokens':1," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: {\"input_tokens\":1}\n", "what it cost");
}

static void
test_odd(void)
{
	looks("{}", "--:--:-- ?: {}\n", "an event that says nothing");
	looks("{'at':7,'type':[],'data':[],'user_id':{}}", "--:--:-- ?: {}\n", "or nonsense");
	looks("{'at':'noon','data':{'text':7}}", "--:--:-- ?: {\"text\":7}\n",
	    "a text that is none");
	looks("{" AT ",'type':'odd','user_id':'a','data':{'x':'\\u001b\\u009by'}}",
	    "14:03:07 a: {\"x\":\"\\u001by\"}\n", "a type that nobody knows");
	looks("{" AT ",'data':{'text':'x','task_id':'ab\\u001b[1mc'}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task ab[1mc: x\n", "a task id with controls");
	looks("{" AT ",'data':{'text':'x','task_id':'1234567\xc3\xab'}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1234567: x\n", "one that is no UUID");
	looks("{" AT ",'data':{'text':'x','task_id':''}}", "14:03:07 \xf0\x9f\xa4\x96 Task: x\n",
	    "an empty one");
	looks("{" AT ",'user_id':'a','data':{'text':''}}", "14:03:07 a:\n", "an empty text");
	looks("{" AT ",'user_id':'a','data':{'text':'x\\u0000y','message':'m'}}", "14:03:07 a: m\n",
	    "a text with a NUL is not taken");
}

/* Whatever an event is made of, each line of it is one line without controls. */
static void
test_chance(void)
{
	static const char *const values[] = { "null", "7", "'\\u001b[31m'", "'a\\nb\\tc'", "[]",
		"{'text':'x'}", "'\\u0085\\u009b'", "'Task '", "true", "''" };
	int wrong = 0;

	for (int i = 0; i < 3000; i++) {
		jv event = record("{'at':%s,'type':%s,'user_id':%s,'data':{'text':%s,'message':%s,"
				  "'name':%s,'task_id':%s}}",
		    values[box_random(10)], values[box_random(10)], values[box_random(10)],
		    values[box_random(10)], values[box_random(10)], values[box_random(10)],
		    values[box_random(10)]);
		struct buf b = { 0 };

		text_event(&b, event);
		wrong += b.p[b.len - 1] != '\n';
		for (size_t at = 0; at < b.len; at++)
			wrong += ((unsigned char)b.p[at] < ' ' && b.p[at] != '\n') ||
			         (b.p[at] == '\xc2' && (unsigned char)b.p[at + 1] < 0xa0) ||
			         (b.p[at] == '\n' && b.p[at + 1] && b.p[at + 1] != ' ');
		buf_release(&b);
		jv_free(event);
	}
	is_int(wrong, 0, "three thousand odd events: no control, and no line that begins like one");
}

static void
test_zone(void)
{
	setenv("TZ", "UTC-5:30", 1);
	tzset();
	looks("{" AT ",'user_id':'a','data':{'text':'x'}}", "19:33:07 a: x\n", "the time is local");
	setenv("TZ", "UTC", 1);
	tzset();
}

int
main(void)
{
	box_state = 5;
	printf("# text: seed 5\n");
	setenv("TZ", "UTC", 1);
	tzset();
	test_clean();
	test_lines();
	test_people();
	test_marks();
	test_odd();
	test_chance();
	test_zone();
	return done_testing();
}
