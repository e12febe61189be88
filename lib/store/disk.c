#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "checkpoint.h"
#include "dir.h"
#include "disk.h"
#include "err.h"
#include "fold.h"
#include "id.h"
#include "index.h"

/* So many changed entries are written at once while the index is made again. */
enum { FLUSH_ENTRIES = 1 << 16, CHECKPOINT_LINES = 50000, CHECKPOINT_FIRST = 10000 };

static int
open_folder(int dir_fd, const char *name)
{
	int fd = dir_open_at(dir_fd, name);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	return dir_make_at(dir_fd, name) < 0 ? -1 : dir_open_at(dir_fd, name);
}

static int
open_parts(struct disk *d)
{
	int logs;

	d->fd = dir_open_private(d->path);
	if (d->fd < 0)
		return -1;
	/* a new store begins with this folder, in an empty one; somebody else may be making it */
	if (faccessat(d->fd, "watch", F_OK, 0) < 0 && !dir_is_empty(d->fd) &&
	    faccessat(d->fd, "watch", F_OK, 0) < 0 && faccessat(d->fd, "journal", F_OK, 0) < 0)
		return err_set(EX_CONFIG, "no store, but not empty");
	d->watch_fd = open_folder(d->fd, "watch");
	d->run_fd = open_folder(d->fd, "run");
	logs = open_folder(d->fd, "logs");
	if (d->watch_fd < 0 || d->run_fd < 0 || logs < 0)
		return -1;
	d->logs_fd = open_folder(logs, "agents");
	close(logs);
	if (d->logs_fd < 0)
		return err_add("logs");
	if (lock_open(&d->lock, d->fd) < 0)
		return -1;
	d->mark = mark_open(d->fd);
	d->journal = d->mark ? journal_open(d->fd) : NULL;
	return d->journal ? 0 : -1;
}

/* What we make is ours to read and write, also where the umask says no.  Nobody else's bits are
 * touched: agents inherit it. */
static void
mend_umask(void)
{
	mode_t mask = umask(077);

	umask(mask & ~(mode_t)0700);
}

int
disk_open(struct disk *d, const char *path)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	*d = (struct disk){ .path = xstrdup(path),
		.fd = -1,
		.watch_fd = -1,
		.run_fd = -1,
		.logs_fd = -1,
		.lock = { .gate_fd = -1, .lock_fd = -1 } };
	sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow is an error (EFBIG) */
	mend_umask();
	if (open_parts(d) < 0) {
		if (d->fd >= 0) /* else it is about the path itself, and says so */
			err_add("%s", path);
		disk_close(d);
		return -1;
	}
	return 0;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
disk_close(struct disk *d)
{
	journal_close(d->journal);
	mark_close(d->mark);
	lock_close(&d->lock);
	close_if_open(d->logs_fd);
	close_if_open(d->run_fd);
	close_if_open(d->watch_fd);
	close_if_open(d->fd);
	free(d->path);
}

/* The first transaction: who this store is. */
static int
append_founding(struct disk *d, struct journal_pos *head)
{
	struct buf set = { 0 }, line = { 0 };
	struct journal_pos where;
	char id[ID_TEXT], tx[ID_TEXT];
	enum journal_result rc;

	buf_putc(&set, '[');
	fold_format(&set, "store", 1, jv_array(), jv_array(),
	    json_set_int(json_set_string(jv_object(), "id", id_new(id)), "format", 1));
	buf_putc(&set, ']');
	do
		rc = journal_append(d->journal, head, id_new(tx), &set, &line, &where);
	while (rc == JOURNAL_AGAIN);
	buf_release(&set);
	buf_release(&line);
	return rc == JOURNAL_OK ? 0 : -1;
}

/* Sees that the journal begins with that; its founder may have been killed over it. */
static int
found_store(struct disk *d)
{
	struct journal_pos at = { 0 };
	struct journal_line line;
	enum journal_result rc = journal_next(d->journal, &at, &line);

	if (rc != JOURNAL_END)
		return rc == JOURNAL_OK ? 0 : -1;
	if (at.segment > 0 && journal_has_more(d->journal, &at) &&
	    journal_mend(d->journal, &at) < 0)
		return -1;
	/* whoever made the folder may have been killed before it was on disk */
	return dir_sync(d->fd) < 0 ? -1 : append_founding(d, &at);
}

