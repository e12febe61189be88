/*
 * check-history - whether a store, its journal and its viewers agree with what clients were told
 *
 * usage: check-history [--check FILE] [--journal FILE]... [--view FILE]... [--whole FILE]...
 *                      --store FILE [HISTORY ...]
 *
 *   --store    what store-dump printed in the end
 *   --check    what store-check printed: journal and index must be ok
 *   --journal  a segment, in order: its fold must be the store, its tasks' lives be lawful
 *   --view     a viewer's stream (chat-watch --format json): a piece of each chat without gap,
 *              repeat or reorder; its last line may be torn
 *   --whole    a viewer's stream from each chat's first to its last event
 *   HISTORY    lines {"client":TEXT,"op":OP,"key":TEXT,"phase":PHASE,"at":MICROSECONDS,...}
 *
 * The lines of a file count in their order ("at" is for people).  phase: invoke; then ok, fail (it
 * has not happened), unknown, or nothing, which is unknown.
 *
 *   op          key                  what it must have left, once
 *   task.add    the idempotency key  a task of that key
 *   chat.new    the title            a chat of that title
 *   chat.post   the event's id       an event of that id
 *   agent.add   the role             an agent of that role (agent.rm: none)
 *   task.edit   the idempotency key  that task, edited
 *   task.retry  the idempotency key  that task, put back
 *   task.rm     the idempotency key  no such task
 *   chat.rm     the title            no such chat
 *   task.split  the parent's id      "count" subtasks, or none of them
 *   task.run    the task's id        that task, completed
 *   store.load  the record's key     a record of that key
 *   cursor      NAME/CHAT            a cursor at "seq" or behind
 *   work        the task's id        written by its agent, under "lease": who once was followed by
 *                                    another lease is never heard of again
 *
 * Prints a line for whatever is wrong.  Exits 0 if nothing is, 1 if something is, 64, 65 or 66 for
 * arguments and files that cannot be used.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crc.h"
#include "err.h"
#include "json.h"

/* Everything is looked up by text. */
struct state {
	jv want;   /* "op key" -> {"ok":n,"unknown":n,"fail":n,"count":n,"last":op} */
	jv have;   /* "op key" -> how many are in the store */
	jv record; /* the store's records by key */
	jv event;  /* events by "chat seq" */
	jv last;   /* chat -> its last seq */
	jv lease;  /* task -> the lease that worked on it last; "task lease" -> it was left */
	bool has_store;
};

static int wrongs;

__attribute__((format(printf, 1, 2))) static void
wrong(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printf("wrong: %s\n", text);
	wrongs++;
}

static void
count_up(jv *map, const char *name, int64_t by)
{
	*map = json_set_int(*map, name, json_peek_int(*map, name, 0) + by);
}

static void
count_op(jv *map, const char *op, const char *key)
{
	char *name = xprintf("%s %s", op, key);

	count_up(map, name, 1);
	free(name);
}

/* --- files */

static void
read_file(const char *path, struct buf *b)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t n = 1;

	if (!f) {
		err_set(EX_NOINPUT, "%s: %s", path, strerror(errno));
		err_exit();
	}
	while (n > 0) {
		n = fread(buf_room(b, 1 << 16), 1, 1 << 16, f);
		b->len += n;
	}
	if (f != stdin)
		fclose(f);
}

/* Calls fn for each line of the file.  A line that is no object ends the program, unless it is
 * the last one, has no newline, and may be torn. */
static void
each_line(const char *path, bool may_be_torn, void (*fn)(struct state *, jv, const char *, size_t),
    struct state *s)
{
	struct buf b = { 0 };
	unsigned long number = 0;

