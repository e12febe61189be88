#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "compact.h"
#include "crc.h"
#include "dir.h"
#include "err.h"
#include "fold.h"
#include "index.h"

/* How much is done within one hold of the lock. */
enum { AT_ONCE = 512, LINE_BYTES = 1 << 20 };

struct compact {
	struct disk *d;
	int wait_ms;
	struct compact_report *report;
	uint32_t last;    /* the last segment that will go */
	uint64_t highest; /* number of a record */
	struct journal_base base;
};

/* The lock, and the index under it.  NULL with err: not locked. */
static struct kv *
lock(struct compact *c, bool is_writer)
{
	struct kv *kv = NULL;

	if (lock_take(&c->d->lock, is_writer, c->wait_ms, &c->d->mark->progress) < 0)
		return NULL;
	if (disk_is_current(c->d, &kv, is_writer))
		return kv;
	if (is_writer && disk_make_current(c->d, &kv) == 0)
		return kv;
	if (!is_writer)
		err_set(EX_TEMPFAIL, "store: its index is being made again");
	lock_drop(&c->d->lock);
	return NULL;
}

static void
unlock(struct compact *c, struct kv *kv)
{
	kv_close(kv);
	lock_drop(&c->d->lock);
}

/* Writes what has changed in the index, for which there must be room first: else the disk that is
 * full now would leave it dirty, and there would be none to make it again either. */
static int
write_index(struct compact *c, struct kv *kv, const struct journal_pos *head)
{
	if (kv_reserve(kv, 0) < 0)
		return -1;
	mark_begin(c->d->mark);
	if (kv_flush(kv) < 0)
		return -1;
	mark_finish(c->d->mark, head);
	return 0;
}

/*
 * Lets the journal go on two segments further.  The file is made last: followers go on to it as
 * soon as they see it, so that nobody may write to the one before it then.  Where the last
 * compaction was killed before that it is made now, so that no two numbers in a row are missing.
 */
static int
move_head(struct compact *c, struct kv *kv)
{
	struct index_head head = index_head(kv);

	if (head.at.offset == 0 && journal_begin_segment(c->d->journal, head.at.segment) < 0)
		return -1;
	head.at =
	    (struct journal_pos){ .revision = head.at.revision, .segment = head.at.segment + 2 };
	index_set_head(kv, &head);
	if (write_index(c, kv, &head.at) < 0)
		return -1;
	return journal_begin_segment(c->d->journal, head.at.segment);
}

/* From now on writers use a new segment; the number before it is the base's. */
static int
turn_the_page(struct compact *c)
{
	struct kv *kv = lock(c, true);
	struct index_head head;
	int rc;

	if (!kv)
		return -1;
	head = index_head(kv);
	c->last = head.at.segment;
	c->highest = head.records;
	c->report->revision = head.at.revision;
	rc = disk_make_durable(c->d, &head.at);
	if (rc == 0)
		rc = move_head(c, kv);
	unlock(c, kv);
	return rc;
}

/* Appends record n's change to set, if it lies in what will go.  -1 with err. */
static int
add_change(struct compact *c, struct kv *kv, uint64_t n, struct buf *set)
{
	struct index_place place = index_place(kv, n);
	size_t start;

	if (!place.revision || place.segment > c->last)
		return kv_failed(kv);
	if (set->len > 1)
		buf_putc(set, ',');
	start = set->len;
	if (journal_read(c->d->journal, place.segment, place.offset, place.len, set) < 0)
		return -1;
	if (crc32c(0, set->p + start, set->len - start) != place.crc)
		return err_set(EX_DATAERR, "record %llu: checksum does not fit",
		    (unsigned long long)n);
	c->report->records++;
	return 0;
}

/* The next records behind *n as the text of one line's changes. */
static int
gather(struct compact *c, uint64_t *n, struct buf *set)
{
	struct kv *kv = lock(c, false);
	int rc = kv ? 0 : -1;

	set->len = 0;
	buf_putc(set, '[');
	for (int i = 0; rc == 0 && i < AT_ONCE && *n < c->highest && set->len < LINE_BYTES; i++)
		rc = add_change(c, kv, ++*n, set);
	buf_putc(set, ']');
	if (kv)
		unlock(c, kv);
	return rc;
}

