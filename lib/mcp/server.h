/*
 * server.h - an MCP server, and how it is started
 *
 * {"name","argv":[...],"env"?,"folder"?}
 */
#ifndef SERVER_H
#define SERVER_H

#include <jv.h>

/* server_check_name - 1 to 32 characters of a-z A-Z 0-9 _ -, no two _ in a row: names of its tools
 * begin with it.  (In files others may be found.)  0, or -1 with err EX_DATAERR. */
int server_check_name(const char *name);

/* server_of_command - a server that is started by a command line: one command, which a shell takes
 * apart, and in whose place it is then: what it closes is closed.  Owned. */
jv server_of_command(const char *name, const char *command);

/*
 * server_of_entry - one that a file's entry (borrowed; servers.h) describes
 *
 * workspace  what ${workspaceFolder} is in it (variable.h)
 *
 * Owned; invalid with err: EX_CONFIG, what is wrong with it, EX_UNAVAILABLE, why it is of no use
 * here: it is reached by HTTP, or a person is to be asked first.
 */
jv server_of_entry(const char *name, jv entry, const char *workspace);

/* server_with_env - a server (consumed) that finds these, too, "NAME=value", NULL-terminated (NULL:
 * none), in place of what its description says of them. */
jv server_with_env(jv server, const char *const *variables);

/* server_env - what a server (borrowed) finds in its environment, as proc.h wants it; to be freed
 * with json_free_strings. */
char **server_env(jv server);

#endif
