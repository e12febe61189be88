/*
 * kv.h - the index file: small values by key, in GDBM
 *
 * 1. A handle lives within one hold of the store's lock: GDBM caches what others change.
 * 2. Nothing is written before kv_flush: a transaction that is given up leaves no trace.
 * 3. The file needs no durability of its own (it is derived), so closing does not sync it.
 * 4. Errors stick: the first one is kept, later calls do nothing, and kv_failed tells.
 *    So a caller may do a whole transaction's work and look once.
 */
#ifndef KV_H
#define KV_H

#include <stdbool.h>
#include <stddef.h>

struct kv;

enum kv_mode { KV_READ, KV_WRITE, KV_NEW };

/*
 * kv_open - open `name` in dir_fd; KV_NEW makes it, in place of what may be there
 *
 * Returns NULL with err EX_IOERR where it is missing or no GDBM file.
 */
struct kv *kv_open(int dir_fd, const char *name, enum kv_mode mode);
void kv_close(struct kv *kv);

/*
 * kv_get - the value of key, or NULL where there is none (or after an error)
 *
 * Lives until the next call with kv.  size is the value's size, and is checked.
 */
const void *kv_get(struct kv *kv, const void *key, size_t key_len, size_t size);

/* kv_edit - the same for changing: a missing value is made, all zeros; it will be written. */
void *kv_edit(struct kv *kv, const void *key, size_t key_len, size_t size);

/* kv_remove - the key (whose value has that size) will be deleted. */
void kv_remove(struct kv *kv, const void *key, size_t key_len, size_t size);

/*
 * kv_reserve - see that the file can grow by what kv_flush will write, and so many entries more
 *
 * Asked before a transaction is written to the journal, so that a full disk is met there.
 * Returns 0, or -1 with err EX_IOERR.
 */
int kv_reserve(struct kv *kv, size_t entries);

/* kv_dirty - how many entries kv_flush would write. */
size_t kv_dirty(const struct kv *kv);

/* kv_flush - write all changes and forget the cache.  0, or -1 with err EX_IOERR. */
int kv_flush(struct kv *kv);

/* kv_failed - 0, or -1 with err as at the first failure. */
int kv_failed(const struct kv *kv);

/*
 * kv_each - call fn for every entry of the file, in no order, until it returns other than 0
 *
 * Returns what fn returned last, or -1 with err EX_IOERR.
 */
int kv_each(struct kv *kv,
    int (*fn)(void *arg, const void *key, size_t key_len, const void *value, size_t size),
    void *arg);

#endif
