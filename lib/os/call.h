/*
 * call.h - run a program once: a text in, what it prints out, and a bounded time
 *
 * It runs in a process group of its own, none of which is left afterwards.
 */
#ifndef CALL_H
#define CALL_H

#include <stddef.h>
#include <stdint.h>

#include "proc.h"

struct call {
	struct proc_program program; /* but for its fds, which are set here */
	const char *input;           /* what it reads; what it does not want to read is dropped */
	size_t input_len;
	int64_t timeout_ms; /* 0: as long as it likes */
	int grace_ms;       /* from TERM to KILL, unless who stops us has said (stop.h) */
	const char *mark; /* one of program.env, by which what has left its group is found, where we
	                       are a subreaper; NULL: that is not looked for */
	void (*take_out)(void *arg, const char *bytes, size_t len);
	void (*take_err)(void *arg, const char *bytes, size_t len); /* NULL: 2 is the same as 1 */
	void *arg;
};

enum call_end { CALL_ENDED, CALL_LATE, CALL_STOPPED, CALL_FAILED = -1 };

/*
 * call_run - run it to its end, to its time-out, or until stop_signal
 *
 * status  set to what waitpid says
 *
 * What it has printed is handed over before this returns, however it ends.  SIGPIPE must be
 * ignored.  CALL_FAILED: it could not be started; err is proc_start's, or EX_OSERR.
 */
enum call_end call_run(struct call *c, int *status);

#endif
