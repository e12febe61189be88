/*
 * journal.h - the truth: a log of transactions, one JSON line each, only ever appended to
 *
 *   {"crc":"1c291ca3","rev":17,"synced":16,"tx":"<uuid>","at":"<time>","by":"task-add[812]",
 *    "set":[CHANGE,...]}
 *
 * crc is the CRC32C, in hexadecimal, of everything after its comma up to the newline.  rev counts
 * from 1 without gaps.  synced is the revision known to be on disk when the line was written: so a
 * good line behind a hole tells damage (the hole was on disk) from a power cut (nobody was told
 * that it was).  This implementation keeps the lines in journal/00000001.jsonl and so
 * on; a new file begins when one has passed 64 MiB.  Nobody outside knows: the seam is append if
 * the head is still revision N, read after N, sync, and read a piece that was appended earlier.
 *
 * A compaction (compact.h) says again, in a base segment 00000007.base.jsonl, all records that
 * the segments below it still hold; every line of it has the revision that had been reached, and
 * the last one, which shows that it is whole, comes from "store-compact".  The journal begins
 * at its
 * newest base; segments below one are removed.  Between a segment and the next one number may
 * be missing: it was, or will be, a base's.
 *
 * 1. A line is there whole or not at all: what follows the last good line is cut by
 *    journal_mend and kept in journal/torn.<revision>, unless a good line follows that shows
 *    that it was on disk.
 * 2. All lines before one that was synced are as lasting as it.
 * 3. Bytes that were returned never change, so reading needs no lock.
 *
 * With LEGWORK_JOURNAL=again:SEED in the environment append says JOURNAL_AGAIN at random,
 * as a journal shared by several machines would.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct journal;

/* The place behind a line: where the next one begins.  All zeros: the beginning. */
struct journal_pos {
	uint64_t revision;
	uint64_t offset;
	uint32_t segment;
	uint32_t is_base; /* the segment is a base, and its end was not reached yet */
};

/* One line.  Texts point into the journal's buffer until the next journal_next. */
struct journal_line {
	struct journal_pos start; /* where it begins */
	uint64_t revision, synced;
	const char *text; /* without its newline */
	size_t len;
	const char *set; /* the array of changes */
	size_t set_len;
};

enum journal_result {
	JOURNAL_FAIL = -1,
	JOURNAL_END,
	JOURNAL_OK,
	JOURNAL_AGAIN,
	JOURNAL_GONE,
	JOURNAL_UNSYNCED
};

/* journal_open - of the store in dir_fd (borrowed); makes the folder.  NULL with err. */
struct journal *journal_open(int dir_fd);
void journal_close(struct journal *j);

/*
 * journal_append - write one line behind head, if head is still the end
 *
 * head     the end as the caller knows it, under the store's exclusive lock; moved behind
 *          the new line
 * line     gets the whole line, for the caller to see where its pieces lie
 * tx, set  the transaction's id; the array of changes as JSON text
 * where    set to the line's beginning
 *
 * Returns JOURNAL_OK (written, not yet durable), JOURNAL_AGAIN (the head has moved: nothing
 * written), JOURNAL_FAIL with err EX_IOERR and no byte more in the journal, or JOURNAL_UNSYNCED:
 * the same, because what is before could not be synced.
 */
enum journal_result journal_append(struct journal *j, struct journal_pos *head, const char *tx,
    const struct buf *set, struct buf *line, struct journal_pos *where);

/* journal_begin_segment - make the file of that number, empty, if it is missing.  -1 with err. */
int journal_begin_segment(struct journal *j, uint32_t segment);

/* journal_note_synced - what the next lines say is on disk (unless told: all before them). */
void journal_note_synced(struct journal *j, uint64_t revision);

/* journal_sync - make everything up to head durable.  0, or -1 with err: EX_IOERR where the sync
 * failed, EX_OSERR where it could not be tried. */
int journal_sync(struct journal *j, const struct journal_pos *head);

/*
 * journal_next - the line behind *at, and move *at behind it
 *
 * Returns JOURNAL_OK; JOURNAL_END where no whole good line follows (yet); JOURNAL_GONE where a
 * compaction has removed the segment (begin again from a newer state); JOURNAL_FAIL with
 * err: EX_IOERR, or EX_DATAERR where the journal is damaged: the segment is missing or
 * shorter than at says, or a good line follows bad bytes.
 */
enum journal_result journal_next(struct journal *j, struct journal_pos *at,
    struct journal_line *line);

/* journal_has_more - whether bytes follow at, good or not; -1 with err EX_DATAERR where the
 * journal ends before it. */
int journal_has_more(struct journal *j, const struct journal_pos *at);

/* journal_forget_cache - what is read next comes from the disk, not from memory: after a failed
 * sync they may differ.  0, or -1 with err. */
int journal_forget_cache(struct journal *j);

/* journal_check_end - whether no segment lies behind at, the end that was found; -1 with err
 * EX_DATAERR where one between them is missing. */
int journal_check_end(struct journal *j, const struct journal_pos *at);

/*
 * journal_mend - cut the torn tail behind `end`, the last good line, keeping what is cut
 *
 * Under the store's exclusive lock.  0, or -1 with err.
 */
int journal_mend(struct journal *j, const struct journal_pos *end);

/*
 * journal_read - len bytes at a place, appended to out.  0, or -1 with err
 *
 * Reads ahead where it is called for one place after the other.  journal_forget_ahead must be
 * called when what is there may have changed: at the beginning of each hold of the lock.
 */
void journal_forget_ahead(struct journal *j);
int journal_read(struct journal *j, uint32_t segment, uint64_t offset, size_t len, struct buf *out);

/*
 * journal_salvage - the next line that is good by itself, whatever lies before it
 *
 * bad  what is passed over is appended
 *
 * A line whose revision is not above those before it is bad too.  Returns JOURNAL_OK,
 * JOURNAL_END behind the last segment, JOURNAL_FAIL with err EX_IOERR.
 */
enum journal_result journal_salvage(struct journal *j, struct journal_pos *at,
    struct journal_line *line, struct buf *bad);

/* journal_put_aside - move all segments below that number into the folder `name` of the journal's.
 * 0, or -1 with err. */
int journal_put_aside(struct journal *j, uint32_t segment, const char *name);

/* journal_keep - write bytes as the file `name` of the journal's folder.  0, or -1 with err. */
int journal_keep(struct journal *j, const char *name, const struct buf *bytes);

/* Writing a base segment: lines of changes, then journal_base_finish.  All of it is as if
 * nothing had
 * happened until that returns 0. */
struct journal_base {
	int fd;
	struct journal_pos at; /* where the next line goes */
};

/* journal_base_begin - for number segment, saying again what was at revision.  -1 with err. */
int journal_base_begin(struct journal *j, struct journal_base *b, uint32_t segment,
    uint64_t revision);

/* journal_base_line - append a line of changes; set is an array's text. */
int journal_base_line(struct journal_base *b, const struct buf *set);

/* journal_base_finish - append the last line, sync, and give it its name.  0, or -1 with err and
 * nothing left. */
int journal_base_finish(struct journal *j, struct journal_base *b, const struct buf *set);

/* journal_base_abort - in place of journal_base_finish: nothing is left. */
void journal_base_abort(struct journal *j, struct journal_base *b);

/* journal_remove_below - remove all segments below that number; bytes is raised by what they had.
 * 0, or -1 with err. */
int journal_remove_below(struct journal *j, uint32_t segment, uint64_t *bytes);

#endif
