#include "card.h"
#include "chat.h"
#include "domain.h"
#include "task.h"
#include "why.h"

#define ID(n) "0000000" #n "-0000-4000-8000-000000000000"

static void
put(const char *text)
{
	struct tx *tx = domain_begin();

	task_put(tx, record("%s", text));
	domain_commit(tx);
}

/* What a person sees of a record (consumed) on a screen of so many columns; the caller frees it. */
static char *
drawn(const struct view_form *form, jv rec, const char *columns, const char *color)
{
	struct view v = { .format = "text", .color = color };
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct tx *tx = store_read(domain);
	size_t len;

	setenv("COLUMNS", columns, 1);
	if (view_open(&v, form, fd) < 0)
		abort();
	view_add(&v, tx, form == &card_why ? why_task(tx, rec) : jv_copy(rec));
	if (store_end(tx) < 0 || view_close(&v) < 0)
		abort();
	jv_free(rec);
	close(fd);
	return box_read("out", &len);
}

static void
looks(const struct view_form *form, jv rec, const char *columns, const char *want, const char *fact)
{
	char *got = drawn(form, rec, columns, "never");

	is(got, want, fact);
	free(got);
}

static jv
task(const char *id)
{
	struct tx *tx = store_read(domain);
	jv found = task_get(tx, id);

	store_end(tx);
	return found;
}

static void
test_small(void)
{
	put("{'id':'" ID(1) "','title':'one','instruction':'one','status':'pending',"
			    "'priority':'medium','created_at':'2026-11-20T11:57:00Z',"
			    "'created_by':'ada'}");
	looks(&card_form, task(ID(1)), "0",
	    "one\n"
	    "  id           " ID(
		1) "\n"
		   "  status       pending: it is ready: no pipeline has taken it yet\n"
		   "  priority     medium\n"
		   "  added        2026-11-20 11:57:00 (3m ago) by ada\n",
	    "a new task: an instruction that its title says is left out");
	looks(&card_form, record("{}"), "0", "\n  status       : it ended with an error\n",
	    "a task of nothing is hardly a card");
}

static void
test_whole(void)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, "The garden", "ada", jv_array());
	const char *id = json_peek_string(chat, "id");
	char *want;

	task_put(tx,
	    record("{'id':'" ID(
		       2) "','title':'Count','instruction':'Count the files\\n\\n  in /tmp',"
			  "'context':'for ada','status':'completed','priority':'high','agent':'wc',"
			  "'chat_id':'%s','created_at':'2026-11-20T11:00:00Z',"
			  "'started_at':'2026-11-20T11:01:00Z','finished_at':'2026-11-20T11:01:01."
			  "250Z',"
			  "'attempt':2,'limits':{'max_attempts':5,'timeout_s':1.5},'key':'k1',"
			  "'scope':{'regions':['us-east-1']},"
			  "'metadata':{'a':'1','b':{'c':[]}},'usage':{'input_tokens':7},"
			  "'decision':{'reasoning':'it counts'},'parent_id':'" ID(
			      1) "',"
				 "'depends_on':['" ID(1) "','" ID(9) "',7],'response':'42\\n'}",
		id));
	domain_commit(tx);
	want = xprintf("Count\n"
		       "  id           " ID(2) "\n"
					       "  status       completed\n"
					       "  priority     high\n"
					       "  agent        wc\n"
					       "  chat         %.8s  The garden\n"
					       "  added        2026-11-20 11:00:00 (1h ago)\n"
					       "  started      2026-11-20 11:01:00 (59m ago)\n"
					       "  finished     2026-11-20 11:01:01 (58m ago)\n"
					       "  took         1.2s\n"
					       "  attempts     2 of 5\n"
					       "  key          k1\n"
					       "  metadata     a=1\n"
					       "               b={\"c\":[]}\n"
					       "  scope        regions=[\"us-east-1\"]\n"
					       "  limits       max_attempts=5\n"
					       "               timeout_s=1.5\n"
					       "  usage        input_tokens=7\n"
					       "  planned      it counts\n"
					       "  parent       00000001 pending  one\n"
					       "  depends on   00000001 pending  one\n"
					       "\nInstruction\n  Count the files\n\n    in /tmp\n"
					       "\nContext\n  for ada\n"
					       "\nAnswer\n  42\n",
	    id);
	looks(&card_form, task(ID(2)), "0", want, "a task with all that one may have");
	free(want);
	jv_free(chat);
}

