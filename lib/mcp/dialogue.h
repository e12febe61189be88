/*
 * dialogue.h - requests to an MCP server that runs, one at a time, and what it says meanwhile
 *
 * What mcp.h promises of a server that chatters, asks, floods or is silent is kept here; what is
 * said, and in which order, is not known here.
 */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include <jv.h>
#include <stddef.h>
#include <stdint.h>

#include "coproc.h"

/* From a server's TERM to its KILL. */
enum { DIALOGUE_GRACE_MS = 2000 };

struct dialogue {
	const char *name; /* of the server, for what goes wrong */
	struct coproc program;
	jv who;            /* what goes into each request's _meta; invalid: nothing */
	size_t answer_max; /* the longest answer that is looked at, in bytes */
	size_t answer_len; /* of the last one */
	void (*progress)(void *arg, jv params); /* mcp_on_progress */
	void *arg;

	int64_t asked; /* the id of the request */
	jv answer;     /* to that; invalid: not yet */
	size_t owed;   /* bytes of answers to the server, since it has last read all */
};

/* dialogue_init - name is borrowed.  dialogue_release: when the program has ended. */
void dialogue_init(struct dialogue *d, const char *name);
void dialogue_release(struct dialogue *d);

/* dialogue_start - start the server.  0, or -1 with err as coproc_start, which names it. */
int dialogue_start(struct dialogue *d, const struct proc_program *program);

/* dialogue_tell - a notification; params (consumed) may be invalid. */
void dialogue_tell(struct dialogue *d, const char *method, jv params);

/*
 * dialogue_ask - put a request (params consumed), and wait for its answer
 *
 * until_ms  of the monotonic clock
 *
 * Returns the answer, owned, the whole message.  Invalid with err that names the server:
 * EX_UNAVAILABLE, it has ended, or was ended; EX_TIMEOUT, EX_TEMPFAIL (stop_signal), it was told
 * that the request is given up.
 */
jv dialogue_ask(struct dialogue *d, const char *method, jv params, int64_t until_ms);

#endif
