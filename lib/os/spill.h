/*
 * spill.h - what a program prints: its beginning and its end in memory, all of it in a file
 *
 * A text of up to SPILL_TEXT_MAX bytes is kept whole; of a longer one the beginning and the end,
 * together no longer than that, and everything goes to a file in the folder .legwork of the work
 * folder, up to SPILL_FILE_MAX.
 */
#ifndef SPILL_H
#define SPILL_H

#include <stdint.h>

#include "buf.h"

enum { SPILL_TEXT_MAX = 16 << 10, SPILL_FILE_MAX = 64 << 20 };

struct spill {
	const char *folder;   /* the work folder */
	const char *name;     /* how the file's name begins */
	struct buf text, end; /* the first SPILL_TEXT_MAX bytes; the last ones */
	uint64_t bytes;       /* how many there were */
	int fd;               /* the file; -1: none */
	char *path;           /* its name in the work folder; NULL: there is none */
	char *fault;          /* why the file does not hold all; NULL: it does */
};

/* spill_init - folder and name are borrowed. */
void spill_init(struct spill *s, const char *folder, const char *name);

/* spill_add - some more of it. */
void spill_add(struct spill *s, const char *bytes, size_t len);

/*
 * spill_text - append what a model is to see of it to b, UTF-8 without NULs
 *
 * Where that is not all, a line in its middle says how much was left out, and where it is.
 */
void spill_text(const struct spill *s, struct buf *b);

/* spill_release - forget it; the file stays. */
void spill_release(struct spill *s);

#endif
