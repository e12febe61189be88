#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "clock.h"
#include "cursor.h"
#include "err.h"
#include "json.h"

int
cursor_check(const char *name)
{
	return chat_check_name("cursor", name);
}

static char *
cursor_key(const char *name, const char *chat_id)
{
	return xprintf("cursor/%s/%s", name, chat_id);
}

int64_t
cursor_seq(struct tx *tx, const char *name, const char *chat_id)
{
	char *key = cursor_key(name, chat_id);
	jv cursor = store_get(tx, key);
	int64_t seq = jv_is_valid(cursor) ? json_peek_int(cursor, "seq", -1) : -1;

	jv_free(cursor);
	free(key);
	return seq;
}

void
cursor_move(struct tx *tx, const char *name, const char *chat_id, int64_t seq)
{
	char *key = cursor_key(name, chat_id), *chat = xprintf("chat/%s", chat_id), now[CLOCK_TEXT];
	jv cursor;

	if (cursor_seq(tx, name, chat_id) < seq &&
	    (!strcmp(chat_id, "all") || store_number(tx, chat))) {
		cursor =
		    json_set_string(json_set_string(jv_object(), "name", name), "chat_id", chat_id);
		cursor = json_set_string(json_set_int(cursor, "seq", seq), "updated_at",
		    clock_format(clock_now_ms(), now));
		store_put(tx, key, cursor, JV_ARRAY(jv_string("cursors")), jv_array());
	}
	free(chat);
	free(key);
}
