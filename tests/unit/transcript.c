#include "transcript.h"
#include "domain.h"

static struct log *log_file;

static void
add(struct transcript *t, const char *kind, const char *note)
{
	if (transcript_add(t, log_file, kind, record("%s", note)) < 0)
		abort();
}

/* A conversation of two turns and a tool call, and another call that has not ended. */
static void
converse(struct transcript *t)
{
	add(t, "start", "{'retries':0}");
	add(t, "prompt", "{'about':{'a':1},'messages':[{'role':'user','content':'do it'}]}");
	add(t, "turn",
	    "{'message':{'role':'assistant','content':'','tool_calls':[{'id':'a','name':'x'},"
	    "{'id':'b','name':'y'},{'name':'without id'},7]},"
	    "'usage':{'input_tokens':3,'output_tokens':4,'total_tokens':7},'stop':'tool_calls'}");
	add(t, "tool_start", "{'call_id':'a','name':'x','args':{}}");
	add(t, "tool_end", "{'call_id':'a','name':'x','status':'success','content':'fine'}");
	add(t, "tool_start", "{'call_id':'b','name':'y','args':{}}");
}

static void
stands(struct transcript *t, const char *fact)
{
	is_json(jv_copy(t->calls), "[{'id':'b','name':'y'}]", fact);
	is_json(jv_copy(t->started), "'b'", "... what was begun");
	is_json(jv_copy(t->about), "{'a':1}", "... what it is about");
	is_json(jv_copy(t->stop), "'tool_calls'", "... why the turn ended");
	is_json(jv_copy(t->usage),
	    "{'input_tokens':3,'output_tokens':4,'total_tokens':7,'calls':1}", "... its usage");
	is_int(t->turns, 1, "... its turns");
	is_int(t->tokens, 7, "... its tokens");
	is_json(jv_array_get(jv_copy(t->messages), 2),
	    "{'role':'tool','tool_call_id':'a','name':'x','content':'fine'}", "... a result");
	is_int(jv_array_length(jv_copy(t->messages)), 3, "... its messages");
}

/* What is read is what was added. */
static void
read_again(struct transcript *t)
{
	transcript_release(t);
	transcript_init(t);
	if (transcript_read(t, box_fd, "task") < 0)
		abort();
}

static void
test_fold(void)
{
	struct transcript t;

	transcript_init(&t);
	converse(&t);
	stands(&t, "calls without a result are open; those that cannot be answered are none");
	read_again(&t);
	stands(&t, "read again, it is the same");
	add(&t, "tool_end", "{'call_id':'b','name':'y','status':'error','content':'no'}");
	is_json(jv_copy(t.calls), "[]", "with its results a turn is done with");
	ok(!jv_is_valid(t.started), "nothing is begun then");
	is_json(jv_array_get(jv_copy(t.messages), 3),
	    "{'role':'tool','tool_call_id':'b','name':'y','content':'no','is_error':true}",
	    "an error is one");
	add(&t, "refused", "{'message':'not so'}");
	is_json(jv_array_get(jv_copy(t.messages), 4), "{'role':'user','content':'not so'}",
	    "what was refused is told");
	add(&t, "start", "{'retries':1}");
	is_int(t.turns, 0, "what a person has put back may use its budget again");
	is_json(json_get(t.usage, "total_tokens", JV_KIND_NUMBER), "7",
	    "but it has used what it has");
	add(&t, "prompt", "{'about':{'a':2},'messages':[]}");
	is_int(jv_array_length(jv_copy(t.messages)), 0, "it can begin anew");
	read_again(&t);
	is_json(jv_copy(t.about), "{'a':2}", "which is read, too");
	transcript_release(&t);
}

/* A log is a file; whatever stands in it, nothing breaks. */
static void
test_odd(void)
{
	static const char *const notes[] = { "{}", "{'message':5,'usage':[]}",
		"{'message':{},'usage':{'total_tokens':'x'}}", "{'messages':{},'about':7}",
		"{'call_id':{}}", "{'retries':'x'}", "{'message':{'tool_calls':{}}}" };
	static const char *const kinds[] = { "start", "prompt", "turn", "tool_start", "tool_end",
		"refused", "unheard_of" };
	struct transcript t;

	transcript_init(&t);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t n = 0; n < sizeof notes / sizeof *notes; n++)
			add(&t, kinds[k], notes[n]);
	ok(jv_get_kind(t.messages) == JV_KIND_ARRAY && jv_get_kind(t.calls) == JV_KIND_ARRAY,
	    "notes of any form leave a transcript");
	transcript_release(&t);
}

static void
test_missing(void)
{
	struct transcript t;

	transcript_init(&t);
	is_int(transcript_read(&t, box_fd, "nobody"), 0, "a task without a log has said nothing");
	ok(!jv_is_valid(t.about), "its conversation has not begun");
	transcript_release(&t);
}

/* What the model hears of those that it has spawned. */
static void
test_spawned(void)
{
	struct transcript t;

	transcript_init(&t);
	add(&t, "start", "{'retries':0,'at':'2026-11-20T12:00:00.000Z'}");
	ok(t.began_ms > 0, "when the attempt began is known");
	add(&t, "turn",
	    "{'message':{'role':'assistant','tool_calls':[{'id':'a','name':'create_task','"
	    "arguments':"
	    "{'wait':true}},{'id':'b','name':'create_task','arguments':{}},{'id':'c','name':"
	    "'create_task','arguments':{'wait':true}}]},'usage':{'total_tokens':7}}");
	add(&t, "tool_end", "{'call_id':'a','name':'create_task','status':'success','content':''}");
	add(&t, "tool_end", "{'call_id':'b','name':'create_task','status':'success','content':''}");
	add(&t, "tool_end", "{'call_id':'c','name':'create_task','status':'error','content':''}");
	is_json(jv_copy(t.told), "{'a':true}", "a call that has waited has told the end");
	add(&t, "spawned", "{'task_ids':['x'],'total_tokens':5,'message':'x is done'}");
	add(&t, "spawned", "{'task_ids':['y',7],'total_tokens':3}");
	is_json(jv_copy(t.told), "{'a':true,'x':true,'y':true}", "so has a note");
	is_json(jv_array_get(jv_copy(t.messages), 4), "{'role':'user','content':'x is done'}",
	    "and its message, if it has one");
	is_int(t.tokens, 15, "what they have used counts");
	is_json(jv_copy(t.usage), "{'input_tokens':0,'output_tokens':0,'total_tokens':7,'calls':1}",
	    "but is theirs");
	add(&t, "prompt", "{'about':{},'messages':[]}");
	is_json(jv_copy(t.told), "{}", "a new conversation knows nothing");
	transcript_release(&t);
}

int
main(void)
{
	box_open("transcript", 1);
	if (!(log_file = log_open(box_fd, "task", 0)))
		abort();
	test_fold();
	test_odd();
	test_missing();
	test_spawned();
	log_close(log_file);
	box_close();
	return done_testing();
}
