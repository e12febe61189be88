#include "teller.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "approve.h"
#include "chat.h"
#include "ending.h"
#include "err.h"
#include "listing.h"
#include "remark.h"
#include "retry.h"
#include "task.h"
#include "utf8.h"
#include "why.h"

/* How many are listed unless told, and at most. */
enum { LISTED = 50, LISTED_MAX = 1000 };

struct teller_ending {
	struct teller_ending *next;
	struct ending ending;
	unsigned long number;
};

jv
teller_answer(const struct teller *d, const char *type, jv data, unsigned long number)
{
	jv answer = json_set_string(jv_object(), "type", type);

	if (*d->chat_id)
		answer = json_set_string(answer, "chat_id", d->chat_id);
	if (number)
		data = json_set_int(data, "line", (int64_t)number);
	return json_set(answer, "data", data);
}

/* --- what is asked for: each act returns its answer's data, or invalid with err, having changed
 * nothing */

struct ask {
	struct teller *d;
	jv request;
	unsigned long number;
	bool follows;         /* the answer does */
	struct ending ending; /* then, of what was cancelled */
};

static bool
is_refusal(void)
{
	return err_code() == EX_NOPERM || err_code() == EX_TEMPFAIL;
}

/* In one transaction.  What was refused is in the audit (may.h). */
static jv
in_transaction(struct ask *a, jv (*act)(struct ask *a, struct tx *tx))
{
	enum store_result rc;
	jv data;

	do {
		struct tx *tx = store_begin(a->d->s);

		if (!tx)
			return jv_invalid();
		data = act(a, tx);
		if (!jv_is_valid(data))
			rc = is_refusal() ? may_settle(tx) : (store_end(tx), STORE_OK);
		else if ((rc = store_commit(tx, STORE_DURABLE)) != STORE_OK)
			data = (jv_free(data), jv_invalid());
	} while (rc == STORE_AGAIN);
	return data;
}

/* The chat that is meant; NULL with err. */
static const char *
given_chat(struct ask *a)
{
	const char *given = json_peek_string(a->request, "chat_id");

	if (!given && *a->d->chat_id)
		given = a->d->chat_id;
	if (!given)
		err_set(EX_DATAERR, "chat_id: missing, and no chat was entered");
	return given;
}

/* --- messages */

static jv
post(struct ask *a, struct tx *tx)
{
	jv event = jv_invalid(), stored = jv_invalid(), data = jv_invalid();
	const char *given = given_chat(a);
	char chat_id[ID_TEXT];

	if (given && store_resolve(tx, "chat", given, chat_id) == 0)
		event = remark_event(a->request, a->d->user, chat_id);
	if (jv_is_valid(event))
		stored = remark_post(tx, event);
	if (jv_is_valid(stored)) {
		data = json_set_string(jv_object(), "id", json_peek_string(stored, "id"));
		data = json_set_int(data, "seq", json_peek_int(stored, "seq", 0));
	}
	jv_free(stored);
	return data;
}

/* --- chats */

/* From now on the chat (borrowed) is meant. */
static void
move(struct ask *a, jv chat, struct follow_from from)
{
	memcpy(a->d->chat_id, json_peek_string(chat, "id"), ID_TEXT);
	a->d->from = from;
	a->d->has_moved = a->follows = true;
}

static jv
start_chat(struct ask *a, struct tx *tx)
{
	jv chat = chat_add(tx, json_peek_string(a->request, "title"), a->d->user, jv_array());

	if (jv_is_valid(chat))
		move(a, chat, (struct follow_from){ NULL, -1, 0, NULL });
	return chat;
}

/* The chat that is named, to be read. */
static jv
find_chat(struct ask *a, struct tx *tx)
{
	const char *given = json_peek_string(a->request, "chat_id");

	if (given)
		return access_chat(tx, given, a->d->user, MAY_READ);
	err_set(EX_DATAERR, "chat_id: want a chat's id");
	return jv_invalid();
}

