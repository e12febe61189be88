#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent.h"
#include "chat.h"
#include "clock.h"
#include "err.h"
#include "fold.h"
#include "life.h"
#include "may.h"
#include "quiet.h"
#include "schedule.h"
#include "scope.h"
#include "spec.h"
#include "task.h"
#include "terms.h"

/* What kind each known field of a spec must have. */
static const struct {
	const char *name;
	jv_kind kind;
} fields[] = {
	{ "id", JV_KIND_STRING },
	{ "title", JV_KIND_STRING },
	{ "instruction", JV_KIND_STRING },
	{ "priority", JV_KIND_STRING },
	{ "chat_id", JV_KIND_STRING },
	{ "user_id", JV_KIND_STRING },
	{ "created_by", JV_KIND_STRING },
	{ "agent", JV_KIND_STRING },
	{ "instead_of", JV_KIND_STRING },
	{ "crew", JV_KIND_STRING },
	{ "key", JV_KIND_STRING },
	{ "schedule", JV_KIND_STRING },
	{ "every_s", JV_KIND_NUMBER },
	{ "when_idle_s", JV_KIND_NUMBER },
	{ "model_id", JV_KIND_STRING },
	{ "required_skills", JV_KIND_ARRAY },
	{ "labels", JV_KIND_ARRAY },
	{ "depends_on", JV_KIND_ARRAY },
	{ "scope", JV_KIND_OBJECT },
	{ "output", JV_KIND_OBJECT },
	{ "limits", JV_KIND_OBJECT },
	{ "source", JV_KIND_OBJECT },
	{ "metadata", JV_KIND_OBJECT },
};

/* Whether a field, if it is one that we know, is of its kind; value is borrowed. */
static int
check_kind(const char *name, jv value)
{
	jv_kind kind = jv_get_kind(value);

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		if (kind != fields[i].kind)
			return err_set(EX_DATAERR, "%s: want %s, got %s", name,
			    jv_kind_name(fields[i].kind), jv_kind_name(kind));
		if (kind == JV_KIND_STRING && strlen(jv_string_value(value)) !=
						  (size_t)jv_string_length_bytes(jv_copy(value)))
			return err_set(EX_DATAERR, "%s: U+0000 cannot be in it", name);
	}
	return 0;
}

static int
check_kinds(jv spec)
{
	int rc = 0;

	jv_object_foreach (spec, name, value) {
		if (rc == 0 && jv_get_kind(value) != JV_KIND_NULL)
			rc = check_kind(jv_string_value(name), value);
		jv_free(name);
		jv_free(value);
	}
	return rc;
}

static int
check_strings(jv spec, const char *field)
{
	jv list = json_get(spec, field, JV_KIND_ARRAY);
	int rc = 0;

	if (jv_is_valid(list))
		jv_array_foreach (list, i, item) {
			if (jv_get_kind(item) != JV_KIND_STRING)
				rc = err_set(EX_DATAERR, "%s[%d]: want a string", field, i);
			jv_free(item);
		}
	jv_free(list);
	return rc;
}

/* The length of a name as the store knows it. */
static size_t
escaped_bytes(const char *name)
{
	char *escaped = fold_name(name);
	size_t len = strlen(escaped);

	free(escaped);
	return len;
}

static int
check_schedule(jv spec)
{
	const char *name = json_peek_string(spec, "schedule");

	if (name && schedule_check_name(name) < 0)
		return -1;
	if (!json_has(spec, "every_s"))
		return 0;
	if (!name)
		return err_set(EX_DATAERR, "every_s: want a schedule, too");
	if (json_peek_int(spec, "every_s", 0) < 1 ||
	    json_peek_int(spec, "every_s", 0) > SPEC_EVERY_S_MAX)
		return err_set(EX_DATAERR, "every_s: want a whole number from 1 to %d",
		    SPEC_EVERY_S_MAX);
	return 0;
}

/* Whatever accounts and regions are elsewhere: what cannot be enforced is not taken. */
static int
check_scope(jv spec)
{
	jv scope = scope_of(spec);
	int rc = scope_check(scope, true);

	jv_free(scope);
	return rc;
}

