#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/file.h>

#include "box.h"
#include "clock.h"
#include "compact.h"
#include "crc.h"
#include "err.h"
#include "feed.h"
#include "fold.h"
#include "store.h"
#include "tap.h"

enum { KEYS = 40, CHANGES = 250, VIEWERS = 3, FOLLOWED = 300 };

static const char *
path_of(const char *name)
{
	static char path[PATH_MAX + 100];

	snprintf(path, sizeof path, "%s/%s", box_path, name);
	return path;
}

static struct store *
open_store(const char *name)
{
	struct store *s;

	setenv("LEGWORK_STORE", path_of(name), 1);
	if (!(s = store_open()))
		abort();
	return s;
}

static struct tx *
begin(struct store *s)
{
	struct tx *tx = store_begin(s);

	if (!tx)
		abort();
	return tx;
}

/* Writes a record, or deletes it. */
static void
change(struct tx *tx, int k, int64_t i)
{
	char key[60];

	snprintf(key, sizeof key, "task/%08x-0000-4000-8000-000000000000",
	    (unsigned)k * 0x9e3779b1U);
	if (i < 0)
		store_delete(tx, key);
	else
		store_put(tx, key, json_set_int(jv_object(), "i", i),
		    JV_ARRAY(jv_string("tasks"), jv_string_fmt("status.%d", (int)(i % 3))),
		    JV_ARRAY(jv_string_fmt("key/%d-%d", k, (int)(i % 5))));
}

static void
commit(struct tx *tx)
{
	if (store_commit(tx, STORE_DURABLE) != STORE_OK)
		abort();
}

static void
put(struct store *s, int k, int64_t i)
{
	struct tx *tx = begin(s);

	change(tx, k, i);
	commit(tx);
}

/* A store with a history: records changed, deleted, made again. */
static struct store *
make_store(const char *name)
{
	struct store *s;

	box_empty(name);
	s = open_store(name);
	for (int i = 0; i < CHANGES; i++) {
		struct tx *tx = begin(s);

		for (uint64_t n = 1 + box_random(3); n > 0; n--)
			change(tx, (int)box_random(KEYS), box_random(6) ? i : -1);
		commit(tx);
	}
	return s;
}

/* All that the store holds: its records' changes, and what its sets and names say. */
static char *
dump(struct store *s)
{
	struct tx *tx = store_read(s);
	struct buf b = { 0 };
	struct scan_text text;

	buf_puts(&b, "");
	if (!tx)
		return b.p;
	for (uint64_t n = 0; (n = store_next_record(tx, n)) != 0;)
		if (store_peek_change(tx, n, &text)) {
			buf_add(&b, text.p, text.len);
			buf_putc(&b, '\n');
		}
	for (int i = 0; i < 3; i++) {
		char *set = xprintf("status.%d", i);

		buf_printf(&b, "%s: %llu:", set, (unsigned long long)store_count(tx, set));
		for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;)
			buf_printf(&b, " %llu", (unsigned long long)n);
		buf_putc(&b, '\n');
		free(set);
	}
	for (int i = 0; i < 5 * KEYS; i++) {
		char *name = xprintf("key/%d-%d", i / 5, i % 5);

		buf_printf(&b, "%s: %llu\n", name, (unsigned long long)store_number(tx, name));
		free(name);
	}
	if (store_end(tx) < 0)
		buf_puts(&b, err_text());
	return b.p;
}

/* Whether it holds what `want` (freed) says. */
static bool
holds(struct store *s, char *want)
{
	char *got = dump(s);
	bool same = !strcmp(got, want);

	free(got);
	free(want);
	return same;
}

static bool
is_index_right(struct store *s)
{
	struct disk_report report;

	return store_check(s, &report) == 0 && report.was_index_right;
}

static bool
compacts(struct store *s)
{
	struct compact_report report;

	return store_compact(s, &report) == 0;
}

/* Opened as after another boot, without any index: all is made of the journal. */
static struct store *
open_anew(const char *name)
{
	static const char *const derived[] = { "index.gdbm", "index.ckpt", "mark" };

	for (int i = 0; i < 3; i++) {
		char path[60];

		snprintf(path, sizeof path, "%s/%s", name, derived[i]);
		unlinkat(box_fd, path, 0);
	}
	return open_store(name);
}

/* How many files in the journal's folder end so. */
static int
count_files(const char *name, const char *end)
{
	char path[60];
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof path, "%s/journal", name);
	dir = opendir(path_of(path));
	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name), end_len = strlen(end);

		n += len >= end_len && !strcmp(entry->d_name + len - end_len, end);
	}
	if (dir)
		closedir(dir);
	return n;
}

