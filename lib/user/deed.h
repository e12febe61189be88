/*
 * deed.h - a look at the store, or a change, which a user may be refused: that is in the audit then
 */
#ifndef DEED_H
#define DEED_H

#include "store.h"

/* What is done in a transaction.  Returns what its caller shall have, 0 or more; or -1 with err:
 * where that is EX_NOPERM or EX_TEMPFAIL, having changed nothing but for an entry in the audit.  It
 * may be called again. */
typedef int deed_step(void *arg, struct tx *tx);

/*
 * deed_look, deed_change - have step look, or change something, in one transaction
 *
 * A look takes no lock from writers, and waits for no disk.  What was changed lasts when this
 * returns.  A look that was refused, with EX_NOPERM or EX_TEMPFAIL, is a change, which leaves
 * nothing but what is in the audit (may_settle).
 * Returns what step has; -1 with err, step's or the store's: nothing has changed.
 */
int deed_look(struct store *s, deed_step *step, void *arg);
int deed_change(struct store *s, deed_step *step, void *arg);

#endif
