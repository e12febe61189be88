/*
 * adapter.h - jq programs that turn what another agent program prints into events
 *
 * share/adapters/NAME.jq, or a file of the user's own.  One line of the program's stdout, a JSON
 * object, goes in; what may come out is in legwork-record(5).  A comment at its beginning gives the
 * command it is for, in words without quotes:
 *
 *   # command: claude -p --output-format stream-json --verbose
 */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <jv.h>

#include "filter.h"

/*
 * adapter_open - compile the adapter of that name, or, where it has a slash, the file at that path
 *
 * Returns NULL with err: EX_NOINPUT (there is none; a name: which there are), EX_CONFIG (it does
 * not compile, or there is no share/).  filter_close it.
 */
struct filter *adapter_open(const char *name);

/* adapter_command - the command it is for, an array of strings; invalid with err as above;
 * EX_CONFIG where it says none. */
jv adapter_command(const char *name);

#endif
