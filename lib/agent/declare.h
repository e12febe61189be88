/*
 * declare.h - where a tool is, and what it says of itself
 */
#ifndef DECLARE_H
#define DECLARE_H

#include <jv.h>
#include <stdbool.h>

#include "place.h"

/*
 * declare_find - the absolute path of the tool that is asked for by that name
 *
 * is_ours  set to whether it is a command of this kit
 *
 * The command tool-NAME (with dashes for underscores) beside this program, or NAME in
 * share/tools; else an executable NAME in a folder of $LEGWORK_TOOLS or in
 * $XDG_CONFIG_HOME/legwork/tools.  A name with a slash is a path.
 * Returns a new string, or NULL with err EX_CONFIG.
 */
char *declare_find(const char *name, bool *is_ours);

/*
 * declare_ask - run "PATH --schema", and look whether that is a declaration
 *
 * asked  the name by which it was asked for, which it must give, unless that is a path
 *
 * Returns it, owned; invalid with err that names the tool: EX_CONFIG, or EX_TEMPFAIL where
 * stop_signal came.
 */
jv declare_ask(struct place *place, const char *path, const char *asked, bool is_ours);

#endif
