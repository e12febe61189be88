/*
 * letters.h - what tests of tasks share: tasks with names of one letter, and what is done with them
 *
 * Between begin_test and end_test is one transaction, which is never made.
 */
#ifndef LETTERS_H
#define LETTERS_H

#include "agent.h"
#include "chat.h"
#include "domain.h"
#include "life.h"
#include "log.h"
#include "speech.h"
#include "split.h"
#include "task.h"

static const char *const now = "2026-11-20T12:00:00.000Z";

static struct tx *tx;
static char ids[128][ID_TEXT];

static inline void
begin_test(void)
{
	tx = domain_begin();
	jv_free(agent_put(tx, record("{'role':'wc','skills':['count']}")));
	jv_free(agent_put(tx, record("{'role':'Sorter','skills':['sort']}")));
}

static inline void
end_test(void)
{
	if (store_end(tx) < 0)
		abort();
}

static inline jv
task(char name)
{
	return task_get(tx, ids[(int)name]);
}

/* Stores a new task that depends on those named, and has what text says. */
static inline void
begin(char name, const char *on, const char *text)
{
	jv deps = jv_array(), new = json_set_string(jv_object(), "id", id_new(ids[(int)name]));

	new = json_set_string(json_set_string(new, "instruction", "do it"), "status", "pending");
	for (; *on; on++)
		deps = jv_array_append(deps, jv_string(ids[(int)*on]));
	if (jv_array_length(jv_copy(deps)) > 0)
		new = json_set(new, "depends_on", deps);
	else
		jv_free(deps);
	jv_free(life_begin(tx, jv_object_merge(new, record("%s", text))));
}

static inline int
claim_as(char name, const char *lease)
{
	jv claimed;
	int rc = life_claim(tx, ids[(int)name],
	    (struct life_claim){ lease, NULL, jv_invalid(), -1 }, &claimed);

	jv_free(claimed);
	return rc;
}

static inline void
claim(char name)
{
	if (claim_as(name, "L") != LIFE_DONE)
		abort();
}

static inline jv
some_error(bool retryable)
{
	return task_error("tool", "exit_status", "it broke", retryable);
}

static inline void
complete(char name)
{
	claim(name);
	life_complete(tx, task(name), jv_string("the answer"));
}

static inline void
fail(char name)
{
	claim(name);
	life_fail(tx, task(name), some_error(false));
}

static inline void
cancel(char name)
{
	life_cancel(tx, task(name), "not needed");
}

static inline void
reserve(char name)
{
	jv_free(life_reserve(tx, task(name), "W", 0));
}

/* Its agent asks whether it may: request "r-" and the task's letter. */
static inline void
ask(char name)
{
	claim(name);
	life_ask(tx, task(name),
	    record("{'request_id':'r-%c','question':'May I?','tool':'run'}", name));
}

/* Splits into those named, in their order; each depends on that one, ' ': on none. */
static inline int
split(char name, const char *children, const char *on, bool keep_going)
{
	jv items = jv_array(), made;
	int rc;

	for (size_t i = 0; i < strlen(children); i++) {
		jv item = record("{'title':'%c','description':'do %c'}", children[i], children[i]);

		if (on[i] != ' ')
			item = json_set(item, "dependencies",
			    JV_ARRAY(jv_number((double)(strchr(children, on[i]) - children))));
		items = jv_array_append(items, item);
	}
	rc = split_task(tx, ids[(int)name],
	    (struct split_order){ record("{'reasoning':'why'}"),
		json_set(jv_object(), "subtasks", items), 0, keep_going },
	    &made);
	if (jv_is_valid(made))
		jv_array_foreach (made, i, child) {
			snprintf(ids[(int)children[i]], ID_TEXT, "%s",
			    json_peek_string(child, "id"));
			jv_free(child);
		}
	jv_free(made);
	return rc;
}

static inline const char *
state_of(jv t)
{
	const char *status = json_peek_string(t, "status"), *waiting;

	if (!status || strcmp(status, "pending") != 0)
		return status ? status : "gone";
	waiting = json_peek_string(t, "waiting");
	return json_has(t, "reservation") ? "reserved" : waiting ? waiting : "ready";
}

/* The states of the tasks named, with blanks between them. */
static inline void
states(const char *names, const char *want, const char *fact)
{
	struct buf b = { 0 };

	for (const char *name = names; *name; name++) {
		jv t = task(*name);

		buf_printf(&b, "%s%s", name == names ? "" : " ", state_of(t));
		jv_free(t);
	}
	is(b.p, want, fact);
	buf_release(&b);
}

static inline void
member(char name, const char *field, const char *want, const char *fact)
{
	jv t = task(name);

	has(t, field, want, fact);
	jv_free(t);
}

/* Whether the task's error is of that category, with a message made of fmt and %.8s of an id. */
static inline void
error_is(char name, const char *category, const char *fmt, char culprit, const char *fact)
{
	jv t = task(name), error = json_get(t, "error", JV_KIND_OBJECT);
	char want[100];

	snprintf(want, sizeof want, "%s: ", category);
	snprintf(want + strlen(want), sizeof want - strlen(want), fmt, ids[(int)culprit]);
	if (jv_is_valid(error)) {
		char *got = xprintf("%s: %s", json_peek_string(error, "category"),
		    json_peek_string(error, "message"));

		if (json_has(error, "cause")) /* what it was is told behind it */
			got[strlen(got) < strlen(want) ? strlen(got) : strlen(want)] = '\0';
		is(got, want, fact);
		free(got);
	} else {
		ok(false, fact);
	}
	jv_free(error);
	jv_free(t);
}

/* As if the task's agent had made so many events. */
static inline void
log_events(char name, int count)
{
	struct log *log = log_open(store_logs_fd(domain), ids[(int)name], 0);

	while (count-- > 0)
		log_event(log, jv_object());
	log_close(log);
}

#endif
