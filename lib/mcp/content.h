/*
 * content.h - what a tool of an MCP server has answered, for a reader
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <jv.h>

/* content_text - what of a result (borrowed; mcp_call) a model or a person reads: its texts, and
 * what else there is, by name; without content its structuredContent.  A jv string. */
jv content_text(jv result);

#endif
