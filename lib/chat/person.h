/*
 * person.h - what only a person does: an agent that does a task (LEGWORK_TASK_ID) is refused
 *
 * A refusal is in the audit, with the agent's task.
 */
#ifndef PERSON_H
#define PERSON_H

#include "store.h"

/* person_check - as id_check_person; a refusal is in the audit, as an entry of that kind.  0, or -1
 * with err: EX_NOPERM, or as audit_add. */
int person_check(struct store *s, const char *kind, const char *what);

/* person_check_as - the same of an agent that does it in a user's name, in a transaction, which is
 * to be committed where it is refused, too. */
int person_check_as(struct tx *tx, const char *user, const char *kind, const char *what);

/* person_refuse - put into the audit what an agent is refused, as err says; entry_id: NULL, or the
 * entry's own, which is made once.  Returns -1, with err as it was. */
int person_refuse(struct tx *tx, const char *kind, const char *entry_id);

#endif
