#include "roll.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "clock.h"
#include "proc.h"
#include "sight.h"
#include "task.h"
#include "trail.h"

enum { BELLS_MAX = 256 };

/* What is known of one that runs. */
struct entry {
	char id[ID_TEXT];
	struct trail trail; /* of its log, so far as it was read */
	int64_t turns, tokens, retries;
	jv begun_at, last; /* invalid: not yet */
	struct bell *bell;
	bool is_wanted;
};

struct roll {
	struct store *s;
	struct entry *entry;
	size_t len;
};

struct roll *
roll_open(struct store *s)
{
	struct roll *r = xmalloc(sizeof *r);

	*r = (struct roll){ .s = s };
	return r;
}

static void
drop(struct roll *r, struct entry *e)
{
	trail_release(&e->trail);
	bell_close(e->bell);
	jv_free(e->begun_at);
	jv_free(e->last);
	*e = r->entry[--r->len];
}

void
roll_close(struct roll *r)
{
	if (!r)
		return;
	while (r->len > 0)
		drop(r, &r->entry[0]);
	free(r->entry);
	free(r);
}

static struct entry *
entry_of(struct roll *r, const char *id)
{
	struct entry *e;

	for (size_t i = 0; i < r->len; i++)
		if (!strcmp(r->entry[i].id, id))
			return &r->entry[i];
	r->entry = xrealloc(r->entry, (r->len + 1) * sizeof *r->entry);
	e = &r->entry[r->len++];
	*e = (struct entry){ .trail.fd = -1, .begun_at = jv_invalid(), .last = jv_invalid() };
	memcpy(e->id, id, ID_TEXT);
	return e;
}

/* --- what the log tells */

static void
replace(jv *old, jv new)
{
	jv_free(*old);
	*old = new;
}

/* What an event says, in a few words. */
static jv
words_of(jv data)
{
	static const char *const members[] = { "message", "text", "name", "question" };

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *text = json_peek_string(data, members[i]);

		if (text)
			return task_title(text);
	}
	return jv_invalid();
}

static void
take_event(struct entry *e, jv line)
{
	jv event = json_get(line, "event", JV_KIND_OBJECT), last;
	jv data = json_get(event, "data", JV_KIND_OBJECT);
	const char *type = json_peek_string(event, "type");

	if (type && !strcmp(type, "token_usage")) {
		e->tokens += json_peek_int(data, "total_tokens", 0);
	} else if (type) {
		last = json_set_string(jv_object(), "type", type);
		last = json_set_valid(last, "at", json_get(line, "at", JV_KIND_STRING));
		replace(&e->last, json_set_valid(last, "text", words_of(data)));
	}
	jv_free(data);
	jv_free(event);
}

/* An attempt begins; after a task-retry they are counted anew. */
static void
take_start(struct entry *e, jv line)
{
	int64_t retries = json_peek_int(line, "retries", 0);

	if (retries != e->retries)
		e->turns = e->tokens = 0;
	e->retries = retries;
	replace(&e->begun_at, json_get(line, "at", JV_KIND_STRING));
}

static void
take_line(struct entry *e, const char *text, size_t len)
{
	jv line = json_parse_object(text, len);
	const char *kind = jv_is_valid(line) ? json_peek_string(line, "kind") : NULL;

	if (kind && !strcmp(kind, "event"))
		take_event(e, line);
	else if (kind && !strcmp(kind, "start"))
		take_start(e, line);
	else if (kind && !strcmp(kind, "turn"))
		e->turns++;
	jv_free(line);
}

/* Reads what is new; a log that cannot be read tells nothing. */
static void
read_log(struct roll *r, struct entry *e)
{
	struct scan_text line;

	while (trail_next(&e->trail, store_logs_fd(r->s), e->id, &line) > 0)
		take_line(e, line.p, line.len);
}

/* --- who runs */

static const char *
state_of(const struct roll *r, jv task, pid_t *pid)
{
	const char *lease = json_peek_string(task, "lease");
	int pidfd = lease ? proc_lease_pidfd(store_run_fd(r->s), lease, pid) : -1;

	if (pidfd >= 0)
		close(pidfd);
	else if (!lease || !proc_lease_is_live(store_run_fd(r->s), lease))
		return "dead";
	return json_has(task, "cancel") ? "stopping" : "running";
}

