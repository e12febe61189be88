/*
 * permit.h - which tools an agent may use: the lists in its record's "tools"
 *
 *   {"allow":[],"deny":[],"ask":[]}
 *
 * Each has names of tools, and patterns, with * ? or [ in them (fnmatch(3)).  deny wins over ask,
 * ask over allow.  Programs are allowed by name; the tools of its MCP servers, whose names have
 * two _ in a row, all of them unless allow has such a name or a pattern.  What has a slash in it
 * is the path of a program, and no pattern; but a name of a server's tool, where two _ come before
 * it.
 */
#ifndef PERMIT_H
#define PERMIT_H

#include <jv.h>
#include <stdbool.h>

/* The later one wins. */
enum permit { PERMIT_NONE, PERMIT_ALLOW, PERMIT_ASK, PERMIT_DENY };

/* permit_check - 0, or -1 with err EX_CONFIG, where the lists of an agent (borrowed) are none. */
int permit_check(jv agent);

/* permit_list - one of an agent's (borrowed) lists, owned; what is no name in it is left out. */
jv permit_list(jv agent, const char *which);

/* permit_is_pattern - whether an item is no name; permit_is_of_server - whether it is a name that
 * tools of servers have. */
bool permit_is_pattern(const char *item);
bool permit_is_of_server(const char *item);

/* permit_matches - whether an item is, as a name or a pattern, for the tool of that name. */
bool permit_matches(const char *item, const char *name);

/* permit_of - what an agent (borrowed; invalid: it has nothing) may do with the tool of that
 * name, be there one or not. */
enum permit permit_of(jv agent, const char *name);

#endif
