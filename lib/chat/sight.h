/*
 * sight.h - what of the store the user who acts (id_user) is shown
 *
 * What the rules of a chat do not let him read there (may.h), and the tasks of that chat, he is not
 * shown anywhere else either.  What is in no chat, or in none any more, everybody is.
 *
 * 1. Only asked: no refusal is in the audit.
 * 2. Where no chat has rules, each question costs one look into the index.
 */
#ifndef SIGHT_H
#define SIGHT_H

#include "store.h"

/* sight_has - whether he is shown a task or a chat (borrowed); false with err EX_NOPERM. */
bool sight_has(struct tx *tx, jv record);

/* sight_has_at - the same of record n. */
bool sight_has_at(struct tx *tx, uint64_t n);

/* sight_is_all - whether he is shown everything. */
bool sight_is_all(struct tx *tx);

#endif
