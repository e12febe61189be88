/*
 * disk.h - the store's files, and the index brought up to the journal
 *
 *   gate, lock       who may write (lock.h)
 *   journal/         the truth (journal.h)
 *   index.gdbm       a fold of it (fold.h)
 *   mark             how far the fold has come (mark.h)
 *   watch/ run/ logs/agents/
 *
 * 1. A mark that is clean, of this boot, and where the journal ends: the index is right.
 * 2. In every other case it is brought up from the mark, or made again: from the last checkpoint
 *    (checkpoint.h), or from the beginning.  While it is made, checkpoints are: who is killed over
 *    it has not worked in vain.
 * 3. Nothing is guessed: a journal that is damaged before its end is refused (EX_DATAERR).
 */
#ifndef DISK_H
#define DISK_H

#include "journal.h"
#include "kv.h"
#include "lock.h"
#include "mark.h"

struct disk {
	char *path;
	int fd, watch_fd, run_fd, logs_fd;
	struct lock lock;
	struct mark *mark;
	struct journal *journal;
};

/* disk_open - open, or make, the store in the folder path.  0, or -1 with err. */
int disk_open(struct disk *d, const char *path);
void disk_close(struct disk *d);

/*
 * disk_is_current - whether the index is right; opens it then
 *
 * Under the lock (shared is enough to read).  kv is set to the open index, or NULL.
 */
bool disk_is_current(struct disk *d, struct kv **kv, bool is_writer);

/* disk_make_current - under the exclusive lock: make it right, and open it.  0, or -1 with err. */
int disk_make_current(struct disk *d, struct kv **kv);

/* disk_poison - from now on nobody writes, until a person has run store-check. */
void disk_poison(struct disk *d);

/* disk_check_poison - 0, or -1 with err EX_IOERR where the mark is poisoned. */
int disk_check_poison(const struct disk *d);

/* disk_make_durable - sync the journal up to head; a failure poisons the mark, and where it is
 * poisoned nothing becomes durable.  0, or -1 with err. */
int disk_make_durable(struct disk *d, const struct journal_pos *head);

/* disk_wants_checkpoint - whether so much has happened since the last one that another is due. */
bool disk_wants_checkpoint(const struct disk *d);

/* disk_checkpoint - under the lock (shared is enough): make one.  0, or -1 with err. */
int disk_checkpoint(struct disk *d);

/* disk_drop_checkpoint - nobody begins from the last one any more, and another is due sooner. */
void disk_drop_checkpoint(struct disk *d);

/* disk_distrust - the index is damaged, and so its checkpoint may be: the next one to come makes it
 * again, from the journal's first line. */
void disk_distrust(struct disk *d);

/* What disk_check found. */
struct disk_report {
	struct journal_pos head; /* the journal's last good line */
	uint64_t records;
	bool was_index_right;
	bool was_poisoned;
};

/*
 * disk_check - read the whole journal, compare the index with a fold of it, put that in its place
 *
 * Under the exclusive lock.  Clears the poison if the journal is whole and can be synced.
 * Returns 0; or -1 with err: EX_DATAERR where the journal is damaged, EX_IOERR.
 */
int disk_check(struct disk *d, struct disk_report *report);

#endif
