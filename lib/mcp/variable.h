/*
 * variable.h - what stands for something else in files of MCP servers
 *
 * As those clients write it that share such files:
 *   ${NAME} ${env:NAME}         the environment's variable
 *   ${NAME:-else}               that, or else, where it is empty or not set; ${env:NAME:-else}, too
 *   ${userHome}                 HOME
 *   ${workspaceFolder}          the folder in which servers start
 *   ${workspaceFolderBasename}  its name
 *   ${pathSeparator} ${/}       a slash
 *   ${input:NAME}               what a person is asked for; here nobody is
 */
#ifndef VARIABLE_H
#define VARIABLE_H

#include <jv.h>

/*
 * variable_expand - a string (consumed) with what stands for it in place of each
 *
 * folder  of the workspace; NULL: where we are
 *
 * Owned; invalid with err: EX_CONFIG, one that is not set, EX_UNAVAILABLE, an ${input:NAME}.
 */
jv variable_expand(jv string, const char *folder);

/* variable_expand_all - the same for all strings in a value (consumed); one with which that cannot
 * be done stays as it is. */
jv variable_expand_all(jv value, const char *folder);

#endif
