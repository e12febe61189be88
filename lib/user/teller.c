#include "teller.h"

#include <stdlib.h>
#include <string.h>

#include "ending.h"
#include "err.h"
#include "handling.h"
#include "inquiry.h"
#include "utf8.h"

struct teller_ending {
	struct teller_ending *next;
	struct ending ending;
	unsigned long number;
	char chat_id[ID_TEXT]; /* where it was asked for; "": nowhere */
};

static jv
answer_in(const char *chat_id, const char *type, jv data, unsigned long number)
{
	jv answer = json_set_string(jv_object(), "type", type);

	if (*chat_id)
		answer = json_set_string(answer, "chat_id", chat_id);
	if (number)
		data = json_set_int(data, "line", (int64_t)number);
	return json_set(answer, "data", data);
}

jv
teller_answer(const struct teller *d, const char *type, jv data, unsigned long number)
{
	return answer_in(d->chat_id, type, data, number);
}

/* The request is consumed. */
static struct petition
petition_of(const struct teller *d, jv request)
{
	return (struct petition){ .s = d->s,
		.user = d->user,
		.chat_id = d->chat_id,
		.request = request };
}

int
teller_enter(struct teller *d, const char *given)
{
	struct petition p = petition_of(d, json_set_string(jv_object(), "chat_id", given));
	jv chat = petition_read(&p, inquiry_chat);
	const char *id = json_peek_string(chat, "id");

	if (id)
		memcpy(d->chat_id, id, ID_TEXT);
	jv_free(chat);
	jv_free(p.request);
	return id ? 0 : -1;
}

/* --- what was cancelled */

bool
teller_is_ending(const struct teller *d)
{
	return d->end != NULL;
}

/* The ending (consumed) goes to the end of the line. */
static void
queue(struct teller *d, struct ending ending, unsigned long number)
{
	struct teller_ending **last = &d->end, *new = xmalloc(sizeof *new);

	*new = (struct teller_ending){ .ending = ending, .number = number };
	memcpy(new->chat_id, d->chat_id, ID_TEXT);
	while (*last)
		last = &(*last)->next;
	*last = new;
}

static void
drop_first(struct teller *d)
{
	struct teller_ending *first = d->end;

	d->end = first->next;
	ending_release(&first->ending);
	free(first);
}

jv
teller_end(struct teller *d, void (*step)(void *arg, size_t gone), void *arg, unsigned long *number)
{
	struct teller_ending *first = d->end;
	int rc = ending_run(&first->ending, d->s, step, arg);
	jv data = json_set(jv_object(), "tasks", ending_tasks(&first->ending)),
	   answer = answer_in(first->chat_id, "cancelled", data, first->number);

	*number = first->number;
	drop_first(d);
	if (rc == 0)
		return answer;
	jv_free(answer);
	return jv_invalid();
}

void
teller_close(struct teller *d)
{
	while (d->end)
		drop_first(d);
}

/* --- lines */

static const struct request {
	const char *type, *answer;
	jv (*carry_out)(struct petition *p, petition_act *act);
	petition_act *act;
} requests[] = {
	{ "message", "posted", petition_change, handling_message },
	{ "start_chat", "chat_ready", petition_change, handling_start_chat },
	{ "switch_chat", "chat_ready", petition_read, handling_switch_chat },
	{ "list_chats", "chats", petition_call, inquiry_chats },
	{ "tasks", "tasks", petition_call, inquiry_tasks },
	{ "events", "events", petition_read, inquiry_events },
	{ "task", "task", petition_read, inquiry_task },
	{ "start_task", "started", petition_change, handling_start_task },
	{ "cancel", "cancelled", petition_change, handling_cancel },
	{ "approve", "approved", petition_change, handling_approve },
	{ "deny", "denied", petition_change, handling_deny },
	{ "retry", "retried", petition_change, handling_retry },
};

enum { REQUESTS = sizeof requests / sizeof *requests };

/* What a line asks for: an object, else a text that is a message. */
static jv
read_line(const char *text, size_t len)
{
	const char *first = text + strspn(text, " \t\r");
	jv request;

	if (*first == '{')
		return json_parse_object(text, len);
	if (utf8_is_text(text, len)) {
		request = json_set_string(jv_object(), "type", "message");
		return json_set(request, "text", json_utf8(text, len));
	}
	err_set(EX_DATAERR, "not UTF-8, or a NUL in it");
	return jv_invalid();
}

/* What the request's type says; NULL with err: nothing. */
static const struct request *
find_request(jv request)
{
	const char *type = json_peek_string(request, "type");

	for (size_t i = 0; type && i < REQUESTS; i++)
		if (!strcmp(requests[i].type, type))
			return &requests[i];
	err_set(EX_DATAERR, "type is %.40s, want message, start_chat, switch_chat ...",
	    type ? type : "missing");
	return NULL;
}

/* What comes of a petition beside its answer.  Whether that follows. */
static bool
take_outcome(struct teller *d, struct petition *p, unsigned long number)
{
	bool is_ending = p->ending.by != NULL;

	if (p->has_moved) {
		memcpy(d->chat_id, p->to, ID_TEXT);
		d->from = p->from;
		d->has_moved = true;
	}
	if (is_ending)
		queue(d, p->ending, number);
	p->ending = (struct ending){ .by = NULL };
	return p->has_moved || is_ending;
}

jv
teller_do(struct teller *d, const char *text, size_t len, unsigned long number)
{
	struct petition p = petition_of(d, read_line(text, len));
	const struct request *r = jv_is_valid(p.request) ? find_request(p.request) : NULL;
	jv answer = r ? r->carry_out(&p, r->act) : jv_invalid();

	if (jv_is_valid(answer))
		answer = take_outcome(d, &p, number) ? (jv_free(answer), jv_null())
		                                     : teller_answer(d, r->answer, answer, number);
	ending_release(&p.ending);
	jv_free(p.request);
	return answer;
}
