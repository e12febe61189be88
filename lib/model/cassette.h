/*
 * cassette.h - exchanges with a server, kept in files, so that they can be had again without it
 *
 * A file is named by its request: what is asked decides, not where or with what key.  It is one
 * JSON object, {"request":{method, path, dialect, body}, "response":{status, content_type, body}},
 * mode 0600; the answer's body is kept as it came.  A request that is recorded again replaces the
 * first.
 */
#ifndef CASSETTE_H
#define CASSETTE_H

#include <jv.h>

#include "buf.h"
#include "id.h"

enum { CASSETTE_NAME = ID_TEXT + 5 }; /* a UUID, ".json" and a NUL */

/* What came back. */
struct cassette {
	int status;
	char *content_type; /* owned */
	struct buf body;
};

/* cassette_request - the request as it is kept; body is consumed. */
jv cassette_request(const char *path, const char *dialect, jv body);

/* cassette_name - the name of the request's file; request is not consumed.  Returns name. */
const char *cassette_name(jv request, char name[CASSETTE_NAME]);

/*
 * cassette_write - keep an exchange in the folder at path, which is made where missing
 *
 * request  consumed
 *
 * The file is there whole or not at all.  Returns 0, or -1 with err EX_CANTCREAT or EX_IOERR.
 */
int cassette_write(const char *path, jv request, const struct cassette *response);

/* cassette_read - what answers the request (consumed).  Returns 0, and the caller releases it; or
 * -1 with err EX_NOINPUT: no such exchange; EX_DATAERR: the file is damaged or another one's. */
int cassette_read(const char *path, jv request, struct cassette *response);

/* cassette_release - free what it holds. */
void cassette_release(struct cassette *c);

#endif
