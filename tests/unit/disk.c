#include <errno.h>

#include "box.h"
#include "buf.h"
#include "checkpoint.h"
#include "crc.h"
#include "disk.h"
#include "err.h"
#include "fold.h"
#include "id.h"
#include "index.h"
#include "tap.h"

enum { LINES = 60, WAIT_MS = BOX_DEADLINE_MS };

static const char journal_file[] = "a/journal/00000001.jsonl";

static const char *
path_of(const char *name)
{
	static char path[PATH_MAX + 100];

	snprintf(path, sizeof path, "%s/%s", box_path, name);
	return path;
}

/* Opens a store and locks it. */
static struct disk
enter(const char *name)
{
	struct disk d;

	if (disk_open(&d, path_of(name)) < 0 ||
	    lock_take(&d.lock, true, WAIT_MS, &d.mark->progress) < 0)
		abort();
	return d;
}

static void
leave(struct disk *d)
{
	lock_drop(&d->lock);
	disk_close(d);
}

/* A change of record n; every seventh version deletes it. */
static void
add_change(struct buf *set, uint64_t n)
{
	char key[60], text[100];

	snprintf(key, sizeof key, "task/%08llx-0000-4000-8000-000000000000",
	    (unsigned long long)(n * 0x9e3779b1U & 0xffffffff));
	if (box_random(7) == 0) {
		fold_format(set, key, n, jv_array(), jv_array(), jv_invalid());
		return;
	}
	snprintf(text, sizeof text, "[\"tasks\",\"status.%d\"]", (int)box_random(3));
	jv sets = jv_parse(text);
	snprintf(text, sizeof text, "[\"key/%d\"]", (int)box_random(9));
	fold_format(set, key, n, sets, jv_parse(text), jv_object());
}

/* Appends a line of one or two changes behind what there is: as if killed before the index. */
static void
append_line(struct disk *d, struct journal_pos *head)
{
	struct buf set = { 0 }, line = { 0 };
	uint64_t n = 2 + box_random(LINES / 2);
	struct journal_pos where;
	char tx[ID_TEXT];

	buf_putc(&set, '[');
	add_change(&set, n);
	buf_putc(&set, ',');
	add_change(&set, n + 1);
	buf_putc(&set, ']');
	if (journal_append(d->journal, head, id_new(tx), &set, &line, &where) != JOURNAL_OK)
		abort();
	buf_release(&set);
	buf_release(&line);
}

static void
append_lines(const char *name, int count)
{
	struct disk d = enter(name);
	struct journal_pos head = { 0 };
	struct journal_line line;

	while (journal_next(d.journal, &head, &line) == JOURNAL_OK)
		;
	while (count-- > 0)
		append_line(&d, &head);
	leave(&d);
}

static int
make_current(const char *name)
{
	struct disk d = enter(name);
	struct kv *kv = NULL;
	int rc = disk_is_current(&d, &kv, true) ? 0 : disk_make_current(&d, &kv);

	kv_close(kv);
	leave(&d);
	return rc;
}

static void
make_store(const char *name)
{
	box_empty(name);
	if (make_current(name) < 0)
		abort();
	append_lines(name, LINES);
	if (make_current(name) < 0)
		abort();
}

static int
is_in(void *other, const void *key, size_t key_len, const void *value, size_t size)
{
	const void *there = kv_get(other, key, key_len, size);

	return there && !memcmp(there, value, size) ? 0 : 1;
}

/* An index made line by line, beside the store's. */
static struct kv *
fold_anew(struct disk *d)
{
	struct kv *kv = kv_open(box_fd, "fresh", KV_NEW);
	struct journal *j = journal_open(d->fd);
	struct journal_pos at = { 0 };
	struct journal_line line;

	while (journal_next(j, &at, &line) == JOURNAL_OK)
		if (fold_line(kv, j, &line, &at) < 0)
			abort();
	struct index_head head = index_head(kv);
	memcpy(head.store, d->mark->store, sizeof head.store);
	index_set_head(kv, &head);
	if (kv_flush(kv) < 0)
		abort();
	journal_close(j);
	return kv;
}

