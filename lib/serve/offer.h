/*
 * offer.h - the other side of mcp.h: a server of MCP, which offers tools and resources
 *
 * Sources: the Model Context Protocol, modelcontextprotocol.io, both eras: "modern" requests say in
 * their _meta which version they are of and who asks, "legacy" ones do not, and begin with a
 * handshake.  Each request is answered as its own era wants it; nothing is remembered of a
 * handshake, so that none is needed.
 *
 * 1. Each request is answered once: with a result, or an error; but one that was cancelled is not.
 * 2. Arguments that do not fit a tool's schema, and whatever a tool cannot do, are results that say
 *    so (isError): a model reads them.  Errors of the protocol are for who wrote the client.
 * 3. What is no message is answered with an error where a request may have been meant.
 */
#ifndef OFFER_H
#define OFFER_H

#include <stddef.h>

#include "desk.h"
#include "wares.h"

/* How many calls may wait, and how many more of those by which others end. */
enum { OFFER_WAITING_MAX = 200, OFFER_RESERVE = 20, OFFER_BATCH_MAX = 50 };

struct offer {
	const struct ware *wares; /* ended by one without name */
	const char *instructions; /* for a model, on how to use them */
	struct desk *desk;
	struct buf out;        /* answers, a line each, to be sent and released by whoever has it */
	struct order *waiting; /* those that are not answered yet */
	int waits;             /* how many */
};

/* offer_take - one line of the client's: a message, or a batch of them. */
void offer_take(struct offer *of, const char *line, size_t len);

/* offer_refuse - a line that cannot be read: err says why. */
void offer_refuse(struct offer *of);

/* offer_look - look at one that waits, which may be answered, and gone, then. */
void offer_look(struct offer *of, struct order *o);

/* offer_release - give up those that wait: nobody is there to be answered any more. */
void offer_release(struct offer *of);

#endif
