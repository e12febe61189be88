#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "crc.h"
#include "dir.h"
#include "err.h"
#include "kv.h"

/* GDBM's default, and the best in every measurement. */
enum { BLOCK_BYTES = 4096, RESERVE_BYTES = 256 << 10, CLEAN_MAX = 8192 };

/* One cached value.  Key and value follow the struct. */
struct entry {
	struct entry *next;
	uint32_t hash, key_len;
	uint32_t size;
	bool is_dirty, is_missing;
	_Alignas(8) unsigned char bytes[];
};

struct kv {
	GDBM_FILE file;
	enum kv_mode mode;
	struct entry **bucket;
	size_t buckets, entries, dirty;
	bool is_empty; /* new, and nothing written yet: the file need not be asked */
	bool has_failed;
	int code;
	char why[256];
};

static void *
entry_value(struct entry *e)
{
	return e->bytes + (e->key_len + 7) / 8 * 8;
}

static void
fail(struct kv *kv, const char *what)
{
	if (kv->has_failed)
		return;
	kv->has_failed = true;
	err_set(EX_IOERR, "index: %s: %s", what,
	    kv->file ? gdbm_db_strerror(kv->file) : gdbm_strerror(gdbm_errno));
	kv->code = err_code();
	strncpy(kv->why, err_text(), sizeof kv->why - 1);
}

int
kv_failed(const struct kv *kv)
{
	return kv->has_failed ? err_set(kv->code, "%s", kv->why) : 0;
}

