/* What a client reads of a chat is on the disk: as a tool, and as a resource. */
#include "talk.h"
#include "chat.h"
#include "domain.h"
#include "event.h"
#include "shelf.h"

/* A chat of ann's with an event that is not on the disk yet; its id. */
static void
make_chat(char id[ID_TEXT])
{
	struct tx *tx = domain_begin();
	jv chat = chat_add(tx, NULL, "ann", jv_array()), stored;

	snprintf(id, ID_TEXT, "%s", json_peek_string(chat, "id"));
	jv_free(chat);
	event_post(tx, event_new("message", record("{'text':'hello'}"), "ann", id), &stored);
	jv_free(stored);
	domain_commit(tx);
}

/* Whether all is on the disk. */
static bool
is_durable(void)
{
	struct tx *tx = store_read(domain);
	bool is = store_durable(domain) == store_head(tx).revision;

	return store_end(tx) == 0 && is;
}

/* That the answer to ann, who asks for a chat so, is on the disk. */
static void
reads(int (*read)(struct desk *d, struct order *o), const char *args, const char *fact)
{
	struct desk desk = { .user = "ann", .s = domain };
	char id[ID_TEXT];
	struct order *o;

	make_chat(id);
	o = order_new(jv_number(1), record(args, id), NULL);
	ok(!is_durable(), "an event is not on the disk");
	is_int(read(&desk, o), ORDER_DONE, fact);
	ok(is_durable(), "then it is");
	order_free(o);
}

int
main(void)
{
	domain_open("talk", 1);
	reads(talk_read, "{'chat_id':'%s'}", "a tool reads it");
	reads(shelf_read, "{'uri':'legwork://chat/%s'}", "a resource has it");
	domain_close();
	return done_testing();
}