/* The store's id, where a line begins with it: the journal's first one does. */
static bool
store_id_of(const struct journal_line *line, char id[40])
{
	static const char own[] = "\"store\"";
	const char *p = line->set + 1;
	struct scan_text text, value;
	struct fold_change change;

	if (!scan_element(&p, line->set + line->set_len, &text) || !fold_parse(text, &change) ||
	    change.key.len != sizeof own - 1 || memcmp(change.key.p, own, sizeof own - 1) != 0 ||
	    !change.value.p || !scan_member(change.value, "id", &value) || value.len != 38)
		return false;
	memset(id, 0, 40);
	memcpy(id, value.p + 1, 36);
	return true;
}

static void
learn_store(struct kv *kv, const struct journal_line *line)
{
	struct index_head head = index_head(kv);

	if (!*head.store && store_id_of(line, head.store))
		index_set_head(kv, &head);
}

void
disk_poison(struct disk *d)
{
	atomic_store(&d->mark->poison, MARK_POISON);
}

int
disk_check_poison(const struct disk *d)
{
	if (atomic_load(&d->mark->poison) == MARK_POISON)
		return err_set(EX_IOERR, "%s: damaged, or a sync has failed; run store-check",
		    d->path);
	return 0;
}

/* What the kernel has failed to write it may forget, and no later sync would tell: so the first
 * failure is noted for all, and nobody's success counts after it. */
static int
sync_journal(struct disk *d, const struct journal_pos *head)
{
	if (journal_sync(d->journal, head) < 0) {
		if (err_code() == EX_IOERR)
			disk_poison(d);
		return -1;
	}
	return disk_check_poison(d);
}

/* How a fold is made: whether checkpoints are wanted on the way, and where the last one was. */
struct fold_run {
	bool wants_checkpoints;
	uint64_t saved; /* revision */
};

/* So many entries have changed that they are written; a long way behind the last checkpoint also
 * another one, so that a rebuild that is killed goes on from there. */
static int
write_entries(struct disk *d, struct kv *kv, const struct journal_pos *at, struct fold_run *run)
{
	if (kv_flush(kv) < 0)
		return -1;
	atomic_fetch_add(&d->mark->progress, 1);
	if (run->wants_checkpoints &&
	    at->revision - run->saved > CHECKPOINT_FIRST + run->saved / 2 &&
	    sync_journal(d, at) == 0) {
		checkpoint_save(d->fd); /* without it only time is lost */
		run->saved = at->revision;
	}
	return 0;
}

/* Applies all lines behind *at to the index; the head is in *at then. */
static int
fold_rest(struct disk *d, struct kv *kv, struct journal_pos *at, bool wants_checkpoints)
{
	struct fold_run run = { wants_checkpoints, at->revision };
	struct journal_line line;
	struct index_head head;
	enum journal_result rc;

	while ((rc = journal_next(d->journal, at, &line)) == JOURNAL_OK) {
		learn_store(kv, &line);
		if (fold_line(kv, d->journal, &line, at) < 0)
			return -1;
		if (kv_dirty(kv) > FLUSH_ENTRIES && write_entries(d, kv, at, &run) < 0)
			return -1;
	}
	if (rc == JOURNAL_GONE)
		return err_set(EX_IOERR, "index: of before a compaction");
	if (rc == JOURNAL_FAIL)
		return -1;
	if (journal_check_end(d->journal, at) < 0)
		return -1;
	rc = journal_has_more(d->journal, at);
	if (rc < 0 || (rc > 0 && journal_mend(d->journal, at) < 0))
		return -1;
	head = index_head(kv);
	head.at = *at; /* behind the last line, or in a segment that has none yet */
	index_set_head(kv, &head);
	return 0;
}

/* What there is to begin from: the index where the mark is good, one that was made just now where
 * it is not, a copy, or the journal's first line. */
enum origin { FROM_INDEX, FROM_FOLD, FROM_CHECKPOINT, FROM_NOTHING };