/* The last line: if the highest record is gone, that its number was given. */
static int
finish_base(struct compact *c)
{
	struct buf set = { 0 };
	struct kv *kv = lock(c, false);
	struct index_place place;
	bool is_last, has_failed;
	int rc;

	if (!kv) {
		journal_base_abort(c->d->journal, &c->base);
		return -1;
	}
	place = index_place(kv, c->highest);
	has_failed = kv_failed(kv) < 0; /* then it was not read, and may well be there */
	is_last = c->d->mark->head.segment <= c->last;
	unlock(c, kv);
	if (has_failed) {
		journal_base_abort(c->d->journal, &c->base);
		return -1;
	}
	if (is_last) { /* what is written there now would not be in the base */
		journal_base_abort(c->d->journal, &c->base);
		return err_set(EX_TEMPFAIL, "store: has been made again meanwhile");
	}
	buf_putc(&set, '[');
	if (!place.revision)
		fold_format(&set, "compact", c->highest, jv_array(), jv_array(), jv_invalid());
	buf_putc(&set, ']');
	rc = journal_base_finish(c->d->journal, &c->base, &set);
	c->report->bytes_after = c->base.at.offset;
	buf_release(&set);
	return rc;
}

static int
write_base(struct compact *c)
{
	struct buf set = { 0 };
	uint64_t n = 0;
	int rc;

	if (journal_base_begin(c->d->journal, &c->base, c->last + 1, c->report->revision) < 0)
		return -1;
	do
		rc = gather(c, &n, &set);
	while (rc == 0 && (set.len <= 2 || (rc = journal_base_line(&c->base, &set)) == 0) &&
	       n < c->highest);
	buf_release(&set);
	if (rc == 0)
		rc = finish_base(c);
	else
		journal_base_abort(c->d->journal, &c->base);
	return rc;
}

/* Lets the index know where one change of the base lies, unless the record has moved on. */
static void
move_place(struct compact *c, struct kv *kv, const struct journal_line *line, struct scan_text text)
{
	struct fold_change change;
	struct index_place place;

	if (!fold_parse(text, &change) || !change.value.p)
		return;
	place = index_place(kv, change.n);
	if (!place.revision || place.segment > c->last)
		return;
	place = fold_place(text, &change, line->revision, line->start.segment,
	    line->start.offset + (uint64_t)(text.p - line->text));
	index_set_place(kv, change.n, &place);
}

static int
move_line(struct compact *c, const struct journal_line *line)
{
	const char *p = line->set + 1, *end = line->set + line->set_len;
	struct kv *kv = lock(c, true);
	struct journal_pos head;
	struct scan_text text;
	int rc;

	if (!kv)
		return -1;
	while (scan_element(&p, end, &text))
		move_place(c, kv, line, text);
	head = c->d->mark->head;
	rc = write_index(c, kv, &head);
	unlock(c, kv);
	return rc;
}

/* A line of the base at a time, so that nobody waits for long. */
static int
move_places(struct compact *c)
{
	struct journal_pos at = { .segment = c->last + 1, .is_base = 1 };
	struct journal *reader = journal_open(c->d->fd);
	struct journal_line line;
	int rc = reader ? 0 : -1;

	while (rc == 0 && at.is_base) {
		if (journal_next(reader, &at, &line) != JOURNAL_OK)
			rc = -1;
		else
			rc = move_line(c, &line);
	}
	journal_close(reader);
	return rc;
}

/* The last look before something is removed: whether no record lies in it any more. */
static int
check_unused(struct compact *c, struct kv *kv)
{
	uint64_t records = index_head(kv).records;

	for (uint64_t n = 1; n <= records; n++) {
		struct index_place place = index_place(kv, n);

		if (place.revision && place.segment <= c->last)
			return err_set(EX_SOFTWARE, "record %llu still lies in an old segment",
			    (unsigned long long)n);
	}
	return kv_failed(kv);
}

/* Nothing points into the old segments any more; nor may a checkpoint bring that back. */
static int
remove_old(struct compact *c)
{
	struct kv *kv = lock(c, true);
	int rc;

	if (!kv)
		return -1;
	rc = check_unused(c, kv);
	kv_close(kv);
	if (rc < 0) {
		lock_drop(&c->d->lock);
		return -1;
	}
	disk_drop_checkpoint(c->d);
	if (dir_sync(c->d->fd) < 0) { /* it must not come back after the segments have gone */
		lock_drop(&c->d->lock);
		return -1;
	}
	rc = journal_remove_below(c->d->journal, c->last + 1, &c->report->bytes_before);
	if (rc == 0)
		disk_checkpoint(c->d);
	lock_drop(&c->d->lock);
	return rc;
}

int
compact_run(struct disk *d, int wait_ms, struct compact_report *report)
{
	struct compact c = { .d = d, .wait_ms = wait_ms, .report = report };
	int rc = -1, fd = dir_open_file(d->fd, "compact", O_RDWR | O_CREAT);

	memset(report, 0, sizeof *report);
	if (fd < 0)
		return err_sys("compact");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		err_set(EX_TEMPFAIL, "store: another store-compact is at work");
	else if (turn_the_page(&c) == 0 && write_base(&c) == 0 && move_places(&c) == 0)
		rc = remove_old(&c);
	close(fd);
	return rc;
}
