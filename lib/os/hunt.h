/*
 * hunt.h - find the processes that carry a cookie in their environment, and end them
 *
 * A cookie is a variable that everything has from whoever started it, also after setsid and double
 * forks; several of its values can be looked for at once.
 *
 * 1. Signals go through pidfds only: a number that was used again is never met.
 * 2. A process whose environment cannot be read belongs to them where its parent, its group or its
 *    session is one of theirs that was there a moment ago, or its parent is their runner.
 * 3. Not found: what gave its environment up (env -i), and the process itself that looks.
 */
#ifndef HUNT_H
#define HUNT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that was found. */
struct hunt_prey {
	pid_t pid;
	unsigned long long start;
	size_t value;      /* which: hunt_add's */
	int signal;        /* the last one sent; 0: none could be */
	int64_t killed_ms; /* when KILL was first sent; 0: not yet */
	bool is_here;      /* it has not ended, as far as is known */
	unsigned scan;     /* the last that has met it */
	int error; /* errno: it cannot be signalled; ETIMEDOUT: it has outlived KILL; or 0 */
};

struct hunt {
	struct hunt_prey *prey; /* all that were found */
	size_t len;
	/* the rest is hunt.c's */
	size_t cap;
	char *name;
	char **value;
	pid_t *runner; /* of each value; 0: none */
	size_t values;
	struct buf *text;
	struct pollfd *found; /* pidfds of this scan, and whose they are */
	size_t *whose, founds;
	unsigned scans;
	bool is_any, is_unclear;
	int empty, quiet;
};

/* hunt_open - look for the variable: name is "NAME=".  hunt_close(NULL) is fine. */
struct hunt *hunt_open(const char *name);
void hunt_close(struct hunt *h);

/* hunt_add - one more of its values (copied).  Returns its number, from 0. */
size_t hunt_add(struct hunt *h, const char *value);

/* hunt_runner - who runs all that has that value, and is a subreaper; itself it is not one of them.
 * 0: it has ended. */
void hunt_runner(struct hunt *h, size_t value, pid_t pid);

/*
 * hunt_scan - look at every process once; each that is found gets the signal, once
 *
 * signal  0: none, they are only noted
 *
 * A TERM has a CONT behind it, for those that are stopped.  0, or -1 with err EX_OSERR: there is no
 * /proc.
 */
int hunt_scan(struct hunt *h, int signal);

/*
 * hunt_wait - wait until all that the last scan found have ended, and `also` is readable
 *
 * until_ms  monotonic: or until then; or, in any case, some moments
 * also      pidfds, or -1
 */
void hunt_wait(struct hunt *h, int64_t until_ms, const struct pollfd *also, size_t len);

/* hunt_is_over - whether two scans in a row found nobody, and met none that they could not judge;
 * where processes come and go all the time enough is enough. */
bool hunt_is_over(const struct hunt *h);

/* hunt_again - whatever was seen, two more scans are wanted. */
void hunt_again(struct hunt *h);

/* hunt_check - 0, or -1 with err EX_NOPERM, which names a process that could not be ended. */
int hunt_check(const struct hunt *h);

#endif
