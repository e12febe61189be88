#include <stdlib.h>

#include "err.h"
#include "json.h"
#include "record.h"
#include "tap.h"

#define ID  "5b5b1f8e-9d5c-4cf4-8ac7-0f3ec7e4c2aa"
#define ID2 "6b5b1f8e-9d5c-4cf4-8ac7-0f3ec7e4c2aa"

/* Single quotes stand for double ones. */
static void
is_refused(const char *key, const char *text, const char *why)
{
	char *json = xstrdup(text);
	jv value;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	value = json_parse(json, strlen(json));
	if (why) {
		is_int(record_check(key, value), -1, text);
		is(err_text(), why, why);
	} else {
		is_int(record_check(key, value), 0, text);
	}
	jv_free(value);
	free(json);
}

int
main(void)
{
	is_refused("task/" ID, "{'id':'" ID "','instruction':'x','status':'pending'}", NULL);
	is_refused("task/" ID, "{'id':'" ID2 "','instruction':'x','status':'pending'}",
	    "id: want that of the key");
	is_refused("task/x", "{'id':'x','instruction':'x','status':'pending'}",
	    "id: want that of the key");
	is_refused("task/" ID, "{'id':'" ID "','status':'pending'}", "instruction: is missing");
	is_refused("task/" ID, "{'id':'" ID "','instruction':'x'}", "status: is missing");
	is_refused("task/" ID, "{'id':'" ID "','instruction':'x','status':'odd'}",
	    "status 'odd': want pending, in_progress, completed, failed or cancelled");
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'pending','depends_on':[1]}",
	    "depends_on[0]: want a string");
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'in_progress','lease':'../../x'}",
	    "lease: want a UUID");
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'pending','waiting':'approval',"
	    "'approval':{'request_id':'r','question':'?'}}",
	    NULL);
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'pending','waiting':'approval'}",
	    "waiting: no approval is asked for");
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'pending','waiting':'approval',"
	    "'approval':{'request_id':'r','question':'?','decision':'approved'}}",
	    "waiting: no approval is asked for");
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'failed','approval':{'request_id':1}}",
	    "approval: want request_id, a string of 1 to 100 bytes, and question");
	is_refused("task/" ID,
	    "{'id':'" ID "','instruction':'x','status':'failed','approval':'yes'}",
	    "approval: want request_id, a string of 1 to 100 bytes, and question");
	is_refused("chat/" ID, "{'id':'" ID "','user_id':'ann'}", NULL);
	is_refused("chat/" ID, "{'id':'" ID "'}", "user_id: is missing");
	is_refused("chat/" ID, "{'user_id':'ann'}", "id: want that of the key");
	is_refused("event/" ID "/3",
	    "{'id':'" ID2 "','chat_id':'" ID "','seq':3,'type':'status','data':{}}", NULL);
	is_refused("event/" ID "/3",
	    "{'id':'" ID2 "','chat_id':'" ID "','seq':4,'type':'status','data':{}}",
	    "event: want an id, and the key's chat_id and seq");
	is_refused("event/" ID "/3", "{'chat_id':'" ID "','seq':3,'type':'status','data':{}}",
	    "event: want an id, and the key's chat_id and seq");
	is_refused("event/../3",
	    "{'id':'" ID2 "','chat_id':'..','seq':3,'type':'status','data':{}}",
	    "event: want an id, and the key's chat_id and seq");
	is_refused("agent/smith", "{'role':'Smith'}", NULL);
	is_refused("agent/smith", "{'role':'Smith','kind':'llm','max_turns':'x'}",
	    "max_turns: want a whole number from 1 to 1000000");
	is_refused("agent/smith", "{'role':'Jones'}", "role: want that of the key");
	is_refused("agent/", "{'role':''}",
	    "role '': want a letter, then up to 63 letters, digits, '_' or '-'");
	is_refused("cursor/me/" ID, "{'name':'me','chat_id':'" ID "','seq':0}", NULL);
	is_refused("cursor/me/all", "{'name':'me','chat_id':'all','seq':0}", NULL);
	is_refused("cursor/me/any", "{'name':'me','chat_id':'any','seq':0}",
	    "cursor: want the key's name and chat_id");
	is_refused("cursor/me/" ID, "{'name':'you','chat_id':'" ID "','seq':0}",
	    "cursor: want the key's name and chat_id");
	is_refused("cursor/me/" ID, "{'name':'me','chat_id':'" ID "'}",
	    "cursor: want name, chat_id and seq");
	is_refused("schedule/s", "{'name':'s','chat_id':'" ID "','slot':'2026-11-20T10:00:00Z'}",
	    NULL);
	is_refused("schedule/s", "{'name':'t','task_id':'" ID "'}", "name: want that of the key");
	is_refused("schedule/s", "{'name':'s','slot':'soon'}", "schedule: slot is no time");
	is_refused("schedule/s", "{'name':'s','chat_id':'x'}",
	    "schedule: want a name, and a UUID as chat_id");
	is_refused("note/1", "{'any':'thing'}", NULL);
	return done_testing();
}
