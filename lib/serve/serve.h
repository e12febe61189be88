/*
 * serve.h - serve one client over stdin and stdout, until it says no more
 *
 * One loop waits for the client's lines, for room in its pipe, and for the bells and commands of
 * what is not answered yet.
 *
 * 1. What has been read is answered before the end, as long as somebody reads it.
 * 2. A client that does not read what we say is not listened to: what waits for it stays small.
 */
#ifndef SERVE_H
#define SERVE_H

#include "offer.h"

/*
 * serve_run - returns the exit status; stop.h's signals and SIGPIPE are caught
 *
 * -1 with err: EX_IOERR: stdin cannot be read, or nobody reads stdout.
 */
int serve_run(struct offer *of);

#endif