/* Whether kv holds just what a fold of the whole journal gives, and the head is its end. */
static bool
is_fold(struct disk *d, struct kv *kv)
{
	struct kv *fresh = fold_anew(d);
	bool is_same = kv_each(kv, is_in, fresh) == 0 && kv_each(fresh, is_in, kv) == 0 &&
	               index_head(fresh).at.revision == d->mark->head.revision;

	kv_close(fresh);
	return is_same;
}

/* Brings the store up as store.c does: an index that fails when it is read is made again. */
static bool
is_right_again(const char *name)
{
	struct disk d = enter(name);
	struct kv *kv = NULL;
	bool is_right = false;

	for (int tries = 0; tries < 2 && !is_right; tries++) {
		if (!disk_is_current(&d, &kv, true) && disk_make_current(&d, &kv) < 0)
			break;
		is_right = is_fold(&d, kv);
		if (!is_right)
			mark_begin(d.mark);
		kv_close(kv);
		kv = NULL;
	}
	leave(&d);
	return is_right;
}

static void
test_open(void)
{
	static const char *const folders[] = { "a/journal", "a/watch", "a/run", "a/logs/agents" };
	int before = box_descriptors(), made = 0;
	struct kv *kv = NULL;
	struct disk d = enter("a");

	for (int i = 0; i < 4; i++)
		made += box_size(folders[i]) >= 0;
	is_int(made, 4, "opening makes the folders");
	ok(!disk_is_current(&d, &kv, true) && !kv, "a new store's index is not right yet");
	ok(disk_make_current(&d, &kv) == 0 && kv, "it is made");
	ok(index_head(kv).at.revision == 1 && index_find(kv, "store") == 1 &&
		id_is_full(d.mark->store),
	    "the first transaction says who the store is");
	kv_close(kv);
	ok(disk_is_current(&d, &kv, true), "now it is right");
	kv_close(kv);
	leave(&d);
	box_write("file", "", 0);
	ok(disk_open(&d, path_of("file")) == -1 && strstr(err_text(), box_path),
	    "a store that cannot be opened is named");
	is_int(box_descriptors(), before, "no descriptor is left open");
}

static void
test_killed_before_index(void)
{
	struct disk d;
	struct kv *kv;

	make_store("a");
	ok(is_right_again("a"), "the index is a fold of the journal");
	append_lines("a", 3);
	d = enter("a");
	ok(!disk_is_current(&d, &kv, false), "killed between journal and index: it is not right");
	ok(disk_make_current(&d, &kv) == 0 && index_head(kv).at.revision == LINES + 4,
	    "it is brought up to what is in the journal");
	ok(atomic_load(&d.mark->durable) == LINES + 4, "which is durable then");
	kv_close(kv);
	leave(&d);
	ok(is_right_again("a"), "and is a fold of it");
}

