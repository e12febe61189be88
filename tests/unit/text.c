#include <time.h>

#include "domain.h"
#include "text.h"

static const struct screen plain;

/* What a person sees of the event that text writes, on that screen, without its day. */
static void
looks_on(const struct screen *screen, const char *text, const char *want, const char *fact)
{
	struct text t = { .screen = screen, .day = TEXT_NO_DAYS };
	jv event = record("%s", text);
	struct buf b = { 0 };

	text_event(&t, &b, event);
	is(b.p, want, fact);
	buf_release(&b);
	jv_free(event);
}

static void
looks(const char *text, const char *want, const char *fact)
{
	looks_on(&plain, text, want, fact);
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
	looks("{" AT
	      ",'type':'message','user_id':'al\\u001b[1mi\\u0007ce\\n','data':{'text':'x\\u009b'}}",
	    "14:03:07 alice: x\n", "without controls, in names too");
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
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: Uses run: ls\n", "a tool that is used");
	looks("{" AT ",'type':'tool_use','data':{'name':'run','args':{'a':'x','b':2}," TASK "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: Uses run {\"a\":\"x\",\"b\":2}\n",
	    "with several arguments");
	looks("{" AT ",'type':'tool_use','data':{'name':'run','args':{'a':[]}," TASK "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: Uses run {\"a\":[]}\n",
	    "with one that is no text");
	looks("{" AT
	      ",'type':'tool_result','data':{'name':'run','result':'a\\n','status':'success'," TASK
	      "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: run says: a\n", "and its answer");
	looks("{" AT
	      ",'type':'tool_result','data':{'name':'run','result':{'a':1},'status':'error'," TASK
	      "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: run failed: {\"a\":1}\n", "that it failed");
	looks("{" AT ",'type':'tool_result','data':{'name':'run'," TASK "}}",
	    "14:03:07 \xf0\x9f\x94\xa7 Task 1f3c9a2b: run says:\n", "and that it said nothing");
	looks("{" AT ",'type':'token_usage','data':{'input_tokens':1,'output_tokens':2," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: Used 3 tokens (1 in, 2 out)\n",
	    "what it cost");
	looks("{" AT ",'type':'token_usage','data':{'total_tokens':9," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: Used 9 tokens (0 in, 0 out)\n", "all told");
	looks("{" AT ",'type':'approval_request','data':{'question':'May I?'," TASK "}}",
	    "14:03:07 \xe2\x9c\x8b Task 1f3c9a2b: Asks: May I? (task-approve 1f3c9a2b)\n",
	    "what it asks, and how it is answered");
	looks("{" AT ",'type':'message','data':{'text':'a\\nb\\n\\n  c'," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b:\n         a\n         b\n\n"
	    "           c\n",
	    "a text of several lines begins below its name");
	looks("{" AT ",'type':'error','data':{'message':'Task 1f3c9a2b failed: a\\nb'," TASK "}}",
	    "14:03:07 \xe2\x9d\x8c Task 1f3c9a2b failed: a\n         b\n",
	    "but not where it names itself");
}

static void
test_odd(void)
{
	looks("{}", "--:--:-- ?: {}\n", "an event that says nothing");
	looks("{'at':7,'type':[],'data':[],'user_id':{}}", "--:--:-- ?: {}\n", "or nonsense");
	looks("{'at':'noon','data':{'text':7}}", "--:--:-- ?: {\"text\":7}\n",
	    "a text that is none");
	looks("{" AT ",'type':'odd','user_id':'a','data':{'x':'\\u001b\\u009b+y'}}",
	    "14:03:07 a: {\"x\":\"\\u001b\"}\n", "a type that nobody knows");
	looks("{" AT ",'data':{'text':'x','task_id':'ab\\u001b[1mc'}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task abc: x\n", "a task id with controls");
	looks("{" AT ",'data':{'text':'x','task_id':'\\u001b[1m\\u0007'}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task: x\n", "of nothing else");
	looks("{" AT ",'data':{'text':'x','task_id':'1234567\xc3\xab'}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1234567: x\n", "one that is no UUID");
	looks("{" AT ",'data':{'text':'x','task_id':''}}", "14:03:07 \xf0\x9f\xa4\x96 Task: x\n",
	    "an empty one");
	looks("{" AT ",'user_id':'a','data':{'text':''}}", "14:03:07 a:\n", "an empty text");
	looks("{" AT ",'user_id':'a','data':{'text':'x\\u0000y','message':'m'}}", "14:03:07 a: m\n",
	    "a text with a NUL is not taken");
}

/* Several events, as one reader sees them. */
static void
test_days(void)
{
	static const char *const at[] = { "2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z",
		"2026-11-21T00:00:00Z", "noon", "2026-11-21T00:00:01Z", "2026-11-20T12:00:00Z",
		"2025-11-20T12:00:00Z" };
	struct text t = { .screen = &plain };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		jv event = record("{'at':'%s','user_id':'a','data':{'text':'x'}}", at[i]);

		text_event(&t, &b, event);
		jv_free(event);
	}
	is(b.p,
	    "--- Friday, 2026-11-20\n00:00:00 a: x\n23:59:59 a: x\n"
	    "--- Saturday, 2026-11-21\n00:00:00 a: x\n--:--:-- a: x\n00:00:01 a: x\n"
	    "--- Friday, 2026-11-20\n12:00:00 a: x\n"
	    "--- Thursday, 2025-11-20\n12:00:00 a: x\n",
	    "a date stands before the first event of each day");
	buf_release(&b);
}

