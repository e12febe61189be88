#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crew.h"
#include "err.h"
#include "id.h"
#include "task.h"

static const char *const statuses[] = { "pending", "in_progress", "completed", "failed",
	"cancelled", NULL };
static const char *const priorities[] = { "high", "medium", "low", NULL };

static int
position(const char *const *list, const char *word)
{
	for (int i = 0; list[i]; i++)
		if (!strcmp(list[i], word))
			return i;
	return -1;
}

int
task_check_status(const char *status)
{
	if (position(statuses, status) < 0)
		return err_set(EX_DATAERR,
		    "status '%.40s': want pending, in_progress, completed, failed or cancelled",
		    status);
	return 0;
}

int
task_check_priority(const char *priority)
{
	if (position(priorities, priority) < 0)
		return err_set(EX_DATAERR, "priority '%.40s': want high, medium or low", priority);
	return 0;
}

bool
task_is(jv task, const char *status)
{
	const char *is = json_peek_string(task, "status");

	return is && !strcmp(is, status);
}

bool
task_is_over(jv task)
{
	const char *is = json_peek_string(task, "status");

	return is && position(statuses, is) >= 2;
}

bool
task_has_failed(jv task)
{
	return task_is_over(task) && !task_is(task, "completed");
}

bool
task_waits_for(jv task, const char *what)
{
	const char *waiting = json_peek_string(task, "waiting");

	return task_is(task, "pending") && waiting && !strcmp(waiting, what);
}

bool
task_has_own_agent(jv task)
{
	jv worker = json_get(task, "worker", JV_KIND_OBJECT);
	bool is = jv_is_valid(worker) && json_peek_bool(worker, "one_off");

	jv_free(worker);
	return is;
}

bool
task_has_subtasks(jv task)
{
	return json_has(task, "subtasks");
}

const char *
task_short(const char *id, char out[9])
{
	snprintf(out, 9, "%.8s", id);
	return out;
}

jv
task_get(struct tx *tx, const char *id)
{
	char *key = xprintf("task/%s", id);
	jv task = store_get(tx, key);

	free(key);
	return task;
}

jv
task_next_child(struct tx *tx, const char *id, uint64_t *n)
{
	char *set = xprintf("parent.%s", id);

	*n = store_next(tx, set, *n);
	free(set);
	return *n ? store_at(tx, *n) : jv_invalid();
}

/* Bytes of the first `chars` characters of s. */
static size_t
bytes_of(const char *s, size_t len, size_t chars)
{
	size_t i = 0;

	while (i < len && (chars > 0 || ((unsigned char)s[i] & 0xc0) == 0x80)) {
		chars -= ((unsigned char)s[i] & 0xc0) != 0x80;
		i++;
		while (i < len && ((unsigned char)s[i] & 0xc0) == 0x80)
			i++;
	}
	return i;
}

jv
task_title(const char *instruction)
{
	const char *p = instruction + strspn(instruction, " \t\r\n");
	size_t len = strcspn(p, "\r\n");

	return jv_string_sized(p, (int)bytes_of(p, len, TASK_TITLE_CHARS));
}

jv
task_error(const char *category, const char *code, const char *message, bool retryable)
{
	jv error = json_set_string(jv_object(), "category", category);

	error = json_set_string(error, "code", code);
	error = json_set(error, "message", json_utf8(message, strlen(message)));
	return json_set(error, "retryable", jv_bool(retryable));
}

static jv
add_name(jv list, const char *prefix, const char *rest)
{
	return jv_array_append(list, jv_string_fmt("%s%s", prefix, rest));
}

/* One for each string of rest (consumed; invalid: none). */
static jv
add_names(jv list, const char *prefix, jv rest)
{
	if (jv_is_valid(rest))
		jv_array_foreach (rest, i, each) {
			list = add_name(list, prefix, jv_string_value(each));
			jv_free(each);
		}
	jv_free(rest);
	return list;
}