static void
test_torn_tail(void)
{
	static const char torn[] = "{\"crc\":\"00000000\",\"rev\":";
	int fd;

	make_store("a");
	fd = openat(box_fd, journal_file, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (write(fd, torn, sizeof torn - 1) < 0)
		abort();
	close(fd);
	ok(is_right_again("a"), "killed within a line: what is torn is cut");
	is_int(box_size("a/journal/torn.61"), sizeof torn - 1, "and kept");
	append_lines("a", 1);
	ok(is_right_again("a"), "and the journal goes on");
}

/* Ways to damage what is derived.  The store "b" is another one, a moment older. */
static void
delete_index(void)
{
	unlinkat(box_fd, "a/index.gdbm", 0);
}

static void
empty_index(void)
{
	box_truncate("a/index.gdbm", 0);
}

static void
halve_index(void)
{
	box_truncate("a/index.gdbm", box_size("a/index.gdbm") / 2);
}

static void
fill_with_garbage(const char *name)
{
	size_t len;
	char *bytes = box_read(name, &len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)box_random(256);
	box_write(name, bytes, len);
	free(bytes);
}

static void
garble_index(void)
{
	fill_with_garbage("a/index.gdbm");
}

static void
take_other_index(void)
{
	box_copy("b/index.gdbm", "a/index.gdbm");
}

static void
take_old_index(void)
{
	box_copy("old.index", "a/index.gdbm");
}

static void
delete_mark(void)
{
	unlinkat(box_fd, "a/mark", 0);
}

static void
shorten_mark(void)
{
	box_truncate("a/mark", 50);
}

static void
garble_mark(void)
{
	fill_with_garbage("a/mark");
}

static void
take_other_mark(void)
{
	box_copy("b/mark", "a/mark");
}

static void
take_old_mark(void)
{
	box_copy("old.mark", "a/mark");
}

static void
take_old_both(void)
{
	take_old_mark();
	take_old_index();
}

static void
take_other_both(void)
{
	take_other_mark();
	take_other_index();
}

static struct mark *
open_mark(void)
{
	int fd = openat(box_fd, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mark *m = mark_open(fd);

	if (!m)
		abort();
	close(fd);
	return m;
}

static void
soil_mark(void)
{
	struct mark *m = open_mark();

	mark_begin(m);
	mark_close(m);
}

static void
reboot(void)
{
	struct mark *m = open_mark();

	m->boot[0] = m->boot[0] == 'a' ? 'b' : 'a';
	m->crc = crc32c(0, m, offsetof(struct mark, is_dirty));
	mark_close(m);
}

static void
reboot_without_index(void)
{
	reboot();
	delete_index();
}

static void
garble_checkpoint(void)
{
	reboot();
	fill_with_garbage("a/index.ckpt");
}

static void
take_other_checkpoint(void)
{
	reboot();
	box_copy("b/index.ckpt", "a/index.ckpt");
}

static void
cut_checkpoint(void)
{
	reboot();
	box_truncate("a/index.ckpt", box_size("a/index.ckpt") / 2);
}

static const struct {
	void (*damage)(void);
	const char *what;
	bool is_of_checkpoint;
} damages[] = {
	{ delete_index, "the index is deleted", false },
	{ empty_index, "the index is empty", false },
	{ halve_index, "the index is cut", false },
	{ garble_index, "the index is garbage", false },
	{ take_other_index, "the index is another store's", false },
	{ take_old_index, "the index is an old copy", false },
	{ delete_mark, "the mark is deleted", false },
	{ shorten_mark, "the mark is short", false },
	{ garble_mark, "the mark is garbage", false },
	{ take_other_mark, "the mark is another store's", false },
	{ take_old_mark, "the mark is an old copy", false },
	{ take_old_both, "index and mark are old copies", false },
	{ take_other_both, "index and mark are another store's", false },
	{ soil_mark, "the mark is dirty", false },
	{ reboot, "the machine has booted", false },
	{ reboot_without_index, "it has booted, and the index is lost", false },
	{ garble_checkpoint, "the checkpoint is garbage", true },
	{ cut_checkpoint, "the checkpoint is cut", true },
	{ take_other_checkpoint, "the checkpoint is another store's", true },
};

static void
save_checkpoint(const char *name)
{
	struct disk d = enter(name);

	if (disk_checkpoint(&d) < 0)
		abort();
	leave(&d);
}

/* With a checkpoint or without: each damage is found, and the index made right again. */
static void
test_damages(bool has_checkpoint)
{
	make_store("a");
	make_store("b");
	save_checkpoint("b");
	box_copy("a/index.gdbm", "old.index");
	box_copy("a/mark", "old.mark");
	append_lines("a", 5);
	make_current("a");
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		char fact[100];

		if (damages[i].is_of_checkpoint && !has_checkpoint)
			continue;
		snprintf(fact, sizeof fact, "%s: it is made right%s", damages[i].what,
		    has_checkpoint ? ", from a checkpoint" : "");
		if (has_checkpoint)
			save_checkpoint("a");
		append_lines("a", 2);
		make_current("a");
		damages[i].damage();
		ok(is_right_again("a"), fact);
		box_empty("a/index.ckpt");
	}
}

static void
test_damaged_journal(void)
{
	size_t len;
	char *bytes;

	make_store("a");
	box_copy("a/mark", "old.mark");
	bytes = box_read(journal_file, &len);
	bytes[len / 2] ^= 1;
	box_write(journal_file, bytes, len);
	is_int(make_current("a"), 0, "damage in the journal is not looked for when all is well");
	delete_mark();
	ok(make_current("a") == -1 && err_code() == EX_DATAERR, "making the index finds it: 65");
	ok(make_current("a") == -1 && err_code() == EX_DATAERR, "every time");
	bytes[len / 2] ^= 1;
	box_write(journal_file, bytes, len);
	ok(is_right_again("a"), "once it is undone, all is well");
	box_write(journal_file, bytes, len - 1);
	ok(make_current("a") == -1 && err_code() == EX_DATAERR,
	    "a journal shorter than the mark says is refused, too");
	free(bytes);
}

static bool
check(const char *name, struct disk_report *report)
{
	struct disk d = enter(name);
	int rc = disk_check(&d, report);

	leave(&d);
	return rc == 0;
}

/* Something in the index that no transaction has put there. */
static void
falsify_index(void)
{
	struct disk d = enter("a");
	struct kv *kv = NULL;

	if (!disk_is_current(&d, &kv, true))
		abort();
	index_add(kv, "tasks", 12345);
	if (kv_flush(kv) < 0)
		abort();
	kv_close(kv);
	leave(&d);
}

static void
test_check(void)
{
	struct disk_report report;
	struct disk d;

	box_empty("a");
	ok(check("a", &report) && report.was_index_right && report.head.revision == 1,
	    "checking a new store founds it");
	make_store("a");
	ok(check("a", &report) && report.was_index_right && !report.was_poisoned &&
		report.head.revision == LINES + 1 && report.records > 1,
	    "a store that is well is found so");
	falsify_index();
	ok(check("a", &report) && !report.was_index_right, "an index that is not right is found");
	ok(check("a", &report) && report.was_index_right, "and mended");
	falsify_index();
	save_checkpoint("a");
	ok(check("a", &report) && !report.was_index_right, "if there is a checkpoint of it");
	ok(check("a", &report) && report.was_index_right, "it is mended all the same");
	d = enter("a");
	atomic_store(&d.mark->poison, MARK_POISON);
	leave(&d);
	ok(check("a", &report) && report.was_poisoned, "poison is told");
	ok(check("a", &report) && !report.was_poisoned, "and cleared");
	is_int(box_size("a/index.check"), -1, "nothing is left of the check");
}

static void
test_check_damaged(void)
{
	struct disk_report report;
	size_t len;
	char *bytes;
	struct disk d;

	make_store("a");
	bytes = box_read(journal_file, &len);
	bytes[len / 2] ^= 1;
	box_write(journal_file, bytes, len);
	d = enter("a");
	atomic_store(&d.mark->poison, MARK_POISON);
	ok(disk_check(&d, &report) == -1 && err_code() == EX_DATAERR,
	    "a check finds what is damaged in the journal: 65");
	is_int(atomic_load(&d.mark->poison), MARK_POISON, "and does not clear the poison then");
	leave(&d);
	free(bytes);
}

/* The segment's descriptor becomes one that cannot be synced. */
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
	struct journal_pos head;
	struct disk d;

	make_store("a");
	d = enter("a");
	head = d.mark->head;
	append_line(&d, &head);
	break_sync();
	ok(disk_make_durable(&d, &head) == -1 && err_code() == EX_IOERR, "a sync that fails is 74");
	ok(atomic_load(&d.mark->poison) == MARK_POISON &&
		atomic_load(&d.mark->durable) < head.revision,
	    "it poisons the mark, and nothing counts as durable by it");
	leave(&d);
	d = enter("a");
	is_int(atomic_load(&d.mark->poison), MARK_POISON, "the poison stays");
	ok(disk_make_durable(&d, &head) == -1 && err_code() == EX_IOERR &&
		atomic_load(&d.mark->durable) < head.revision,
	    "and a later sync that does not fail makes nothing durable");
	leave(&d);
}

