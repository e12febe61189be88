#include <sched.h>
#include <stdatomic.h>

#include "box.h"
#include "clock.h"
#include "err.h"
#include "feed.h"
#include "tap.h"

enum { WRITERS = 3, CHANGES = 200 };

static struct store *
open_store(const char *name)
{
	char path[PATH_MAX + 100];
	struct store *s;

	snprintf(path, sizeof path, "%s/%s", box_path, name);
	setenv("LEGWORK_STORE", path, 1);
	if (!(s = store_open()))
		abort();
	return s;
}

/* A feed of what comes from now on. */
static struct feed *
open_feed(struct store *s)
{
	struct tx *tx = store_read(s);
	struct feed *f = tx ? feed_open(tx) : NULL;

	if (!f || store_end(tx) < 0)
		abort();
	return f;
}

/* Writes {"i":i} under key, or deletes it where i is -1. */
static void
change(struct store *s, const char *key, int64_t i, enum store_sync sync)
{
	enum store_result rc;

	do {
		struct tx *tx = store_begin(s);

		if (!tx)
			abort();
		if (i < 0)
			store_delete(tx, key);
		else
			store_put(tx, key, json_set_int(jv_object(), "i", i), jv_array(),
			    jv_array());
		rc = store_commit(tx, sync);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		abort();
}

/* Whether the next change is that one; i -1: a deletion. */
static bool
comes(struct feed *f, const char *want_key, int64_t i)
{
	struct scan_text value;
	char want[40] = "";
	const char *key;

	if (i >= 0)
		snprintf(want, sizeof want, "{\"i\":%lld}", (long long)i);
	return feed_next(f, &key, &value) == FEED_CHANGE && !strcmp(key, want_key) &&
	       (i < 0 ? !value.p : value.len == strlen(want) && !memcmp(value.p, want, value.len));
}

static bool
is_silent(struct feed *f)
{
	struct scan_text value;
	const char *key;

	return feed_next(f, &key, &value) == FEED_NONE;
}

static void
test_order(void)
{
	struct store *s = open_store("a");
	struct feed *f, *late;
	struct tx *tx;

	change(s, "before", 1, STORE_DURABLE);
	f = open_feed(s);
	ok(is_silent(f), "a new feed has nothing to show");
	change(s, "a", 1, STORE_DURABLE);
	change(s, "b", 2, STORE_DURABLE);
	change(s, "a", -1, STORE_DURABLE);
	late = open_feed(s);
	ok(comes(f, "a", 1) && comes(f, "b", 2), "it shows what comes after it, in order");
	ok(comes(f, "a", -1), "a deletion has no text");
	ok(is_silent(f) && is_silent(f), "then nothing, until more comes");
	tx = store_begin(s);
	store_put(tx, "x", json_set_int(jv_object(), "i", 7), jv_array(), jv_array());
	store_put(tx, "y", json_set_int(jv_object(), "i", 8), jv_array(), jv_array());
	store_commit(tx, STORE_DURABLE);
	ok(comes(f, "x", 7) && comes(f, "y", 8) && is_silent(f),
	    "all changes of a transaction come");
	ok(comes(late, "x", 7) && comes(late, "y", 8), "a later feed begins where it was opened");
	feed_close(late);
	feed_close(f);
	feed_close(NULL);
	store_close(s);
}

static void
test_only_durable(void)
{
	struct store *s = open_store("b");
	struct feed *f = open_feed(s), *other;
	struct tx *tx;

	change(s, "a", 1, STORE_RELAXED);
	ok(is_silent(f), "what is not yet on disk is not shown");
	other = open_feed(s);
	ok(comes(f, "a", 1), "opening another feed makes durable what that one starts behind");
	ok(is_silent(other), "so it does not show it");
	change(s, "a", 2, STORE_RELAXED);
	change(s, "a", 3, STORE_DURABLE);
	ok(comes(f, "a", 2) && comes(f, "a", 3) && comes(other, "a", 2),
	    "a durable commit makes what was before it durable, too");
	tx = store_begin(s);
	store_put(tx, "a", jv_object(), jv_array(), jv_array());
	store_end(tx);
	ok(is_silent(f), "what was given up never comes");
	feed_close(other);
	feed_close(f);
	store_close(s);
}

static void
test_lines(void)
{
	struct store *s = open_store("c");
	struct scan_text text, value;
	struct feed *f = open_feed(s);
	uint64_t revision = 0, last = 0;
	const char *key;
	int lines = 0;

	change(s, "a", 1, STORE_DURABLE);
	change(s, "a", 2, STORE_DURABLE);
	ok(feed_next_line(f, &text, &revision) == FEED_CHANGE && revision == store_durable(s) - 1 &&
		text.p[0] == '{' && text.p[text.len - 1] == '}' &&
		scan_check(text.p, text.len) == 0,
	    "a whole transaction is shown as its line");
	ok(comes(f, "a", 2) && feed_next_line(f, &text, &revision) == FEED_NONE,
	    "changes and lines may be mixed");
	feed_rewind(f);
	while (feed_next_line(f, &text, &revision) == FEED_CHANGE) {
		lines += revision == last + 1;
		last = revision;
	}
	is_int(lines, (long long)store_durable(s), "rewound, it begins with the first line");
	feed_rewind(f);
	ok(feed_next(f, &key, &value) == FEED_CHANGE && !strcmp(key, "store"),
	    "which says who the store is");
	feed_close(f);
	store_close(s);
}

/* Whether the changes to "a" from i to 10 come without a gap, or up to where they are gone. */
static bool
has_no_gap(struct feed *f, int i)
{
	struct scan_text value;
	enum feed_result rc;
	const char *key;
	int64_t got;

	while ((rc = feed_next(f, &key, &value)) == FEED_CHANGE) {
		jv record = json_parse(value.p, value.len);

		got = json_peek_int(record, "i", -1);
		jv_free(record);
		if (strcmp(key, "a") != 0 || got != i++)
			return false;
	}
	return rc == FEED_GONE || (rc == FEED_NONE && i == 11);
}

/* A compaction removes segments that feeds have not read, or are about to. */
static void
test_compaction(void)
{
	struct compact_report report;
	struct store *s = open_store("d");
	struct feed *unread = open_feed(s), *behind = open_feed(s), *current = open_feed(s), *fresh;
	struct scan_text value;
	const char *key;
	int read = 0;

	for (int i = 0; i < 10; i++)
		change(s, "a", i, STORE_DURABLE);
	for (int i = 0; i < 10; i++)
		read += comes(current, "a", i);
	ok(read == 10 && comes(behind, "a", 0), "one feed has read all, one is behind");
	fresh = open_feed(s);
	if (store_compact(s, &report) < 0)
		abort();
	is_int(feed_next(unread, &key, &value), FEED_GONE, "what is gone is told as gone");
	change(s, "a", 10, STORE_DURABLE);
	ok(comes(current, "a", 10), "a feed that has read all goes on over a compaction");
	ok(has_no_gap(behind, 1) && has_no_gap(fresh, 10), "no feed has a gap without being told");
	feed_rewind(current);
	ok(feed_next(current, &key, &value) == FEED_CHANGE, "rewound, it begins with the base");
	feed_close(unread);
	feed_close(behind);
	feed_close(current);
	feed_close(fresh);
	store_close(s);
}

static _Noreturn void
write_on(int writer)
{
	char path[PATH_MAX + 100], key[10];
	struct store *s;

	snprintf(path, sizeof path, "%s/e", box_path);
	setenv("LEGWORK_STORE", path, 1);
	if (!(s = store_open()))
		_exit(1);
	snprintf(key, sizeof key, "w%d", writer);
	for (int i = 0; i < CHANGES; i++)
		change(s, key, i, i % 4 && i < CHANGES - 1 ? STORE_RELAXED : STORE_DURABLE);
	store_close(s);
	_exit(0);
}

/* Each writer's changes have to come in order; and none before it is durable. */
static int
follow(struct feed *f, struct store *s, int64_t next[WRITERS])
{
	int64_t deadline = clock_mono_ms() + BOX_DEADLINE_MS;
	int changes = 0, wrong = 0;

	while (changes < WRITERS * CHANGES && clock_mono_ms() < deadline) {
		struct scan_text text;
		uint64_t revision;
		const char *key;

		switch (
		    changes % 2 ? feed_next_line(f, &text, &revision) : feed_next(f, &key, &text)) {
		case FEED_CHANGE:
			break;
		case FEED_NONE:
			sched_yield();
			continue;
		default:
			return -1;
		}
		int writer, i;
		if (changes++ % 2) {
			char *line = strndup(text.p, text.len), *at = strstr(line, "\"key\":\"w");

			wrong += revision > store_durable(s);
			wrong += sscanf(at, "\"key\":\"w%d\"", &writer) != 1 ||
			         sscanf(strstr(at, "{\"i\":"), "{\"i\":%d", &i) != 1;
			free(line);
		} else {
			writer = key[1] - '0';
			wrong += sscanf(text.p, "{\"i\":%d", &i) != 1;
		}
		wrong += next[writer]++ != i;
	}
	return wrong;
}

static void
test_writers(void)
{
	struct store *s = open_store("e");
	struct feed *f = open_feed(s);
	int64_t next[WRITERS] = { 0 };
	pid_t pids[WRITERS];
	int wrong, well = 0, all = 0;

	for (int i = 0; i < WRITERS; i++)
		if ((pids[i] = box_fork()) == 0)
			write_on(i);
	wrong = follow(f, s, next);
	for (int i = 0; i < WRITERS; i++) {
		well += box_ended_well(pids[i]);
		all += next[i] == CHANGES;
	}
	is_int(well, WRITERS, "three write at the same time");
	is_int(wrong, 0, "their changes come in order, and none before it is on disk");
	is_int(all, WRITERS, "and without a gap");
	ok(is_silent(f), "and nothing else");
	feed_close(f);
	store_close(s);
}

int
main(void)
{
	int before;

	box_open("feed", 1);
	before = box_descriptors();
	test_order();
	test_only_durable();
	test_lines();
	test_compaction();
	test_writers();
	is_int(box_descriptors(), before, "no descriptor is left open");
	box_close();
	return done_testing();
}