jv
task_add_slot(jv slots, const char *prefix, const char *name)
{
	char *slot = xprintf("%s%s", prefix, name);

	for (char *p = slot; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	slots = jv_array_append(slots, jv_string(slot));
	free(slot);
	return slots;
}

/* The sets of a task that runs, by which its agent's, crews' and chat's are counted.  (What was
 * spawned runs beside its chat's, and an agent made for one task is not counted.) */
static jv
add_running_sets(jv sets, jv task)
{
	const char *role = json_peek_string(task, "agent"),
		   *chat = json_peek_string(task, "chat_id");
	jv crews = crew_strings(task, "crews");

	if (role && !task_has_own_agent(task))
		sets = task_add_slot(sets, "running.agent.", role);
	jv_array_foreach (crews, i, crew) {
		sets = task_add_slot(sets, "running.crew.", jv_string_value(crew));
		jv_free(crew);
	}
	jv_free(crews);
	if (chat && json_peek_bool(task, "lock"))
		sets = add_name(sets, "locking.", chat);
	return chat && !json_has(task, "spawned") ? task_add_slot(sets, "running.chat.", chat)
	                                          : sets;
}

static jv
add_reserved_sets(jv sets, jv task)
{
	jv reservation = json_get(task, "reservation", JV_KIND_OBJECT);

	sets = add_names(sets, "reserved.", crew_strings(reservation, "slots"));
	jv_free(reservation);
	return add_name(sets, "reserved", "");
}

/* The sets of a pending task that say whether, and when, it may run. */
static jv
add_waiting_sets(jv sets, jv task)
{
	const char *waiting = json_peek_string(task, "waiting"),
		   *slot = json_peek_string(task, "slot"),
		   *chat = json_peek_string(task, "chat_id");
	const char *priority = json_peek_string(task, "priority");
	int rank = priority ? position(priorities, priority) : 1;

	if (json_has(task, "reservation"))
		return add_reserved_sets(sets, task);
	if (rank < 0)
		rank = 1;
	if (!waiting)
		return jv_array_append(sets, jv_string_fmt("ready.%d", rank));
	if ((!strcmp(waiting, "slot") || !strcmp(waiting, "chat_idle")) && slot)
		return jv_array_append(sets, jv_string_fmt("held.%d.%s", rank, slot));
	if (!strcmp(waiting, "time"))
		return add_name(sets, "delayed", "");
	if (!strcmp(waiting, "approval") && chat)
		sets = add_name(sets, "approval.", chat);
	if (!strcmp(waiting, "approval"))
		return add_name(sets, "approval", "");
	if (!strcmp(waiting, "dependencies"))
		sets = add_names(sets, "dependents.", json_get(task, "depends_on", JV_KIND_ARRAY));
	return sets;
}

/* Those of a task that failed because of a dependency: when that one is put back, it follows.  (A
 * task with subtasks failed because of those.) */
static jv
add_stopped_sets(jv sets, jv task)
{
	jv error = json_get(task, "error", JV_KIND_OBJECT), deps = jv_invalid();
	const char *category = jv_is_valid(error) ? json_peek_string(error, "category") : NULL;

	if (category && !strcmp(category, "dependency") && !task_has_subtasks(task))
		deps = json_get(task, "depends_on", JV_KIND_ARRAY);
	sets = add_names(sets, "stopped.", deps);
	jv_free(error);
	return sets;
}

/* The set of a crew's tasks, whose name counts in any case, in a chat; NULL: in none of its own. */
static jv
crew_set(const char *crew, const char *chat)
{
	char *prefix = xprintf("crew.%s.", chat ? chat : "-");
	jv sets = task_add_slot(jv_array(), prefix, crew), set = jv_array_get(sets, 0);

	free(prefix);
	return set;
}

static jv
add_crew_set(jv sets, jv task)
{
	const char *crew = json_peek_string(task, "crew"),
		   *chat = json_has(task, "own_chat") ? NULL : json_peek_string(task, "chat_id");

	return crew ? jv_array_append(sets, crew_set(crew, chat)) : sets;
}

static jv
sets_of(jv task)
{
	static const char *const by_field[][2] = { { "chat_id", "chat." },
		{ "parent_id", "parent." }, { "agent", "agent." }, { "spawned_by", "spawned." } };
	jv sets = JV_ARRAY(jv_string("tasks"));

	sets = add_name(sets, "status.", json_peek_string(task, "status"));
	for (size_t i = 0; i < sizeof by_field / sizeof *by_field; i++) {
		const char *value = json_peek_string(task, by_field[i][0]);

		if (value)
			sets = add_name(sets, by_field[i][1], value);
	}
	sets = add_crew_set(sets, task);
	if (!task_is_over(task) && json_peek_string(task, "chat_id"))
		sets = add_name(sets, "open.", json_peek_string(task, "chat_id"));
	if (task_is(task, "pending"))
		sets = add_waiting_sets(sets, task);
	if (json_has(task, "spawned") &&
	    (task_is(task, "in_progress") ||
		(task_is(task, "pending") && json_has(task, "waiter"))))
		sets = add_name(sets, "spawned", "");
	if (task_is(task, "in_progress"))
		sets = add_running_sets(sets, task);
	if (task_is(task, "failed"))
		sets = add_stopped_sets(sets, task);
	if ((task_is_over(task) || task_waits_for(task, "approval")) &&
	    json_peek_int(task, "events", 0) > json_peek_int(task, "posted", 0))
		sets = add_name(sets, "outbox", "");
	return sets;
}

/* Whether its agent, if it has one, was chosen when it was claimed. */
static bool
is_agent_chosen(jv task)
{
	jv assignment = json_get(task, "assignment", JV_KIND_OBJECT);
	bool is = jv_is_valid(assignment) && !json_peek_bool(assignment, "named") &&
	          !json_has(task, "instead_of");

	jv_free(assignment);
	return is;
}

/* A member, with its name, where it is there. */
static void
add_named(struct buf *text, jv task, const char *name)
{
	jv value = jv_object_get(jv_copy(task), jv_string(name));

	if (!jv_is_valid(value)) {
		jv_free(value);
		return;
	}
	buf_printf(text, "%s ", name);
	json_dump_sorted(text, value);
}

/* What a duplicate has in common with the original. */
static void
add_twin_text(struct buf *text, jv task)
{
	static const char *const fields[] = { "instruction", "metadata", "chat_id" };

	for (size_t i = 0; i < 3; i++) {
		jv value = jv_object_get(jv_copy(task), jv_string(fields[i]));

		/* a chat that was made for the task was not asked for */
		if (jv_is_valid(value) && !(i == 2 && json_has(task, "own_chat")))
			json_dump_sorted(text, value);
		else
			jv_free(value);
		buf_putc(text, '\n');
	}
	add_named(text, task, "output");
	add_named(text, task, "scope");
	if (!is_agent_chosen(task))
		add_named(text, task, "agent");
}

/* 64 bits of FNV-1a (draft-eastlake-fnv-17) of that. */
char *
task_twin(jv task)
{
	uint64_t hash = 0xcbf29ce484222325;
	struct buf text = { 0 };

	add_twin_text(&text, task);
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3;
	buf_release(&text);
	return xprintf("twin/%016" PRIx64, hash);
}

bool
task_is_twin(jv a, jv b)
{
	struct buf of_a = { 0 }, of_b = { 0 };
	bool is_same;

	add_twin_text(&of_a, a);
	add_twin_text(&of_b, b);
	is_same = of_a.len == of_b.len && !memcmp(of_a.p, of_b.p, of_a.len);
	buf_release(&of_a);
	buf_release(&of_b);
	return is_same;
}

/* The ids with which it was asked for, too. */
static jv
add_asked(jv names, jv task)
{
	jv asked = json_get(task, "asked", JV_KIND_OBJECT);

	if (jv_is_valid(asked))
		jv_object_foreach (asked, id, by) {
			names = add_name(names, "asked/", jv_string_value(id));
			jv_free(id);
			jv_free(by);
		}
	jv_free(asked);
	return names;
}

/* Whether a name leads to no other record than the task. */
static bool
is_free(struct tx *tx, jv task, const char *name)
{
	char *own = xprintf("task/%s", json_peek_string(task, "id"));
	uint64_t holder = store_number(tx, name);
	bool is = !holder || holder == store_number(tx, own);

	free(own);
	return is;
}

/* The request by which it is found, also when it was decided: unless another waits with such a
 * one. */
static jv
add_request(struct tx *tx, jv names, jv task)
{
	jv approval = json_get(task, "approval", JV_KIND_OBJECT);
	const char *request = json_peek_string(approval, "request_id");
	char *name = request ? xprintf("request/%s", request) : NULL;

	if (name && (task_waits_for(task, "approval") || is_free(tx, task, name)))
		names = add_name(names, "", name);
	free(name);
	jv_free(approval);
	return names;
}

static jv
names_of(struct tx *tx, jv task)
{
	const char *key = json_peek_string(task, "key");
	jv names = jv_array();

	if (key)
		names = add_name(names, "key/", key);
	names = add_asked(add_request(tx, names, task), task);
	if (!task_is_over(task) && !json_has(task, "parent_id") && !json_has(task, "spawned")) {
		char *twin = task_twin(task);

		if (is_free(tx, task, twin))
			names = add_name(names, "", twin);
		free(twin);
	}
	return names;
}

static void
put(struct tx *tx, const char *key, jv task)
{
	char now[CLOCK_TEXT];

	task = json_set_string(task, "updated_at", clock_format(clock_now_ms(), now));
	store_put(tx, key, jv_copy(task), sets_of(task), names_of(tx, task));
	jv_free(task);
}

/* Adds the ids of a set (consumed) but of those that failed, which are counted. */
static jv
add_unfailed(struct tx *tx, jv ids, jv set, int *failed)
{
	for (uint64_t n = 0; (n = store_next(tx, jv_string_value(set), n)) != 0;) {
		jv task = store_at(tx, n);

		if (task_has_failed(task))
			++*failed;
		else
			ids = jv_array_append(ids, json_get(task, "id", JV_KIND_STRING));
		jv_free(task);
	}
	jv_free(set);
	return ids;
}

jv
task_of_crew(struct tx *tx, const char *crew, const char *chat, int *failed)
{
	jv ids = jv_array();

	*failed = 0;
	ids = add_unfailed(tx, ids, crew_set(crew, NULL), failed);
	return add_unfailed(tx, ids, crew_set(crew, chat), failed);
}

void
task_put_quietly(struct tx *tx, jv task)
{
	char *key = xprintf("task/%s", json_peek_string(task, "id"));

	put(tx, key, task);
	free(key);
}

char *
task_topic(const char *chat_id)
{
	return xprintf("work-%s", chat_id);
}

/* Rings for whoever waits for a task (borrowed), for tasks of its chat, or for any. */
static void
ring(struct tx *tx, const char *key, jv task)
{
	const char *chat = json_peek_string(task, "chat_id");
	char *own = xprintf("task-%s", key + strlen("task/")),
	     *work = chat && id_is_full(chat) ? task_topic(chat) : NULL;

	store_ring(tx, "tasks");
	if (store_number(tx, key)) /* nobody waits for a task that is not there yet */
		store_ring(tx, own);
	if (work)
		store_ring(tx, work);
	free(work);
	free(own);
}

void
task_put(struct tx *tx, jv task)
{
	char *key = xprintf("task/%s", json_peek_string(task, "id"));

	ring(tx, key, task);
	put(tx, key, task);
	free(key);
}

void
task_delete(struct tx *tx, const char *id)
{
	char *key = xprintf("task/%s", id);
	jv task = store_get(tx, key);

	ring(tx, key, task);
	store_delete(tx, key);
	jv_free(task);
	free(key);
}
