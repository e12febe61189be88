/*
 * tool.h - the tools of an agent: finding them, asking what they take, and calling them
 *
 * A tool is an executable, or one of an MCP server (bridge.h).  "TOOL --schema" prints
 * {"name","description","parameters":{JSON Schema},"idempotent":bool?}.  A call gets its
 * arguments as one JSON object on stdin and answers with a text on stdout; exit 0: done, anything
 * else: it failed, and stderr says why.  What servers offer is described by them, and answers
 * likewise.
 *
 * 1. What a tool does is bounded: time, memory, what the model gets of its answer.  Whatever it
 *    does is a result, never the end of its caller.
 * 2. A tool that was to be sandboxed never runs without: only those of the kit that keep within
 *    bounds by themselves do ("confined" in their declaration).
 *
 * What place.h asks of its caller is asked here, too.
 */
#ifndef TOOL_H
#define TOOL_H

#include <jv.h>
#include <stdbool.h>

#include "place.h"

enum tool_verdict { TOOL_ALLOWED, TOOL_ASK, TOOL_DENIED, TOOL_UNKNOWN };

struct tools;

/*
 * tools_open - find the tools that the agent names, and ask each for its declaration
 *
 * agent  borrowed; its "tools" (permit.h) name them, and its "mcp" servers; none: it has none
 * place  copied
 *
 * NAME is the command tool-NAME (with dashes for underscores) beside this program or NAME in
 * share/tools, else an executable NAME in a folder of $LEGWORK_TOOLS or in
 * $XDG_CONFIG_HOME/legwork/tools; what has a slash is the path of an executable.  What is denied
 * by the name it was asked for is not looked for.
 *
 * Returns NULL with err EX_CONFIG, which names the tool that is missing or whose declaration is
 * wrong, the pattern that is for none, or the server that cannot be started, or says why there
 * can be no sandbox; EX_TEMPFAIL where stop_signal came.
 */
struct tools *tools_open(jv agent, const struct place_terms *place);
void tools_close(struct tools *t);

/* tools_warnings - an owned array of sentences: which of the tools that MCP servers offer cannot be
 * used, or were cut, and why. */
jv tools_warnings(const struct tools *t);

/* tools_declarations - an owned array of {name,description,parameters}, without those denied. */
jv tools_declarations(const struct tools *t);

/* tools_verdict - whether the agent may call it: deny wins over ask, ask over allow. */
enum tool_verdict tools_verdict(const struct tools *t, const char *name);

/*
 * tools_check_scope - whether a call keeps within a scope (fence.h; both borrowed)
 *
 * A tool that takes no accounts or regions does not, unless it is one of the kit that says of
 * itself ("x-legwork-scope":"none") that it has nothing to do with them, or the agent is
 * "allow_unscoped".
 *
 * Returns 0, or -1 with err EX_NOPERM, in words for the model.
 */
int tools_check_scope(const struct tools *t, const char *name, jv scope, jv args);

/* tools_is_idempotent - whether a call whose outcome is unknown may be made again. */
bool tools_is_idempotent(const struct tools *t, const char *name);

/* tools_name_call - the calls from now on have that id: the same when one is made again. */
void tools_name_call(struct tools *t, const char *id);

/*
 * tools_call - call a tool, and wait for its end, its time-out or stop_signal
 *
 * args  consumed; checked against its parameters first
 *
 * Whether to ask is the caller's affair; what is denied or unknown is refused.  Returns an owned
 *   {"status":"success"|"error","content":"text for the model","bytes":N,"ms":N,"file"?,
 *    "exit_status"?}
 * bytes is what it has printed on stdout; file, in the work folder, holds all of it where that is
 * too much for a model (spill.h).  Never fails: every fault is an error whose content says what to
 * do.
 */
jv tools_call(struct tools *t, const char *name, jv args);

#endif
