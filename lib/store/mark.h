/*
 * mark.h - how far the index has come, in a shared mapping
 *
 * One page of the file `mark`.  The guarded part is written under the store's exclusive lock only
 * and carries a checksum; `durable` and `progress` are atomic and written by anybody.
 *
 * 1. While the index is being changed the mark is dirty; a process killed meanwhile leaves it so.
 * 2. The mark itself is never synced: after a boot (another boot id) none of it is believed.
 * 3. durable only grows: the revision up to which the journal is known to be on disk.
 * 4. poison is set when a sync failed, and cleared by store-check only.
 */
#ifndef MARK_H
#define MARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "journal.h"

/* What poison is set to; anything else is none, or rubbish. */
enum { MARK_POISON = 0x706f6973 };

struct mark {
	char magic[8];
	char boot[40];  /* the kernel's boot id: /proc/sys/kernel/random/boot_id */
	char store[40]; /* the store's id, as in the journal's first line */
	struct journal_pos head;
	uint32_t is_dirty;
	uint32_t crc; /* of everything above but is_dirty, which changes first and last */
	_Alignas(64) _Atomic uint64_t durable;
	_Atomic uint64_t progress;   /* grows while a rebuild advances */
	_Atomic uint64_t checkpoint; /* revision of the last checkpoint, as far as is known */
	_Atomic uint32_t poison;
};

/*
 * mark_open - map the mark of the store in dir_fd, made where missing
 *
 * Returns NULL with err EX_CANTCREAT.  mark_close(NULL) is fine.
 */
struct mark *mark_open(int dir_fd);
void mark_close(struct mark *m);

/* mark_is_good - whether the guarded part is whole, clean, and of this boot. */
bool mark_is_good(const struct mark *m);

/* mark_begin - the index is about to change. */
void mark_begin(struct mark *m);

/* mark_finish - the index has reached head, and is whole. */
void mark_finish(struct mark *m, const struct journal_pos *head);

/* mark_reset - begin a mark of this boot for the store with that id: dirty, at the beginning. */
void mark_reset(struct mark *m, const char *store);

/* mark_reached - the revision that the store of that id has reached for certain, as far as the mark
 * knows: 0 where it is of another boot or store. */
uint64_t mark_reached(const struct mark *m, const char *store);

/* mark_forget - begin anew: nothing is known. */
void mark_forget(struct mark *m);

/* mark_raise_durable - durable becomes at least revision. */
void mark_raise_durable(struct mark *m, uint64_t revision);

#endif