	read_file(path, &b);
	for (char *p = b.p, *end = b.p + b.len, *newline; p && p < end; p = newline + 1) {
		jv line;

		number++;
		newline = memchr(p, '\n', (size_t)(end - p));
		if (!newline && may_be_torn)
			break;
		newline = newline ? newline : end;
		if (newline == p)
			continue;
		line = json_parse_object(p, (size_t)(newline - p));
		if (!jv_is_valid(line)) {
			err_add("%s:%lu", path, number);
			err_exit();
		}
		fn(s, line, p, (size_t)(newline - p));
		jv_free(line);
	}
	buf_release(&b);
}

/* --- the history */

/* Agents speak one after the other: a lease that was followed by another is dead. */
static void
take_work(struct state *s, jv line)
{
	const char *task = json_peek_string(line, "key"), *lease = json_peek_string(line, "lease");
	const char *now = task ? json_peek_string(s->lease, task) : NULL;
	char *left;

	if (!task || !lease) {
		err_set(EX_DATAERR, "work: key or lease is missing");
		err_exit();
	}
	if (now && !strcmp(now, lease))
		return;
	left = xprintf("%s %s", task, lease);
	if (json_has(s->lease, left))
		wrong("task %s: lease %s works on after lease %s has begun", task, lease, now);
	free(left);
	if (now) {
		left = xprintf("%s %s", task, now);
		s->lease = json_set_int(s->lease, left, 1);
		free(left);
	}
	s->lease = json_set_string(s->lease, task, lease);
}

/* What makes that which op removes. */
static const char *
made_by(const char *op)
{
	if (!strcmp(op, "agent.rm"))
		return "agent.add";
	if (!strcmp(op, "task.rm"))
		return "task.add";
	return !strcmp(op, "chat.rm") ? "chat.new" : op;
}

static void
take_history(struct state *s, jv line, const char *text, size_t len)
{
	const char *op = json_peek_string(line, "op"), *key = json_peek_string(line, "key");
	const char *phase = json_peek_string(line, "phase");
	char *name;
	jv entry;

	(void)text, (void)len;
	if (!op || !key || !phase) {
		err_set(EX_DATAERR, "history: op, key or phase is missing");
		err_exit();
	}
	if (!strcmp(op, "work")) {
		take_work(s, line);
		return;
	}
	name = xprintf("%s %s", made_by(op), key);
	entry = json_get(s->want, name, JV_KIND_OBJECT);
	if (!jv_is_valid(entry)) {
		jv_free(entry);
		entry = jv_object();
	}
	count_up(&entry, phase, 1);
	if (!strcmp(phase, "ok"))
		entry = json_set_string(entry, "last", op);
	entry = json_set_int(entry, op, 1);
	entry = json_set_int(entry, "count", json_peek_int(line, "count", 1));
	if (json_peek_int(line, "seq", -1) > json_peek_int(entry, "seq", -1) &&
	    !strcmp(phase, "ok"))
		entry = json_set_int(entry, "seq", json_peek_int(line, "seq", -1));
	s->want = json_set(s->want, name, entry);
	free(name);
}

/* --- the store */

static void
take_task(struct state *s, jv task)
{
	static const char *const states[] = { "pending", "in_progress", "completed", "failed",
		"cancelled" };
	const char *id = json_peek_string(task, "id"), *key = json_peek_string(task, "key");
	const char *parent = json_peek_string(task, "parent_id"),
		   *status = json_peek_string(task, "status");
	size_t i = 0;

	while (i < 5 && status && strcmp(status, states[i]) != 0)
		i++;
	if (!id || !status || i == 5) {
		wrong("a task without id or with the status %s", status ? status : "(none)");
		return;
	}
	if (key && json_peek_int(task, "revision", 0) > 0)
		count_op(&s->have, "task.edit", key);
	if (key && json_peek_int(task, "retries", 0) > 0)
		count_op(&s->have, "task.retry", key);
	if (key)
		count_op(&s->have, "task.add", key);
	else if (parent)
		count_op(&s->have, "task.split", parent);
	else
		wrong("task %s: invented: nobody has added it", id);
	if (!strcmp(status, "completed"))
		count_op(&s->have, "task.run", id);
}

