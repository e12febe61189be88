#include <string.h>
#include <unistd.h>

#include "chat.h"
#include "err.h"
#include "history.h"
#include "text.h"

enum { AT_ONCE = 256, BYTES_AT_ONCE = 1 << 20 };

int
history_format(struct history *h, const char *format)
{
	if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return err_set(EX_USAGE, "format '%.20s': want text or json", format);
	h->is_text = format ? !strcmp(format, "text") : isatty(h->out.fd);
	return 0;
}

void
history_add(struct history *h, struct scan_text event)
{
	h->printed++;
	if (h->is_text) {
		jv parsed = json_parse(event.p, event.len);

		text_event(&h->out.buf, parsed);
		jv_free(parsed);
	} else if (h->cursor) {
		buf_add(&h->out.buf, event.p, event.len - 1);
		buf_puts(&h->out.buf, ",\"cursor\":");
		json_add_string(&h->out.buf, h->cursor, strlen(h->cursor));
		buf_puts(&h->out.buf, "}\n");
	} else {
		out_text(&h->out, event.p, event.len);
	}
}

int
history_print(struct history *h, struct store *s, const char *chat_id, uint64_t since,
    uint64_t last, long limit)
{
	while (since < last && limit != 0) {
		struct tx *tx = store_read(s);
		struct scan_text event;

		if (!tx)
			return -1;
		for (int i = 0;
		     i < AT_ONCE && since < last && limit != 0 && h->out.buf.len < BYTES_AT_ONCE;
		     i++) {
			if (!store_peek(tx, chat_event_number(tx, chat_id, ++since), &event))
				continue;
			history_add(h, event);
			limit -= limit > 0;
		}
		if (store_end(tx) < 0 || out_flush(&h->out) < 0)
			return -1;
	}
	return out_flush(&h->out);
}

void
history_release(struct history *h)
{
	buf_release(&h->out.buf);
}
