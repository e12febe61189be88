/*
 * mcp.h - a client of MCP servers: a program at the other end of a pipe that offers tools
 *
 * Sources: the Model Context Protocol, modelcontextprotocol.io, both eras of it: 2026-07-28,
 * where each request says who asks ("modern"), and 2024-11-05 to 2025-11-25, which begin with a
 * handshake ("legacy").  Which one a server speaks is found out by asking it, at the first
 * request; one that ends of that question is started once more, for a handshake.
 *
 * 1. The server is started when it is first needed, and kept until mcp_close; one that has ended is
 *    started anew for the next request.
 * 2. It gets an environment that holds no keys: PATH, HOME and the like (proc.h), and what its own
 *    description says.
 * 3. A request has an end: its answer, its time, or the end of the server.  One that is given up is
 *    cancelled, and a late answer to it is passed over.  A server that was late with a call, and
 *    then with an answer to whether it is there, is ended.
 * 4. We offer a server nothing: it may ask for a ping, all else is answered with "no such method".
 *    What it says unasked, or what is no message, is passed over.
 * 5. What a server says is kept only within bounds: COPROC_LINE_MAX and RPC_PARTS_MAX for a line,
 *    MCP_LIST_BYTES and MCP_TOOLS_MAX for all that it says of its tools.  One that asks without
 *    reading the answers is ended when these are a megabyte; an id of over 1024 bytes gets none.
 */
#ifndef MCP_H
#define MCP_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

/* What a server may say of its tools: so many, in so many bytes, be it in several pages. */
enum { MCP_TOOLS_MAX = 1000, MCP_LIST_BYTES = 4 << 20 };

struct mcp;

/* mcp_open - server (consumed) as server.h has it: {"name","argv":[...],"env"?,"folder"?}.  SIGPIPE
 * must be ignored. */
struct mcp *mcp_open(jv server);

/* mcp_start - start it now, where it does not run: several then begin at the same time.  0, or -1
 * with err as mcp_tools. */
int mcp_start(struct mcp *m);

/* mcp_close - end its stdin, then, where it does not end of that, or somebody wants us to stop
 * (stop_signal), the program.  NULL is fine.  0, or -1 with err EX_NOPERM: it could not be. */
int mcp_close(struct mcp *m);

/* mcp_leave - end its stdin, and wait for nothing: several then end at the same time. */
void mcp_leave(struct mcp *m);

/* mcp_name - borrowed. */
const char *mcp_name(const struct mcp *m);

/* mcp_on_progress - who is told how far a call has come: progress (borrowed) is the notification's
 * params {"progress","total"?,"message"?}. */
void mcp_on_progress(struct mcp *m, void (*take)(void *arg, jv progress), void *arg);

/*
 * mcp_tools - all tools that it offers: an owned array of {"name","description"?,"inputSchema",...}
 *
 * until_ms  of the monotonic clock; INT64_MAX: as long as it takes
 *
 * Invalid with err that names the server: EX_CONFIG (it cannot be started), EX_UNAVAILABLE (it
 * ended, or speaks no version of ours, or what it says makes no sense, or is too much), EX_TIMEOUT,
 * EX_TEMPFAIL (stop_signal).
 */
jv mcp_tools(struct mcp *m, int64_t until_ms);

/*
 * mcp_call - call a tool; args is consumed
 *
 * Returns its result, owned: {"content":[...],"structuredContent"?,"isError"?}.  Invalid with err
 * as mcp_tools; EX_DATAERR where the server refuses the call: no such tool, or other arguments.
 */
jv mcp_call(struct mcp *m, const char *tool, jv args, int64_t until_ms);

#endif
