/*
 * servers.h - which MCP servers there are
 *
 * In files of the form that clients of MCP share:
 *   {"mcpServers":{"NAME":{"command":"program","args":["..."],"env":{"NAME":"value"},"cwd":"..."}}}
 * or "servers", as some call it.  In command, args, env and cwd, ${...} stands for what variable.h
 * says; what is not set is an error.  Those with "disabled":true are only found by name.
 *
 * Some are of no use here: what is reached by HTTP, and what a person is to be asked for.  Who asks
 * for one of them is refused; the others in their files are there.
 */
#ifndef SERVERS_H
#define SERVERS_H

#include <jv.h>

/* servers_file - where servers are looked for unless told: mcp.json in the configuration's folder;
 * a new path, or NULL. */
char *servers_file(void);

/*
 * servers_names - the names in a file, in its order: an owned array
 *
 * Invalid with err: EX_NOINPUT (no such file), EX_CONFIG (what is wrong with it).
 */
jv servers_names(const char *path);

/* servers_entries - all that a file says of servers, of any kind, with the variables replaced: an
 * owned object, by name; invalid with err as servers_names. */
jv servers_entries(const char *path);

/* servers_find - a server in a file (server.h), owned; folder is the workspace's (variable.h).
 * Invalid with err as servers_names, which names the file and the server. */
jv servers_find(const char *path, const char *name, const char *folder);

/*
 * servers_list - all servers that an agent has
 *
 * mcp      borrowed; an array of {"name","command"} and {"file"}
 * folder   as of servers_find
 * useless  gets a sentence for each of the files that is of no use here; an array
 *
 * Returns an owned array of servers; invalid with err: as servers_find, or EX_CONFIG, where two
 * have the same name.
 */
jv servers_list(jv mcp, const char *folder, jv *useless);

#endif
