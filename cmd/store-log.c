/* store-log - print transactions, as they are in the journal */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "err.h"
#include "feed.h"
#include "opt.h"
#include "stop.h"
#include "text.h"
#include "view.h"

/* How long a lost bell may go unnoticed; how much is printed at once. */
enum { POLL_MS = 2000, FLUSH_BYTES = 1 << 18 };

static long since;
static bool follow, audit;
static struct view view;
static struct bell *bell; /* of --follow */

static const struct opt opts[] = { { 0, "since", "revision", "only those after this one",
				       .num = &since, .max = LONG_MAX },
	{ 'f', "follow", NULL, "go on with new ones as they happen", .set = &follow },
	{ 0, "audit", NULL, "only what was refused, and what ran in chats", .set = &audit },
	VIEW_TABLE(view), VIEW_JQ(view), { 0 } };

static const struct cmd cmd = { "store-log", "print transactions, as they are in the journal", "",
	opts, 0 };

struct log {
	struct store *s;
	struct feed *feed;
	uint64_t printed; /* revision */
	jv running;       /* of --audit: the leases of tasks that run, by id */
};

static const struct column columns[] = { { "REVISION", true }, { "TIME", false }, { "BY", false },
	{ "CHANGES", false }, { NULL, false } };

/* What a transaction has changed: the keys. */
static void
add_keys(struct table *t, jv line)
{
	jv set = json_get(line, "set", JV_KIND_ARRAY);
	struct buf text = { 0 };

	if (jv_is_valid(set))
		jv_array_foreach (set, i, change) {
			const char *key = json_peek_string(change, "key");

			buf_printf(&text, "%s%s%s", i ? " " : "", key ? key : "",
			    json_has(change, "value") ? "" : " (deleted)");
			jv_free(change);
		}
	table_cell(t, PLAIN, text.p);
	buf_release(&text);
	jv_free(set);
}

static void
add_row(struct table *t, struct tx *tx, jv line, int64_t now_ms)
{
	const char *at = json_peek_string(line, "at");
	struct buf time = { 0 };
	char revision[24];

	(void)tx;
	(void)now_ms;
	snprintf(revision, sizeof revision, "%" PRId64, json_peek_int(line, "rev", 0));
	text_time(&time, at);
	table_cell(t, CYAN, revision);
	table_cell(t, DIM, t->is_tsv ? at : time.p);
	table_cell(t, PLAIN, json_peek_string(line, "by"));
	add_keys(t, line);
	buf_release(&time);
}

static const struct view_form form = { columns, add_row, NULL };

static const struct column audit_columns[] = { { "REVISION", true }, { "TIME", false },
	{ "WHO", false }, { "WHAT", false }, { "WHY", false }, { NULL, false } };

static void
add_audit_row(struct table *t, struct tx *tx, jv entry, int64_t now_ms)
{
	const char *at = json_peek_string(entry, "at"), *tool = json_peek_string(entry, "tool");
	const char *who = json_peek_string(entry, "agent"), *kind = json_peek_string(entry, "kind"),
		   *task = json_peek_string(entry, "task_id"),
		   *why = json_peek_string(entry, "reason");
	struct buf time = { 0 }, what = { 0 }, after = { 0 };
	char revision[24];

	(void)tx;
	(void)now_ms;
	if (json_has(entry, "after"))
		json_dump(&after, json_get(entry, "after", JV_KIND_OBJECT));
	snprintf(revision, sizeof revision, "%" PRId64, json_peek_int(entry, "revision", 0));
	text_time(&time, at);
	buf_printf(&what, "%s%s%s", kind ? kind : "", tool ? " " : "", tool ? tool : "");
	if (task && !tool)
		buf_printf(&what, " %.8s", task);
	table_cell(t, CYAN, revision);
	table_cell(t, DIM, t->is_tsv ? at : time.p);
	table_cell(t, PLAIN, who ? who : json_peek_string(entry, "user_id"));
	table_cell(t, PLAIN, what.p);
	table_cell(t, PLAIN, why ? why : after.p ? after.p : json_peek_string(entry, "title"));
	buf_release(&after);
	buf_release(&time);
	buf_release(&what);
}

static const struct view_form audit_form = { audit_columns, add_audit_row, NULL };

/* Whether a task (borrowed) has begun to run with this change, or is known only as one that has,
 * since the journal was compacted. */
