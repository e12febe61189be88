/*
 * greet.h - how a server of MCP and its client find out what both speak
 *
 * In the legacy era by a handshake, in the modern one by asking for it, or by trying.
 */
#ifndef GREET_H
#define GREET_H

#include "order.h"

/* How long a client may keep what never changes while we run. */
enum { GREET_KEEP_MS = 3600000 };

/* greet_initialize, greet_discover - answer the method of that name, which frees the order;
 * instructions are for a model. */
void greet_initialize(struct order *o, const char *instructions);
void greet_discover(struct order *o, const char *instructions);

/* greet_is_spoken - whether a modern request is of a version that we speak; false: it has been
 * answered, and freed. */
bool greet_is_spoken(struct order *o);

/* greet_refuse_tasks - answer, and free, a request of a client about its tasks, which has not said
 * that it takes any. */
void greet_refuse_tasks(struct order *o);

#endif
