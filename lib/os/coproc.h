/*
 * coproc.h - a program that is kept running: lines to it, lines from it
 *
 * It has a process group of its own, which is gone when coproc_end returns.  What it says on stderr
 * is read, so that it never waits for us, and the end of it is kept.
 *
 * 1. Nothing but coproc_end waits, and that for no longer than it is told; but for what one that
 *    says nothing more on stdout may still have to say on stderr, a tenth of a second is given.
 * 2. SIGPIPE must be ignored: that it has ended is seen when it is read from.
 */
#ifndef COPROC_H
#define COPROC_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "proc.h"

enum { COPROC_LINE_MAX = 32 << 20, COPROC_FDS = 3 };

struct coproc {
	pid_t pid; /* 0: it does not run */
	int in, out, err;
	struct buf to; /* what is to be written, and how much of it has been */
	size_t sent;
	struct buf from; /* lines not yet taken */
	struct buf why;  /* the end of its stderr */
};

#define COPROC_NONE                            \
	{                                      \
		.in = -1, .out = -1, .err = -1 \
	}

/* coproc_start - start program (its fds are set here).  0, or -1 with err: proc_start's,
 * EX_OSERR. */
int coproc_start(struct coproc *c, const struct proc_program *program);

/* coproc_is_gone - whether it has ended; it is forgotten then, with what it had still to say. */
bool coproc_is_gone(struct coproc *c);

/*
 * coproc_end - end its group, if it runs, and forget it
 *
 * eof_ms    how long it has to end by itself after its stdin has
 * grace_ms  how long from TERM to KILL
 *
 * Returns how it ended, as wait(2) says, or -1 with err EX_NOPERM, which names its process: it does
 * not end within two seconds of KILL, as where it is another user's now.  coproc_release frees what
 * is left of one that has ended.
 */
int coproc_end(struct coproc *c, int eof_ms, int grace_ms);
void coproc_release(struct coproc *c);

/* coproc_close - end its stdin, and wait for nothing. */
void coproc_close(struct coproc *c);

/* coproc_send - write a line to it as soon as it reads.  coproc_unsent - how many bytes still wait
 * for that. */
void coproc_send(struct coproc *c, const char *line, size_t len);
size_t coproc_unsent(const struct coproc *c);

/* coproc_poll_fds - what to poll for; those with fd -1 wait for nothing. */
void coproc_poll_fds(const struct coproc *c, struct pollfd fds[COPROC_FDS]);

enum coproc_state { COPROC_RUNS, COPROC_CLOSED, COPROC_FLOODS };

/*
 * coproc_go_on - do what can be done without waiting
 *
 * COPROC_CLOSED: it says nothing more, and the end of its stderr was read; COPROC_FLOODS: its
 * line is longer than COPROC_LINE_MAX.
 */
enum coproc_state coproc_go_on(struct coproc *c, const struct pollfd fds[COPROC_FDS]);

/* coproc_line - the next line that has come, without its newline, borrowed until the next call of
 * coproc_go_on or coproc_end; NULL: none. *taken is where to go on, 0 at first; then
 * coproc_took. */
const char *coproc_line(const struct coproc *c, size_t *taken, size_t *len);
void coproc_took(struct coproc *c, size_t taken);

/* coproc_say_end - append to b how it ended (status, as coproc_end says, err being as that has left
 * it) and what it said of that. */
void coproc_say_end(struct coproc *c, int status, struct buf *b);

#endif
