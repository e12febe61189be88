/*
 * lines.h - records in and out: JSON lines on file descriptors
 *
 * Reading is buffered and knows whether a whole line can be had without waiting.
 * While it waits it also watches the stage behind it: when nobody reads our output
 * any more there is no point in reading input.
 */
#ifndef LINES_H
#define LINES_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum lines_result { LINES_END, LINES_OK, LINES_BAD, LINES_FAIL };

struct lines {
	int fd;
	int out_fd;           /* watched for POLLERR while waiting; -1: none */
	const char *name;     /* for messages: "stdin" */
	unsigned long number; /* of the line last returned, from 1 */
	size_t max;           /* longest line in bytes, without its newline */
	struct buf buf;
	size_t taken;   /* bytes of buf that were handed out */
	size_t scanned; /* bytes of buf known to hold no newline */
	bool is_eof, is_long;
};

/* lines_init - read fd; out_fd as above.  The limit is LEGWORK_MAX_LINE, else 16 MiB. */
void lines_init(struct lines *l, int fd, int out_fd, const char *name);
void lines_release(struct lines *l);

/*
 * lines_next - the next line, waiting for it
 *
 * text  points into the reader until the next call; no newline, NUL-terminated
 *
 * LINES_OK; LINES_END at the end of input, or when out_fd has no reader any more;
 * LINES_BAD for a line over the limit (skipped; err set, EX_DATAERR, "stdin:3: ...");
 * LINES_FAIL for a read error (err set, EX_IOERR) or a caught signal (EX_TEMPFAIL).
 * A last line without newline is a line.
 */
enum lines_result lines_next(struct lines *l, const char **text, size_t *len);

/*
 * lines_next_object - the next line that is not blank, parsed
 *
 * As lines_next; LINES_BAD also for what is not one JSON object (json.h).
 * rec is owned by the caller on LINES_OK.
 */
enum lines_result lines_next_object(struct lines *l, jv *rec);

/* lines_read_text - all of fd as one text, without its last newlines.  0, or -1 with err: EX_IOERR;
 * EX_DATAERR where it is longer than a line may be, or no UTF-8. */
int lines_read_text(int fd, const char *name, struct buf *text);

/* lines_read_file - the same of a file, or of stdin where path is "-"; -1 also with EX_NOINPUT. */
int lines_read_file(const char *path, struct buf *text);

/* lines_check_end - at LINES_END: 0 at the end of input; -1 with err EX_IOERR where it is not,
 * because nobody reads out_fd any more.  For commands that store what they read. */
int lines_check_end(const struct lines *l);

/* lines_is_ready - whether lines_next would return at once. */
bool lines_is_ready(struct lines *l);

/* lines_reader_gone - whether out_fd's pipe has no reader left. */
bool lines_reader_gone(int out_fd);

/* Output: whole lines, collected until flushed. */
struct out {
	int fd;
	struct buf buf;
};

/* out_json - append v (consumed) as a line. */
void out_json(struct out *o, jv v);

/* out_flush - write everything.  0, or -1 with err EX_IOERR ("stdout: ..."), or EX_TEMPFAIL where a
 * caught signal (stop.h) has interrupted it. */
int out_flush(struct out *o);

/* out_is_free - whether so many bytes can be written without waiting for who reads them; false
 * where that is not known. */
bool out_is_free(const struct out *o, size_t len);

#endif
