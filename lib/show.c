#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "lines.h"
#include "show.h"

enum { AT_ONCE = 256, BYTES_AT_ONCE = 1 << 20 };

bool
show_field_is(struct scan_text record, const char *member, const char *value)
{
	struct scan_text is;
	char *escaped;
	bool same;

	if (!scan_member(record, member, &is) || is.len < 2 || is.p[0] != '"')
		return false;
	escaped = fold_name(value);
	same = is.len - 2 == strlen(escaped) && !memcmp(is.p + 1, escaped, is.len - 2);
	free(escaped);
	return same;
}

static void
add_record(struct out *out, const struct show *show, struct scan_text record)
{
	struct scan_text id;

	if (!show->is_id_only)
		out_text(out, record.p, record.len);
	else if (scan_member(record, "id", &id) || scan_member(record, "role", &id))
		out_text(out, id.p + 1, id.len - 2);
}

/* Takes the next records behind *n into out, in one transaction; false: that was all. */
static bool
fetch(struct tx *tx, const struct show *show, uint64_t *n, struct out *out, long *count)
{
	for (int i = 0; i < AT_ONCE && out->buf.len < BYTES_AT_ONCE; i++) {
		struct scan_text record;

		if (show->limit >= 0 && *count >= show->limit)
			return false;
		if ((*n = store_next(tx, show->set, *n)) == 0)
			return false;
		if (!store_peek(tx, *n, &record) ||
		    (show->wants && !show->wants(record, show->arg)))
			continue;
		++*count;
		if (!show->is_count)
			add_record(out, show, record);
	}
	return true;
}

static int
print_count(struct store *s, struct show *show, struct out *out)
{
	struct tx *tx = store_read(s);
	char text[24];

	if (!tx)
		return -1;
	snprintf(text, sizeof text, "%" PRIu64, store_count(tx, show->set));
	out_text(out, text, strlen(text));
	return store_end(tx);
}

int
show_set(struct store *s, struct show *show, int fd)
{
	struct out out = { .fd = fd };
	bool more = true;
	uint64_t n = 0;
	long count = 0;
	int rc = 0;

	if (show->is_count && !show->wants && show->limit < 0) {
		rc = print_count(s, show, &out);
		more = false;
	}
	while (rc == 0 && more) {
		struct tx *tx = store_read(s);

		if (!tx)
			rc = -1;
		else {
			more = fetch(tx, show, &n, &out, &count);
			rc = store_end(tx);
		}
		if (rc == 0 && !more && show->is_count) {
			char text[24];

			snprintf(text, sizeof text, "%ld", count);
			out_text(&out, text, strlen(text));
		}
		if (rc == 0)
			rc = out_flush(&out);
	}
	if (rc == 0)
		rc = out_flush(&out);
	buf_release(&out.buf);
	return rc;
}
