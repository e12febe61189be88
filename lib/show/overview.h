/*
 * overview.h - how a store stands: how many tasks of which kind, and those worth a look
 *
 * Of these the user who acts sees only what he is shown (sight.h).
 */
#ifndef OVERVIEW_H
#define OVERVIEW_H

#include "store.h"

/*
 * overview_of - one moment of the store
 *
 * limit  the most tasks in each list
 *
 * Returns an owned object, as store-status(1) tells, but for its processes.
 */
jv overview_of(struct tx *tx, long limit);

#endif