/* A writer, or a compaction, that was killed when it had made the file and no line yet. */
static void
test_empty_segment(void)
{
	static const char *const numbers[] = { "00000002", "00000003" };
	struct journal_pos head;
	char name[100];
	struct disk d;

	for (int i = 0; i < 2; i++) {
		make_store("a");
		snprintf(name, sizeof name, "a/journal/%s.jsonl", numbers[i]);
		box_write(name, "", 0);
		box_write("a/mark", "", 0);
		ok(make_current("a") == 0, "the next segment is empty: it is made current");
		append_lines("a", 2);
		ok(make_current("a") == 0, "and goes on in it");
		d = enter("a");
		head = d.mark->head;
		is_int(head.segment, 2 + i, "behind the place where it was known to end");
		leave(&d);
	}
}

static void
test_checkpoint(void)
{
	struct disk d;
	size_t len;
	char *bytes;

	make_store("a");
	d = enter("a");
	ok(!disk_wants_checkpoint(&d), "a small store wants no checkpoint");
	d.mark->head.revision = 1000000;
	ok(disk_wants_checkpoint(&d), "a large one does");
	d.mark->head.revision = LINES + 1;
	atomic_store(&d.mark->durable, 0);
	ok(disk_checkpoint(&d) == 0 && box_size("a/index.ckpt") > box_size("a/index.gdbm"),
	    "it is a copy of the index with a trailer");
	ok(!disk_wants_checkpoint(&d), "and then enough");
	d.mark->head.revision = 60000;
	atomic_store(&d.mark->checkpoint, 59000);
	ok(!disk_wants_checkpoint(&d), "for the next thousand, too");
	disk_drop_checkpoint(&d);
	ok(disk_wants_checkpoint(&d) && box_size("a/index.ckpt") < 0,
	    "where it is dropped another is due");
	d.mark->head.revision = LINES + 1;
	if (disk_checkpoint(&d) < 0)
		abort();
	ok(atomic_load(&d.mark->durable) == LINES + 1, "all that is in it is durable");
	leave(&d);

	append_lines("a", 3);
	reboot_without_index();
	bytes = box_read(journal_file, &len);
	bytes[len / 2] ^= 1; /* far from the beginning and the end */
	box_write(journal_file, bytes, len);
	is_int(make_current("a"), 0, "after a boot only what is behind the checkpoint is read");
	bytes[len / 2] ^= 1;
	box_write(journal_file, bytes, len);
	ok(is_right_again("a"), "and the index is right");
	free(bytes);
}

