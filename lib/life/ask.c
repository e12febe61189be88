#include <stdlib.h>

#include "ask.h"
#include "assign.h"
#include "buf.h"
#include "err.h"
#include "may.h"
#include "sight.h"

int
ask_id(struct store *s, const char *kind, const char *prefix, char id[ID_TEXT])
{
	struct tx *tx = store_read(s);
	int rc;

	if (!tx)
		return -1;
	rc = store_resolve(tx, kind, prefix, id);
	return rc < 0 ? (store_end(tx), rc) : store_end(tx);
}

/* The record within tx; invalid with err. */
static jv
get(struct tx *tx, const char *kind, const char *id)
{
	char whole[ID_TEXT], *key;
	jv record;

	if (store_resolve(tx, kind, id, whole) < 0)
		return jv_invalid();
	key = xprintf("%s/%s", kind, whole);
	record = store_get(tx, key);
	free(key);
	return record;
}

jv
ask_record(struct store *s, const char *kind, const char *id)
{
	struct tx *tx = store_read(s);
	jv record;

	if (!tx)
		return jv_invalid();
	record = get(tx, kind, id);
	if (store_end(tx) < 0) {
		jv_free(record);
		return jv_invalid();
	}
	return record;
}

/* Notes in the audit that the user who acts is not shown a record (consumed), as err says.  -1 with
 * err, naming it, too. */
static int
refuse(struct store *s, const char *kind, jv record)
{
	const char *id = json_peek_string(record, "id"), *in = json_peek_string(record, "chat_id");

	may_note(s, in ? in : id, id_user(NULL), MAY_READ);
	if (in && err_code() == EX_NOPERM)
		err_add("%s %.8s", kind, id);
	jv_free(record);
	return -1;
}

int
ask_and(struct store *s, const char *kind, const char *id, void (*take)(struct tx *tx, jv record))
{
	struct tx *tx = store_read(s);
	jv record;

	if (!tx)
		return -1;
	record = get(tx, kind, id);
	if (!jv_is_valid(record))
		return store_end(tx), -1;
	if (sight_has(tx, record)) {
		take(tx, record);
		return store_end(tx);
	}
	if (store_abandon(tx) != STORE_OK)
		return jv_free(record), -1;
	return refuse(s, kind, record);
}

jv
ask_task(struct store *s, const char *id)
{
	struct tx *tx = store_read(s);
	jv task = tx ? get(tx, "task", id) : jv_invalid();

	if (jv_is_valid(task) && !sight_has(tx, task)) {
		if (store_abandon(tx) == STORE_OK)
			refuse(s, "task", jv_copy(task));
	} else if (!tx || store_end(tx) == 0) {
		return task;
	}
	jv_free(task);
	return jv_invalid();
}

int
ask_shown(struct store *s, const char *prefix, char id[ID_TEXT])
{
	jv task = ask_id(s, "task", prefix, id) == 0 ? ask_task(s, id) : jv_invalid();
	int rc = jv_is_valid(task) ? 0 : -1;

	jv_free(task);
	return rc;
}

jv
ask_crew(struct store *s, jv task)
{
	struct tx *tx = store_read(s);
	jv crew;

	if (!tx)
		return jv_invalid();
	crew = assign_crew(tx, task);
	if (store_end(tx) == 0)
		return crew;
	jv_free(crew);
	return jv_invalid();
}