static int
check_lock(jv spec)
{
	jv lock = jv_object_get(jv_copy(spec), jv_string("lock"));
	jv_kind kind = jv_get_kind(lock);

	jv_free(lock);
	return json_has(spec, "lock") && kind != JV_KIND_TRUE && kind != JV_KIND_FALSE
	           ? err_set(EX_DATAERR, "lock: want true or false, got %s", jv_kind_name(kind))
	           : 0;
}

int
spec_check(jv spec)
{
	const char *instruction, *priority, *id, *key, *crew;

	if (check_kinds(spec) < 0 || check_strings(spec, "depends_on") < 0 ||
	    check_strings(spec, "required_skills") < 0 || check_strings(spec, "labels") < 0 ||
	    terms_check(spec) < 0 || check_schedule(spec) < 0 || check_scope(spec) < 0 ||
	    quiet_check(spec) < 0 || check_lock(spec) < 0)
		return -1;
	instruction = json_peek_string(spec, "instruction");
	if (!instruction || !instruction[strspn(instruction, " \t\r\n")])
		return err_set(EX_DATAERR, "instruction: is %s", instruction ? "empty" : "missing");
	if (strlen(instruction) > SPEC_INSTRUCTION_MAX)
		return err_set(EX_DATAERR, "instruction: longer than %d bytes",
		    SPEC_INSTRUCTION_MAX);
	crew = json_peek_string(spec, "crew");
	if (crew && chat_check_name("crew", crew) < 0)
		return -1;
	priority = json_peek_string(spec, "priority");
	if (priority && task_check_priority(priority) < 0)
		return -1;
	id = json_peek_string(spec, "id");
	if (id && !id_is_full(id))
		return err_set(EX_DATAERR, "id '%.40s': want a UUID in lower case", id);
	key = json_peek_string(spec, "key");
	if (key && (!*key || escaped_bytes(key) > SPEC_KEY_MAX))
		return err_set(EX_DATAERR, "key: want 1 to %d bytes", SPEC_KEY_MAX);
	return 0;
}

/* --- other tasks */

static const char *
author_of(jv spec)
{
	const char *by = json_peek_string(spec, "created_by");

	return by ? by : id_user(NULL);
}

/* Whether the author of a spec may be told of a task that is there instead: his own, or one that he
 * may read. */
static bool
may_know(struct tx *tx, jv spec, jv task)
{
	const char *by = author_of(spec), *adder = json_peek_string(task, "created_by"),
		   *in = json_peek_string(task, "chat_id");
	jv chat = in ? chat_get(tx, in) : jv_invalid();
	bool may_read = may(NULL, chat, by, MAY_READ) == 0;

	jv_free(chat);
	return may_read || (adder && !strcasecmp(adder, by));
}

int
spec_dependency(struct tx *tx, jv task, const char *by, const char *given, char id[ID_TEXT])
{
	const char *in = json_peek_string(task, "chat_id"), *chat;
	int rc = store_resolve(tx, "task", given, id);
	jv other = rc == 0 ? task_get(tx, id) : jv_invalid();

	chat = json_peek_string(other, "chat_id");
	if (rc == 0 && !(in && chat && !strcmp(in, chat)) && may_in(tx, chat, by, MAY_READ) < 0)
		rc = err_set(EX_NOPERM, "task %s: no such task", given);
	jv_free(other);
	return rc;
}

/* The task that has the key or id already, whatever became of it. */
static jv
find_known(struct tx *tx, jv spec)
{
	const char *key = json_peek_string(spec, "key"), *id = json_peek_string(spec, "id");
	jv same = jv_invalid();
	char *name;

	if (key) {
		name = xprintf("key/%s", key);
		same = store_get(tx, name);
		free(name);
	}
	if (!jv_is_valid(same) && id) {
		jv_free(same);
		same = task_get(tx, id);
	}
	return same;
}

/* The twin that has not ended; one of which the author may not know is none. */
static jv
find_twin(struct tx *tx, jv spec)
{
	char *name = task_twin(spec);
	jv same = store_get(tx, name);

	free(name);
	if (jv_is_valid(same) && (!task_is_twin(same, spec) /* the same hash by chance */ ||
				     !may_know(tx, spec, same))) {
		jv_free(same);
		same = jv_invalid();
	}
	return same;
}