static jv
described(struct roll *r, struct entry *e, jv task)
{
	static const char *const members[] = { "title", "agent", "chat_id", "spawned_by" };
	jv line = json_set_string(jv_object(), "task_id", e->id);
	const char *begun;
	int64_t begun_ms;
	pid_t pid = 0;

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		line = json_set_valid(line, members[i], json_get(task, members[i], JV_KIND_STRING));
	line = json_set_string(line, "state", state_of(r, task, &pid));
	if (pid)
		line = json_set_int(line, "pid", pid);
	line = json_set_int(line, "attempt", json_peek_int(task, "attempt", 0));
	line = json_set_valid(line, "begun_at",
	    jv_is_valid(e->begun_at) ? jv_copy(e->begun_at)
				     : json_get(task, "started_at", JV_KIND_STRING));
	begun = json_peek_string(line, "begun_at");
	if (begun && clock_parse(begun, &begun_ms))
		line = json_set_int(line, "age_ms", clock_now_ms() - begun_ms);
	line = json_set_int(json_set_int(line, "turns", e->turns), "tokens", e->tokens);
	return json_set_valid(line, "last_event", jv_copy(e->last));
}

static void
open_bell(struct roll *r, struct entry *e)
{
	char *topic = xprintf("task-%s", e->id);

	if (!e->bell && r->len <= BELLS_MAX) /* else, or without one, the clock does */
		e->bell = bell_open(store_watch_fd(r->s), topic);
	free(topic);
}

/* The records of those that run, as far as they are shown. */
static jv
running(struct roll *r)
{
	struct tx *tx = store_read(r->s);
	jv tasks = jv_array();

	if (!tx) {
		jv_free(tasks);
		return jv_invalid();
	}
	for (uint64_t n = 0; (n = store_next(tx, "status.in_progress", n)) != 0;) {
		jv task = store_at(tx, n);

		if (sight_has(tx, task))
			tasks = jv_array_append(tasks, task);
		else
			jv_free(task);
	}
	if (store_end(tx) == 0)
		return tasks;
	jv_free(tasks);
	return jv_invalid();
}

jv
roll_call(struct roll *r, bool wants_bells)
{
	jv tasks = running(r), lines = jv_array();

	if (!jv_is_valid(tasks)) {
		jv_free(lines);
		return tasks;
	}
	for (size_t i = 0; i < r->len; i++)
		r->entry[i].is_wanted = false;
	jv_array_foreach (tasks, i, task) {
		const char *id = json_peek_string(task, "id");
		struct entry *e = id && id_is_full(id) ? entry_of(r, id) : NULL;

		if (e) {
			e->is_wanted = true;
			if (wants_bells)
				open_bell(r, e); /* first the bell, then the look */
			read_log(r, e);
			lines = jv_array_append(lines, described(r, e, task));
		}
		jv_free(task);
	}
	jv_free(tasks);
	for (size_t i = r->len; i-- > 0;)
		if (!r->entry[i].is_wanted)
			drop(r, &r->entry[i]);
	return lines;
}

int
roll_wait(struct roll *r, struct bell *bell, int timeout_ms, int also_fd)
{
	struct pollfd *fds = xmalloc((r->len + 2) * sizeof *fds);
	bool is_gone;

	fds[0] = (struct pollfd){ also_fd, 0, 0 };
	fds[1] = (struct pollfd){ bell_fd(bell), POLLIN, 0 };
	for (size_t i = 0; i < r->len; i++)
		fds[i + 2] =
		    (struct pollfd){ r->entry[i].bell ? bell_fd(r->entry[i].bell) : -1, POLLIN, 0 };
	is_gone = poll(fds, r->len + 2, timeout_ms) > 0 &&
	          (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL));
	bell_clear(bell);
	for (size_t i = 0; i < r->len; i++)
		if (r->entry[i].bell)
			bell_clear(r->entry[i].bell);
	free(fds);
	return is_gone ? -1 : 0;
}