static void
test_family(void)
{
	put("{'id':'" ID(
	    3) "','title':'split','status':'failed','subtasks':{'total':2},'attempt':1,"
	       "'error':{'message':'a subtask failed:\\nno'}}");
	put("{'id':'" ID(4) "','title':'first \\u4e2d\\u4e2d of two','status':'failed',"
			    "'parent_id':'" ID(3) "'}");
	put("{'id':'" ID(5) "','title':'second','status':'pending','waiting':'dependencies',"
			    "'parent_id':'" ID(3) "','depends_on':['" ID(4) "']}");
	looks(&card_form, task(ID(3)), "0",
	    "split\n"
	    "  id           " ID(
		3) "\n"
		   "  status       failed: a subtask failed: no\n"
		   "  subtasks     00000004 failed  first \xe4\xb8\xad\xe4\xb8\xad of two\n"
		   "               00000005 waiting  second\n"
		   "\nError\n  a subtask failed:\n  no\n",
	    "a task with subtasks was not attempted itself; an error of several lines stands "
	    "below");
	looks(&card_why, task(ID(3)), "0",
	    "split\n"
	    "  id           00000003\n"
	    "  status       failed: a subtask failed: no\n"
	    "  subtasks     00000004 failed  first \xe4\xb8\xad\xe4\xb8\xad of two\n"
	    "               00000005 waiting  second\n",
	    "why it failed");
	looks(&card_form, task(ID(3)), "40",
	    "split\n"
	    "  id           "
	    "00000003-0000-4000-8000-0\n               00000000000\n"
	    "  status       failed: a subtask failed:\n               no\n"
	    "  subtasks     00000004 failed  first \xe2\x80\xa6\n"
	    "               00000005 waiting  second\n"
	    "\nError\n  a subtask failed:\n  no\n",
	    "on a narrow screen texts are broken, titles cut");
}

static void
test_why(void)
{
	put("{'id':'" ID(6) "','title':'later','status':'pending','waiting':'dependencies',"
			    "'agent':'wc','decision':{'reasoning':'r'},"
			    "'depends_on':['" ID(1) "','" ID(2) "','" ID(5) "']}");
	looks(&card_why, task(ID(6)), "0",
	    "later\n"
	    "  id           00000006\n"
	    "  status       waiting: it waits for 00000001 and 1 more\n"
	    "  agent        wc\n"
	    "  planned      r\n"
	    "  waits for    00000001 pending  one\n"
	    "               00000005 waiting  second\n",
	    "a task that waits for others shows them");
	put("{'id':'" ID(6) "','title':'later','status':'pending','waiting':'time',"
			    "'not_before':'2026-11-20T12:00:05Z','error':{'message':'busy'}}");
	looks(&card_why, task(ID(6)), "0",
	    "later\n"
	    "  id           00000006\n"
	    "  status       waiting: it waits before it is tried again\n"
	    "  again at     2026-11-20 12:00:05 (in 5s)\n",
	    "one that waits for a time shows it");
}

static void
test_times(void)
{
	looks(&card_form,
	    record("{'title':'t','status':'completed','started_at':'2026-11-20T11:00:00Z',"
		   "'finished_at':'2026-11-20T11:00:00.250Z'}"),
	    "0",
	    "t\n  status       completed\n  started      2026-11-20 11:00:00 (1h ago)\n"
	    "  finished     2026-11-20 11:00:00 (59m ago)\n  took         250ms\n",
	    "milliseconds");
	looks(&card_form,
	    record("{'title':'t','status':'completed','started_at':'2026-11-20T10:00:00Z',"
		   "'finished_at':'2026-11-20T11:30:00Z'}"),
	    "0",
	    "t\n  status       completed\n  started      2026-11-20 10:00:00 (2h ago)\n"
	    "  finished     2026-11-20 11:30:00 (30m ago)\n  took         1h\n",
	    "hours");
	looks(&card_form,
	    record("{'title':'t','status':'completed','created_at':'noon',"
		   "'started_at':'2026-11-20T10:00:00Z','finished_at':'2026-11-20T09:00:00Z'}"),
	    "0",
	    "t\n  status       completed\n  started      2026-11-20 10:00:00 (2h ago)\n"
	    "  finished     2026-11-20 09:00:00 (3h ago)\n",
	    "what is no time, or runs backwards, is left out");
}

