/*
 * server.h - which MCP servers there are, and how they are started
 *
 * From files of the form that clients of MCP share:
 *   {"mcpServers":{"NAME":{"command":"program","args":["..."],"env":{"NAME":"value"},"cwd":"..."}}}
 * In command, args, env and cwd, ${NAME} is the environment's variable, ${NAME:-else} that or else.
 * What servers of other kinds than stdio say of themselves is refused when they are asked for;
 * those with "disabled":true are only found by name.
 *
 * A server is {"name","argv":[...],"env"?,"folder"?}.
 */
#ifndef SERVER_H
#define SERVER_H

#include <jv.h>
#include <stdbool.h>

/* server_check_name - 1 to 32 characters of a-z A-Z 0-9 _ -, no two _ in a row: names of its tools
 * begin with it.  (In files others may be found.)  0, or -1 with err EX_DATAERR. */
int server_check_name(const char *name);

/* server_of_command - a server that is started by a command line, which a shell takes apart.
 * Owned. */
jv server_of_command(const char *name, const char *command);

/* server_file - where servers are looked for unless told: mcp.json in the configuration's folder; a
 * new path, or NULL. */
char *server_file(void);

/*
 * server_names - the names in a file, in its order: an owned array
 *
 * Invalid with err: EX_NOINPUT (no such file), EX_CONFIG (what is wrong with it).
 */
jv server_names(const char *path);

/* server_find - a server in a file, owned; invalid with err as server_names, which names the
 * file and the server. */
jv server_find(const char *path, const char *name);

/*
 * server_list - all servers that an agent has
 *
 * mcp  borrowed; an array of {"name","command"} and {"file"}
 *
 * Returns an owned array of servers; invalid with err: as server_find, or EX_CONFIG, where two have
 * the same name.
 */
jv server_list(jv mcp);

#endif