/* Replaces prefixes of ids by ids; refuses what is not there. */
static int
resolve(struct tx *tx, jv *spec)
{
	const char *chat = json_peek_string(*spec, "chat_id"),
		   *role = json_peek_string(*spec, "agent");
	jv deps = json_get(*spec, "depends_on", JV_KIND_ARRAY), agent, ids = jv_array();
	char id[ID_TEXT];
	int rc = 0;

	if (chat && (rc = store_resolve(tx, "chat", chat, id)) == 0)
		*spec = json_set_string(*spec, "chat_id", id);
	if (rc == 0 && role) {
		agent = agent_get(tx, role);
		if (jv_is_valid(agent))
			*spec = json_set_string(*spec, "agent", json_peek_string(agent, "role"));
		else
			rc = err_set(EX_NOINPUT, "agent %.80s: no such role", role);
		jv_free(agent);
	}
	if (!jv_is_valid(deps)) {
		jv_free(ids);
		return rc;
	}
	jv_array_foreach (deps, i, dep) {
		const char *own = json_peek_string(*spec, "id");

		if (rc == 0 && own && !strcmp(own, jv_string_value(dep)))
			rc = err_set(EX_DATAERR, "depends_on: task %s would wait for itself", own);
		if (rc == 0 && (rc = spec_dependency(tx, *spec, author_of(*spec),
				    jv_string_value(dep), id)) == 0)
			ids = jv_array_append(ids, jv_string(id));
		jv_free(dep);
	}
	jv_free(deps);
	*spec = json_set(*spec, "depends_on", ids);
	return rc;
}

