/*
 * reply.h - one answer on its way to the client, with all that goes wrong with it
 */
#ifndef REPLY_H
#define REPLY_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "render.h"

/* Counts of bytes are of the body, as it is before chunks are made of it; -1: never. */
struct reply {
	struct buf head, body;
	size_t sent;
	bool is_chunked, is_begun, is_ended;
	size_t cut; /* bytes in a piece; 0: an event each */
	int64_t drop_after, stall_after, gate_after;
	char *gate;        /* a file that has to be there before the byte gate_after; NULL: none */
	int64_t begins_ms; /* on the monotonic clock */
	bool drops, hangs_up;
};

enum reply_state { REPLY_MORE, REPLY_WAIT, REPLY_STALL, REPLY_DONE, REPLY_CLOSE };

/* reply_make - the answer that ask->says is. */
void reply_make(struct reply *reply, const struct ask *ask);

/* reply_fault - an error of the server's own; after 400 the connection is closed. */
void reply_fault(struct reply *reply, const struct ask *ask, int status, const char *message);

/*
 * reply_next - append what goes to the client next
 *
 * REPLY_MORE: something was appended; REPLY_WAIT: not yet, ask again in a few milliseconds;
 * REPLY_STALL: never, but the connection stays; REPLY_DONE: the connection is ready for
 * the next; REPLY_CLOSE: close it.
 */
enum reply_state reply_next(struct reply *reply, struct buf *out);

void reply_release(struct reply *reply);

#endif
