/*
 * child.h - run a program to its end: what it reads, what it says, how long it may take
 *
 * 1. It runs in a process group of its own.  When child_run returns nothing of that group is left.
 * 2. A signal that asks us to stop (stop.h) ends it as running out of time does: TERM, two seconds,
 *    KILL.
 * 3. What it has left behind may hold its pipes open: that is waited for a moment only.
 *
 * The caller has let SIGPIPE be (stop_at_pipe).  What has left the group is the caller's to find
 * (proc_kill_marked).
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct child_order {
	char *const *argv;      /* argv[0] is searched in our PATH */
	const char *const *env; /* "NAME=value" strings that replace or join ours; NULL: none */
	const char *folder;     /* where it runs; NULL: here */
	const char *input;      /* what it reads on stdin; it need not read it */
	size_t input_len;
	int64_t timeout_ms; /* 0: it may take as long as it likes */

	/* What is kept: the beginning of stdout and the end of stderr, of so many bytes. */
	size_t out_max, err_max;
	/* Who gets it as it comes, instead; NULL: it is kept. */
	void (*take_out)(void *arg, const char *bytes, size_t len);
	void (*take_err)(void *arg, const char *bytes, size_t len);
	void *arg;
};

struct child_result {
	int status; /* as waitpid(2) has it */
	struct buf out, err;
	bool is_timed_out;           /* we ended it as its time was over */
	bool is_stopped;             /* we ended it as we were asked to stop */
	bool is_out_cut, is_err_cut; /* something was not kept */
};

/*
 * child_run - start it and wait until it has ended
 *
 * result is overwritten; child_release it afterwards, in every case.
 * Returns 0 (however it ended), or -1 with err as of proc_spawn_in: EX_CONFIG where the program
 * cannot be executed, EX_OSERR.
 */
int child_run(const struct child_order *order, struct child_result *result);
void child_release(struct child_result *result);

/* child_exit_status - what a shell would say of status: the exit status, or 128 + the signal. */
int child_exit_status(int status);

#endif
