/*
 * place.h - where the tools of an agent run, and what they can reach from there
 *
 * They start in the work folder, with an environment that holds no keys, and, where the agent is
 * sandboxed, see nothing but what sandbox.h says.  Nothing of them is left afterwards: their
 * process group is ended, and what carries their LEGWORK_CALL.
 *
 * The caller does not die of SIGPIPE (stop_at_pipe) and is a subreaper.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "call.h"

enum { PLACE_TIMEOUT_MS = 120000 };

/* What is asked for. */
struct place_terms {
	const char *folder; /* the work folder; NULL: the current one */
	/* "NAME=value", NULL-terminated, beside PATH, HOME and the like (proc.h): what tools of the
	 * kit need, LEGWORK_STORE, _USER, _TASK_ID, _CHAT_ID ...; NULL: none */
	const char *const *env;
	const char *lease;  /* LEGWORK_RUN; NULL: none */
	const char *store;  /* the store's folder, which a sandbox hides; NULL: none */
	int64_t timeout_ms; /* the longest that a call may take; 0: PLACE_TIMEOUT_MS */
	int64_t until_ms;   /* monotonic: no call goes on for longer; 0: there is no end */
	bool is_sandboxed, has_network;
};

struct place;

/* place_open - terms are copied.  NULL with err EX_CONFIG: no such folder, or there can be no
 * sandbox. */
struct place *place_open(const struct place_terms *terms);
void place_close(struct place *p);

/* place_folder - the work folder, absolute; borrowed. */
const char *place_folder(const struct place *p);

/*
 * A program that is kept there (coproc.h) is started with
 *
 * place_env    what it finds beside PATH, HOME and the like; NULL-terminated, borrowed
 * place_argv   the command line that runs argv in the sandbox, from folder (NULL: the work folder);
 *              to be freed by sandbox_free.  NULL: there is no sandbox, it is run as it is
 */
const char *const *place_env(const struct place *p);
char **place_argv(const struct place *p, char *const argv[], const char *folder);

/* place_until - when a call that begins now is late, on the monotonic clock. */
int64_t place_until(const struct place *p);

/* A program that is run there. */
struct place_run {
	const char *path, *argument; /* argument NULL: none */
	const char *input;           /* NULL: it has nothing to read */
	bool is_trusted;             /* it needs no sandbox */
	bool is_launcher;    /* a trusted one that starts agents: it has our whole environment, and
	                   * the time that there is */
	const char *call_id; /* LEGWORK_CALL_ID; NULL: none */
	int64_t timeout_max_ms; /* where the place's is longer; 0: that counts */
	void (*take)(void *arg, const char *bytes, size_t len); /* what it prints */
	void *arg;

	enum call_end end; /* from here on: what became of it */
	int status;
	int64_t timeout_ms;
	struct buf why; /* the end of its stderr, in whole lines; UTF-8 */
};

/* place_run - run it to its end.  Returns whether that was exit 0; place_run_release then. */
bool place_run(struct place *p, struct place_run *r);
void place_run_release(struct place_run *r);

/* place_say - append what became of a program that failed. */
void place_say(const struct place_run *r, struct buf *b);

#endif