static bool
has_begun(struct log *l, jv task, const char *id, bool is_base)
{
	const char *status = json_peek_string(task, "status"),
		   *lease = json_peek_string(task, "lease"),
		   *known = json_peek_string(l->running, id);
	bool runs = status && lease && !strcmp(status, "in_progress"),
	     is_new = runs && !(known && !strcmp(known, lease));

	if (runs && is_new)
		l->running = json_set_string(l->running, id, lease);
	else if (!runs)
		l->running = json_drop(l->running, id);
	return is_new || (is_base && json_peek_int(task, "attempt", 0) > 0);
}

/* That a task (borrowed) ran in its chat, at that time, as an entry. */
static jv
entry_of_run(jv task, const char *at)
{
	static const char *const members[] = { "chat_id", "user_id", "created_by", "agent",
		"title" };
	jv entry = json_set_string(jv_object(), "at", at);

	entry = json_set_string(entry, "kind", "task_run");
	entry = json_set_string(entry, "task_id", json_peek_string(task, "id"));
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		entry =
		    json_set_valid(entry, members[i], json_get(task, members[i], JV_KIND_STRING));
	return json_set_int(entry, "attempt", json_peek_int(task, "attempt", 0));
}

/* What a change (borrowed) in a line is to the audit, owned; invalid: nothing. */
static jv
entry_of(struct log *l, jv line, jv change)
{
	const char *key = json_peek_string(change, "key"), *by = json_peek_string(line, "by"), *at;
	jv value = json_get(change, "value", JV_KIND_OBJECT), entry = jv_invalid();
	bool is_base = by && !strcmp(by, "base");

	if (key && !strncmp(key, "audit/", 6))
		return value;
	if (key && !strncmp(key, "task/", 5) && has_begun(l, value, key + 5, is_base) &&
	    json_has(value, "chat_id")) {
		at = json_peek_string(is_base ? value : line, is_base ? "started_at" : "at");
		entry = entry_of_run(value, at);
	}
	jv_free(value);
	return entry;
}

/* The entries of the audit that a transaction has made, if they are to be printed. */
static void
add_entries(struct log *l, struct scan_text text, bool is_wanted)
{
	jv line = json_parse_object(text.p, text.len), set = json_get(line, "set", JV_KIND_ARRAY);

	if (jv_is_valid(set))
		jv_array_foreach (set, i, change) {
			jv entry = entry_of(l, line, change);

			if (jv_is_valid(entry) && is_wanted)
				view_add(&view, NULL,
				    json_set_int(jv_copy(entry), "revision",
					json_peek_int(line, "rev", 0)));
			jv_free(entry);
			jv_free(change);
		}
	jv_free(set);
	jv_free(line);
}

/* Ends with the error in the slot, leaving no bell behind. */
static _Noreturn void
die(void)
{
	bell_close(bell);
	err_exit();
}

/* A feed from the journal's beginning: after a compaction that is its base. */
static void
open_feed(struct log *l)
{
	struct tx *tx = store_read(l->s);

	if (!tx)
		die();
	feed_close(l->feed);
	l->feed = feed_open(tx);
	if (!l->feed || store_end(tx) < 0)
		die();
	feed_rewind(l->feed);
}

/* 0, or -1 where a signal has ended it. */
static int
flush(void)
{
	if (view_flush(&view) == 0)
		return 0;
	if (!stop_signal())
		die();
	return -1;
}

/* Prints what there is. */
static void
print(struct log *l)
{
	enum feed_result rc;
	struct scan_text line;
	uint64_t revision;

	while ((rc = feed_next_line(l->feed, &line, &revision)) != FEED_NONE) {
		if (rc == FEED_FAIL)
			die();
		if (rc == FEED_GONE) {
			since = (long)l->printed > since ? (long)l->printed : since;
			open_feed(l);
			continue;
		}
		if (audit)
			add_entries(l, line, revision > (uint64_t)since);
		if (revision <= (uint64_t)since)
			continue;
		if (!audit)
			view_add_line(&view, NULL, line);
		l->printed = revision;
		if (view_len(&view) > FLUSH_BYTES && flush() < 0)
			return;
	}
	flush();
}

int
main(int argc, char *argv[])
{
	struct log l = { .running = jv_object() };

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (view_open(&view, audit ? &audit_form : &form, STDOUT_FILENO) < 0)
		opt_usage(&cmd, "%s", err_text());
	if (follow)
		stop_catch();
	if (!(l.s = store_open()) || (follow && !(bell = bell_open(store_watch_fd(l.s), "store"))))
		err_exit();
	open_feed(&l);
	print(&l);
	while (follow && !stop_signal() && bell_wait(bell, POLL_MS, STDOUT_FILENO) >= 0)
		print(&l);
	bell_close(bell);
	feed_close(l.feed);
	jv_free(l.running);
	store_close(l.s);
	view_close(&view);
	return stop_signal() ? 128 + stop_signal() : 0;
}
