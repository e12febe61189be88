#include "rows.h"
#include "chat.h"
#include "domain.h"
#include "event.h"

/* A record's cells, between tabs, as form makes them. */
static void
looks(const struct view_form *form, bool is_tsv, const char *text, const char *want,
    const char *fact)
{
	struct screen s = { 0 };
	struct table t = { .column = form->columns,
		.screen = &s,
		.has_heading = true,
		.is_tsv = is_tsv };
	struct tx *tx = store_read(domain);
	struct buf b = { 0 };
	jv rec = record("%s", text);

	form->row(&t, tx, rec, clock_now_ms());
	store_end(tx);
	table_flush(&t, &b);
	is(b.p, want, fact);
	table_release(&t);
	buf_release(&b);
	jv_free(rec);
}

#define ID "'id':'1f3c9a2b-0000-4000-8000-000000000001'"

static void
test_tasks(void)
{
	static const char task[] =
	    "{" ID ",'status':'pending','waiting':'subtasks','priority':'high',"
	    "'created_at':'2026-11-20T11:57:00Z','agent':'smith',"
	    "'title':'Make\\tnails'}";

	looks(&rows_task, false, task, "1f3c9a2b  waiting  high   3m  smith  Make nails\n",
	    "a task: short id, status, priority, age, agent, title");
	looks(&rows_task, true, task,
	    "1f3c9a2b-0000-4000-8000-000000000001\tpending:subtasks\thigh\t2026-11-20T11:57:00Z\t"
	    "smith\tMake nails\n",
	    "with tabs its whole id and time");
	looks(&rows_task, false, "{" ID ",'status':'completed','waiting':'time'}",
	    "1f3c9a2b  completed\n", "only what is pending waits");
	looks(&rows_task, false, "{}", "\n", "what is missing is left out");
	looks(&rows_task, true,
	    "{'id':7,'status':[],'priority':{},'created_at':'noon','title':null}",
	    "\t\t\tnoon\t\t\n", "so is what is no string");
	looks(&rows_task, false, "{'id':'\\u001b[2Jab','created_at':'noon','title':'a\\nb'}",
	    "ab                            a b\n", "controls do not come through");
}

static void
test_graph(void)
{
	looks(&rows_graph, false,
	    "{" ID ",'status':'in_progress','agent':'smith','title':'Make nails',"
	    "'depends_on':['2f3c9a2b-0000-4000-8000-000000000001']}",
	    "1f3c9a2b  in_progress  smith  2f3c9a2b  Make nails\n",
	    "a task of a graph says what it comes after");
	looks(&rows_graph, true, "{'title':'t','depends_on':['2f3c9a2b-0000',7,'x']}",
	    "\t\t\t2f3c9a2b +2\tt\n", "of several the first");
	looks(&rows_graph, true, "{'title':'t','depends_on':[7]}", "\t\t\t\tt\n",
	    "what is no id is left out");
	looks(&rows_graph, true, "{'title':'t','depends_on':7}", "\t\t\t\tt\n",
	    "what is no list, too");
}

static void
test_plans(void)
{
	looks(&rows_plan, false,
	    "{'id':'2','priority':'high','assigned_to':'smith','estimated_hours':2.5,"
	    "'dependencies':['0','1'],'title':'Make nails'}",
	    "2   high  smith    2.5  0 1    Make nails\n", "a subtask of a plan");
	looks(&rows_plan, false, "{" ID ",'agent':'smith','title':'x'}",
	    "1f3c9a2b        smith                x\n", "and its task");
	looks(&rows_plan, true, "{'estimated_hours':0,'dependencies':7}", "\t\t\t\t\t\n",
	    "nothing is made of nothing");
}

static void
test_chats(void)
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, "The garden", "ada", jv_array()), event, stored;
	const char *id = json_peek_string(chat, "id");
	char *text, *want;

	for (int i = 0; i < 3; i++) {
		event = record("{'type':'message','data':{'text':'x'},'chat_id':'%s'}", id);
		if (event_post(tx, event, &stored) != EVENT_POSTED)
			abort();
		jv_free(stored);
	}
	domain_commit(tx);
	text = xprintf("{'id':'%s','created_at':'2026-11-19T12:00:00Z','user_id':'ada',"
		       "'title':'The garden'}",
	    id);
	want = xprintf("%.8s   1d       3  ada    The garden\n", id);
	looks(&rows_chat, false, text, want,
	    "a chat: short id, age, how many events, owner, title");
	free(want);
	want = xprintf("%s\t2026-11-19T12:00:00Z\t3\tada\tThe garden\n", id);
	looks(&rows_chat, true, text, want, "with tabs its whole id and time");
	free(want);
	free(text);
	looks(&rows_chat, true, "{}", "\t\t\t\t\n", "what is missing is left out");
	jv_free(chat);
}

/* A chat that was just made, which no transaction has read. */
static void
test_new_chat(void)
{
	struct screen s = { 0 };
	struct table t = { .column = rows_chat.columns, .screen = &s, .is_tsv = true };
	struct buf b = { 0 };
	jv chat = record("{'id':'x','user_id':'ada'}");

	rows_chat.row(&t, NULL, chat, 0);
	table_flush(&t, &b);
	is(b.p, "x\t\t\tada\t\n", "without a transaction the events are not counted");
	table_release(&t);
	buf_release(&b);
	jv_free(chat);
}

static void
test_agents(void)
{
	looks(&rows_agent, true,
	    "{'role':'smith','input':'json','skills':['iron','hot coal'],"
	    "'command':['sh','-c','echo \\\"$1\\\"','\\u001b[2J\\n']}",
	    "smith\tjson\tiron, hot coal\tsh -c 'echo \"$1\"' ' '\n",
	    "an agent: role, input, skills, command");
	looks(&rows_agent, true, "{'role':'x','skills':[],'command':[7,'a',null]}",
	    "x\t\t\t'' a ''\n", "what is no string is an empty word");
	looks(&rows_agent, true, "{'skills':'iron','command':{}}", "\t\t\t\n",
	    "so is what is no list");
}

static void
paints(const char *task, enum paint want, const char *fact)
{
	jv rec = record("%s", task);

	is_int(rows_paint(rec), want, fact);
	jv_free(rec);
}

static void
test_paint(void)
{
	paints("{'status':'completed'}", GREEN, "completed is green");
	paints("{'status':'failed'}", RED, "failed is red");
	paints("{'status':'in_progress'}", YELLOW, "running is yellow");
	paints("{'status':'cancelled'}", DIM, "cancelled is dim");
	paints("{'status':'pending','waiting':'time'}", DIM, "so is what waits");
	paints("{'status':'pending'}", PLAIN, "what may run is plain");
	paints("{}", PLAIN, "so is nothing");
}

static void
test_status(void)
{
	looks(&rows_task, false, "{" ID ",'status':'pending','priority':'medium','title':'x'}",
	    "1f3c9a2b  pending                    x\n", "what is usual is not said");
	looks(&rows_task, false, "{" ID ",'status':'completed','title':'x','duplicate':true}",
	    "1f3c9a2b  completed                    (there already) x\n", "what was there says so");
}

int
main(void)
{
	domain_open("rows", 1);
	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	unsetenv("COLUMNS");
	screen_open(&(struct screen){ 0 }, STDIN_FILENO, "never");
	test_tasks();
	test_graph();
	test_plans();
	test_chats();
	test_new_chat();
	test_agents();
	test_paint();
	test_status();
	domain_close();
	return done_testing();
}
