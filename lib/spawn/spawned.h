/*
 * spawned.h - how long it took to make the agents that were spawned
 */
#ifndef SPAWNED_H
#define SPAWNED_H

#include "store.h"

/* How many tasks are looked at, the newest first. */
enum { SPAWNED_LOOK_BACK = 10000 };

/*
 * spawned_metrics - the `performance` of the tasks that have it, summed up
 *
 * Returns an owned array of {"phase","count","p50_us","p99_us"}, in the order in which the phases
 * come, for those that there are; invalid with err.
 */
jv spawned_metrics(struct store *s);

#endif