/* Opens the index as it is to begin with; *at is where it has come to. */
static struct kv *
open_origin(struct disk *d, enum origin origin, struct journal_pos *at)
{
	struct kv *kv;

	*at = (struct journal_pos){ 0 };
	if (origin == FROM_CHECKPOINT && checkpoint_restore(d->fd) < 0)
		return NULL;
	kv = kv_open(d->fd, "index.gdbm", origin == FROM_NOTHING ? KV_NEW : KV_WRITE);
	if (kv && origin != FROM_NOTHING)
		*at = index_head(kv).at;
	return kv;
}

/* Whether an index that was not made from the beginning is of this store at all. */
static int
check_origin(struct disk *d, struct kv *kv)
{
	struct index_head head = index_head(kv);
	struct journal_pos at = { 0 };
	struct journal_line line;
	char own[40] = "";

	if (journal_next(d->journal, &at, &line) != JOURNAL_OK)
		return -1;
	store_id_of(&line, own);
	return strcmp(own, head.store) ? err_set(EX_IOERR, "index: of another store") : 0;
}

/* What the mark knows to have been there, if it is this store's, must be there. */
static int
check_loss(struct disk *d, const char *store, const struct journal_pos *end)
{
	uint64_t reached = mark_reached(d->mark, store);

	if (end->revision >= reached)
		return 0;
	return err_set(EX_DATAERR,
	    "journal: ends with revision %" PRIu64 ", but %" PRIu64 " had been reached",
	    end->revision, reached);
}

/* Brings the index up to the journal's end.  Under the exclusive lock. */
static int
bring_up(struct disk *d, enum origin origin)
{
	struct journal_pos at;
	struct index_head head;
	bool is_poisoned;
	struct kv *kv;
	int rc = -1;

	mark_begin(d->mark);
	kv = open_origin(d, origin, &at);
	if (!kv)
		return -1;
	if (origin != FROM_NOTHING && check_origin(d, kv) < 0)
		goto done;
	if (fold_rest(d, kv, &at, origin != FROM_INDEX) < 0)
		goto done;
	head = index_head(kv);
	if (check_loss(d, head.store, &at) < 0)
		goto done;
	if (kv_flush(kv) < 0)
		goto done;
	is_poisoned = disk_check_poison(d) < 0; /* reading goes on, and nothing becomes durable */
	if (!is_poisoned && sync_journal(d, &at) < 0)
		goto done;
	if (origin != FROM_INDEX)
		mark_reset(d->mark, head.store);
	if (origin != FROM_INDEX && atomic_load(&d->mark->durable) > at.revision)
		atomic_store(&d->mark->durable, 0); /* rubbish */
	mark_finish(d->mark, &at);
	if (!is_poisoned)
		mark_raise_durable(d->mark, at.revision);
	rc = 0;
done:
	kv_close(kv);
	return rc;
}

void
disk_drop_checkpoint(struct disk *d)
{
	unlinkat(d->fd, "index.ckpt", 0);
	atomic_store(&d->mark->checkpoint, 0); /* another is due as if there had been none */
}

void
disk_distrust(struct disk *d)
{
	mark_begin(d->mark);
	disk_drop_checkpoint(d);
}

bool
disk_is_current(struct disk *d, struct kv **kv, bool is_writer)
{
	struct index_head head;

	journal_forget_ahead(d->journal);
	if (!mark_is_good(d->mark) || journal_has_more(d->journal, &d->mark->head) != 0)
		return false;
	*kv = kv_open(d->fd, "index.gdbm", is_writer ? KV_WRITE : KV_READ);
	if (!*kv)
		return false;
	head = index_head(*kv);
	if (!memcmp(&head.at, &d->mark->head, sizeof head.at) &&
	    !strcmp(head.store, d->mark->store))
		return true;
	kv_close(*kv);
	*kv = NULL;
	return false;
}

int
disk_make_current(struct disk *d, struct kv **kv)
{
	if (mark_is_good(d->mark)) {
		int more = journal_has_more(d->journal, &d->mark->head);

		if (more > 0 && bring_up(d, FROM_INDEX) == 0 && disk_is_current(d, kv, true))
			return 0;
	}
	if (found_store(d) < 0)
		return -1;
	if (bring_up(d, FROM_CHECKPOINT) < 0) {
		/* bad, or ahead of the journal: it must not fit by chance when that has grown */
		disk_drop_checkpoint(d);
		if (bring_up(d, FROM_NOTHING) < 0)
			return -1;
	}
	if (!disk_is_current(d, kv, true))
		return err_set(EX_IOERR, "index.gdbm: cannot be brought up to the journal");
	return 0;
}