static void
test_wrap(void)
{
	struct screen s = { .columns = 40 };

	looks_on(&s, "{" AT ",'user_id':'alice','data':{'text':'one two three four five six'}}",
	    "14:03:07 alice: one two three four five\n         six\n",
	    "a text is broken where the screen ends");
	s.columns = 39;
	looks_on(&s,
	    "{" AT ",'type':'thought','data':{'text':'one two three four five six'," TASK "}}",
	    "14:03:07 \xf0\x9f\x92\xad Task 1f3c9a2b: one two\n         three four five six\n",
	    "a mark counts for two");
	looks_on(&s,
	    "{" AT ",'type':'status','data':{'message':'Task 1f3c9a2b: one two three'," TASK "}}",
	    "14:03:07 \xf0\x9f\xa4\x96 Task 1f3c9a2b: one two\n         three\n",
	    "also of one that names itself");
	looks_on(&s, "{" AT ",'user_id':'alice','data':{'text':'https://example.org/a/path'}}",
	    "14:03:07 alice:\n         https://example.org/a/path\n",
	    "a word that fits a line is not broken");
	s.columns = 28;
	looks_on(&s, "{" AT ",'user_id':'alice','data':{'text':'one two three four five six'}}",
	    "14:03:07 alice: one two three four five six\n",
	    "a very narrow screen breaks where it likes");
}

static void
test_colours(void)
{
	struct screen s = { .has_colour = true };

	looks_on(&s, "{" AT ",'user_id':'a','data':{'text':'\\u001b[31mx'}}",
	    "\x1b[2m14:03:07\x1b[m \x1b[1ma\x1b[m: x\n", "colours are ours alone");
	looks_on(&s, "{" AT ",'type':'error','data':{'message':'x'," TASK "}}",
	    "\x1b[2m14:03:07\x1b[m \xe2\x9d\x8c \x1b[31mTask 1f3c9a2b\x1b[m: x\n",
	    "errors are red");
}

static void
lasts(int64_t ms, const char *want)
{
	char got[TEXT_AGE];

	is(text_duration(ms, got), want, "a duration in its largest unit");
}

