/*
 * checkpoint.h - a copy of the index that survives a power cut
 *
 * The index itself is never synced.  Now and then a copy of it is, as index.ckpt: GDBM's bytes,
 * then a trailer with their checksum.  After a boot, or a rebuild that was killed, the index begins
 * from there instead of from the journal's first line.
 *
 * 1. index.ckpt is replaced by rename, after fsync: it is there whole, or the old one is.
 * 2. A copy whose checksum does not fit is not used.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

/* checkpoint_save - copy index.gdbm, which nobody writes meanwhile.  0, or -1 with err. */
int checkpoint_save(int dir_fd);

/* checkpoint_restore - put the copy in place of index.gdbm.  0, or -1 with err (none there, or
 * bad). */
int checkpoint_restore(int dir_fd);

#endif
