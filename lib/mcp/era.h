/*
 * era.h - the two eras of the Model Context Protocol (mcp.h), and what a client says in each
 */
#ifndef ERA_H
#define ERA_H

#include <jv.h>
#include <stdbool.h>

/* The versions that are spoken, the newest first; NULL-terminated.  The first one is modern. */
extern const char *const era_versions[];

/* era_who - what goes into the _meta of each modern request: an owned object. */
jv era_who(void);

/* era_is_modern - whether a server says that it speaks the modern version: in its answer (borrowed)
 * to server/discover, be that a result or the complaint that we speak another. */
bool era_is_modern(jv answer);

/* era_hello - the params of the handshake, owned.  era_check - whether a server's result (borrowed)
 * of it is of a version of ours: 0, or -1 with err EX_UNAVAILABLE. */
jv era_hello(void);
int era_check(jv result);

#endif