static void
test_ages(void)
{
	char age[TEXT_AGE];
	struct buf b = { 0 };
	int64_t ms;

	lasts(0, "0s");
	lasts(-5000, "0s");
	lasts(999, "0s");
	lasts(59999, "59s");
	lasts(60000, "1m");
	lasts(3599999, "59m");
	lasts(3600000, "1h");
	lasts(INT64_C(86400000), "1d");
	lasts(INT64_C(364) * 86400000, "364d");
	lasts(INT64_C(730) * 86400000, "2y");
	lasts(INT64_MAX, "292471208y");
	clock_parse("2026-11-20T12:00:00Z", &ms);
	is(text_age("2026-11-20T11:57:00Z", ms, age), "3m", "an age");
	is(text_age("2026-11-20T12:57:00Z", ms, age), "0s", "of what is to come: none");
	is(text_age("noon", ms, age), "", "no time has none");
	is(text_age(NULL, ms, age), "", "nor has none");
	text_time(&b, "2026-11-20T12:00:00.5+01:00");
	is(b.p, "2026-11-20 11:00:00", "a time with its date");
	text_time(&b, "noon");
	text_time(&b, NULL);
	is(b.p, "2026-11-20 11:00:00", "nothing where it is none");
	buf_release(&b);
}

/* Controls, and lines that begin like an event or a date but are none. */
static int
faults(const struct buf *b)
{
	int wrong = b->p[b->len - 1] != '\n';

	for (size_t at = 0; at < b->len; at++)
		wrong += ((unsigned char)b->p[at] < ' ' && b->p[at] != '\n') ||
		         (b->p[at] == '\xc2' && (unsigned char)b->p[at + 1] < 0xa0) ||
		         (b->p[at] == '\n' && b->p[at + 1] && b->p[at + 1] != ' ' &&
			     b->p[at + 1] != '\n');
	return wrong;
}

/* Whatever an event is made of, each line of it is one line without controls. */
static void
test_chance(void)
{
	static const char *const values[] = { "null", "7", "'\\u001b[31m'", "'a\\nb\\tc'", "[]",
		"{'text':'x'}", "'\\u0085\\u009b'", "'Task '", "true", "''",
		"'--- Friday\\n--- Friday'", "'14:03:07 bob: x\\n\\n14:03:07 bob: x'", "'tool_use'",
		"'approval_request'", "'status'", "'Task 1f3c9a2b\\n14:03:07 x'", "'1f3c9a2b'",
		"'\u4e2d\u4e2d\u4e2d word \u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d'" };
	enum { VALUES = sizeof values / sizeof *values };
	int wrong = 0, wide = 0;

	for (int i = 0; i < 10000; i++) {
		jv event = record("{'at':%s,'type':%s,'user_id':%s,'data':{'text':%s,'message':%s,"
				  "'name':%s,'question':%s,'task_id':%s}}",
		    values[box_random(VALUES)], values[box_random(VALUES)],
		    values[box_random(VALUES)], values[box_random(VALUES)],
		    values[box_random(VALUES)], values[box_random(VALUES)],
		    values[box_random(VALUES)], values[box_random(VALUES)]);
		struct screen s = { .columns = box_random(2) ? 60 : 0 };
		struct text t = { .screen = &s, .day = TEXT_NO_DAYS };
		struct buf b = { 0 };

		text_event(&t, &b, event);
		wrong += faults(&b);
		for (char *p = b.p; *p && s.columns; p += strcspn(p, "\n") + 1)
			wide += screen_width(p, strcspn(p, "\n")) > s.columns;
		buf_release(&b);
		jv_free(event);
	}
	is_int(wrong, 0, "ten thousand odd events: no control, and no line that begins like one");
	is_int(wide, 0, "nor one that is wider than the screen");
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
	screen_open(&(struct screen){ 0 }, STDIN_FILENO, "never");
	test_people();
	test_marks();
	test_odd();
	test_days();
	test_wrap();
	test_colours();
	test_ages();
	test_chance();
	test_zone();
	return done_testing();
}
