/*
 * connection.h - one client of the model server: its requests in, its answers out
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>

#include "buf.h"
#include "reply.h"
#include "script.h"

/* What all connections share. */
struct model {
	struct script script;
	int log_fd;
	long requests;
};

struct connection {
	int fd; /* that does not block */
	long id;
	struct buf in, out;
	struct reply reply;
	bool is_replying, is_last, has_continued;
	bool is_waiting; /* for something other than its client: serve it again soon */
};

/* connection_read - take in what has come; false: the client has gone. */
bool connection_read(struct connection *c);

/* connection_serve - do what can be done now; false: it is over. */
bool connection_serve(struct connection *c, struct model *model);

/* connection_close - close its fd, and free what it holds. */
void connection_close(struct connection *c);

#endif