/* A copy of a store's folder, whatever of it was there before. */
static void
copy_store(const char *from, const char *to)
{
	char command[2 * PATH_MAX + 300];
	pid_t pid;

	box_empty(to);
	snprintf(command, sizeof command, "%s/%s", box_path, to);
	if ((pid = box_fork()) == 0) {
		execlp("cp", "cp", "-a", path_of(from), command, (char *)NULL);
		_exit(127);
	}
	if (!box_ended_well(pid))
		abort();
}

static void
test_shrinks(void)
{
	struct compact_report report;
	struct store *s = make_store("a");
	uint64_t revision = store_durable(s), records = 0;
	char *before = dump(s);
	struct tx *tx;

	tx = store_read(s);
	for (uint64_t n = 0; (n = store_next_record(tx, n)) != 0;)
		records++;
	store_end(tx);
	ok(store_compact(s, &report) == 0, "a store is compacted");
	ok(report.bytes_after < report.bytes_before && report.records == records &&
		report.revision == revision,
	    "the report has bytes, records and revision");
	ok(holds(s, strdup(before)), "every record is as it was, in its sets, under its names");
	ok(is_index_right(s), "and the index is a fold of what is left");
	ok(count_files("a", ".base.jsonl") == 1 && count_files("a", ".jsonl") <= 2 &&
		count_files("a", ".new") == 0,
	    "one base is there, and nothing before it");
	store_close(s);
	s = open_anew("a");
	ok(holds(s, strdup(before)), "the index can be made again of it");
	put(s, 0, 1000);
	tx = store_read(s);
	ok(store_head(tx).revision == revision + 1, "revisions go on");
	store_end(tx);
	free(before);
	before = dump(s);
	ok(compacts(s) && compacts(s) && compacts(s) && holds(s, before) && is_index_right(s),
	    "again and again it is the same");
	store_close(s);
	box_empty("a");
	s = open_store("a");
	ok(compacts(s) && is_index_right(s), "a store with nothing in it is compacted, too");
	put(s, 1, 1);
	ok(is_index_right(s), "and goes on");
	store_close(s);
}

/* Numbers are never given twice, also when the record that had the highest one is gone. */
static void
test_numbers(void)
{
	struct store *s;
	struct tx *tx;
	uint64_t n;

	box_empty("a");
	s = open_store("a");
	for (int i = 0; i < 5; i++)
		put(s, i, i);
	tx = store_read(s);
	n = store_prev(tx, "tasks", 0);
	store_end(tx);
	put(s, 4, -1);
	put(s, 3, -1);
	compacts(s);
	store_close(s);
	s = open_anew("a");
	put(s, 9, 9);
	tx = store_read(s);
	is_int((long long)store_prev(tx, "tasks", 0), (long long)n + 1,
	    "a number that was given is not given again");
	store_end(tx);
	store_close(s);
}

