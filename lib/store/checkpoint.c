#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "checkpoint.h"
#include "crc.h"
#include "dir.h"
#include "err.h"

enum { COPY_BYTES = 1 << 20 };

static const char index_name[] = "index.gdbm", copy_name[] = "index.ckpt",
		  half_name[] = "index.ckpt.new";

struct trailer {
	char magic[12];
	uint32_t crc;
};

static const char magic[12] = "legworkckp2";

/* Copies len bytes and sums them up.  -1 with errno. */
static int
copy_bytes(int from, int to, off_t len, uint32_t *crc)
{
	char *bytes = xmalloc(COPY_BYTES);
	ssize_t n = 0;

	*crc = 0;
	for (off_t at = 0; at < len && n >= 0; at += n) {
		size_t want = len - at < COPY_BYTES ? (size_t)(len - at) : COPY_BYTES;

		n = dir_read_all(from, bytes, want, at);
		if (n == 0) {
			errno = EIO; /* it is shorter than it was */
			n = -1;
		}
		if (n > 0) {
			*crc = crc32c(*crc, bytes, (size_t)n);
			n = dir_write_all(to, bytes, (size_t)n) < 0 ? -1 : n;
		}
	}
	free(bytes);
	return n < 0 ? -1 : 0;
}

static int
save_to(int dir_fd, int from, int to)
{
	struct trailer trailer = { .crc = 0 };
	struct stat st;

	memcpy(trailer.magic, magic, sizeof magic);
	if (fstat(from, &st) < 0 || copy_bytes(from, to, st.st_size, &trailer.crc) < 0 ||
	    dir_write_all(to, &trailer, sizeof trailer) < 0 || fsync(to) < 0 ||
	    renameat(dir_fd, half_name, dir_fd, copy_name) < 0)
		return err_sys("%s", copy_name);
	return dir_sync(dir_fd);
}

int
checkpoint_save(int dir_fd)
{
	int from = dir_open_file(dir_fd, index_name, O_RDONLY), to, rc;

	if (from < 0)
		return err_sys("%s", index_name);
	unlinkat(dir_fd, half_name, 0);
	to = dir_open_file(dir_fd, half_name, O_WRONLY | O_CREAT | O_EXCL);
	if (to < 0) {
		close(from);
		return err_sys("%s", half_name);
	}
	rc = save_to(dir_fd, from, to);
	close(from);
	close(to);
	if (rc < 0)
		unlinkat(dir_fd, half_name, 0);
	return rc;
}

static int
restore_from(int dir_fd, int from, int to)
{
	struct trailer trailer;
	struct stat st;
	uint32_t crc;

	if (fstat(from, &st) < 0 || st.st_size < (off_t)sizeof trailer ||
	    dir_read_all(from, &trailer, sizeof trailer, st.st_size - (off_t)sizeof trailer) !=
		sizeof trailer ||
	    memcmp(trailer.magic, magic, sizeof magic) != 0)
		return err_set(EX_IOERR, "%s: not a checkpoint", copy_name);
	if (copy_bytes(from, to, st.st_size - (off_t)sizeof trailer, &crc) < 0)
		return err_sys("%s", index_name);
	if (crc != trailer.crc)
		return err_set(EX_IOERR, "%s: checksum does not fit", copy_name);
	return renameat(dir_fd, half_name, dir_fd, index_name) < 0 ? err_sys("%s", index_name) : 0;
}

int
checkpoint_restore(int dir_fd)
{
	int from = dir_open_file(dir_fd, copy_name, O_RDONLY), to, rc;

	if (from < 0)
		return err_sys("%s", copy_name);
	unlinkat(dir_fd, half_name, 0);
	to = dir_open_file(dir_fd, half_name, O_WRONLY | O_CREAT | O_EXCL);
	if (to < 0) {
		close(from);
		return err_sys("%s", half_name);
	}
	rc = restore_from(dir_fd, from, to);
	close(from);
	close(to);
	if (rc < 0)
		unlinkat(dir_fd, half_name, 0);
	return rc;
}
