/*
 * bridge.h - the MCP servers of an agent, and the names that their tools have for a model
 *
 * 1. One process for each server, from bridge_open to bridge_close; one that has ended is started
 *    anew at the next call.  It is found by what place.h has in the environment of all tools.
 * 2. A tool is called SERVER__TOOL, in at most 64 of a-z A-Z 0-9 _ -, which is what models' APIs
 *    take: other characters become _, what is too long is cut, and where that makes two alike, the
 *    later one ends in _2.
 * 3. What a server says of its tools is not trusted: one whose schema is none, or enormous, has a
 *    fault, and an enormous description is cut.
 *
 * What place.h asks of its caller is asked here, too.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "place.h"

/* In bytes: of a tool's name, its description, the text of its schema. */
enum { BRIDGE_NAME_MAX = 64, BRIDGE_DESCRIPTION_MAX = 4 << 10, BRIDGE_SCHEMA_MAX = 64 << 10 };

struct bridge;

/*
 * bridge_open - start all servers in the "mcp" of an agent (borrowed), and ask what they offer
 *
 * Where it has none, there is nothing to start.  Returns NULL with err that names the server, or
 * the file: EX_CONFIG; EX_TEMPFAIL where stop_signal came.
 */
struct bridge *bridge_open(jv agent, const struct place *place);
void bridge_close(struct bridge *b);

/*
 * bridge_tools - an owned array of what they offer
 *
 *   "name","description","parameters","idempotent"  as of a tool (tool.h)
 *   "spelt"          SERVER__TOOL as these write themselves
 *   "fault"          instead of parameters: why it cannot be used
 *   "remark"         what else is wrong with it
 *   "tool","server"  what bridge_call needs
 */
jv bridge_tools(const struct bridge *b);

/* bridge_useless - an owned array of sentences: on servers in its files that are of no use here,
 * and are passed over (servers.h). */
jv bridge_useless(const struct bridge *b);

/* bridge_has_server - whether the name of a tool, by whatever spelling, begins with that of one of
 * the servers. */
bool bridge_has_server(const struct bridge *b, const char *tool);

/*
 * bridge_call - call one of them (borrowed), with args (consumed)
 *
 * until_ms  of the monotonic clock
 *
 * Returns its result, as mcp_call does.  Invalid with err, in words for a model: EX_TIMEOUT,
 * EX_DATAERR (the server refuses it), EX_UNAVAILABLE, EX_CONFIG, EX_TEMPFAIL (stop_signal).
 */
jv bridge_call(struct bridge *b, jv tool, jv args, int64_t until_ms);

#endif
