#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc.h"
#include "dir.h"
#include "err.h"
#include "mark.h"

static const char magic[8] = "legwork2";

static uint32_t
checksum(const struct mark *m)
{
	return crc32c(0, m, offsetof(struct mark, is_dirty));
}

/* It cannot change while we run. */
static const char *
boot_id(void)
{
	static char id[40];
	int fd;
	ssize_t n;

	if (*id)
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, id, 36);
	if (fd >= 0)
		close(fd);
	if (n != 36) /* no such thing here: then nothing survives from one mapping to the next */
		snprintf(id, sizeof id, "unknown-%ld", (long)getpid());
	else
		id[36] = '\0';
	return id;
}

struct mark *
mark_open(int dir_fd)
{
	int fd = dir_open_file(dir_fd, "mark", O_RDWR | O_CREAT);
	void *p = MAP_FAILED;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		goto fail;
	/* Its block is there before it is mapped: a full disk is an error here, no SIGBUS later. */
	if (st.st_size < (off_t)sizeof(struct mark) &&
	    (errno = posix_fallocate(fd, 0, sizeof(struct mark))) != 0)
		goto fail;
	p = mmap(NULL, sizeof(struct mark), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		goto fail;
	close(fd);
	return p;
fail:
	err_set(EX_CANTCREAT, "mark: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

void
mark_close(struct mark *m)
{
	if (m)
		munmap(m, sizeof *m);
}

bool
mark_is_good(const struct mark *m)
{
	/* durable has no checksum, but is never ahead of the head */
	return !m->is_dirty && !memcmp(m->magic, magic, sizeof magic) && m->crc == checksum(m) &&
	       !strcmp(m->boot, boot_id()) && atomic_load(&m->durable) <= m->head.revision;
}

void
mark_begin(struct mark *m)
{
	m->is_dirty = 1;
	atomic_signal_fence(memory_order_seq_cst); /* before the first write to the index */
}

void
mark_finish(struct mark *m, const struct journal_pos *head)
{
	atomic_signal_fence(memory_order_seq_cst);
	m->is_dirty = 1;
	atomic_signal_fence(memory_order_seq_cst);
	m->head = *head;
	m->crc = checksum(m);
	atomic_signal_fence(memory_order_seq_cst);
	m->is_dirty = 0;
}

void
mark_reset(struct mark *m, const char *store)
{
	mark_begin(m);
	memcpy(m->magic, magic, sizeof magic);
	/* of another boot: durability must be shown again; of this one it is still true */
	if (strncmp(m->boot, boot_id(), sizeof m->boot) != 0 || strcmp(m->store, store) != 0)
		atomic_store(&m->durable, 0);
	memset(m->boot, 0, sizeof m->boot);
	memcpy(m->boot, boot_id(), strlen(boot_id()));
	memset(m->store, 0, sizeof m->store);
	memcpy(m->store, store, strnlen(store, sizeof m->store - 1));
	m->head = (struct journal_pos){ 0 };
	m->crc = checksum(m);
}

void
mark_raise_durable(struct mark *m, uint64_t revision)
{
	uint64_t now = atomic_load(&m->durable);

	while (now < revision && !atomic_compare_exchange_weak(&m->durable, &now, revision))
		;
}

uint64_t
mark_reached(const struct mark *m, const char *store)
{
	if (memcmp(m->magic, magic, sizeof magic) != 0 || m->crc != checksum(m) ||
	    strcmp(m->boot, boot_id()) != 0 || strcmp(m->store, store) != 0)
		return 0;
	return m->head.revision;
}

void
mark_forget(struct mark *m)
{
	mark_begin(m);
	memset(m->magic, 0, sizeof m->magic);
	atomic_store(&m->durable, 0);
	atomic_store(&m->checkpoint, 0);
}
