#include "person.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"

/* The refusal in err, as the audit keeps it. */
static jv
entry_of(const char *kind, const char *user)
{
	const char *task = getenv("LEGWORK_TASK_ID"), *why = err_text();
	jv entry = audit_entry(kind, NULL, user);

	if (task)
		entry = json_set(entry, "task_id", json_utf8(task, strlen(task)));
	return json_set(entry, "reason", json_utf8(why, strlen(why)));
}

int
person_check(struct store *s, const char *kind, const char *what)
{
	if (id_check_person(what) == 0)
		return 0;
	return audit_add(s, entry_of(kind, id_user(NULL))) < 0 ? -1 : id_check_person(what);
}

int
person_check_as(struct tx *tx, const char *user, const char *kind, const char *what)
{
	if (id_check_person(what) == 0)
		return 0;
	audit_put(tx, entry_of(kind, user));
	return -1;
}

int
person_refuse(struct tx *tx, const char *kind, const char *entry_id)
{
	jv entry = entry_of(kind, id_user(NULL));

	audit_put(tx, entry_id ? json_set_string(entry, "id", entry_id) : entry);
	return -1;
}