bool
disk_wants_checkpoint(const struct disk *d)
{
	uint64_t saved = atomic_load(&d->mark->checkpoint), head = d->mark->head.revision;

	return head > saved && head - saved > CHECKPOINT_LINES + saved / 4;
}

int
disk_checkpoint(struct disk *d)
{
	uint64_t saved = atomic_load(&d->mark->checkpoint), head = d->mark->head.revision;
	struct kv *kv;
	int rc = 0;

	if (!disk_is_current(d, &kv, false))
		return err_set(EX_IOERR, "index: not up to date");
	kv_close(kv);
	/* what it says must not be lost in a power cut that it survives */
	if (disk_make_durable(d, &d->mark->head) < 0)
		return -1;
	/* of several who end at once, one does it */
	if (atomic_compare_exchange_strong(&d->mark->checkpoint, &saved, head))
		rc = checkpoint_save(d->fd);
	return rc;
}

int
disk_make_durable(struct disk *d, const struct journal_pos *head)
{
	if (sync_journal(d, head) < 0)
		return -1;
	mark_raise_durable(d->mark, head->revision);
	return 0;
}

/* Two indexes, one of them made just now. */
struct comparison {
	struct kv *other;
	uint64_t entries;
};

static int
is_in_other(void *arg, const void *key, size_t key_len, const void *value, size_t size)
{
	struct comparison *c = arg;
	const void *there = kv_get(c->other, key, key_len, size);

	c->entries++;
	return there && !memcmp(there, value, size) ? 0 : 1;
}

static bool
is_same(struct kv *a, struct kv *b)
{
	struct comparison of_a = { b, 0 }, of_b = { a, 0 };

	return kv_each(a, is_in_other, &of_a) == 0 && kv_each(b, is_in_other, &of_b) == 0 &&
	       of_a.entries == of_b.entries;
}

/* Compares the index with a fold of the journal that is made beside it, and puts that in its place:
 * where GDBM's directory is damaged, no key of today may lead there, but one of tomorrow. */
static int
compare_index(struct disk *d, struct disk_report *report)
{
	static const char name[] = "index.check";
	struct kv *fresh = kv_open(d->fd, name, KV_NEW), *index = NULL;
	struct journal_pos at = { 0 };
	int rc = -1;

	if (fresh && fold_rest(d, fresh, &at, false) == 0 &&
	    check_loss(d, index_head(fresh).store, &at) == 0 && kv_flush(fresh) == 0) {
		report->head = at;
		report->records = index_head(fresh).records;
		report->was_index_right =
		    disk_is_current(d, &index, false) && is_same(index, fresh);
		if ((rc = renameat(d->fd, name, d->fd, "index.gdbm")) < 0)
			err_sys("index.gdbm");
	}
	kv_close(index);
	kv_close(fresh);
	if (rc < 0)
		unlinkat(d->fd, name, 0);
	return rc;
}

int
disk_check(struct disk *d, struct disk_report *report)
{
	struct kv *kv = NULL;

	*report = (struct disk_report){ .was_poisoned = disk_check_poison(d) < 0 };
	if (report->was_poisoned && journal_forget_cache(d->journal) < 0)
		return -1;
	if (!journal_has_more(d->journal, &(struct journal_pos){ 0 }))
		report->was_index_right = true; /* a new store */
	else if (compare_index(d, report) < 0) {
		if (err_code() == EX_DATAERR) /* nobody builds on it until a person has decided */
			disk_poison(d);
		return -1;
	}
	if (!report->was_index_right) {
		disk_distrust(d);
		bring_up(d, FROM_FOLD); /* all that is left is the mark; else it is made again */
	}
	if (!disk_is_current(d, &kv, true) && disk_make_current(d, &kv) < 0)
		return -1;
	kv_close(kv);
	if (journal_sync(d->journal, &d->mark->head) < 0) {
		disk_poison(d);
		return -1;
	}
	report->head = d->mark->head;
	atomic_store(&d->mark->poison, 0);
	mark_raise_durable(d->mark, d->mark->head.revision);
	return 0;
}
