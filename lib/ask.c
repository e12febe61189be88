#include <stdlib.h>

#include "ask.h"
#include "assign.h"
#include "buf.h"

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
	take(tx, record);
	return store_end(tx);
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
