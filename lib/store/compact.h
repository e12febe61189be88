/*
 * compact.h - shrink the journal to what still counts
 *
 * All records whose newest version lies in the segments so far are said again in one base segment;
 * then those segments are removed.  Writers, readers and viewers go on meanwhile: the lock is
 * held for a moment at the beginning, for some records at a time, and at the end.
 *
 * 1. The base gets its name only when it is whole and on disk.  Before that nothing has happened;
 *    after it, the old segments are not needed to make the index again.
 * 2. Killed anywhere, the store is whole; running it again finishes the work.
 * 3. Revisions go on, and the events' seqs are in the records: cursors stay valid.
 */
#ifndef COMPACT_H
#define COMPACT_H

#include "disk.h"

struct compact_report {
	uint64_t bytes_before,
	    bytes_after; /* of the segments that were, and the base that is, there */
	uint64_t records;
	uint64_t revision; /* of the base */
};

/*
 * compact_run - do it
 *
 * wait_ms  longest wait for the lock, each time
 *
 * Returns 0, or -1 with err: EX_TEMPFAIL (the lock, or another one at work), EX_IOERR, EX_DATAERR.
 */
int compact_run(struct disk *d, int wait_ms, struct compact_report *report);

#endif
