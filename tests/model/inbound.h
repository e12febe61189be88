/*
 * inbound.h - requests of HTTP/1.1, as the model server reads them
 */
#ifndef INBOUND_H
#define INBOUND_H

#include <jv.h>
#include <stdbool.h>

#include "buf.h"

enum inbound_result { INBOUND_MORE, INBOUND_MORE_BODY, INBOUND_OK, INBOUND_BAD };

/* A zeroed struct is an empty one; a name that comes twice has both values, with ", " between. */
struct request {
	char *method, *path;
	jv headers; /* by their names in lower case */
	struct buf body;
	bool wants_continue; /* and no byte of the body has come */
	bool is_last;        /* of its connection */
};

/*
 * inbound_take - the first request of in, which is cut off it on INBOUND_OK
 *
 * INBOUND_MORE: its head is not whole; INBOUND_MORE_BODY: its body is not, r is filled but for
 * that.  INBOUND_BAD: err says what it is that cannot be a request; nothing more can be read from
 * there.  Whatever comes back, r is to be released with inbound_release.
 */
enum inbound_result inbound_take(struct buf *in, struct request *r);

void inbound_release(struct request *r);

/* inbound_reason - what a status is called. */
const char *inbound_reason(int status);

#endif
