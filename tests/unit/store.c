#include <errno.h>
#include <sched.h>
#include <stdatomic.h>

#include "bell.h"
#include "box.h"
#include "checkpoint.h"
#include "clock.h"
#include "err.h"
#include "id.h"
#include "store.h"
#include "tap.h"

enum { KEYS = 40, STEPS = 700, WRITERS = 4, KILLS = 40, MANY = 3000 };

static void
use_store(const char *name)
{
	char path[PATH_MAX + 100];

	snprintf(path, sizeof path, "%s/%s", box_path, name);
	setenv("LEGWORK_STORE", path, 1);
}

static struct store *
open_store(void)
{
	struct store *s = store_open();

	if (!s)
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

static struct tx *
begin_reading(struct store *s)
{
	struct tx *tx = store_read(s);

	if (!tx)
		abort();
	return tx;
}

static jv
numbered(int64_t i)
{
	return json_set_int(jv_object(), "i", i);
}

static void
put(struct tx *tx, const char *key, int64_t i, const char *sets, const char *names)
{
	store_put(tx, key, numbered(i), jv_parse(sets), jv_parse(names));
}

/* The number that the record says; -1: there is none. */
static int64_t
get(struct tx *tx, const char *name)
{
	jv record = store_get(tx, name);
	int64_t i = jv_is_valid(record) ? json_peek_int(record, "i", -2) : -1;

	jv_free(record);
	return i;
}

/* The same in a transaction of its own. */
static int64_t
read_one(struct store *s, const char *name)
{
	struct tx *tx = begin_reading(s);
	int64_t i = get(tx, name);

	return store_end(tx) < 0 ? -3 : i;
}

static bool
is_index_right(struct store *s)
{
	struct disk_report report;

	return store_check(s, &report) == 0 && report.was_index_right;
}

static void
test_open(void)
{
	int before = box_descriptors();
	struct store *s;
	struct tx *tx;

	use_store("open");
	s = open_store();
	ok(strstr(store_path(s), "/open") != NULL, "a store is where LEGWORK_STORE says");
	ok(store_fd(s) >= 0 && store_watch_fd(s) >= 0 && store_run_fd(s) >= 0 &&
		store_logs_fd(s) >= 0,
	    "its folders are open");
	tx = begin_reading(s);
	ok(store_of(tx) == s && get(tx, "task/x") == -1 && store_number(tx, "task/x") == 0 &&
		store_next(tx, "tasks", 0) == 0 && store_prev(tx, "tasks", 0) == 0 &&
		store_count(tx, "tasks") == 0,
	    "nothing is in it");
	ok(store_end(tx) == 0, "reading ends well");
	ok(is_index_right(s), "its index is right");
	store_close(s);
	store_close(NULL);
	box_write("plain", "", 0);
	use_store("plain");
	ok(!store_open() && (err_code() == EX_CANTCREAT || err_code() == EX_NOPERM),
	    "what is no folder is refused");
	is_int(box_descriptors(), before, "no descriptor is left open");
}

static void
test_own_writes(struct store *s)
{
	struct tx *tx = begin(s);
	struct scan_text text;
	uint64_t n;

	put(tx, "a", 1, "[\"s\",\"t\"]", "[\"key/1\"]");
	n = store_number(tx, "a");
	ok(get(tx, "a") == 1 && get(tx, "key/1") == 1 && n > 0,
	    "a transaction reads what it wrote");
	ok(store_next(tx, "s", 0) == n && store_prev(tx, "t", 0) == n && store_count(tx, "s") == 1,
	    "its sets as well");
	ok(store_peek(tx, n, &text) && text.len == 7 && !memcmp(text.p, "{\"i\":1}", 7),
	    "and the text");
	put(tx, "a", 2, "[\"s\"]", "[]");
	ok(get(tx, "a") == 2 && store_number(tx, "a") == n && get(tx, "key/1") == -1 &&
		store_count(tx, "t") == 0,
	    "written again, it is the last version that is there");
	put(tx, "b", 3, "[]", "[]");
	store_delete(tx, "a");
	store_delete(tx, "never");
	ok(get(tx, "a") == -1 && store_number(tx, "a") == 0 && store_count(tx, "s") == 0,
	    "deleted, it is gone");
	is_int(store_commit(tx, STORE_DURABLE), STORE_OK, "all that is committed");
	ok(read_one(s, "a") == -1 && read_one(s, "b") == 3, "and read later");
	tx = begin_reading(s);
	is_int((long long)store_revision_at(tx, n + 1), (long long)store_durable(s),
	    "a record knows the revision in which it changed");
	ok(store_next_record(tx, n) == n + 1 && store_next_record(tx, n - 1) == n + 1 &&
		store_next_record(tx, n + 1) == 0,
	    "records have numbers in the order of creation");
	store_end(tx);
}

static void
test_given_up(struct store *s)
{
	struct tx *tx = begin(s);
	struct journal_pos head = store_head(tx);
	sigset_t blocked;

	put(tx, "given/up", 1, "[\"s\"]", "[]");
	put(tx, "b", 99, "[\"s\"]", "[]");
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	ok(sigismember(&blocked, SIGTERM), "signals are blocked in it");
	is_int(store_end(tx), 0, "a transaction is given up");
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	ok(!sigismember(&blocked, SIGTERM), "and let in after it");
	tx = begin_reading(s);
	ok(get(tx, "given/up") == -1 && get(tx, "b") == 3 && store_count(tx, "s") == 0 &&
		store_head(tx).revision == head.revision,
	    "it leaves no trace");
	store_end(tx);
	tx = begin(s);
	is_int(store_commit(tx, STORE_DURABLE), STORE_OK, "one without changes is fine");
	tx = begin_reading(s);
	is_int((long long)store_head(tx).revision, (long long)head.revision, "and makes none");
	store_end(tx);
}

static void
test_durable(struct store *s)
{
	struct tx *tx = begin(s);
	uint64_t before = store_durable(s);

	put(tx, "relaxed", 1, "[]", "[]");
	is_int(store_commit(tx, STORE_RELAXED), STORE_OK, "a relaxed commit is done");
	ok(read_one(s, "relaxed") == 1 && store_durable(s) == before, "but not yet durable");
	tx = begin_reading(s);
	ok(store_settle(tx) == 0 && store_durable(s) == before + 1, "settled, all that is seen is");
	store_end(tx);
	tx = begin(s);
	put(tx, "relaxed", 2, "[]", "[]");
	store_commit(tx, STORE_RELAXED);
	tx = begin(s);
	store_commit(tx, STORE_DURABLE);
	is_int((long long)store_durable(s), (long long)before + 2,
	    "a durable commit, even without changes, makes durable what it saw");
}

static void
test_stuck_error(struct store *s)
{
	struct tx *tx = begin(s);

	put(tx, "b", 50, "[]", "[]");
	err_set(EX_DATAERR, "the first");
	store_fail(tx);
	err_set(EX_USAGE, "the second");
	store_fail(tx);
	ok(store_next(tx, "s", 0) == 0 && store_number(tx, "b") == 0 && get(tx, "b") == -1,
	    "after an error there is nothing to read");
	ok(store_commit(tx, STORE_DURABLE) == STORE_FAIL && err_code() == EX_DATAERR &&
		!strcmp(err_text(), "the first"),
	    "the commit fails with the first one");
	is_int(read_one(s, "b"), 3, "and changes nothing");
	tx = begin_reading(s);
	store_fail(tx);
	is_int(store_end(tx), -1, "store_end tells it too");
}

static void
test_two_handles(struct store *s)
{
	struct store *other = open_store();
	int wrong = 0;

	for (int i = 0; i < 30; i++) {
		struct store *writer = i % 2 ? s : other, *reader = i % 2 ? other : s;
		struct tx *tx = begin(writer);

		wrong += get(tx, "shared") != (i ? i - 1 : -1);
		put(tx, "shared", i, i % 3 ? "[\"three\"]" : "[]", "[]");
		wrong += store_commit(tx, STORE_RELAXED) != STORE_OK;
		tx = begin_reading(reader);
		wrong += get(tx, "shared") != i || store_count(tx, "three") != (i % 3 > 0);
		store_end(tx);
	}
	is_int(wrong, 0, "two handles see each other's changes at once");
	store_close(other);
}

static void
test_names(struct store *s)
{
	struct tx *tx = begin(s);
	char *long_name = malloc(401);

	put(tx, "one", 1, "[]", "[\"key/x\",\"key/y\"]");
	put(tx, "two", 2, "[]", "[\"key/y\"]");
	store_commit(tx, STORE_RELAXED);
	ok(read_one(s, "key/x") == 1 && read_one(s, "key/y") == 2,
	    "a name leads to who took it last");
	tx = begin(s);
	put(tx, "one", 11, "[]", "[]");
	store_commit(tx, STORE_RELAXED);
	ok(read_one(s, "key/x") == -1 && read_one(s, "key/y") == 2,
	    "what it lost is not taken away");
	tx = begin(s);
	store_delete(tx, "two");
	store_commit(tx, STORE_RELAXED);
	ok(read_one(s, "key/y") == -1 && read_one(s, "one") == 11, "what was deleted has no name");

	memset(long_name, 'n', 400);
	long_name[400] = '\0';
	tx = begin(s);
	store_put(tx, long_name, numbered(5), jv_array(), jv_array());
	store_put(tx, "long", numbered(6), jv_array(),
	    jv_array_append(jv_array(), jv_string("\"\t")));
	store_commit(tx, STORE_RELAXED);
	ok(read_one(s, long_name) == 5 && read_one(s, "\"\t") == 6,
	    "a name may have 400 bytes, and characters that JSON escapes");
	long_name[399] = '"'; /* two bytes as JSON */
	tx = begin(s);
	ok(store_number(tx, long_name) == 0 && !store_next(tx, long_name, 0) &&
		!store_count(tx, long_name),
	    "a longer one leads nowhere");
	store_put(tx, "short", numbered(7), jv_array(), JV_ARRAY(jv_string(long_name)));
	ok(store_commit(tx, STORE_RELAXED) == STORE_FAIL && err_code() == EX_DATAERR,
	    "and with it the transaction fails");
	ok(read_one(s, "short") == -1, "as a whole");
	free(long_name);
	ok(is_index_right(s), "and the index is right");
}

static void
add_task(struct tx *tx, const char *kind, const char *id)
{
	char *key = xprintf("%s/%s", kind, id);

	store_put(tx, key, json_set_string(jv_object(), "id", id), jv_array(), jv_array());
	free(key);
}

static bool
resolves(struct tx *tx, const char *kind, const char *prefix, const char *want)
{
	char id[ID_TEXT] = "";
	int rc = store_resolve(tx, kind, prefix, id);

	return want ? rc == 0 && !strcmp(id, want) : rc == -1 && err_code() == EX_NOINPUT;
}

static void
test_resolve(struct store *s)
{
	static const char *const ids[] = { "abcdef01-0000-4000-8000-000000000001",
		"abcdef01-0000-4000-8000-000000000002", "abcde001-0000-4000-8000-000000000003",
		"abcd0001-0000-4000-8000-000000000004" };
	struct tx *tx = begin(s);

	for (int i = 0; i < 4; i++)
		add_task(tx, "task", ids[i]);
	add_task(tx, "chat", "abcd9999-0000-4000-8000-000000000005");
	ok(resolves(tx, "task", "abcd0", ids[3]),
	    "a prefix is resolved in the transaction that wrote");
	store_commit(tx, STORE_RELAXED);
	tx = begin_reading(s);
	ok(resolves(tx, "task", ids[0], ids[0]) && resolves(tx, "task", ids[1], ids[1]),
	    "a whole id stands for itself");
	ok(resolves(tx, "task", "abcde0", ids[2]) && resolves(tx, "task", "ABCD0", ids[3]) &&
		resolves(tx, "task", "abcdef01-0000-4000-8000-000000000002", ids[1]),
	    "a unique prefix, in either case, for what begins so");
	ok(resolves(tx, "task", "abcd", NULL) && strstr(err_text(), "ambiguous") &&
		resolves(tx, "task", "abcdef01-0", NULL) && strstr(err_text(), "ambiguous"),
	    "one that is not unique is ambiguous");
	ok(resolves(tx, "chat", "abcd", "abcd9999-0000-4000-8000-000000000005"),
	    "other kinds do not count");
	ok(resolves(tx, "task", "abcf", NULL) && strstr(err_text(), "no such task") &&
		resolves(tx, "chat", "abcde", NULL) && strstr(err_text(), "no such chat"),
	    "one that nothing begins with is none");
	ok(resolves(tx, "task", "abc", NULL) && resolves(tx, "task", "", NULL) &&
		resolves(tx, "task", "../a", NULL) &&
		resolves(tx, "task", "abcdef01-0000-4000-8000-0000000000011", NULL),
	    "nor what is too short, too long, or no id");
	store_end(tx);
	tx = begin(s);
	store_delete(tx, "task/abcdef01-0000-4000-8000-000000000001");
	store_commit(tx, STORE_RELAXED);
	tx = begin_reading(s);
	ok(resolves(tx, "task", "abcdef", ids[1]), "once the other is deleted, it is unique");
	store_end(tx);
}

/* A record in the model: what its number says, and which of eight sets it is in. */
struct model {
	int64_t i[KEYS];
	unsigned sets[KEYS];
};

static void
change_one(struct tx *tx, struct model *m, int step)
{
	int k = (int)box_random(KEYS);
	char key[20];

	snprintf(key, sizeof key, "key-%d", k);
	if (box_random(4) == 0) {
		store_delete(tx, key);
		m->i[k] = -1;
		m->sets[k] = 0;
		return;
	}
	m->i[k] = step;
	m->sets[k] = (unsigned)box_random(256);
	jv sets = jv_array();
	for (unsigned bit = 0; bit < 8; bit++)
		if (m->sets[k] >> bit & 1)
			sets = jv_array_append(sets, jv_string_fmt("set.%u", bit));
	store_put(tx, key, numbered(step), sets, jv_array());
}

static bool
is_as_model(struct tx *tx, const struct model *m)
{
	unsigned count[8] = { 0 };
	bool holds = true;
	char name[20];

	for (int k = 0; k < KEYS; k++) {
		snprintf(name, sizeof name, "key-%d", k);
		holds &= get(tx, name) == m->i[k];
		for (unsigned bit = 0; bit < 8; bit++)
			count[bit] += m->sets[k] >> bit & 1;
	}
	for (unsigned bit = 0; bit < 8; bit++) {
		uint64_t last = 0, members = 0;

		snprintf(name, sizeof name, "set.%u", bit);
		for (uint64_t n = 0; (n = store_next(tx, name, n)) != 0; last = n)
			members++;
		holds &= members == count[bit] && store_count(tx, name) == members &&
		         store_prev(tx, name, 0) == last;
	}
	return holds;
}

/* Random transactions, some given up, some that meet STORE_AGAIN, against an array. */
static void
test_model(void)
{
	struct model model, next;
	int wrong = 0, again = 0;
	struct store *s;

	use_store("model");
	setenv("LEGWORK_JOURNAL", "again:3", 1);
	s = open_store();
	memset(&model, 0, sizeof model);
	for (int k = 0; k < KEYS; k++)
		model.i[k] = -1;
	for (int step = 0; step < STEPS; step++) {
		uint64_t seed = box_random(UINT64_MAX);
		enum store_result rc;

		do {
			struct tx *tx = begin(s);
			box_state = seed;
			next = model;
			for (uint64_t changes = box_random(5); changes > 0; changes--)
				change_one(tx, &next, step);
			wrong += !is_as_model(tx, &next);
			if (box_random(5) == 0) {
				next = model;
				rc = store_end(tx) < 0 ? STORE_FAIL : STORE_OK;
			} else {
				rc = store_commit(tx, STORE_RELAXED);
			}
			again += rc == STORE_AGAIN;
		} while (rc == STORE_AGAIN);
		wrong += rc != STORE_OK;
		model = next;
	}
	unsetenv("LEGWORK_JOURNAL");
	struct tx *tx = begin_reading(s);
	ok(wrong == 0 && is_as_model(tx, &model), "random transactions read as an array does");
	store_end(tx);
	ok(again > 50, "although the journal said again, again and again");
	ok(is_index_right(s), "and the index is a fold of the journal");
	store_close(s);
}

/* Thousands of records put, changed and deleted again in one transaction, against an array. */
static void
test_many_in_one(void)
{
	int64_t *model = malloc(MANY * sizeof *model);
	int wrong = 0, present = 0;
	struct store *s;
	struct tx *tx;
	char key[20];

	use_store("many");
	s = open_store();
	tx = begin(s);
	for (int k = 0; k < MANY; k++)
		model[k] = -1;
	for (int step = 0; step < 4 * MANY; step++) {
		int k = (int)box_random(MANY);

		snprintf(key, sizeof key, "many-%d", k);
		wrong += get(tx, key) != model[k];
		model[k] = box_random(4) ? step : -1;
		if (model[k] < 0)
			store_delete(tx, key);
		else
			put(tx, key, step, "[\"many\"]", "[]");
		wrong += get(tx, key) != model[k];
	}
	wrong += store_commit(tx, STORE_RELAXED) != STORE_OK;
	tx = begin_reading(s);
	for (int k = 0; k < MANY; k++) {
		snprintf(key, sizeof key, "many-%d", k);
		wrong += get(tx, key) != model[k];
		present += model[k] >= 0;
	}
	is_int(wrong, 0, "thousands of changes in one transaction read as an array does");
	is_int((long long)store_count(tx, "many"), present, "in their set as well");
	store_end(tx);
	ok(is_index_right(s), "and the index is right");
	store_close(s);
	free(model);
}

/* In one transaction a name goes from record to record, each written once. */
static void
test_names_in_one(void)
{
	struct store *s;
	struct tx *tx;

	use_store("names");
	s = open_store();
	tx = begin(s);
	put(tx, "a", 1, "[]", "[\"x\",\"y\"]");
	put(tx, "b", 2, "[]", "[\"x\"]");
	store_commit(tx, STORE_RELAXED);
	tx = begin(s);
	put(tx, "b", 3, "[]", "[]");
	put(tx, "a", 4, "[]", "[\"x\"]");
	put(tx, "c", 5, "[]", "[\"y\"]");
	store_commit(tx, STORE_RELAXED);
	ok(read_one(s, "x") == 4 && read_one(s, "y") == 5,
	    "in one transaction, too, a name leads to who took it last");
	ok(is_index_right(s), "and does when the index is made again");
	store_close(s);
}

/* Whether the bell rings for a change that is committed now. */
static bool
commit_rings(struct store *s, struct bell *b)
{
	struct tx *tx = begin(s);

	put(tx, "rung", 1, "", "");
	store_ring(tx, "chats");
	store_ring(tx, "chats");
	if (store_commit(tx, STORE_DURABLE) != STORE_OK)
		abort();
	return bell_wait(b, 0, -1) == 1;
}

static void
test_bells(void)
{
	struct bell *chats, *all;
	struct store *s, *other;

	use_store("bells");
	s = open_store();
	other = open_store();
	chats = bell_open(store_watch_fd(other), "chats");
	all = bell_open(store_watch_fd(other), "store");
	ok(commit_rings(s, chats) && bell_wait(all, 0, -1) == 1, "a commit rings its bells");
	store_hold_bells(s);
	ok(!commit_rings(s, chats) && !commit_rings(s, chats) && bell_wait(all, 0, -1) == 0,
	    "held ones wait");
	store_ring_held(s);
	ok(bell_wait(chats, 0, -1) == 1 && bell_wait(all, 0, -1) == 1, "until they are rung");
	store_ring_held(s);
	is_int(bell_wait_either(chats, all, 0, -1), 0, "once");
	ok(!commit_rings(s, chats), "and the next ones");
	store_close(s);
	ok(bell_wait(chats, 0, -1) == 1 && bell_wait(all, 0, -1) == 1,
	    "also where nobody rings them before the end");
	bell_close(chats);
	bell_close(all);
	store_close(other);
}

/* How many of the bells ring, of those that have not been heard yet: for 10 s at most. */
static int
count_rung(struct bell **b, int len)
{
	int rung = 0;

	for (int i = 0; i < len; i++)
		rung += bell_wait(b[i], 10000, -1) == 1;
	return rung;
}

static void
test_bells_apart(void)
{
	enum { LISTENERS = 20 };
	struct bell *bell[LISTENERS], *all;
	struct store *s, *other;
	int status;

	use_store("apart");
	s = open_store();
	other = open_store();
	store_hold_bells(s);
	all = bell_open(store_watch_fd(other), "store");
	bell[0] = bell_open(store_watch_fd(other), "chats");
	commit_rings(s, all);
	store_ring_apart(s);
	ok(bell_wait(bell[0], 0, -1) == 1 && waitpid(-1, &status, 0) < 0,
	    "where few wait no process is made");
	for (int i = 1; i < LISTENERS; i++)
		bell[i] = bell_open(store_watch_fd(other), "chats");
	ok(bell_count(store_watch_fd(other), "chats") == LISTENERS &&
		bell_count(store_watch_fd(other), "nobody") == 0,
	    "they are counted");
	commit_rings(s, all);
	store_ring_apart(s);
	is_int(count_rung(bell, LISTENERS), LISTENERS, "where many wait all are woken");
	ok(waitpid(-1, &status, 0) > 0 && status == 0, "by a child");
	store_close(s);
	for (int i = 0; i < LISTENERS; i++)
		bell_close(bell[i]);
	bell_close(all);
	store_close(other);
}

static void
test_damaged_record(void)
{
	struct store *s;
	struct tx *tx;
	char *bytes;
	size_t len;

	use_store("damaged");
	s = open_store();
	for (int i = 0; i < 3; i++) {
		tx = begin(s);
		put(tx, i == 1 ? "victim" : "other", 7777777 + i, "[]", "[]");
		store_commit(tx, STORE_RELAXED);
	}
	bytes = box_read("damaged/journal/00000001.jsonl", &len);
	*strstr(bytes, "7777778") = '8';
	box_write("damaged/journal/00000001.jsonl", bytes, len);
	free(bytes);
	tx = begin(s);
	ok(get(tx, "victim") == -1, "a record that is not as it was written is not returned");
	put(tx, "other", 1, "[]", "[]");
	ok(store_commit(tx, STORE_DURABLE) == STORE_FAIL && err_code() == EX_IOERR,
	    "and the transaction that wanted it fails");
	ok(!store_begin(s) && err_code() == EX_DATAERR, "the next one finds the damage: 65");
	store_close(s);
}

/* Puts a record in each of so many transactions; how many failed. */
static int
count_failures(struct store *s, int count)
{
	int failures = 0;

	for (int i = 0; i < count; i++) {
		struct tx *tx = store_begin(s);
		char key[20];

		snprintf(key, sizeof key, "key-%d", i);
		if (tx)
			put(tx, key, i, "[]", "[]");
		failures += !tx || store_commit(tx, STORE_DURABLE) != STORE_OK;
	}
	return failures;
}

/* An eighth of GDBM's directory, which is the file's second block, leads nowhere, in the index and
 * in its copy.  As long as no key is looked for there, nobody can know. */
static void
damage_directory(struct store *s, size_t eighth)
{
	struct tx *tx = begin_reading(s);
	int dir_fd = open(getenv("LEGWORK_STORE"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len;
	char *bytes;

	store_end(tx);
	bytes = box_read("directory/index.gdbm", &len);
	memset(bytes + 4096 + eighth * 512, 0xa5, 512);
	box_write("directory/index.gdbm", bytes, len);
	free(bytes);
	if (dir_fd < 0 || checkpoint_save(dir_fd) < 0)
		abort();
	close(dir_fd);
}

/* How many of 40 transactions fail in a store so damaged. */
static int
count_damaged(size_t eighth, bool is_checked)
{
	struct store *s = open_store();
	struct disk_report report;
	int failures;

	count_failures(s, 1);
	damage_directory(s, eighth);
	if (is_checked && store_check(s, &report) < 0)
		abort();
	failures = count_failures(s, 40);
	store_close(s);
	box_empty("directory");
	return failures;
}

static void
test_damaged_directory(void)
{
	int total = 0, most = 0, checked = 0;

	use_store("directory");
	for (size_t eighth = 0; eighth < 8; eighth++) {
		int failures = count_damaged(eighth, false);

		total += failures;
		most = failures > most ? failures : most;
		checked += count_damaged(eighth, true);
	}
	ok(total > 0 && most == 1,
	    "where the index's directory is damaged one transaction fails, and no other");
	is_int(checked, 0, "after a check, none");
}

/* The descriptors of journal segments become ones that cannot be synced. */
static void
break_sync(void)
{
	int fds[2];

	if (pipe(fds) < 0)
		abort();
	for (int fd = 3; fd < 64; fd++) {
		char link[64], target[PATH_MAX + 100];
		ssize_t n;

		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof target - 1);
		if (n > 6 && !memcmp(target + n - 6, ".jsonl", 6) && dup2(fds[1], fd) < 0)
			abort();
	}
	close(fds[0]);
	close(fds[1]);
}

static void
test_poison(void)
{
	struct disk_report report;
	struct store *s;
	struct tx *tx;

	use_store("poison");
	s = open_store();
	tx = begin(s);
	put(tx, "a", 1, "[]", "[]");
	store_commit(tx, STORE_RELAXED);
	tx = begin(s);
	break_sync();
	ok(store_commit(tx, STORE_DURABLE) == STORE_FAIL && err_code() == EX_IOERR,
	    "a commit that cannot be synced is not acknowledged: 74");
	store_close(s);
	s = open_store();
	ok(!store_begin(s) && err_code() == EX_IOERR && strstr(err_text(), "store-check"),
	    "after that nobody writes, and is told what to do");
	is_int(read_one(s, "a"), 1, "who reads does");
	ok(store_check(s, &report) == 0 && report.was_poisoned, "a check looks at all of it");
	tx = begin(s);
	put(tx, "a", 2, "[]", "[]");
	ok(store_commit(tx, STORE_DURABLE) == STORE_OK && read_one(s, "a") == 2,
	    "then there is writing again");
	store_close(s);
}

static void
test_locked(void)
{
	struct store *s, *other;
	struct tx *tx;

	use_store("locked");
	setenv("LEGWORK_LOCK_WAIT", "1", 1);
	s = open_store();
	other = open_store();
	tx = begin(s);
	ok(!store_read(other) && err_code() == EX_TEMPFAIL,
	    "who waits for the lock longer than LEGWORK_LOCK_WAIT gets 75");
	store_end(tx);
	unsetenv("LEGWORK_LOCK_WAIT");
	store_close(other);
	store_close(s);
}

/* What a writer has tried to write, and been told is written. */
struct progress {
	_Atomic int64_t tried, acked;
};

static void
name_of(char key[40], int writer, char half, int64_t i)
{
	snprintf(key, 40, "w%d/%c/%lld", writer, half, (long long)i);
}

/* Each transaction writes two records, and a third again. */
static _Noreturn void
write_on(int writer, struct progress *p)
{
	struct store *s = open_store();

	for (int64_t i = atomic_load(&p->tried) + 1;; i++) {
		enum store_result rc;

		atomic_store(&p->tried, i);
		do {
			char key[40];
			struct tx *tx = begin(s);

			name_of(key, writer, 'a', i);
			put(tx, key, i, "[\"all\"]", "[]");
			name_of(key, writer, 'b', i);
			put(tx, key, i, "[\"all\"]", "[]");
			name_of(key, writer, 'c', 0);
			put(tx, key, i, "[]", "[]");
			rc = store_commit(tx, i % 2 ? STORE_DURABLE : STORE_RELAXED);
		} while (rc == STORE_AGAIN);
		if (rc != STORE_OK)
			_exit(1);
		atomic_store(&p->acked, i);
	}
}

/* Lost, torn or invented transactions of a writer.  *present counts what is there. */
static int
count_wrong(struct tx *tx, int writer, const struct progress *p, uint64_t *present)
{
	int64_t tried = atomic_load(&p->tried), acked = atomic_load(&p->acked), last = -1;
	int wrong = 0;
	char key[40];

	for (int64_t i = 1; i <= tried + 1; i++) {
		int64_t a, b;

		name_of(key, writer, 'a', i);
		a = get(tx, key);
		name_of(key, writer, 'b', i);
		b = get(tx, key);
		wrong += a != b || (a != -1 && (a != i || i > tried));
		if (a == i) {
			last = i;
			*present += 2;
		}
	}
	wrong += last < acked;
	name_of(key, writer, 'c', 0);
	wrong += get(tx, key) != last;
	return wrong;
}

static void
test_killed_writers(void)
{
	struct progress *p = box_shared(WRITERS * sizeof *p);
	int64_t deadline = clock_mono_ms() + BOX_DEADLINE_MS;
	uint64_t present = 0;
	pid_t pids[WRITERS];
	struct store *s;
	struct tx *tx;
	int wrong = 0;

	use_store("killed");
	for (int w = 0; w < WRITERS; w++)
		if ((pids[w] = box_fork()) == 0)
			write_on(w, &p[w]);
	for (int kill_nr = 0; kill_nr < KILLS; kill_nr++) {
		int w = (int)box_random(WRITERS);
		int64_t until = atomic_load(&p[w].acked) + (int64_t)box_random(4);
		int64_t moment_us;

		while (atomic_load(&p[w].acked) < until && clock_mono_ms() < deadline)
			sched_yield();
		moment_us = clock_mono_us() + (int64_t)box_random(3000);
		while (clock_mono_us() < moment_us)
			;
		box_kill(pids[w]);
		if ((pids[w] = box_fork()) == 0)
			write_on(w, &p[w]);
	}
	for (int w = 0; w < WRITERS; w++)
		box_kill(pids[w]);
	s = open_store();
	tx = begin_reading(s);
	for (int w = 0; w < WRITERS; w++)
		wrong += count_wrong(tx, w, &p[w], &present);
	is_int(wrong, 0, "writers are killed: nothing acknowledged is lost, torn or invented");
	is_int((long long)store_count(tx, "all"), (long long)present, "nor in a set");
	ok(store_end(tx) == 0 && is_index_right(s), "and the index is right");
	printf("# %llu records after %d kills\n", (unsigned long long)present, KILLS);
	store_close(s);
	munmap(p, WRITERS * sizeof *p);
}

int
main(void)
{
	struct store *s;

	box_open("store", 3);
	test_open();
	use_store("basics");
	s = open_store();
	test_own_writes(s);
	test_given_up(s);
	test_durable(s);
	test_stuck_error(s);
	test_two_handles(s);
	test_names(s);
	test_resolve(s);
	ok(is_index_right(s), "after all that, the index is right");
	store_close(s);
	test_model();
	test_many_in_one();
	test_names_in_one();
	test_bells();
	test_bells_apart();
	test_damaged_record();
	test_damaged_directory();
	test_poison();
	test_locked();
	test_killed_writers();
	box_close();
	return done_testing();
}
