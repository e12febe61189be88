/*
 * fuzz.h - what the fuzz targets share: facts that must hold, chance out of bytes, a folder
 *
 * A target is one C file with LLVMFuzzerTestOneInput; libFuzzer has main.  Where a format needs
 * structure (a journal, a log) the input is a small program: its bytes choose what is built.
 * '0' chooses the first thing, '1' the second and so on, so that seeds can be typed.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libFuzzer calls these. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_fact - end with a crash, and say which fact did not hold. */
#define fuzz_fact(fact) ((fact) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #fact))

/* fuzz_stop - end because the target cannot have what it needs: no finding. */
#define fuzz_stop() fuzz_give_up(__FILE__, __LINE__)

static int fuzz_stderr = -1; /* also where the target's own is closed */

__attribute__((constructor)) static void
fuzz_begin(void)
{
	fuzz_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	unsetenv("LEGWORK_JOURNAL");
	unsetenv("LEGWORK_MAX_LINE");
	unsetenv("LEGWORK_USER");
	setenv("LEGWORK_NOW", "2026-11-20T12:00:00Z", 1);
	setenv("TZ", "UTC", 1);
}

_Noreturn static inline void
fuzz_fail(const char *file, int line, const char *fact)
{
	dprintf(fuzz_stderr, "%s:%d: does not hold: %s\n", file, line, fact);
	abort();
}

_Noreturn static inline void
fuzz_give_up(const char *file, int line)
{
	dprintf(fuzz_stderr, "%s:%d: cannot go on: %s\n", file, line, strerror(errno));
	abort();
}

/* The rest of an input. */
struct fuzz_bytes {
	const uint8_t *p;
	size_t left;
};

/* fuzz_byte - the next byte; 0 at the end. */
static inline unsigned
fuzz_byte(struct fuzz_bytes *b)
{
	if (b->left == 0)
		return 0;
	b->left--;
	return *b->p++;
}

/* fuzz_below - a number from 0 to below - 1; '0' gives 0 (below is at most 256). */
static inline unsigned
fuzz_below(struct fuzz_bytes *b, unsigned below)
{
	return b->left ? (fuzz_byte(b) + 256 - '0') % 256 % below : 0;
}

/* fuzz_take - up to len bytes; *len is set to how many there are. */
static inline const char *
fuzz_take(struct fuzz_bytes *b, size_t *len)
{
	const char *p = (const char *)b->p;

	*len = *len < b->left ? *len : b->left;
	b->p += *len;
	b->left -= *len;
	return p;
}

/* fuzz_copy - the bytes in memory of just that size, so that any look behind them is noticed; the
 * caller frees it. */
static inline char *
fuzz_copy(const void *bytes, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (!copy)
		fuzz_stop();
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

/* fuzz_string - the same with a NUL behind them. */
static inline char *
fuzz_string(const void *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		fuzz_stop();
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

/* fuzz_is_utf8 - whether text is UTF-8, bit by bit as RFC 3629 says. */
static inline bool
fuzz_is_utf8(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	while (p < end) {
		static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
		int more = *p < 0x80       ? 0
		           : *p >> 5 == 6  ? 1
		           : *p >> 4 == 14 ? 2
		           : *p >> 3 == 30 ? 3
		                           : -1;
		uint32_t c;

		if (more < 0 || end - p <= more)
			return false;
		c = more == 0 ? *p : *p & (0x3fU >> more);
		p++;
		for (int i = 0; i < more; i++, p++) {
			if (*p >> 6 != 2)
				return false;
			c = c << 6 | (*p & 0x3f);
		}
		if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

/* fuzz_crc - CRC32C from its definition, a byte at a time. */
static inline uint32_t
fuzz_crc(const void *bytes, size_t len)
{
	static uint32_t table[256];
	const unsigned char *p = bytes;
	uint32_t crc = ~UINT32_C(0);

	if (table[1] == 0)
		for (uint32_t i = 0; i < 256; i++) {
			table[i] = i;
			for (int bit = 0; bit < 8; bit++)
				table[i] =
				    table[i] >> 1 ^ (table[i] & 1 ? UINT32_C(0x82f63b78) : 0);
		}
	while (len-- > 0)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 255];
	return ~crc;
}

static inline int
fuzz_remove(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	return where->level > 0 ? remove(path) : 0;
}

static char fuzz_path[PATH_MAX];

static inline void
fuzz_remove_folder(void)
{
	nftw(fuzz_path, fuzz_remove, 16, FTW_DEPTH | FTW_PHYS);
	rmdir(fuzz_path);
}

/* fuzz_folder - a descriptor of a folder of our own, made the first time, emptied each time. */
static inline int
fuzz_folder(void)
{
	static int fd = -1;
	const char *tmp = getenv("TMPDIR");

	if (fd >= 0) {
		nftw(fuzz_path, fuzz_remove, 16, FTW_DEPTH | FTW_PHYS);
		return fd;
	}
	snprintf(fuzz_path, sizeof fuzz_path, "%s/fuzz.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(fuzz_path) || (fd = open(fuzz_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		fuzz_stop();
	atexit(fuzz_remove_folder);
	return fd;
}

/* fuzz_write - make a file, or replace what is in it. */
static inline void
fuzz_write(int dir_fd, const char *name, const void *bytes, size_t len)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || (len && write(fd, bytes, len) != (ssize_t)len))
		fuzz_stop();
	close(fd);
}

/* fuzz_read - a whole file and a NUL, or NULL; the caller frees it. */
static inline char *
fuzz_read(int dir_fd, const char *name, size_t *len)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !(bytes = malloc((size_t)st.st_size + 1)) ||
	    read(fd, bytes, (size_t)st.st_size) != st.st_size)
		fuzz_stop();
	close(fd);
	*len = (size_t)st.st_size;
	bytes[*len] = '\0';
	return bytes;
}

#endif
