#include <stdlib.h>

#include "agent.h"
#include "ask.h"
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

jv
ask_record(struct store *s, const char *kind, const char *id)
{
	struct tx *tx = store_read(s);
	char whole[ID_TEXT], *key;
	jv record = jv_invalid();

	if (!tx)
		return record;
	if (store_resolve(tx, kind, id, whole) == 0) {
		key = xprintf("%s/%s", kind, whole);
		record = store_get(tx, key);
		free(key);
	}
	if (store_end(tx) < 0) {
		jv_free(record);
		return jv_invalid();
	}
	return record;
}

jv
ask_crew(struct store *s)
{
	struct tx *tx = store_read(s);
	jv crew;

	if (!tx)
		return jv_invalid();
	crew = agent_crew(tx);
	if (store_end(tx) == 0)
		return crew;
	jv_free(crew);
	return jv_invalid();
}
