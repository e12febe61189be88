#include "audit.h"

#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "stop.h"

jv
audit_entry(const char *kind, const char *chat_id, const char *user)
{
	char id[ID_TEXT];
	jv entry = json_set_string(jv_object(), "id", id_new(id));

	entry = json_set_string(entry, "kind", kind);
	if (chat_id)
		entry = json_set_string(entry, "chat_id", chat_id);
	return user ? json_set_string(entry, "user_id", user) : entry;
}

void
audit_put(struct tx *tx, jv entry)
{
	char *key = xprintf("audit/%s", json_peek_string(entry, "id")), now[CLOCK_TEXT];
	jv there = store_get(tx, key);

	if (jv_is_valid(there))
		jv_free(entry);
	else
		store_put(tx, key, json_set_string(entry, "at", clock_format(clock_now_ms(), now)),
		    JV_ARRAY(jv_string("audit")), jv_array());
	jv_free(there);
	free(key);
}

int
audit_add(struct store *s, jv entry)
{
	enum store_result rc = STORE_FAIL;
	struct tx *tx;

	do {
		while (!(tx = store_begin(s)) && err_code() == EX_TEMPFAIL && !stop_signal())
			;
		if (!tx)
			break;
		audit_put(tx, jv_copy(entry));
		rc = store_commit(tx, STORE_DURABLE);
	} while (rc == STORE_AGAIN);
	jv_free(entry);
	return rc == STORE_OK ? 0 : -1;
}