/* Whether a member is the store's to say, not the spec's. */
static bool
is_ours(const char *name)
{
	static const char *const ours[] = { "status", "waiting", "not_before", "attempt", "lease",
		"runner", "session_id", "reservation", "events", "posted", "response", "error",
		"usage", "updated_at", "started_at", "finished_at", "subtasks", "duplicate",
		"revision", "attempts_forgiven", "retries", "failures", "approval", "assignment",
		"slot", "crews", "spawned", "spawned_by", "depth", "worker", "performance",
		"cancel", "untrusted", "asked" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (!strcmp(ours[i], name))
			return true;
	return false;
}

/* Drops nulls, so that a field is there or not, and what is not the spec's to say. */
static jv
cleaned(jv spec)
{
	jv out = jv_object();

	jv_object_foreach (spec, name, value) {
		if (jv_get_kind(value) == JV_KIND_NULL || is_ours(jv_string_value(name))) {
			jv_free(name);
			jv_free(value);
		} else {
			out = jv_object_set(out, name, value);
		}
	}
	jv_free(spec);
	return out;
}

/* A member in its place: an old value goes to the end of nothing, a missing one is `or`. */
static jv
with_default(jv task, jv spec, const char *field, jv or)
{
	jv value = jv_object_get(jv_copy(spec), jv_string(field));

	if (jv_is_valid(value)) {
		jv_free(or);
		return json_set(task, field, value);
	}
	jv_free(value);
	return jv_is_valid(or) ? json_set(task, field, or) : task;
}

/* The record of a new task, in the order of legwork-record(5). */
static jv
new_record(jv spec)
{
	char id[ID_TEXT], now[CLOCK_TEXT];
	jv task = jv_object();

	task = with_default(task, spec, "id", jv_string(id_new(id)));
	task = with_default(task, spec, "title", task_title(json_peek_string(spec, "instruction")));
	task = with_default(task, spec, "instruction", jv_invalid());
	task = json_set_string(task, "status", "pending");
	task = with_default(task, spec, "priority", jv_string("medium"));
	task = with_default(task, spec, "created_by", jv_string(id_user(NULL)));
	task = jv_object_merge(task, spec);
	task = json_set_int(json_set_int(task, "attempt", 0), "posted", 0);
	task = json_set_int(task, "revision", 0);
	clock_format(clock_now_ms(), now);
	return json_set_string(json_set_string(task, "created_at", now), "updated_at", now);
}

/* The task that is there instead of the one that spec (in and out, then resolved) asks for.
 * Whether there is; -1 with err. */
static int
find_same(struct tx *tx, jv *spec, bool allow_duplicates, int64_t *slot_ms, jv *same)
{
	const char *name = "id", *schedule;
	int64_t every_s = json_peek_int(*spec, "every_s", 0);
	bool is_there;

	*same = find_known(tx, *spec);
	is_there = jv_is_valid(*same);
	if (is_there && json_has(*spec, "key"))
		name = "key";
	else if (!is_there && resolve(tx, spec) < 0)
		return -1;
	schedule = json_peek_string(*spec, "schedule");
	if (!is_there && every_s > 0) {
		is_there = !schedule_is_free(tx, schedule, every_s, slot_ms, same);
		name = "schedule";
		allow_duplicates = true; /* each slot has its own */
	}
	if (is_there && jv_is_valid(*same) && !may_know(tx, *spec, *same)) {
		err_set(EX_NOPERM, "%s: is somebody else's; use another", name);
		return may_refuse(tx, json_peek_string(*same, "chat_id"), author_of(*spec),
		    MAY_READ);
	}
	if (is_there)
		return true;
	jv_free(*same);
	*same = allow_duplicates ? jv_invalid() : find_twin(tx, *spec);
	return jv_is_valid(*same);
}

/* A spec (consumed) with the chat of its schedule, if it has one and names no other. */
static jv
in_chat(struct tx *tx, jv spec)
{
	const char *name = json_peek_string(spec, "schedule");
	jv chat;

	if (!name || json_has(spec, "chat_id"))
		return spec;
	chat = schedule_chat(tx, name);
	spec = json_set_string(spec, "chat_id", json_peek_string(chat, "id"));
	jv_free(chat);
	return json_set(spec, "own_chat", jv_true());
}

/* A spec (consumed) that is the next of its schedule. */
static jv
add_scheduled(struct tx *tx, jv spec, int64_t slot_ms)
{
	int64_t every_s = json_peek_int(spec, "every_s", 0);
	jv task;

	task = life_begin(tx, new_record(json_drop(spec, "every_s")));
	schedule_took(tx, json_peek_string(task, "schedule"), every_s, slot_ms,
	    json_peek_string(task, "id"));
	return task;
}

int
spec_enter(struct tx *tx, jv *spec)
{
	const char *chat = json_peek_string(*spec, "chat_id"), *by = author_of(*spec);

	if (may_begin(tx, chat, by) < 0)
		return -1;
	if (!may_trusts_in(tx, chat, by))
		*spec = json_set(*spec, "untrusted", jv_true());
	return 0;
}

int
spec_record(struct tx *tx, jv spec, jv *task)
{
	*task = jv_invalid();
	spec = cleaned(spec);
	if (spec_check(spec) < 0 || resolve(tx, &spec) < 0) {
		jv_free(spec);
		return -1;
	}
	*task = new_record(spec);
	return 0;
}

int
spec_add(struct tx *tx, jv spec, bool allow_duplicates, jv *task)
{
	int64_t slot_ms = 0;
	int is_there;
	jv same;

	*task = jv_invalid();
	spec = cleaned(spec);
	if (spec_check(spec) < 0) {
		jv_free(spec);
		return -1;
	}
	is_there = find_same(tx, &spec, allow_duplicates, &slot_ms, &same);
	if (is_there != 0) {
		jv_free(spec);
		if (is_there < 0)
			return (jv_free(same), -1);
		*task = jv_is_valid(same) ? json_set(same, "duplicate", jv_true()) : same;
		return SPEC_DUPLICATE;
	}
	spec = in_chat(tx, spec);
	if (spec_enter(tx, &spec) < 0) {
		jv_free(spec);
		return -1;
	}
	*task = json_has(spec, "schedule") ? add_scheduled(tx, spec, slot_ms)
	                                   : life_begin(tx, new_record(spec));
	return SPEC_ADDED;
}

jv
spec_metadata(const struct opt_list *pairs)
{
	jv object = jv_object();

	for (size_t i = 0; i < pairs->len; i++) {
		const char *item = pairs->item[i], *eq = strchr(item, '=');

		if (!eq || eq == item) {
			jv_free(object);
			err_set(EX_USAGE, "want name=value, got '%s'", item);
			return jv_invalid();
		}
		object = jv_object_set(object, json_utf8(item, (size_t)(eq - item)),
		    json_utf8(eq + 1, strlen(eq + 1)));
	}
	return object;
}