static void
test_again(void)
{
	struct view v = { .format = "text" };
	int fd = openat(box_fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct tx *tx = store_read(domain);
	size_t len;
	char *got;

	if (view_open(&v, &card_form, fd) < 0)
		abort();
	view_add(&v, tx, record("{'title':'a','status':'completed'}"));
	view_add(&v, tx, record("{'title':'b','status':'completed'}"));
	store_end(tx);
	view_close(&v);
	close(fd);
	got = box_read("out", &len);
	is(got, "a\n  status       completed\n\nb\n  status       completed\n",
	    "an empty line stands between cards");
	free(got);
}

static void
test_fields(void)
{
	looks(&card_fields,
	    record("{'store':'/x','lines':7,'bytes_dropped':12345,'a':{'b':null},"
		   "'\\u001b[2Jx\\n':'y\\n\\u009bz'}"),
	    "0",
	    "  store        /x\n  lines        7\n  bytes_dropped 12345\n  a            "
	    "{\"b\":null}\n  x            y\n",
	    "any object, a member to a line");
	looks(&card_fields, record("{}"), "0", "", "an empty one is nothing");
}

static void
test_colours(void)
{
	char *got = drawn(&card_form, record("{'title':'t','status':'completed','agent':'wc'}"),
	    "0", "always");

	is(got,
	    "\x1b[1mt\x1b[m\n  \x1b[2mstatus\x1b[m       \x1b[32mcompleted\x1b[m\n"
	    "  \x1b[2magent\x1b[m        wc\n",
	    "titles are bold, names dim, the status in its colour");
	free(got);
}

/* Controls and lines that are too wide. */
static int
faults(const char *text, size_t columns)
{
	int wrong = 0;

	for (const char *p = text; *p; p++)
		wrong += ((unsigned char)*p < ' ' && *p != '\n') || *p == 127 ||
		         (*p == '\xc2' && (unsigned char)p[1] < 0xa0);
	for (const char *p = text; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n'))
		wrong += columns && screen_width(p, strcspn(p, "\n")) > columns;
	return wrong;
}

/* Any field may be anything: nothing that drives a terminal comes out, no line is too wide. */
static void
test_chance(void)
{
	static const char *const values[] = { "null", "7", "'\\u001b[31m\\u0007'", "'a\\nb\\tc\\r'",
		"[]", "{'message':'\\u001b[2J\\nx','reasoning':'\\u009b','lease':'x'}", "true",
		"''", "'\\u0085\\u009b\\u007f\\u202e'", "['\\u001b','" ID(7) "',7]",
		"'\\u4e2d\\u4e2d\\u4e2d "
		"\\u4e2d\\u4e2d\\u4e2d\\u4e2d\\u4e2d\\u4e2d\\u4e2d\\u4e2d\\u4e2d'",
		"{'\\u001b[m\\n':'\\u001b\\n','max_attempts':'x','k':{'\\u007f':'\\u009b'}}",
		"'2026-11-20T12:00:00Z'", "'pending'", "'subtasks'", "'completed'", "-1",
		"'averyverylongwordthatnolineofanyscreenhasroomforatleastnotinthistest!!'" };
	static const char *const names[] = { "title", "status", "waiting", "priority", "agent",
		"chat_id", "created_at", "created_by", "started_at", "finished_at", "attempt",
		"key", "metadata", "scope", "limits", "usage", "decision", "parent_id",
		"depends_on", "instruction", "context", "response", "error", "subtasks",
		"not_before", "lease", "reservation" };
	enum { VALUES = sizeof values / sizeof *values, NAMES = sizeof names / sizeof *names };
	int wrong = 0;

	for (int i = 0; i < 500; i++) {
		jv rec = record("{'id':'" ID(7) "'}");
		const struct view_form *forms[] = { &card_form, &card_why, &card_fields };
		struct tx *tx = domain_begin();

		for (int n = 0; n < 20; n++)
			rec = json_set(rec, names[box_random(NAMES)],
			    record("%s", values[box_random(VALUES)]));
		store_put(tx, "task/" ID(7), jv_copy(rec), JV_ARRAY(jv_string("parent." ID(7))),
		    jv_array());
		domain_commit(tx);
		for (size_t f = 0; f < 3; f++) {
			bool is_narrow = box_random(2);
			char *got = drawn(forms[f], jv_copy(rec), is_narrow ? "60" : "0", "never");

			wrong += faults(got, is_narrow ? 60 : 0);
			free(got);
		}
		jv_free(rec);
	}
	is_int(wrong, 0, "five hundred odd tasks: no control, no line that is too wide");
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	domain_open("card", 3);
	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	test_small();
	test_whole();
	test_family();
	test_why();
	test_times();
	test_again();
	test_fields();
	test_colours();
	test_chance();
	domain_close();
	return done_testing();
}
