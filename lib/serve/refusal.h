/*
 * refusal.h - what a client is told of lines that cannot be read, and of messages that are none
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <jv.h>
#include <stddef.h>

#include "buf.h"

/* refusal_send - append an error (rpc.h) to out, on a line; id is of the request that was meant,
 * consumed; invalid: it is not known. */
void refusal_send(struct buf *out, jv id, int code, const char *why);

/* refusal_line - of a line that cannot be read, as err says: that is told to who waits for an
 * answer, and of a tool's arguments to the model. */
void refusal_line(struct buf *out, const char *line, size_t len);

/* refusal_message - of what is no message (borrowed) of JSON-RPC; it has the id of its sender's
 * request, unless it answers one of ours. */
void refusal_message(struct buf *out, jv message);

#endif
