/*
 * mark.c - any bytes as the file `mark`: it is good only if all that mark_finish writes is there
 *
 * Input: what is done with a mark that was good; '0' sets a byte, and so on (see its switch).
 */
#include "fuzz.h"

#include "mark.h"

enum { BOOT_BYTES = 37 };

static char boot[40]; /* empty: this system has none, and there is nothing to tell */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	(void)argc;
	(void)argv;
	if (fd >= 0 && read(fd, boot, 36) != 36)
		*boot = '\0';
	if (fd >= 0)
		close(fd);
	return 0;
}

/* What mark.h says, with the checksum by its definition. */
static bool
should_be_good(const struct mark *m)
{
	return !m->is_dirty && !memcmp(m->magic, "legwork2", 8) &&
	       !memcmp(m->boot, boot, BOOT_BYTES) &&
	       m->crc == fuzz_crc(m, offsetof(struct mark, is_dirty)) &&
	       atomic_load(&m->durable) <= m->head.revision;
}

/* Dirty or not: a revision that was reached stays so. */
static uint64_t
should_have_reached(const struct mark *m, const char *store)
{
	if (memcmp(m->magic, "legwork2", 8) || memcmp(m->boot, boot, BOOT_BYTES) ||
	    memcmp(m->store, store, strlen(store) + 1) ||
	    m->crc != fuzz_crc(m, offsetof(struct mark, is_dirty)))
		return 0;
	return m->head.revision;
}

static void
finish(struct mark *m, struct fuzz_bytes *b)
{
	struct journal_pos head = { .revision = fuzz_byte(b),
		.offset = fuzz_byte(b) * 77777,
		.segment = fuzz_byte(b) };

	mark_finish(m, &head);
	fuzz_fact(m->head.revision == head.revision && m->head.offset == head.offset);
}

/* A mark that has become a bad one, and one of another store, loses what it knew. */
static void
reset(struct mark *m, const char *store)
{
	bool is_same =
	    !memcmp(m->boot, boot, BOOT_BYTES) && !memcmp(m->store, store, strlen(store) + 1);
	uint64_t durable = atomic_load(&m->durable);

	mark_reset(m, store);
	fuzz_fact(!mark_is_good(m));
	fuzz_fact(!strcmp(m->store, store) && m->head.revision == 0);
	fuzz_fact(atomic_load(&m->durable) == (is_same ? durable : 0));
	mark_finish(m, &(struct journal_pos){ .revision = 1, .segment = 1, .offset = 1 });
	fuzz_fact(mark_is_good(m) == (atomic_load(&m->durable) <= 1));
	fuzz_fact(atomic_load(&m->durable) == (is_same ? durable : 0));
}

/* The whole file is replaced: its bytes are the input's. */
static void
replace(int dir_fd, struct fuzz_bytes *b)
{
	size_t len = fuzz_byte(b);
	const char *bytes = fuzz_take(b, &len);

	fuzz_write(dir_fd, "mark", bytes, len);
}

static void
set_checksum(struct mark *m)
{
	m->crc = fuzz_crc(m, offsetof(struct mark, is_dirty));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char store[] = "6f1c7a2e-8f6b-4d0e-9a51-0c2f3b4d5e6f";
	struct fuzz_bytes b = { data, size };
	int dir_fd = fuzz_folder();
	struct mark *m;
	size_t at;

	if (!*boot)
		return 0;
	if (!(m = mark_open(dir_fd)))
		fuzz_stop();
	fuzz_fact(!mark_is_good(m));
	mark_reset(m, store);
	finish(m, &b);
	fuzz_fact(mark_is_good(m) == should_be_good(m));
	while (b.left > 0) {
		switch (fuzz_below(&b, 9)) {
		case 0:
			at = fuzz_byte(&b) % sizeof *m;
			((unsigned char *)m)[at] = (unsigned char)fuzz_byte(&b);
			break;
		case 1:
			at = fuzz_byte(&b) % sizeof *m;
			((unsigned char *)m)[at] ^= (unsigned char)(1 << fuzz_byte(&b) % 8);
			break;
		case 2:
			mark_begin(m);
			fuzz_fact(!mark_is_good(m));
			break;
		case 3:
			finish(m, &b);
			break;
		case 4:
			mark_raise_durable(m, fuzz_byte(&b));
			break;
		case 5:
			reset(m, fuzz_below(&b, 2) ? "another" : store);
			break;
		case 6:
			set_checksum(m);
			break;
		case 7:
			mark_forget(m);
			fuzz_fact(!mark_is_good(m) && mark_reached(m, store) == 0);
			break;
		default:
			mark_close(m);
			replace(dir_fd, &b);
			if (!(m = mark_open(dir_fd)))
				fuzz_stop();
		}
		fuzz_fact(mark_is_good(m) == should_be_good(m));
		fuzz_fact(mark_reached(m, store) == should_have_reached(m, store));
	}
	mark_close(m);
	return 0;
}
