#include "inquiry.h"

#include <inttypes.h>

#include "access.h"
#include "brief.h"
#include "err.h"
#include "listing.h"
#include "task.h"

/* The answer's data, with a list (consumed) as that member. */
static jv
data_of(const char *name, jv items)
{
	return jv_is_valid(items) ? json_set(jv_object(), name, items) : items;
}

jv
inquiry_chats(struct petition *p, struct tx *tx)
{
	int64_t limit = petition_limit(p);

	(void)tx;
	return limit ? data_of("chats", listing_chats(p->s, p->user, limit)) : jv_invalid();
}

static jv
chat_to_read(struct petition *p, struct tx *tx)
{
	return petition_chat_for(p, tx, MAY_READ);
}

/* The statuses that are wanted, an owned array; null: any; invalid with err: there is no such. */
static jv
statuses_of(jv request)
{
	jv given = jv_object_get(jv_copy(request), jv_string("status"));

	if (!json_has(request, "status"))
		return (jv_free(given), jv_null());
	if (jv_get_kind(given) != JV_KIND_ARRAY)
		given = JV_ARRAY(given);
	for (int i = 0; i < jv_array_length(jv_copy(given)); i++) {
		jv status = jv_array_get(jv_copy(given), i);
		bool is_text = jv_get_kind(status) == JV_KIND_STRING;
		int rc = is_text ? task_check_status(jv_string_value(status))
		                 : err_set(EX_DATAERR, "status: want one, or an array of them");

		jv_free(status);
		if (rc < 0)
			return (jv_free(given), jv_invalid());
	}
	return given;
}

/* The page that the request wants.  Whether it is one; else err tells. */
static bool
read_page(struct petition *p, struct listing_page *page)
{
	const char *cursor = json_peek_string(p->request, "cursor");

	*page = (struct listing_page){ .limit = petition_limit(p) };
	page->statuses = page->limit ? statuses_of(p->request) : jv_invalid();
	if (!jv_is_valid(page->statuses))
		return false;
	if (jv_get_kind(page->statuses) == JV_KIND_NULL)
		page->statuses = jv_invalid();
	if (!json_has(p->request, "cursor"))
		return true;
	return listing_cursor(cursor ? cursor : "", "tasks", &page->n) == 0;
}

/* What there is on it, of a chat. */
static jv
page_of(struct petition *p, const char *chat_id, struct listing_page *page)
{
	jv data = data_of("tasks", listing_tasks(p->s, p->user, chat_id, page));

	if (!jv_is_valid(data))
		return data;
	data = json_set(data, "more", jv_bool(page->is_more));
	if (page->is_more)
		data = json_set(data, "cursor", jv_string_fmt("%" PRIu64, page->n));
	return data;
}

jv
inquiry_tasks(struct petition *p, struct tx *tx)
{
	struct listing_page page;
	jv id = read_page(p, &page) ? petition_read(p, chat_to_read) : jv_invalid(),
	   data = jv_is_valid(id) ? page_of(p, jv_string_value(id), &page) : jv_invalid();

	(void)tx;
	jv_free(id);
	jv_free(page.statuses);
	return data;
}

jv
inquiry_events(struct petition *p, struct tx *tx)
{
	int64_t limit = petition_limit(p), before = json_peek_int(p->request, "before", -1);
	jv id = limit ? chat_to_read(p, tx) : jv_invalid(), events = jv_invalid();

	if (!jv_is_valid(id))
		return id;
	if (before < 0)
		err_set(EX_DATAERR, "before: want the seq of an event");
	else if (store_settle(tx) == 0)
		events = listing_events(tx, jv_string_value(id), (uint64_t)before, limit);
	jv_free(id);
	return data_of("events", events);
}

jv
inquiry_task(struct petition *p, struct tx *tx)
{
	jv task = petition_task_for(p, tx, MAY_READ);

	return jv_is_valid(task) ? brief_whole(tx, task, p->user) : task;
}

jv
inquiry_chat(struct petition *p, struct tx *tx)
{
	const char *given = json_peek_string(p->request, "chat_id");

	if (given)
		return access_chat(tx, given, p->user, MAY_READ);
	err_set(EX_DATAERR, "chat_id: want a chat's id");
	return jv_invalid();
}
