#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "feed.h"
#include "fold.h"
#include "journal.h"

struct feed {
	struct store *s;
	struct journal *journal;
	struct journal_pos at;
	struct journal_line line;
	const char *rest, *end; /* of the line's changes; NULL: none left */
	struct buf key;
};

struct feed *
feed_open(struct tx *tx)
{
	struct journal *journal = journal_open(store_fd(store_of(tx)));
	struct feed *f;

	if (!journal || store_settle(tx) < 0) {
		journal_close(journal);
		return NULL;
	}
	f = xmalloc(sizeof *f);
	*f = (struct feed){ .s = store_of(tx), .journal = journal, .at = store_head(tx) };
	return f;
}

void
feed_close(struct feed *f)
{
	if (!f)
		return;
	journal_close(f->journal);
	buf_release(&f->key);
	free(f);
}

static int
next_line(struct feed *f)
{
	if (f->at.revision >= store_durable(f->s))
		return 0;
	switch (journal_next(f->journal, &f->at, &f->line)) {
	case JOURNAL_OK:
		f->rest = f->line.set + 1;
		f->end = f->line.set + f->line.set_len;
		return 1;
	case JOURNAL_FAIL:
		return -1;
	default:
		return 0;
	}
}

int
feed_next(struct feed *f, const char **key, struct json_text *value)
{
	struct fold_change change;
	struct json_text text;
	int rc;

	while (!f->rest || !json_element(&f->rest, f->end, &text)) {
		f->rest = NULL;
		if ((rc = next_line(f)) <= 0)
			return rc;
	}
	if (!fold_parse(text, &change))
		return err_set(EX_DATAERR, "journal: not a change");
	f->key.len = 0;
	buf_add(&f->key, change.key.p + 1, change.key.len - 2);
	*key = f->key.p;
	*value = change.value;
	return 1;
}
