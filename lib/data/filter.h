/*
 * filter.h - jq programs
 *
 * Compiling one takes some 20 ms, so nothing compiles one that was not asked for.
 */
#ifndef FILTER_H
#define FILTER_H

#include <jv.h>
#include <stdbool.h>

struct filter;

/* filter_open - compile a program; NULL with err EX_USAGE: what jq says of it.  Modules that it
 * imports are in ~/.jq, or where it says. */
struct filter *filter_open(const char *program);
void filter_close(struct filter *f);

/*
 * filter_run - hand each result of the program on value (consumed) to take, which consumes it,
 * until it returns false: it wants no more
 *
 * Returns 0, or -1 with err EX_DATAERR where the program has failed on this value, or a result is
 * nested over 1,000 levels (results before that were taken).
 */
int filter_run(struct filter *f, jv value, bool (*take)(void *arg, jv result), void *arg);

#endif