static void
test_refusals(void)
{
	struct compact_report report;
	struct store *s = make_store("a"), *other = open_store("a");
	char *before = dump(s);
	struct disk d;
	struct tx *tx;
	int fd = openat(store_fd(s), "compact", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	flock(fd, LOCK_EX);
	ok(store_compact(s, &report) == -1 && err_code() == EX_TEMPFAIL,
	    "while another one is at work it is refused: 75");
	close(fd);
	tx = begin(other);
	if (disk_open(&d, path_of("a")) < 0)
		abort();
	ok(compact_run(&d, 100, &report) == -1 && err_code() == EX_TEMPFAIL,
	    "while the lock is held it waits for so long, and gives up: 75");
	disk_close(&d);
	store_end(tx);
	mkdirat(box_fd, "a/journal/base.new", 0700);
	mkdirat(box_fd, "a/journal/base.new/x", 0700);
	ok(store_compact(s, &report) == -1, "where the base cannot be made it fails");
	ok(holds(s, strdup(before)) && count_files("a", ".base.jsonl") == 0,
	    "and nothing has happened");
	put(s, 0, 77);
	put(s, 0, 78);
	free(before);
	before = dump(s);
	box_empty("a/journal/base.new");
	ok(compacts(s) && holds(other, before) && is_index_right(s), "later it can be done");
	store_close(other);
	store_close(s);
}

/* A record that is not as it was written is not copied, and what it lies in is not removed. */
static void
test_damaged(void)
{
	struct compact_report report;
	struct store *s;
	size_t len;
	char *bytes;

	box_empty("a");
	s = open_store("a");
	put(s, 1, 1111111);
	put(s, 2, 2222222);
	bytes = box_read("a/journal/00000001.jsonl", &len);
	*strstr(bytes, "1111111") = '7';
	box_write("a/journal/00000001.jsonl", bytes, len);
	free(bytes);
	ok(store_compact(s, &report) == -1 && err_code() == EX_DATAERR,
	    "a damaged record ends it: 65");
	ok(box_size("a/journal/00000001.jsonl") == (long long)len &&
		count_files("a", ".base.jsonl") == 0 && count_files("a", ".new") == 0,
	    "and what there is stays");
	store_close(s);
}

/* The mark of another boot. */
static void
reboot(const char *name)
{
	char path[60];
	struct mark *m;
	int fd;

	fd = openat(box_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!(m = mark_open(fd)))
		abort();
	m->boot[0] = m->boot[0] == 'a' ? 'b' : 'a';
	m->crc = crc32c(0, m, offsetof(struct mark, is_dirty));
	mark_close(m);
	close(fd);
	snprintf(path, sizeof path, "%s/index.gdbm", name);
	box_empty(path);
}

/* The store holds what was in it, now, when it is compacted, and after another boot. */
static bool
is_whole_and_goes_on(const char *name, const char *want)
{
	struct store *s = open_store(name);
	/* the index may still lead into the old segments: right, but not what the base gives */
	bool is_well = holds(s, strdup(want)) && (is_index_right(s) || is_index_right(s)) &&
	               holds(s, strdup(want));
	char *now;

	put(s, 3, 33);
	now = dump(s);
	is_well = is_well && compacts(s) && holds(s, strdup(now)) && is_index_right(s) &&
	          count_files(name, ".base.jsonl") == 1 && count_files(name, ".jsonl") <= 2 &&
	          count_files(name, ".new") == 0;
	store_close(s);
	s = open_anew(name);
	is_well = is_well && holds(s, now);
	store_close(s);
	return is_well;
}

/* The states of the files between two steps, for a first compaction and for a later one. */
static void
test_killed_between(bool is_later)
{
	static const char *const old[] = { "00000001.jsonl", "00000002.base.jsonl",
		"00000003.jsonl" };
	const char *base =
	    is_later ? "c/journal/00000004.base.jsonl" : "c/journal/00000002.base.jsonl";
	const char *when = is_later ? " (a later one)" : "";
	struct store *s = make_store("b");
	char *before, fact[120], from[60], to[60];
	size_t len;
	char *bytes;

	if (is_later) {
		compacts(s);
		for (int i = 0; i < 20; i++)
			put(s, i, i + 2000);
	}
	store_close(s);
	s = open_store("b");
	before = dump(s);
	store_close(s);
	copy_store("b", "c");
	s = open_store("c");
	compacts(s);
	store_close(s);
	bytes = box_read(base, &len);

	copy_store("b", "a");
	box_write("a/journal/base.new", bytes, len * 2 / 3);
	snprintf(fact, sizeof fact, "killed while the base is written%s", when);
	ok(is_whole_and_goes_on("a", before), fact);

	copy_store("b", "a");
	box_write("a/journal/base.new", bytes, len);
	reboot("a");
	snprintf(fact, sizeof fact, "killed before it has its name, and another boot%s", when);
	ok(is_whole_and_goes_on("a", before), fact);

	/* killed when it has its name: nothing that was derived knows of it */
	copy_store("b", "a");
	snprintf(to, sizeof to, "a%s", base + 1);
	box_write(to, bytes, len);
	snprintf(to, sizeof to, "a/journal/%s", is_later ? "00000005.jsonl" : "00000003.jsonl");
	box_write(to, "", 0);
	reboot("a");
	snprintf(fact, sizeof fact, "killed when it has its name, and another boot%s", when);
	ok(is_whole_and_goes_on("a", before), fact);

	/* killed among the removals: the index has moved on, old segments are still there */
	for (int left = is_later ? 1 : 0; left < (is_later ? 3 : 1); left++)
		for (int boot = 0; boot < 2; boot++) {
			copy_store("c", "a");
			for (int i = left; i < (is_later ? 3 : 1); i++) {
				snprintf(from, sizeof from, "b/journal/%s", old[i]);
				snprintf(to, sizeof to, "a/journal/%s", old[i]);
				box_copy(from, to);
			}
			box_empty("a/index.ckpt");
			if (boot)
				reboot("a");
			snprintf(fact, sizeof fact, "killed while %s is removed%s%s", old[left],
			    boot ? ", and another boot" : "", when);
			ok(is_whole_and_goes_on("a", before), fact);
		}

	/* a checkpoint from before it leads into what is gone */
	copy_store("b", "a");
	{
		struct disk d;

		if (disk_open(&d, path_of("a")) < 0 ||
		    lock_take(&d.lock, true, 1000, &d.mark->progress) < 0 ||
		    disk_checkpoint(&d) < 0)
			abort();
		lock_drop(&d.lock);
		disk_close(&d);
	}
	box_copy("a/index.ckpt", "old.ckpt");
	copy_store("c", "a");
	box_copy("old.ckpt", "a/index.ckpt");
	reboot("a");
	snprintf(fact, sizeof fact, "a checkpoint from before, and another boot%s", when);
	ok(is_whole_and_goes_on("a", before), fact);
	free(bytes);
	free(before);
}

/* What comes next in the feed; -1: nothing. */
static int64_t
next_value(struct feed *f, enum feed_result *rc)
{
	struct scan_text value, i;
	const char *key;

	*rc = feed_next(f, &key, &value);
	if (*rc != FEED_CHANGE || !value.p || !scan_member(value, "i", &i))
		return -1;
	return strtoll(i.p, NULL, 10);
}

static struct feed *
open_feed(struct store *s)
{
	struct tx *tx = store_read(s);
	struct feed *f = tx ? feed_open(tx) : NULL;

	if (!f)
		abort();
	store_end(tx);
	return f;
}

static void
test_followers(void)
{
	struct store *s = make_store("a");
	struct feed *at_end = open_feed(s), *behind = open_feed(s), *late;
	enum feed_result rc;
	int64_t i;

	put(s, 1, 5001);
	i = next_value(at_end, &rc);
	compacts(s);
	put(s, 1, 5002);
	ok(i == 5001 && ((i = next_value(at_end, &rc)) == 5002 || rc == FEED_GONE),
	    "a viewer that had read everything goes on, or is told");
	i = next_value(behind, &rc);
	ok(i == 5001 || rc == FEED_GONE, "one that had not, as well");
	late = open_feed(s);
	put(s, 1, 5003);
	ok(next_value(late, &rc) == 5003, "one that begins then sees what comes");
	feed_close(late);
	feed_close(behind);
	feed_close(at_end);
	store_close(s);
}

/* Follows record 1 from value to value, as chat-watch does: when the feed is gone it begins again
 * from the store.  Exits 0 when it has seen them all, none before another that was said earlier. */
static _Noreturn void
follow(const char *name, _Atomic int *ready)
{
	int64_t deadline = clock_mono_ms() + BOX_DEADLINE_MS, seen = 0;
	struct store *s = open_store(name);
	struct feed *f = open_feed(s);

	atomic_fetch_add(ready, 1);
	while (seen < FOLLOWED && clock_mono_ms() < deadline) {
		enum feed_result rc;
		int64_t i = next_value(f, &rc);

		if (rc == FEED_FAIL)
			_exit(2);
		if (rc == FEED_CHANGE && i != seen + 1)
			_exit(3);
		if (rc == FEED_CHANGE)
			seen = i;
		if (rc == FEED_NONE)
			sched_yield();
		if (rc == FEED_GONE) {
			struct tx *tx = store_read(s);
			jv record;

			feed_close(f);
			if (!tx || !(f = feed_open(tx)))
				_exit(4);
			record = store_get(tx, "task/9e3779b1-0000-4000-8000-000000000000");
			i = jv_is_valid(record) ? json_peek_int(record, "i", 0) : 0;
			jv_free(record);
			store_end(tx);
			if (i < seen)
				_exit(5);
			seen = i;
		}
	}
	_exit(seen < FOLLOWED ? 1 : 0);
}

static void
test_many_compactions(void)
{
	_Atomic int *ready = box_shared(sizeof *ready);
	struct store *s;
	pid_t writer, viewers[VIEWERS];
	int compactions = 0, wrong = 0, status = 0;
	struct tx *tx;

	box_empty("a");
	s = open_store("a");
	put(s, 1, 0);
	for (int v = 0; v < VIEWERS; v++)
		if ((viewers[v] = box_fork()) == 0)
			follow("a", ready);
	while (atomic_load(ready) < VIEWERS)
		sched_yield();
	if ((writer = box_fork()) == 0) {
		struct store *own = open_store("a");

		for (int64_t i = 1; i <= FOLLOWED; i++)
			put(own, 1, i);
		_exit(0);
	}
	while (waitpid(writer, &status, WNOHANG) == 0) {
		wrong += !compacts(s);
		compactions++;
	}
	ok(status == 0 && wrong == 0, "it goes on beside a writer");
	wrong = 0;
	for (int v = 0; v < VIEWERS; v++)
		wrong += !box_ended_well(viewers[v]);
	is_int(wrong, 0, "and viewers miss nothing that they could have seen, in order");
	tx = store_read(s);
	is_int((long long)store_head(tx).revision, FOLLOWED + 2, "each change is a revision");
	store_end(tx);
	ok(is_index_right(s), "and the index is right");
	printf("# %d compactions\n", compactions);
	store_close(s);
	munmap(ready, sizeof *ready);
}

int
main(void)
{
	int before;

	box_open("compact", 9);
	before = box_descriptors();
	test_shrinks();
	test_numbers();
	test_refusals();
	test_damaged();
	test_killed_between(false);
	test_killed_between(true);
	test_followers();
	test_many_compactions();
	is_int(box_descriptors(), before, "no descriptor is left open");
	box_close();
	return done_testing();
}