/* Appends one version of record 2 whose line is as long as any other such. */
static void
append_status(const char *sets)
{
	struct journal_pos head = { 0 }, where;
	struct buf set = { 0 }, line = { 0 };
	struct journal_line each;
	struct disk d = enter("a");

	while (journal_next(d.journal, &head, &each) == JOURNAL_OK)
		;
	buf_putc(&set, '[');
	fold_format(&set, "key", 2, jv_parse(sets), jv_array(), jv_object());
	buf_putc(&set, ']');
	if (journal_append(d.journal, &head, "-", &set, &line, &where) != JOURNAL_OK)
		abort();
	buf_release(&set);
	buf_release(&line);
	leave(&d);
}

/* A checkpoint knows of a line that a power cut took away; later another is in its place. */
static void
test_checkpoint_ahead(void)
{
	struct disk_report report;
	size_t len;
	char *bytes;

	make_store("a");
	bytes = box_read(journal_file, &len);
	append_status("[\"one\"]");
	make_current("a");
	save_checkpoint("a");
	box_write(journal_file, bytes, len);
	free(bytes);
	reboot();
	ok(is_right_again("a"), "a checkpoint that is ahead of the journal is not used");
	append_status("[\"two\"]");
	reboot();
	ok(is_right_again("a"), "nor when the journal has grown as far");
	ok(check("a", &report) && report.was_index_right && report.head.revision == LINES + 2,
	    "and a check finds all well");
}

int
main(void)
{
	box_open("disk", 60);
	test_open();
	test_killed_before_index();
	test_torn_tail();
	test_damages(false);
	test_damages(true);
	test_damaged_journal();
	test_check();
	test_check_damaged();
	test_poison();
	test_empty_segment();
	test_checkpoint();
	test_checkpoint_ahead();
	box_close();
	return done_testing();
}
