/*
 * trail.h - the lines of an agent's log (log.h), for who reads them while they are written
 *
 * A line that is not whole yet is none: it may be cut off, and written over, by the next attempt.
 * However long a log is, one line of it is in memory, and READ_BYTES.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include <stdint.h>

#include "buf.h"
#include "scan.h"

struct trail {
	int fd;         /* -1, to begin with: no log yet */
	uint64_t at;    /* behind the last line that was handed out */
	struct buf buf; /* bytes from `taken` before that on */
	size_t taken;
};

enum { TRAIL_NAME_BYTES = 64 };

/* trail_name - what the log of a task is called in logs/agents.  Returns name. */
const char *trail_name(const char *task_id, char name[TRAIL_NAME_BYTES]);

/*
 * trail_next - the next whole line, until the next call; who came to the end may come back
 *
 * line  without its newline; it may be anything
 *
 * Returns 1; 0 where there is none yet, or no log; -1 with err EX_IOERR.
 */
int trail_next(struct trail *t, int logs_fd, const char *task_id, struct scan_text *line);

/* trail_release - close it, and free what it holds. */
void trail_release(struct trail *t);

#endif