static void
take_event(struct state *s, jv event)
{
	const char *chat = json_peek_string(event, "chat_id"), *id = json_peek_string(event, "id");
	int64_t seq = json_peek_int(event, "seq", 0);
	jv data = json_get(event, "data", JV_KIND_OBJECT);

	if (!chat || !id || seq <= 0) {
		wrong("an event without chat, id or seq");
		jv_free(data);
		return;
	}
	char *name = xprintf("%s %" PRId64, chat, seq);
	s->event = json_set(s->event, name, jv_copy(event));
	free(name);
	if (seq > json_peek_int(s->last, chat, 0))
		s->last = json_set_int(s->last, chat, seq);
	/* what a task says has no client but its agent */
	if (!json_peek_string(data, "task_id"))
		count_op(&s->have, "chat.post", id);
	jv_free(data);
}

static void
take_chat(struct state *s, jv chat)
{
	const char *title = json_peek_string(chat, "title"),
		   *owner = json_peek_string(chat, "user_id");

	if (title && !(owner && !strcmp(owner, "agent") && !strncmp(title, "Task: ", 6)))
		count_op(&s->have, "chat.new", title);
}

static void
take_record(struct state *s, jv line, const char *text, size_t len)
{
	const char *key = json_peek_string(line, "key");
	jv value = json_get(line, "value", JV_KIND_OBJECT);

	(void)text, (void)len;
	if (!key || !jv_is_valid(value)) {
		err_set(EX_DATAERR, "store: a line without key or value");
		err_exit();
	}
	if (json_has(s->record, key))
		wrong("%s: twice in the store", key);
	s->record = json_set(s->record, key, jv_copy(value));
	count_op(&s->have, "store.load", key);
	if (!strncmp(key, "task/", 5))
		take_task(s, value);
	else if (!strncmp(key, "event/", 6))
		take_event(s, value);
	else if (!strncmp(key, "chat/", 5))
		take_chat(s, value);
	else if (!strncmp(key, "agent/", 6))
		count_op(&s->have, "agent.add", json_peek_string(value, "role"));
	else if (!strncmp(key, "cursor/", 7))
		count_op(&s->have, "cursor", key + 7);
	jv_free(value);
}

/* --- histories against the store */

/* What may have been removed again. */
static void
check_removed(const char *name, jv want, int64_t have)
{
	const char *last = json_peek_string(want, "last");
	int64_t ended = json_peek_int(want, "ok", 0) + json_peek_int(want, "fail", 0);
	bool is_sure = json_peek_int(want, "invoke", 0) <= ended;
	bool is_there = last && !strcmp(last, made_by(last));

	if (have > 1)
		wrong("%s: %" PRId64 " of them", name, have);
	if (is_sure && have != is_there)
		wrong("%s: %s in the store", name, have ? "still" : "not");
}

static void
check_cursor(struct state *s, const char *name, jv want)
{
	char *key = xprintf("cursor/%s", name + strlen("cursor "));
	jv cursor = json_get(s->record, key, JV_KIND_OBJECT);
	int64_t seq = jv_is_valid(cursor) ? json_peek_int(cursor, "seq", -1) : -1;

	if (seq < json_peek_int(want, "seq", -1))
		wrong("%s: at %" PRId64 ", acknowledged was %" PRId64, name, seq,
		    json_peek_int(want, "seq", -1));
	jv_free(cursor);
	free(key);
}

