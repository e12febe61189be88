/*
 * notice.h - a command for each task that has ended, beside what a viewer does
 *
 * It is a line of sh(1) that gets the task's record on stdin, and in its environment
 * LEGWORK_ENDED_ID, LEGWORK_STATUS and LEGWORK_TITLE; no data stands in the line itself.  It is not
 * the task's (LEGWORK_TASK_ID): it does what a person does.  What it prints is read by nobody, but
 * the last line on stderr is told where it fails.
 *
 * 1. Nobody waits for one: NOTICE_AT_ONCE run at a time, up to NOTICE_WAITING wait for their turn,
 *    and those beyond that are left out, with a warning.
 * 2. A task's end is told once, and not if it was before notice_open.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { NOTICE_AT_ONCE = 4, NOTICE_WAITING = 1000 };

struct notice {
	const char *command; /* NULL: none; nothing happens then */
	struct notice_run {
		pid_t pid;  /* 0: none */
		int errors; /* what it says on stderr */
		char task[9];
	} run[NOTICE_AT_ONCE];
	int64_t since_ms; /* wall clock */
	jv waiting;       /* records */
	jv told;          /* by task: when it ended */
};

/* notice_open - command (borrowed) as above.  SIGCHLD interrupts poll(2) from now on. */
void notice_open(struct notice *n, const char *command);

/* notice_add - a task (consumed) has ended. */
void notice_add(struct notice *n, jv task);

/*
 * notice_look - see who has ended, and start who waits
 *
 * say  is called with each warning
 */
void notice_look(struct notice *n, void (*say)(void *arg, const char *warning), void *arg);

/* notice_close - who runs goes on alone; say is called for those that were not started. */
void notice_close(struct notice *n, void (*say)(void *arg, const char *warning), void *arg);

#endif
