/*
 * toolbox.h - the tools of an agent by the names that other kits have for them
 *
 * Bash, Read and Write are run, read_file and write_file; other names stay as they are.
 *
 * 1. A tool that there is not, or of which only some uses are allowed ("Bash(git:*)"), is left out:
 *    an agent never may more than was said.  One of which some uses are denied is denied.
 * 2. What is left out is named in a warning.
 */
#ifndef TOOLBOX_H
#define TOOLBOX_H

#include <jv.h>
#include <stdbool.h>

#include "verdict.h"

/* toolbox_list - a list as people write it (consumed): a text's parts between commas; of the
 * objects in an array their names.  Anything else is returned as it is. */
jv toolbox_list(jv given);

/* toolbox_has - whether object (borrowed) has the member, and it is not null. */
bool toolbox_has(jv object, const char *member);

/*
 * toolbox_read - the "tools" of an agent's record
 *
 * given     borrowed; its "tools" are such an object already, or a list of those allowed, and
 *           "disallowedTools" one of those denied
 * has_tool  whether this kit or its user has the tool of that name
 * what      names the agent in warnings
 *
 * Returns it, owned; null where nothing is said of tools; invalid with err EX_DATAERR.
 */
jv toolbox_read(jv given, bool (*has_tool)(const char *name), struct verdict *v, const char *what);

#endif
