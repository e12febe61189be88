#include "sight.h"

#include <string.h>

#include "chat.h"
#include "may.h"

bool
sight_is_all(struct tx *tx)
{
	return store_count(tx, "chats.ruled") == 0;
}

/* Of a chat, or of what is there, by the chat's whole id; of another id, everybody is. */
static bool
has(struct tx *tx, const char *chat_id)
{
	jv chat = chat_get(tx, chat_id);
	bool is = may(NULL, chat, id_user(NULL), MAY_READ) == 0;

	jv_free(chat);
	return is;
}

bool
sight_has(struct tx *tx, jv record)
{
	const char *id = json_peek_string(record, "chat_id");

	if (!id)
		id = json_peek_string(record, "id");
	return !id || sight_is_all(tx) || has(tx, id);
}

bool
sight_has_at(struct tx *tx, uint64_t n)
{
	struct scan_text record, id;
	char chat_id[ID_TEXT] = "";

	if (sight_is_all(tx) || !store_peek(tx, n, &record) ||
	    (!scan_member(record, "chat_id", &id) && !scan_member(record, "id", &id)) ||
	    id.len != ID_TEXT + 1) /* a whole id in quotes */
		return true;
	memcpy(chat_id, id.p + 1, ID_TEXT - 1);
	return has(tx, chat_id);
}