static jv
switch_chat(struct ask *a, struct tx *tx)
{
	jv chat = find_chat(a, tx);

	if (jv_is_valid(chat))
		move(a, chat,
		    (struct follow_from){ NULL, json_peek_int(a->request, "last", -1),
			json_peek_int(a->request, "since", -1), NULL });
	return chat;
}

int
teller_enter(struct teller *d, const char *given)
{
	struct ask a = { .d = d, .request = json_set_string(jv_object(), "chat_id", given) };
	jv chat = in_transaction(&a, find_chat);
	const char *id = json_peek_string(chat, "id");

	if (id)
		memcpy(d->chat_id, id, ID_TEXT);
	jv_free(chat);
	jv_free(a.request);
	return id ? 0 : -1;
}

/* --- lists */

/* How many are wanted.  0 with err: it is no such number. */
static int64_t
limit_of(struct ask *a)
{
	int64_t limit =
	    json_peek_int(a->request, "limit", json_has(a->request, "limit") ? 0 : LISTED);

	if (limit >= 1 && limit <= LISTED_MAX)
		return limit;
	err_set(EX_DATAERR, "limit: want 1 to %d", LISTED_MAX);
	return 0;
}

/* The answer's data, with a list (consumed) as that member. */
static jv
data_of(const char *name, jv items)
{
	return jv_is_valid(items) ? json_set(jv_object(), name, items) : items;
}

static jv
list_chats(struct ask *a)
{
	int64_t limit = limit_of(a);

	return limit ? data_of("chats", listing_chats(a->d->s, a->d->user, limit)) : jv_invalid();
}

/* The id of the chat that is meant, to be read. */
static jv
tasks_where(struct ask *a, struct tx *tx)
{
	const char *given = given_chat(a);
	jv chat = given ? access_chat(tx, given, a->d->user, MAY_READ) : jv_invalid(),
	   id = json_get(chat, "id", JV_KIND_STRING);

	jv_free(chat);
	return id;
}

static jv
list_tasks(struct ask *a)
{
	int64_t limit = limit_of(a);
	jv id = limit ? in_transaction(a, tasks_where) : jv_invalid(), tasks;

	if (!jv_is_valid(id))
		return id;
	tasks = listing_tasks(a->d->s, jv_string_value(id), json_peek_string(a->request, "status"),
	    limit);
	jv_free(id);
	return data_of("tasks", tasks);
}

/* --- tasks */

static const char *
given_task(struct ask *a)
{
	return json_peek_string(a->request, "task_id");
}

static jv
show_task(struct ask *a, struct tx *tx)
{
	jv task = access_task(tx, given_task(a), a->d->user, MAY_READ), data;

	if (!jv_is_valid(task))
		return task;
	data = json_set(jv_object(), "why", why_task(tx, task));
	return json_set(data, "task", task);
}

/* What is told of a task that has changed. */
static jv
told(struct tx *tx, const char *id)
{
	jv task = task_get(tx, id), data = json_set_string(jv_object(), "task_id", id);

	data = json_set_valid(data, "state", json_get(task, "status", JV_KIND_STRING));
	jv_free(task);
	return data;
}

static jv
decide(struct ask *a, struct tx *tx, bool yes)
{
	struct approval decision = { yes, a->d->user, json_peek_string(a->request, "reason") };
	jv task = access_task(tx, given_task(a), a->d->user, MAY_READ), data = jv_invalid();
	const char *id = json_peek_string(task, "id");

	if (id && access_decision(tx, task, a->d->user) == 0 &&
	    approve_task(tx, id, json_peek_string(a->request, "request_id"), decision) == 0)
		data = told(tx, id);
	jv_free(task);
	return data;
}

static jv
approve(struct ask *a, struct tx *tx)
{
	return decide(a, tx, true);
}

static jv
deny(struct ask *a, struct tx *tx)
{
	return decide(a, tx, false);
}

static jv
retry(struct ask *a, struct tx *tx)
{
	jv task = access_task(tx, given_task(a), a->d->user, MAY_ADD), data = jv_invalid();
	const char *id = json_peek_string(task, "id");

	if (id && retry_task(tx, id) >= 0)
		data = told(tx, id);
	jv_free(task);
	return data;
}

