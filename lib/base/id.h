/*
 * id.h - who and what: UUIDs, as text in lower case, and the user who acts
 */
#ifndef ID_H
#define ID_H

#include <stdbool.h>
#include <stddef.h>

enum { ID_TEXT = 37, ID_PREFIX_MIN = 4 };

/* id_new - a random UUID (version 4).  Returns out. */
const char *id_new(char out[ID_TEXT]);

/*
 * id_derive - the UUID (version 5, RFC 4122) that `name` has in the namespace of
 * the UUID `of`: the same for the same arguments, on any machine.  Returns out.
 */
const char *id_derive(const char *of, const char *name, char out[ID_TEXT]);

/* id_is_full - whether s is a whole UUID, lower case. */
bool id_is_full(const char *s);

/* id_is_derived - whether s is a whole UUID as id_derive makes them: none that comes from outside
 * may be, as it could be that of a record that legwork is yet to make. */
bool id_is_derived(const char *s);

/* id_is_prefix - whether s could begin a UUID and has ID_PREFIX_MIN characters or more. */
bool id_is_prefix(const char *s);

/* id_user - who acts: user if given, else LEGWORK_USER, else LOGNAME, else the name of the user id.
 * Borrowed. */
const char *id_user(const char *user);

/* id_is_agent - whether this is run by an agent that does a task: LEGWORK_TASK_ID is set. */
bool id_is_agent(void);

/* id_check_person - that it is not: 0, or -1 with err EX_NOPERM, "an agent " and what it does not:
 * "approves nothing". */
int id_check_person(const char *what);

#endif