static void
check_wanted(struct state *s)
{
	jv_object_foreach (s->want, jname, want) {
		const char *name = jv_string_value(jname);
		int64_t have = json_peek_int(s->have, name, 0),
			count = json_peek_int(want, "count", 1);
		bool is_acked = json_peek_int(want, "ok", 0) > 0;
		bool may_be = json_peek_int(want, "fail", 0) < json_peek_int(want, "invoke", 0);

		if (!strncmp(name, "agent.add ", 10) || json_has(want, "task.rm") ||
		    json_has(want, "chat.rm"))
			check_removed(name, want, have);
		else if (!strncmp(name, "cursor ", 7))
			check_cursor(s, name, want);
		else if (is_acked && have < count)
			wrong("%s: acknowledged, and %s", name,
			    have ? "only a part is there" : "lost");
		else if (have > count)
			wrong("%s: %" PRId64 " in the store, want %" PRId64, name, have, count);
		else if (!is_acked && !may_be && have > 0)
			wrong("%s: refused, and there all the same", name);
		else if (have != 0 && have != count)
			wrong("%s: %" PRId64 " of %" PRId64, name, have, count);
		jv_free(want);
		jv_free(jname);
	}
}

static void
check_invented(struct state *s)
{
	static const char *const ops[] = { "task.add ", "task.split ", "chat.new ", "chat.post ",
		"agent.add " };

	jv_object_foreach (s->have, jname, count) {
		const char *name = jv_string_value(jname);

		for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
			if (!strncmp(name, ops[i], strlen(ops[i])) && !json_has(s->want, name))
				wrong("%s: invented: nobody has asked for it", name);
		jv_free(count);
		jv_free(jname);
	}
}

/* --- the journal: its fold, and the lives of its tasks */

struct fold {
	jv value;   /* newest values by key */
	jv status;  /* task key -> "status lease" */
	jv retries; /* task key -> how often it was put back */
	int64_t revision;
};

static struct fold fold;

static bool
is_over(const char *status)
{
	return !strncmp(status, "completed", 9) || !strncmp(status, "failed", 6) ||
	       !strncmp(status, "cancelled", 9);
}

/* Whether a task that had failed begins again, and says so. */
static bool
is_put_back(const char *key, const char *was, const char *is, int64_t retries)
{
	return is_over(was) && strncmp(was, "completed", 9) != 0 && !strncmp(is, "pending", 7) &&
	       retries > json_peek_int(fold.retries, key, 0);
}

static void
follow_task(const char *key, jv task)
{
	const char *was = json_peek_string(fold.status, key),
		   *status = json_peek_string(task, "status"),
		   *lease = json_peek_string(task, "lease");
	char *is = xprintf("%s %s", status ? status : "?", lease ? lease : "");
	int64_t retries = json_peek_int(task, "retries", 0);

	if (was && strcmp(was, is) != 0) {
		if (is_put_back(key, was, is, retries))
			;
		else if (is_over(was))
			wrong("%s: %s, then %s (revision %" PRId64 ")", key, was, is,
			    fold.revision);
		else if (!strncmp(was, "in_progress", 11) && !strncmp(is, "in_progress", 11))
			wrong("%s: claimed twice: %s, then %s (revision %" PRId64 ")", key, was, is,
			    fold.revision);
		else if (!strncmp(was, "pending", 7) && !strncmp(is, "completed", 9))
			wrong("%s: completed by nobody (revision %" PRId64 ")", key, fold.revision);
	}
	fold.status = json_set_string(fold.status, key, is);
	fold.retries = json_set_int(fold.retries, key, retries);
	free(is);
}

static void
follow_change(jv change)
{
	const char *key = json_peek_string(change, "key");
	jv value = json_get(change, "value", JV_KIND_OBJECT);

	if (!key) {
		wrong("journal: revision %" PRId64 ": a change without key", fold.revision);
	} else if (!jv_is_valid(value)) {
		fold.value = json_drop(fold.value, key);
		fold.status = json_drop(fold.status, key);
	} else {
		if (!strncmp(key, "task/", 5))
			follow_task(key, value);
		if (!strncmp(key, "event/", 6) && json_has(fold.value, key))
			wrong("%s: written twice (revision %" PRId64 ")", key, fold.revision);
		fold.value = json_set(fold.value, key, jv_copy(value));
	}
	jv_free(value);
}

/* The lines of a base are of one revision, the one that it begins the journal with. */
static bool
is_of_base(jv line)
{
	const char *by = json_peek_string(line, "by");

	return by && (!strcmp(by, "base") || !strcmp(by, "store-compact"));
}