/* --- cancelling */

/* What is to end, a task or all tasks of a chat: owned; invalid with err. */
static jv
find_target(struct ask *a, struct tx *tx, bool is_all)
{
	const char *given;

	if (is_all == json_has(a->request, "task_id")) {
		err_set(EX_DATAERR, "cancel: want a task_id, or all: true");
		return jv_invalid();
	}
	if (!is_all)
		return access_task(tx, given_task(a), a->d->user, MAY_CANCEL);
	given = given_chat(a);
	return given ? access_chat(tx, given, a->d->user, MAY_CANCEL) : jv_invalid();
}

static jv
cancel(struct ask *a, struct tx *tx)
{
	bool is_all = json_peek_bool(a->request, "all");
	jv target = find_target(a, tx, is_all), data;
	struct ending ending;

	if (!jv_is_valid(target))
		return target;
	ending_open(&ending, json_peek_string(target, "id"), is_all, a->d->user,
	    json_peek_string(a->request, "reason"));
	jv_free(target);
	a->follows = ending_mark(&ending, tx) > 0;
	data = json_set(jv_object(), "tasks", ending_tasks(&ending));
	ending_release(&a->ending);
	a->ending = ending;
	return data;
}

bool
teller_is_ending(const struct teller *d)
{
	return d->end != NULL;
}

/* The ending goes to the end of the line. */
static void
queue(struct ask *a)
{
	struct teller_ending **last = &a->d->end, *new = xmalloc(sizeof *new);

	*new = (struct teller_ending){ .ending = a->ending, .number = a->number };
	a->ending = (struct ending){ .by = NULL };
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
	jv data = json_set(jv_object(), "tasks", ending_tasks(&first->ending));

	*number = first->number;
	drop_first(d);
	if (rc == 0)
		return teller_answer(d, "cancelled", data, *number);
	jv_free(data);
	return jv_invalid();
}

void
teller_close(struct teller *d)
{
	while (d->end)
		drop_first(d);
}

/* --- lines */

static const struct {
	const char *type, *answer;
	jv (*act)(struct ask *a, struct tx *tx); /* or */
	jv (*list)(struct ask *a);
} requests[] = {
	{ "message", "posted", post, NULL },
	{ "start_chat", "chat_ready", start_chat, NULL },
	{ "switch_chat", "chat_ready", switch_chat, NULL },
	{ "list_chats", "chats", NULL, list_chats },
	{ "tasks", "tasks", NULL, list_tasks },
	{ "task", "task", show_task, NULL },
	{ "cancel", "cancelled", cancel, NULL },
	{ "approve", "approved", approve, NULL },
	{ "deny", "denied", deny, NULL },
	{ "retry", "retried", retry, NULL },
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

static jv
carry_out(struct ask *a)
{
	const char *type = json_peek_string(a->request, "type");
	size_t i = 0;
	jv data;

	while (i < REQUESTS && !(type && !strcmp(requests[i].type, type)))
		i++;
	if (i == REQUESTS) {
		err_set(EX_DATAERR, "type is %.40s, want message, start_chat, switch_chat ...",
		    type ? type : "missing");
		return jv_invalid();
	}
	data = requests[i].list ? requests[i].list(a) : in_transaction(a, requests[i].act);
	if (!jv_is_valid(data) || !a->follows)
		return jv_is_valid(data) ? teller_answer(a->d, requests[i].answer, data, a->number)
		                         : data;
	if (a->ending.by)
		queue(a);
	jv_free(data);
	return jv_null();
}

jv
teller_do(struct teller *d, const char *text, size_t len, unsigned long number)
{
	struct ask a = { .d = d, .request = read_line(text, len), .number = number };
	char was[ID_TEXT];
	jv answer;

	if (!jv_is_valid(a.request))
		return a.request;
	memcpy(was, d->chat_id, ID_TEXT);
	answer = carry_out(&a);
	if (!jv_is_valid(answer)) {
		memcpy(d->chat_id, was, ID_TEXT);
		d->has_moved = false;
	}
	ending_release(&a.ending);
	jv_free(a.request);
	return answer;
}
