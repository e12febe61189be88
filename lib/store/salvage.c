#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fold.h"
#include "index.h"
#include "salvage.h"

enum { LINE_BYTES = 1 << 20 };

static const char index_name[] = "index.salvage";

/* All good lines into an index of their own; what is bad into bad. */
static int
fold_good(struct disk *d, struct kv *kv, struct journal_pos *at, struct buf *bad,
    struct salvage_report *report)
{
	struct journal_line line;
	enum journal_result rc;

	while ((rc = journal_salvage(d->journal, at, &line, bad)) == JOURNAL_OK) {
		if (fold_line(kv, d->journal, &line, at) < 0)
			return -1;
		report->lines++;
	}
	report->revision = at->revision;
	report->dropped_bytes = bad->len;
	return rc == JOURNAL_FAIL ? -1 : 0;
}

/* The next records as the text of one line's changes. */
static int
gather(struct disk *d, struct kv *kv, uint64_t *n, uint64_t highest, struct buf *set)
{
	set->len = 0;
	buf_putc(set, '[');
	while (*n < highest && set->len < LINE_BYTES) {
		struct index_place place = index_place(kv, ++*n);

		if (!place.revision)
			continue;
		if (set->len > 1)
			buf_putc(set, ',');
		if (journal_read(d->journal, place.segment, place.offset, place.len, set) < 0)
			return -1;
	}
	buf_putc(set, ']');
	return kv_failed(kv);
}

static int
write_base(struct disk *d, struct kv *kv, uint32_t segment, uint64_t revision)
{
	uint64_t n = 0, highest = index_head(kv).records;
	struct buf set = { 0 };
	struct journal_base base;
	int rc = 0;

	if (kv_failed(kv) < 0 || journal_base_begin(d->journal, &base, segment, revision) < 0)
		return -1;
	while (rc == 0 && n < highest)
		if ((rc = gather(d, kv, &n, highest, &set)) == 0)
			rc = journal_base_line(&base, &set);
	set.len = 0;
	buf_puts(&set, "[]");
	if (rc == 0)
		rc = journal_base_finish(d->journal, &base, &set);
	else
		journal_base_abort(d->journal, &base);
	buf_release(&set);
	return rc;
}

/* Puts the old journal aside and lets the index be made from the base. */
static int
exchange(struct disk *d, uint32_t segment, const struct salvage_report *report,
    const struct buf *bad)
{
	char name[48];

	snprintf(name, sizeof name, "dropped.%" PRIu64, report->revision);
	if (bad->len > 0 && journal_keep(d->journal, name, bad) < 0)
		return -1;
	snprintf(name, sizeof name, "salvaged.%" PRIu64, report->revision);
	mark_forget(d->mark); /* what it knows may be what was lost */
	disk_drop_checkpoint(d);
	return journal_put_aside(d->journal, segment, name);
}

int
salvage_run(struct disk *d, struct salvage_report *report)
{
	struct kv *kv = kv_open(d->fd, index_name, KV_NEW), *index = NULL;
	struct journal_pos at = { 0 };
	struct buf bad = { 0 };
	int rc = kv ? 0 : -1;

	memset(report, 0, sizeof *report);
	if (rc == 0)
		rc = fold_good(d, kv, &at, &bad, report);
	if (rc == 0 && report->lines == 0)
		rc = err_set(EX_DATAERR, "journal: there is no good line in it");
	if (rc == 0)
		rc = write_base(d, kv, at.segment + 1, report->revision);
	if (rc == 0)
		rc = exchange(d, at.segment + 1, report, &bad);
	if (rc == 0)
		rc = disk_make_current(d, &index);
	kv_close(index);
	kv_close(kv);
	unlinkat(d->fd, index_name, 0);
	buf_release(&bad);
	return rc;
}
