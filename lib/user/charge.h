/*
 * charge.h - what a person wants done in a chat, as a request brings it
 */
#ifndef CHARGE_H
#define CHARGE_H

#include "store.h"

/*
 * charge_add - store the task that a request asks for
 *
 * request  borrowed: {"text","title"?,"id"?,"agent"?,"priority"?}
 * chat_id  a whole id; the caller has asked whether the user may read and add there
 *
 * is_new   set to whether it was added now
 *
 * One whose id is there already is not added again, where it asks for the same; nor is one that is
 * another's duplicate (spec.h), which keeps the id: sent again, it is that one, also when that has
 * ended.
 *
 * Returns the task as it is stored, owned; invalid with err: as spec_add, and EX_DATAERR where
 * another task has the id, or the id is one that legwork makes (id_is_derived).
 */
jv charge_add(struct tx *tx, jv request, const char *user, const char *chat_id, bool *is_new);

#endif
