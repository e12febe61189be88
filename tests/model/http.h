/*
 * http.h - requests of HTTP/1.1, as the model server reads them
 */
#ifndef HTTP_H
#define HTTP_H

#include <jv.h>
#include <stdbool.h>

#include "buf.h"

enum http_result { HTTP_MORE, HTTP_MORE_BODY, HTTP_OK, HTTP_BAD };

/* A zeroed struct is an empty one; a name that comes twice has both values, with ", " between. */
struct request {
	char *method, *path;
	jv headers; /* by their names in lower case */
	struct buf body;
	bool wants_continue; /* and no byte of the body has come */
	bool is_last;        /* of its connection */
};

/*
 * http_take - the first request of in, which is cut off it on HTTP_OK
 *
 * HTTP_MORE: its head is not whole; HTTP_MORE_BODY: its body is not, r is filled but for that.
 * HTTP_BAD: err says what it is that cannot be a request; nothing more can be read from there.
 * Whatever comes back, r is to be released with http_release.
 */
enum http_result http_take(struct buf *in, struct request *r);

void http_release(struct request *r);

/* http_reason - what a status is called. */
const char *http_reason(int status);

#endif