static bool
is_next(jv line)
{
	int64_t revision = json_peek_int(line, "rev", 0);

	if (is_of_base(line) && (fold.revision == 0 || revision == fold.revision))
		return true;
	return revision == fold.revision + 1;
}

static void
take_transaction(struct state *s, jv line, const char *text, size_t len)
{
	const char *crc = json_peek_string(line, "crc");
	jv set = json_get(line, "set", JV_KIND_ARRAY);
	char own[9];

	(void)s;
	snprintf(own, sizeof own, "%08" PRIx32, len > 18 ? crc32c(0, text + 18, len - 18) : 0);
	if (!crc || strcmp(crc, own) != 0)
		wrong("journal: the line behind revision %" PRId64 ": checksum", fold.revision);
	if (!is_next(line))
		wrong("journal: revision %" PRId64 " follows %" PRId64,
		    json_peek_int(line, "rev", 0), fold.revision);
	fold.revision = json_peek_int(line, "rev", 0);
	if (jv_is_valid(set))
		jv_array_foreach (set, i, change) {
			follow_change(change);
			jv_free(change);
		}
	jv_free(set);
}

static void
check_fold(struct state *s)
{
	fold.value = json_drop(fold.value, "store");
	jv_object_foreach (fold.value, key, value) {
		jv there = json_get(s->record, jv_string_value(key), JV_KIND_OBJECT);

		if (!jv_is_valid(there))
			wrong("%s: in the journal, not in the store", jv_string_value(key));
		else if (!jv_equal(jv_copy(there), jv_copy(value)))
			wrong("%s: another one in the journal than in the store",
			    jv_string_value(key));
		jv_free(there);
		jv_free(value);
		jv_free(key);
	}
	jv_object_foreach (s->record, key, value) {
		if (!json_has(fold.value, jv_string_value(key)))
			wrong("%s: in the store, not in the journal", jv_string_value(key));
		jv_free(value);
		jv_free(key);
	}
}

/* --- viewers */

static jv seen; /* chat -> the last seq that this viewer was shown */

static void
take_seen(struct state *s, jv event, const char *text, size_t len)
{
	const char *chat = json_peek_string(event, "chat_id");
	int64_t seq = json_peek_int(event, "seq", 0),
		last = chat ? json_peek_int(seen, chat, 0) : 0;
	char *name = xprintf("%s %" PRId64, chat ? chat : "?", seq);
	jv there = json_get(s->event, name, JV_KIND_OBJECT),
	   shown = json_drop(jv_copy(event), "source");

	(void)text, (void)len;
	shown = json_drop(shown, "cursor");
	if (last > 0 && seq <= last)
		wrong("viewer: %s comes after %" PRId64 ": %s", name, last,
		    seq == last ? "a repeat" : "out of order");
	else if (last > 0 && seq != last + 1)
		wrong("viewer: %s comes after %" PRId64 ": a gap", name, last);
	if (!jv_is_valid(there))
		wrong("viewer: %s is not in the store", name);
	else if (!jv_equal(jv_copy(there), jv_copy(shown)))
		wrong("viewer: %s is another one than in the store", name);
	if (chat)
		seen = json_set_int(seen, chat, seq);
	jv_free(shown);
	jv_free(there);
	free(name);
}

static int64_t first_seq;

static void
take_first(struct state *s, jv event, const char *text, size_t len)
{
	const char *chat = json_peek_string(event, "chat_id");

	if (chat && !json_has(seen, chat) && json_peek_int(event, "seq", 0) != 1)
		first_seq = json_peek_int(event, "seq", 0);
	take_seen(s, event, text, len);
}

