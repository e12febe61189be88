#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fold.h"
#include "show.h"
#include "sight.h"

/* The heading of a table is as wide as what is fetched at first, so that is not little. */
enum { AT_ONCE = 256, BYTES_AT_ONCE = 1 << 20 };

static bool
is_string(struct scan_text record, const char *member, const char *value,
    int (*compare)(const char *a, const char *b, size_t len))
{
	struct scan_text is;
	char *escaped;
	bool same;

	if (!scan_member(record, member, &is) || is.len < 2 || is.p[0] != '"')
		return false;
	escaped = fold_name(value);
	same = is.len - 2 == strlen(escaped) && !compare(is.p + 1, escaped, is.len - 2);
	free(escaped);
	return same;
}

bool
show_field_is(struct scan_text record, const char *member, const char *value)
{
	return is_string(record, member, value, strncmp);
}

bool
show_name_is(struct scan_text record, const char *member, const char *name)
{
	return is_string(record, member, name, strncasecmp);
}

/* How far it has come. */
struct walk {
	uint64_t n; /* the last record looked at */
	long count; /* wanted ones */
	bool is_over;
};

/* The records that come next, in one transaction. */
static void
fetch(struct tx *tx, const struct show *show, struct walk *w)
{
	bool is_all = sight_is_all(tx);

	for (int i = 0; i < AT_ONCE && view_len(show->view) < BYTES_AT_ONCE; i++) {
		struct scan_text record;

		if (show->limit >= 0 && w->count >= show->limit)
			break;
		w->n = show->is_newest ? store_prev(tx, show->set, w->n)
		                       : store_next(tx, show->set, w->n);
		if (w->n == 0)
			break;
		if ((!is_all && !sight_has_at(tx, w->n)) || !store_peek(tx, w->n, &record) ||
		    (show->wants && !show->wants(record, show->arg)))
			continue;
		w->count++;
		if (!show->is_count)
			view_add_line(show->view, tx, record);
	}
	w->is_over = w->n == 0 || (show->limit >= 0 && w->count >= show->limit);
}

static int
print_count(struct view *v, uint64_t count)
{
	buf_printf(&v->out.buf, "%" PRIu64 "%c", count, v->is_null ? '\0' : '\n');
	return view_flush(v);
}

/* Whether the count is one that the index knows: *is_known.  0, or -1 with err. */
static int
look_up_count(struct store *s, const struct show *show, uint64_t *count, bool *is_known)
{
	struct tx *tx = store_read(s);

	if (!tx)
		return -1;
	*count = store_count(tx, show->set);
	*is_known = sight_is_all(tx);
	return store_end(tx);
}

int
show_set(struct store *s, const struct show *show)
{
	struct walk w = { .is_over = false };
	bool is_known = false;
	uint64_t count;

	if (show->is_count && !show->wants && show->limit < 0 &&
	    look_up_count(s, show, &count, &is_known) < 0)
		return -1;
	if (is_known)
		return print_count(show->view, count);
	while (!w.is_over) {
		struct tx *tx = store_read(s);

		if (!tx)
			return -1;
		fetch(tx, show, &w);
		if (store_end(tx) < 0 || view_flush(show->view) < 0)
			return -1;
	}
	return show->is_count ? print_count(show->view, (uint64_t)w.count) : 0;
}
