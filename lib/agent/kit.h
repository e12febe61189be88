/*
 * kit.h - which tools an agent has: programs (declare.h), and those of its MCP servers (bridge.h)
 */
#ifndef KIT_H
#define KIT_H

#include <jv.h>
#include <stdbool.h>

#include "bridge.h"
#include "place.h"

struct tool {
	char *asked;      /* by which name it was asked for; of a server's, how that spells it */
	char *path;       /* NULL: it is one of an MCP server */
	const char *name; /* in its declaration */
	jv declaration;
	struct schema *schema; /* of its parameters */
	bool is_confined;      /* it needs no sandbox */
	bool is_launcher;      /* it starts agents */
	bool is_harmless;      /* it has nothing to do with accounts and regions */
};

struct kit {
	jv agent;
	struct place *place;
	struct bridge *bridge; /* to its MCP servers */
	struct tool *tool;
	size_t len;
	jv warnings; /* sentences: what is wrong with its servers, and tools that it may use */
};

/*
 * kit_open - find what an agent (borrowed) may use, as tools_open (tool.h) says
 *
 * kit is overwritten.  Returns 0, or -1 with err; kit_close in every case.
 */
int kit_open(struct kit *kit, jv agent, const struct place_terms *place);
void kit_close(struct kit *kit);

/* kit_find - the tool of that name, borrowed; NULL: it has none. */
const struct tool *kit_find(const struct kit *kit, const char *name);

#endif
