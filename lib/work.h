/*
 * work.h - run an agent's program on a task, and see what it says
 *
 * The program reads the task on its stdin.  A line of its stdout that is an event object is an
 * event, all other lines are the response.  Its stderr goes to the log; the end of it tells
 * why it failed.  Exit 0 completes, 75 asks for another try, anything else fails.
 *
 * Afterwards nothing that it started is left: its process group and everything that carries its
 * LEGWORK_RUN are ended.
 */
#ifndef WORK_H
#define WORK_H

#include <jv.h>
#include <stdbool.h>

#include "log.h"

enum work_end { WORK_DONE, WORK_FAILED, WORK_STOPPED, WORK_BROKEN = -1 };

struct work {
	jv task, agent;    /* borrowed */
	jv dependencies;   /* borrowed: array of {id,title,status,response} for the JSON request */
	const char *lease; /* the cookie, and the events' session */
	const char *store; /* path of the store, for the program's own commands */
	struct log *log;
	void (*told)(void *arg); /* called after something was logged; NULL: nobody */
	void *arg;
};

/* The most bytes of a response that are kept (control characters, which JSON makes longer, count as
 * six); the rest is dropped, and the log says so. */
enum { WORK_RESPONSE_MAX = 4 << 20 };

/*
 * work_run - run it to its end, or until stop_signal
 *
 * response  on WORK_DONE and WORK_FAILED: what it answered, a string without its last newlines
 * error     on WORK_FAILED: an error object (task.h)
 *
 * Both are set in every case, owned (invalid where there is none).  WORK_STOPPED: a signal
 * asked us to stop, its processes are gone.  WORK_BROKEN: as WORK_FAILED, because the log cannot be
 * written.
 */
enum work_end work_run(struct work *w, jv *response, jv *error);

/* work_fit - how many of the bytes are within that limit. */
size_t work_fit(const char *bytes, size_t len, size_t room);

#endif