struct kv *
kv_open(int dir_fd, const char *name, enum kv_mode mode)
{
	static const int open_flags[] = { O_RDONLY, O_RDWR, O_RDWR | O_CREAT | O_EXCL };
	static const int gdbm_flags[] = { GDBM_READER, GDBM_WRITER, GDBM_NEWDB };
	/* else GDBM keeps them all, in the end; a new file is written here and there for long */
	size_t blocks = mode == KV_NEW ? 4096 : 512;
	struct kv *kv;
	GDBM_FILE file;
	int fd = -1;

	/* not emptied but removed: it may be no file, or have another name too */
	if (mode != KV_NEW || unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		fd = dir_open_file(dir_fd, name, open_flags[mode]);
	if (fd < 0) {
		err_set(EX_IOERR, "%s: %s", name, strerror(errno));
		return NULL;
	}
	/* no function for fatal errors: GDBM would call it and then exit */
	file = gdbm_fd_open(fd, name, BLOCK_BYTES,
	    gdbm_flags[mode] | GDBM_NOMMAP | GDBM_NOLOCK | GDBM_CLOEXEC, NULL);
	if (!file) {
		err_set(EX_IOERR, "%s: %s", name, gdbm_strerror(gdbm_errno));
		close(fd);
		return NULL;
	}
	gdbm_setopt(file, GDBM_SETCACHESIZE, &blocks, sizeof blocks);
	kv = xmalloc(sizeof *kv);
	memset(kv, 0, sizeof *kv);
	kv->file = file;
	kv->mode = mode;
	kv->is_empty = mode == KV_NEW;
	return kv;
}

static void
forget_all(struct kv *kv)
{
	for (size_t i = 0; i < kv->buckets; i++) {
		struct entry *next;

		for (struct entry *e = kv->bucket[i]; e; e = next) {
			next = e->next;
			free(e);
		}
		kv->bucket[i] = NULL;
	}
	kv->entries = kv->dirty = 0;
}

void
kv_close(struct kv *kv)
{
	int null;

	if (!kv)
		return;
	forget_all(kv);
	free(kv->bucket);
	/* gdbm_close of a writer syncs the file, under our lock, for nothing. */
	if (kv->mode != KV_READ && (null = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0) {
		dup3(null, gdbm_fdesc(kv->file), O_CLOEXEC);
		close(null);
	}
	gdbm_close(kv->file);
	free(kv);
}

static void
grow(struct kv *kv)
{
	size_t buckets = kv->buckets ? 4 * kv->buckets : 64;
	struct entry **bucket = xmalloc(buckets * sizeof *bucket);

	memset(bucket, 0, buckets * sizeof *bucket);
	for (size_t i = 0; i < kv->buckets; i++) {
		struct entry *next;

		for (struct entry *e = kv->bucket[i]; e; e = next) {
			next = e->next;
			e->next = bucket[e->hash & (buckets - 1)];
			bucket[e->hash & (buckets - 1)] = e;
		}
	}
	free(kv->bucket);
	kv->bucket = bucket;
	kv->buckets = buckets;
}

/* The entry in memory; NULL: it is not there. */
static struct entry *
find(struct kv *kv, uint32_t hash, datum key)
{
	struct entry *e = kv->bucket[hash & (kv->buckets - 1)];

	while (e && !(e->hash == hash && (int)e->key_len == key.dsize &&
			!memcmp(e->bytes, key.dptr, e->key_len)))
		e = e->next;
	return e;
}

/* The value in the file, which is free()d: of the size, or missing.  Whether it could be read. */
static bool
fetch(struct kv *kv, datum key, size_t size, char **value)
{
	datum got = { NULL, 0 };

	if (!kv->is_empty)
		got = gdbm_fetch(kv->file, key);
	*value = got.dptr;
	if (!got.dptr && !kv->is_empty && gdbm_last_errno(kv->file) != GDBM_ITEM_NOT_FOUND) {
		fail(kv, "read");
		return false;
	}
	if (got.dptr && (size_t)got.dsize != size) {
		free(got.dptr);
		fail(kv, "entry of another size");
		return false;
	}
	return true;
}

/* Keeps what was fetched, of that size; value: NULL where it is missing. */
static struct entry *
keep(struct kv *kv, uint32_t hash, datum key, const char *value, size_t size)
{
	size_t key_len = (size_t)key.dsize;
	struct entry **bucket = &kv->bucket[hash & (kv->buckets - 1)],
		     *e = xmalloc(sizeof *e + (key_len + 7) / 8 * 8 + size);

	*e = (struct entry){ .next = *bucket,
		.hash = hash,
		.key_len = (uint32_t)key_len,
		.size = (uint32_t)size,
		.is_missing = !value };
	memcpy(e->bytes, key.dptr, key_len);
	if (value)
		memcpy(entry_value(e), value, size);
	else
		memset(entry_value(e), 0, size);
	*bucket = e;
	kv->entries++;
	return e;
}

/* The cached entry of key; read from the file, or made, where there is none. */
static struct entry *
lookup(struct kv *kv, const void *key, size_t key_len, size_t size)
{
	uint32_t hash = crc32c(0, key, key_len);
	datum k = { (char *)key, (int)key_len };
	struct entry *e;
	char *value;

	if (kv->has_failed)
		return NULL;
	if (kv->entries >= CLEAN_MAX &&
	    kv->dirty == 0) /* who reads all of it needs none of it again */
		forget_all(kv);
	if (kv->entries >= kv->buckets)
		grow(kv);
	if ((e = find(kv, hash, k))) {
		if (e->size != size)
			fail(kv, "entry of another size");
		return e->size == size ? e : NULL;
	}
	if (!fetch(kv, k, size, &value))
		return NULL;
	e = keep(kv, hash, k, value, size);
	free(value);
	return e;
}

const void *
kv_get(struct kv *kv, const void *key, size_t key_len, size_t size)
{
	struct entry *e = lookup(kv, key, key_len, size);

	return e && !e->is_missing ? entry_value(e) : NULL;
}

static void
soil(struct kv *kv, struct entry *e)
{
	kv->dirty += !e->is_dirty;
	e->is_dirty = true;
}

void *
kv_edit(struct kv *kv, const void *key, size_t key_len, size_t size)
{
	static _Thread_local _Alignas(8) unsigned char nowhere[4096];
	struct entry *e = lookup(kv, key, key_len, size);

	if (!e) /* the error is kept; the caller may write all the same */
		return memset(nowhere, 0, sizeof nowhere);
	if (e->is_missing)
		memset(entry_value(e), 0, size);
	e->is_missing = false;
	soil(kv, e);
	return entry_value(e);
}

void
kv_remove(struct kv *kv, const void *key, size_t key_len, size_t size)
{
	struct entry *e = lookup(kv, key, key_len, size);

	if (!e)
		return;
	e->is_missing = true;
	soil(kv, e);
}

/* Whether a file may be so long; ext4 for one does not ask before the bytes are written. */
static bool
is_allowed(uint64_t size)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || size <= limit.rlim_cur;
}

/*
 * Entries have some hundred bytes at most.  New ones split buckets now and then, each once in some
 * eighty entries; that many split in one transaction is very unlikely, since keys are hashed.
 */
int
kv_reserve(struct kv *kv, size_t entries)
{
	size_t len = (kv->dirty + entries) * 1024 + 16 * BLOCK_BYTES;
	struct stat st;

	if (kv->has_failed)
		return kv_failed(kv);
	if (fstat(gdbm_fdesc(kv->file), &st) < 0)
		return err_sys("index");
	if (!is_allowed((uint64_t)st.st_size + len))
		return err_set(EX_IOERR, "index: %s", strerror(EFBIG));
	/* of what was got before there may be enough: asking costs more than looking */
	if (st.st_blocks * 512 >= st.st_size + (off_t)len)
		return 0;
	len = len > RESERVE_BYTES ? len : RESERVE_BYTES;
	if (fallocate(gdbm_fdesc(kv->file), FALLOC_FL_KEEP_SIZE, st.st_size, (off_t)len) < 0 &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		return err_set(EX_IOERR, "index: %s", strerror(errno));
	return 0;
}

size_t
kv_dirty(const struct kv *kv)
{
	return kv->dirty;
}

static void
write_entry(struct kv *kv, struct entry *e)
{
	datum key = { (char *)e->bytes, (int)e->key_len };
	datum value = { entry_value(e), (int)e->size };

	if (e->is_missing) {
		if (gdbm_delete(kv->file, key) != 0 &&
		    gdbm_last_errno(kv->file) != GDBM_ITEM_NOT_FOUND)
			fail(kv, "delete");
	} else if (gdbm_store(kv->file, key, value, GDBM_REPLACE) != 0) {
		fail(kv, "write");
	}
}

int
kv_flush(struct kv *kv)
{
	for (size_t i = 0; i < kv->buckets && !kv->has_failed; i++)
		for (struct entry *e = kv->bucket[i]; e && !kv->has_failed; e = e->next)
			if (e->is_dirty)
				write_entry(kv, e);
	/* GDBM 1.23 does not look whether the last buckets could be written, but notes it */
	if (!kv->has_failed && gdbm_needs_recovery(kv->file))
		fail(kv, "write");
	kv->is_empty = false;
	forget_all(kv);
	return kv_failed(kv);
}

int
kv_each(struct kv *kv,
    int (*fn)(void *arg, const void *key, size_t key_len, const void *value, size_t size),
    void *arg)
{
	datum key = gdbm_firstkey(kv->file), next, value;
	int rc = 0;

	for (; key.dptr && rc == 0; key = next) {
		value = gdbm_fetch(kv->file, key);
		if (value.dptr)
			rc = fn(arg, key.dptr, (size_t)key.dsize, value.dptr, (size_t)value.dsize);
		else
			rc = err_set(EX_IOERR, "index: %s", gdbm_db_strerror(kv->file));
		free(value.dptr);
		next = gdbm_nextkey(kv->file, key);
		free(key.dptr);
	}
	free(key.dptr);
	if (rc == 0 && gdbm_last_errno(kv->file) != GDBM_ITEM_NOT_FOUND &&
	    gdbm_last_errno(kv->file) != GDBM_NO_ERROR)
		return err_set(EX_IOERR, "index: %s", gdbm_db_strerror(kv->file));
	return rc;
}
