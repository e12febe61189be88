#include "rate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"

enum { MINUTE_MS = 60000 };

static char *
key_of(const char *chat_id, const char *user, const char *kind)
{
	char *key = xprintf("rate/%s/%s/%s", chat_id, kind, user);

	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return key;
}

/* When all may be used again: now, or within the time in which all is; else the clock was set
 * back. */
static int64_t
until_ms(struct tx *tx, const char *key, int64_t now_ms, int64_t all_ms)
{
	jv record = store_get(tx, key);
	const char *text = json_peek_string(record, "until");
	int64_t ms;

	if (!text || !clock_parse(text, &ms) || ms < now_ms || ms > now_ms + all_ms)
		ms = now_ms;
	jv_free(record);
	return ms;
}

static void
put(struct tx *tx, const char *key, jv record)
{
	char *set = xprintf("rates.%s", json_peek_string(record, "chat_id"));

	store_put(tx, key, record, JV_ARRAY(jv_string(set)), jv_array());
	free(set);
}

int
rate_take(struct tx *tx, const char *chat_id, const char *user, const char *kind,
    int64_t per_minute)
{
	int64_t share_ms = (MINUTE_MS + per_minute - 1) / per_minute,
		all_ms = share_ms * per_minute, now_ms = clock_now_ms(), until, wait_ms;
	char *key = key_of(chat_id, user, kind), text[CLOCK_TEXT];
	jv record;
	int rc = 0;

	until = until_ms(tx, key, now_ms, all_ms) + share_ms;
	wait_ms = until - now_ms - all_ms;
	if (wait_ms > 0) {
		rc = err_set(EX_TEMPFAIL,
		    "chat %.8s: %s has used up %lld %.*s a minute: try again in %lld s", chat_id,
		    user, (long long)per_minute, (int)strlen(kind) - (per_minute == 1), kind,
		    (long long)(wait_ms + 999) / 1000);
	} else {
		record = json_set_string(jv_object(), "chat_id", chat_id);
		record = json_set_string(json_set_string(record, "user_id", user), "kind", kind);
		put(tx, key, json_set_string(record, "until", clock_format(until, text)));
	}
	free(key);
	return rc;
}

void
rate_forget(struct tx *tx, const char *chat_id)
{
	char *set = xprintf("rates.%s", chat_id);

	for (uint64_t n = 0; (n = store_next(tx, set, n)) != 0;) {
		jv record = store_at(tx, n);
		const char *user = json_peek_string(record, "user_id"),
			   *kind = json_peek_string(record, "kind");
		char *key = user && kind ? key_of(chat_id, user, kind) : NULL;

		if (key)
			store_delete(tx, key);
		free(key);
		jv_free(record);
	}
	free(set);
}
