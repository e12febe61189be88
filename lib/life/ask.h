/*
 * ask.h - single records that a command was asked for
 */
#ifndef ASK_H
#define ASK_H

#include "store.h"

/*
 * ask_record - the record of a kind ("task", "chat") by id or unique prefix
 *
 * Returns it, owned; invalid with err: EX_NOINPUT, or store_read's.
 */
jv ask_record(struct store *s, const char *kind, const char *id);

/*
 * ask_and - hand the record to take, which consumes it, within the transaction that has read it
 *
 * Returns 0, or -1 with err as above, or EX_NOPERM: the user who acts is not shown it (sight.h),
 * which is in the audit.
 */
int ask_and(struct store *s, const char *kind, const char *id,
    void (*take)(struct tx *tx, jv record));

/* ask_id - only its whole id.  0, or -1 with err. */
int ask_id(struct store *s, const char *kind, const char *prefix, char id[ID_TEXT]);

/* ask_task - a task (a whole id) that the user who acts is shown, owned; invalid with err as
 * ask_and. */
jv ask_task(struct store *s, const char *id);

/* ask_shown - as ask_id, of a task that the user who acts is shown; -1 also with err EX_NOPERM. */
int ask_shown(struct store *s, const char *prefix, char id[ID_TEXT]);

/* ask_crew - the agents that may do a task (borrowed), as assign_crew; invalid with err. */
jv ask_crew(struct store *s, jv task);

#endif
