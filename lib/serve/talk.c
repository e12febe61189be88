#include "talk.h"

#include <string.h>

#include "agent.h"
#include "err.h"
#include "event.h"
#include "remark.h"

static int
post(struct desk *d, struct tx *tx, struct order *o)
{
	const char *text = order_text(o, "text"), *reply_to = order_text(o, "reply_to");
	jv chat = desk_chat(d, tx, order_text(o, "chat_id"), MAY_POST), data, event, stored;

	if (!jv_is_valid(chat))
		return -1;
	data = json_set(jv_object(), "text", json_utf8(text, strlen(text)));
	if (reply_to)
		data = json_set_string(data, "reply_to", reply_to);
	event = event_new("message", data, d->user, json_peek_string(chat, "id"));
	jv_free(chat);
	stored = remark_post(tx, event_stamp(event));
	if (!jv_is_valid(stored))
		return err_code() == EX_NOINPUT ? err_set(EX_NOINPUT,
						      "reply_to: there is no event %.80s; "
						      "chat_read tells which there are",
						      reply_to)
		                                : -1;
	o->result = json_set_valid(jv_object(), "event_id", json_get(stored, "id", JV_KIND_STRING));
	o->result = json_set_int(o->result, "seq", json_peek_int(stored, "seq", 0));
	o->result =
	    json_set_valid(o->result, "chat_id", json_get(stored, "chat_id", JV_KIND_STRING));
	jv_free(stored);
	return ORDER_DONE;
}

int
talk_post(struct desk *d, struct order *o)
{
	return desk_change(d, o, post);
}

static int
read_events(struct desk *d, struct tx *tx, struct order *o)
{
	jv chat = desk_chat(d, tx, order_text(o, "chat_id"), MAY_READ), events = jv_array();
	int64_t limit = json_peek_int(o->args, "limit", TALK_READ),
		since = json_peek_int(o->args, "since", -1);
	const char *id = jv_is_valid(chat) ? json_peek_string(chat, "id") : "";
	uint64_t last, seq, n = 0;
	struct scan_text text;
	size_t bytes = 0;

	/* a seq that was told is nobody else's, also after a power cut */
	if (!jv_is_valid(chat) || store_settle(tx) < 0) {
		jv_free(chat);
		jv_free(events);
		return -1;
	}
	last = event_last(tx, id);
	seq = since >= 0 ? (uint64_t)since : last > (uint64_t)limit ? last - (uint64_t)limit : 0;
	while (limit-- > 0 && bytes < TALK_READ_BYTES && (n = event_next(tx, id, &seq, n)) != 0 &&
	       store_peek(tx, n, &text)) {
		events = jv_array_append(events, json_parse(text.p, text.len));
		bytes += text.len;
	}
	o->result = json_set_string(jv_object(), "chat_id", id);
	o->result = json_set(o->result, "events", events);
	o->result = json_set_int(o->result, "last_seq", (int64_t)last);
	jv_free(chat);
	return ORDER_DONE;
}

int
talk_read(struct desk *d, struct order *o)
{
	return desk_look(d, o, read_events);
}

static int
list_agents(struct desk *d, struct tx *tx, struct order *o)
{
	static const char *const members[] = { "role", "description", "skills", "kind", "status" };
	jv crew = agent_crew(tx), agents = jv_array();

	(void)d;
	jv_array_foreach (crew, i, agent) {
		jv one = jv_object();

		for (size_t j = 0; j < sizeof members / sizeof *members; j++)
			one = json_set_valid(one, members[j],
			    jv_object_get(jv_copy(agent), jv_string(members[j])));
		agents = jv_array_append(agents, one);
		jv_free(agent);
	}
	jv_free(crew);
	o->result = json_set(jv_object(), "agents", agents);
	return ORDER_DONE;
}

int
talk_agents(struct desk *d, struct order *o)
{
	return desk_look(d, o, list_agents);
}
