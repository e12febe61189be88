/*
 * halt.h - the end of tasks that run and are marked (life_mark), and of all that runs for them
 *
 * 1. A runner gets its TERM while the store says that it has the task: none is stopped for a task
 *    that has ended.  It is told how long its agent may take, and ends the task itself, with what
 *    there is of an answer.
 * 2. Everything that carries the task's lease (hunt.h) gets TERM, and KILL when the time is over;
 *    the runner only if it is still there a little later.
 * 3. A task whose runner is dead is ended here, but only when nothing is left of it.
 * 4. What got its KILL had no time to tidy up: its bells and its lease are removed here.
 */
#ifndef HALT_H
#define HALT_H

#include <sys/types.h>

#include "store.h"

/* A task that is to end, and what became of it. */
struct halt {
	char id[ID_TEXT];
	/* the rest is halt_run's; before that, zeros */
	char state[16]; /* its status: in_progress where something has survived */
	jv pids;        /* array: processes that have ended, its runner the first */
	jv left;        /* array: those that have not */
	int signal;     /* the strongest that was sent; 0: none */
	int64_t ms;     /* since halt_run was called, until nothing was left of it */
	char lease[ID_TEXT];
	pid_t runner;
	int pidfd; /* of the runner; -1: it has none, or that has ended */
	size_t value;
	bool is_known, is_over;
};

/*
 * halt_run - see to the end of all, at the same time
 *
 * grace_ms  from TERM to KILL
 * step      called now and then with how many are gone; NULL: nobody wants to know
 *
 * Returns 0 where nothing is left of them; 1 where something is, with err EX_NOPERM, which names
 * one; -1 with err as the store, or EX_OSERR (no /proc).
 */
int halt_run(struct store *s, struct halt *halt, size_t len, int grace_ms,
    void (*step)(void *arg, size_t gone), void *arg);

/*
 * halt_waiter - see to the end of a process that waited to go on with a task, which has ended
 *
 * It sees that by itself; where it has not ended in grace_ms, it gets TERM, and a second later
 * KILL. Returns its number, 0 where there was none; -1 with err EX_NOPERM: it does not end.
 */
pid_t halt_waiter(struct store *s, const char *lease, int grace_ms);

/* halt_release - free what one holds. */
void halt_release(struct halt *halt);

#endif
