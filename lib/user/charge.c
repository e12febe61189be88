#include "charge.h"

#include <stdlib.h>
#include <strings.h>

#include "chat.h"
#include "err.h"
#include "id.h"
#include "spec.h"
#include "task.h"

/* The spec of a request (borrowed); what is wrong with its members is for spec_add to say. */
static jv
spec_of(jv request, const char *user, const char *chat_id)
{
	static const char *const members[] = { "title", "id", "agent", "priority" };
	jv spec =
	    json_set_valid(jv_object(), "instruction", json_get(request, "text", JV_KIND_STRING));

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		spec = json_set_valid(spec, members[i],
		    jv_object_get(jv_copy(request), jv_string(members[i])));
	spec = json_set_string(spec, "chat_id", chat_id);
	return json_set_string(spec, "created_by", user);
}

/* How many ids of those who have asked for it, too, a task keeps. */
enum { ASKED_MAX = 100 };

/* The task that was told to whoever asked with that id: owned; invalid: none. */
static jv
find_asked(struct tx *tx, const char *id)
{
	char *name = id_is_full(id) ? xprintf("asked/%s", id) : NULL;
	jv task = name ? store_get(tx, name) : jv_invalid();

	free(name);
	return jv_is_valid(task) ? json_set(task, "duplicate", jv_true()) : task;
}

/* A duplicate keeps the id (borrowed) with which it was asked for, while it has room. */
static void
keep_asked(struct tx *tx, jv task, const char *id, const char *by)
{
	jv asked = json_get(task, "asked", JV_KIND_OBJECT);

	if (!jv_is_valid(asked)) {
		jv_free(asked);
		asked = jv_object();
	}
	if (jv_object_length(jv_copy(asked)) < ASKED_MAX)
		task_put(tx, json_set(json_drop(jv_copy(task), "duplicate"), "asked",
				 json_set_string(asked, id, by)));
	else
		jv_free(asked);
}

/* Who has asked for a task (borrowed) with that id. */
static jv
asker(jv task, const char *id)
{
	jv asked = json_get(task, "asked", JV_KIND_OBJECT),
	   by = json_get(asked, id, JV_KIND_STRING);

	jv_free(asked);
	if (jv_is_valid(by))
		return by;
	jv_free(by);
	return json_get(task, "created_by", JV_KIND_STRING);
}

/* A task (consumed) that has the id of what is asked for (borrowed), if it is the same. */
static jv
same_as(jv spec, jv task)
{
	jv by = asker(task, json_peek_string(spec, "id"));
	bool is_same = json_is_alike(spec, task, "instruction") &&
	               json_is_alike(spec, task, "chat_id") && jv_is_valid(by) &&
	               !strcasecmp(jv_string_value(by), json_peek_string(spec, "created_by"));

	jv_free(by);
	if (is_same)
		return task;
	jv_free(task);
	err_set(EX_DATAERR, "start_task: another task has that id");
	return jv_invalid();
}

/* The spec is consumed. */
static jv
add(struct tx *tx, jv spec, bool *is_new)
{
	const char *id = json_peek_string(spec, "id");
	jv task = id ? task_get(tx, id) : jv_invalid();

	if (id && !jv_is_valid(task))
		task = (jv_free(task), find_asked(tx, id));
	if (jv_is_valid(task)) {
		task = same_as(spec, task);
	} else {
		jv_free(task);
		*is_new = spec_add(tx, jv_copy(spec), false, &task) == SPEC_ADDED;
		if (id && json_peek_bool(task, "duplicate"))
			keep_asked(tx, task, id, json_peek_string(spec, "created_by"));
	}
	jv_free(spec);
	return task;
}

jv
charge_add(struct tx *tx, jv request, const char *user, const char *chat_id, bool *is_new)
{
	jv spec = spec_of(request, user, chat_id);
	const char *id = json_peek_string(spec, "id");

	*is_new = false;
	if (!json_has(spec, "instruction"))
		err_set(EX_DATAERR, "start_task: want a text");
	else if (id && id_is_derived(id))
		err_set(EX_DATAERR,
		    "start_task: id: want a UUID of another version than 5, as those "
		    "of legwork itself are");
	else if (chat_check_title(json_peek_string(spec, "title")) == 0)
		return add(tx, spec, is_new);
	jv_free(spec);
	return jv_invalid();
}
