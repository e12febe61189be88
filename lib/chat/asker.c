#include "asker.h"

#include <stdlib.h>
#include <string.h>

#include "task.h"

/* The record of that name, owned; invalid: none. */
static jv
get(struct tx *tx, const char *kind, const char *name)
{
	char *whole = xprintf("%s/%s", kind, name);
	jv record = strlen(name) <= ASKER_ID_MAX ? store_get(tx, whole) : jv_invalid();

	free(whole);
	return record;
}

jv
asker_find(struct tx *tx, const char *reply_to, jv *request)
{
	jv event = get(tx, "eid", reply_to), data = json_get(event, "data", JV_KIND_OBJECT),
	   task = jv_invalid();
	const char *type = json_peek_string(event, "type"),
		   *asker = json_peek_string(data, "task_id");

	*request = json_get(data, "request_id", JV_KIND_STRING);
	if (!jv_is_valid(event)) {
		*request = (jv_free(*request), jv_string(reply_to));
		task = get(tx, "request", reply_to);
	} else if (type && !strcmp(type, "approval_request") && asker && jv_is_valid(*request)) {
		task = task_get(tx, asker);
	}
	jv_free(data);
	jv_free(event);
	return task;
}

enum asker_kind
asker_kind(struct tx *tx, const char *reply_to)
{
	jv event = get(tx, "eid", reply_to), task = get(tx, "request", reply_to);
	const char *type = json_peek_string(event, "type");
	enum asker_kind kind = ASKER_UNKNOWN;

	if (jv_is_valid(task) || (type && !strcmp(type, "approval_request")))
		kind = ASKER_REQUEST;
	else if (jv_is_valid(event))
		kind = ASKER_EVENT;
	jv_free(event);
	jv_free(task);
	return kind;
}
