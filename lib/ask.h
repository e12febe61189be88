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
 * Returns 0, or -1 with err as above.
 */
int ask_and(struct store *s, const char *kind, const char *id,
    void (*take)(struct tx *tx, jv record));

/* ask_id - only its whole id.  0, or -1 with err. */
int ask_id(struct store *s, const char *kind, const char *prefix, char id[ID_TEXT]);

/* ask_crew - the agents that may do a task (borrowed), as assign_crew; invalid with err. */
jv ask_crew(struct store *s, jv task);

#endif
