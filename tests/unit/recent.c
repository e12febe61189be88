#include "recent.h"
#include "event.h"
#include "letters.h"

static void
post(const char *chat, const char *text)
{
	jv event = json_set_string(record("%s", text), "chat_id", chat), stored;

	if (event_post(tx, event, &stored) != EVENT_POSTED)
		abort();
	jv_free(stored);
}

static void
test_recent(void)
{
	static const char *const other = "11111111-1111-4111-8111-111111111111";
	jv chat, mine;
	const char *id;

	begin_test();
	chat = chat_add(tx, NULL, "ada", jv_array());
	id = json_peek_string(chat, "id");
	mine = record("{'id':'22222222-2222-4222-8222-222222222222','chat_id':'%s',"
		      "'source':{'message_id':'33333333-3333-4333-8333-333333333333'}}",
	    id);
	is_json(recent_messages(tx, mine, 1000), "[]", "of an empty chat there is nothing to tell");
	post(id, "{'type':'message','user_id':'ada','data':{'text':'one'}}");
	post(id, "{'type':'status','data':{'message':'no message'}}");
	post(id, "{'type':'message','data':{'text':'two','task_id':'11111111-1111-4111-8111-"
		 "111111111111'}}");
	post(id, "{'type':'message','data':{'text':'its own','task_id':'22222222-2222-4222-8222-"
		 "222222222222'}}");
	post(id, "{'type':'message','user_id':'ada','id':'33333333-3333-4333-8333-333333333333',"
		 "'data':{'text':'what it was made of'}}");
	post(id, "{'type':'message','user_id':'bob','data':{'text':'three'}}");
	is_json(recent_messages(tx, mine, 1000),
	    "[{'from':'ada','kind':'person','text':'one'},{'from':'11111111','kind':'task','text':'"
	    "two'},"
	    "{'from':'bob','kind':'person','text':'three'}]",
	    "messages of people and other tasks, the oldest first");
	is_json(recent_messages(tx, mine, 8),
	    "[{'from':'11111111','kind':'task','text':'two'},{'from':'bob','kind':'person','text':'"
	    "three'}]",
	    "the last ones that fit");
	is_json(recent_messages(tx, mine, 4), "[]", "a text that does not fit ends it");
	is_json(recent_messages(tx, mine, 0), "[]", "none where there is no room");
	jv_free(chat_set_policy(tx, id, record("{'trust':'members'}")));
	jv_free(chat_set_member(tx, id, "bob", "agent"));
	post(id, "{'type':'message','user_id':'eve','data':{'text':'four'}}");
	is_json(recent_messages(tx, mine, 9),
	    "[{'from':'bob','kind':'agent','text':'three'},"
	    "{'from':'eve','kind':'person','trusted':false,'text':'four'}]",
	    "whom the chat does not trust is told");
	jv_free(mine);
	mine = record("{'id':'%s'}", other);
	is_json(recent_messages(tx, mine, 1000), "[]", "a task without a chat hears nothing");
	jv_free(mine);
	jv_free(chat);
	end_test();
}

int
main(void)
{
	domain_open("recent", 1);
	test_recent();
	domain_close();
	return done_testing();
}