static void
check_view(struct state *s, const char *path, bool is_whole)
{
	seen = jv_object();
	first_seq = 0;
	each_line(path, !is_whole, is_whole ? take_first : take_seen, s);
	if (first_seq)
		wrong("viewer %s: begins with event %" PRId64, path, first_seq);
	if (is_whole)
		jv_object_foreach (seen, chat, seq) {
			int64_t last = json_peek_int(s->last, jv_string_value(chat), 0);

			if (jv_number_value(seq) != (double)last)
				wrong("viewer %s: chat %s ends at %g, not at %" PRId64, path,
				    jv_string_value(chat), jv_number_value(seq), last);
			jv_free(seq);
			jv_free(chat);
		}
	jv_free(seen);
}

/* Every chat's events are numbered from 1 without a gap. */
static void
check_chats(struct state *s)
{
	jv_object_foreach (s->last, chat, last) {
		for (int64_t seq = 1; seq <= (int64_t)jv_number_value(last); seq++) {
			char *name = xprintf("%s %" PRId64, jv_string_value(chat), seq);

			if (!json_has(s->event, name))
				wrong("chat %s: event %" PRId64 " is missing",
				    jv_string_value(chat), seq);
			free(name);
		}
		jv_free(last);
		jv_free(chat);
	}
}

static void
take_check(struct state *s, jv line, const char *text, size_t len)
{
	const char *journal = json_peek_string(line, "journal"),
		   *index = json_peek_string(line, "index");

	(void)s, (void)text, (void)len;
	if (!journal || strcmp(journal, "ok") != 0)
		wrong("store-check: journal %s", journal ? journal : "(nothing)");
	if (!index || strcmp(index, "ok") != 0)
		wrong("store-check: index %s", index ? index : "(nothing)");
}

static _Noreturn void
misuse(const char *why)
{
	err_set(EX_USAGE, "%s", why);
	err_exit();
}

/* One of the arguments: an option and its file, or a history.  How many it took. */
static int
take_argument(struct state *s, char **arg, bool is_second_round)
{
	if (strncmp(*arg, "--", 2) != 0) {
		if (!is_second_round)
			each_line(*arg, true, take_history, s);
		return 1;
	}
	if (!arg[1])
		misuse("an option without its file");
	if (!strcmp(*arg, "--store") && !is_second_round)
		each_line(arg[1], false, take_record, s), s->has_store = true;
	else if (!strcmp(*arg, "--check") && !is_second_round)
		each_line(arg[1], false, take_check, s);
	else if (!strcmp(*arg, "--journal") && !is_second_round)
		each_line(arg[1], true, take_transaction, s);
	else if (!strcmp(*arg, "--view") && is_second_round)
		check_view(s, arg[1], false);
	else if (!strcmp(*arg, "--whole") && is_second_round)
		check_view(s, arg[1], true);
	else if (!is_second_round && strcmp(*arg, "--view") != 0 && strcmp(*arg, "--whole") != 0)
		misuse("unknown option");
	return 2;
}

int
main(int argc, char *argv[])
{
	struct state s = { .want = jv_object(),
		.have = jv_object(),
		.record = jv_object(),
		.event = jv_object(),
		.last = jv_object(),
		.lease = jv_object() };

	(void)argc;
	fold = (struct fold){ jv_object(), jv_object(), jv_object(), 0 };
	for (char **arg = argv + 1; *arg;)
		arg += take_argument(&s, arg, false);
	if (!s.has_store)
		misuse("--store is missing");
	check_wanted(&s);
	check_invented(&s);
	check_chats(&s);
	if (fold.revision > 0)
		check_fold(&s);
	for (char **arg = argv + 1; *arg;)
		arg += take_argument(&s, arg, true);
	printf("%d records, %d operations: %d wrong\n", jv_object_length(jv_copy(s.record)),
	    jv_object_length(jv_copy(s.want)), wrongs);
	jv_free(s.want);
	jv_free(s.have);
	jv_free(s.record);
	jv_free(s.event);
	jv_free(s.last);
	jv_free(s.lease);
	jv_free(fold.value);
	jv_free(fold.status);
	jv_free(fold.retries);
	return wrongs > 0;
}
