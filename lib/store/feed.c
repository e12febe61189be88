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

void
feed_rewind(struct feed *f)
{
	f->at = (struct journal_pos){ 0 };
	f->rest = NULL;
}

static enum feed_result
next_line(struct feed *f)
{
	if (f->at.revision >= store_durable(f->s) && !f->at.is_base)
		return FEED_NONE;
	switch (journal_next(f->journal, &f->at, &f->line)) {
	case JOURNAL_OK:
		f->rest = f->line.set + 1;
		f->end = f->line.set + f->line.set_len;
		return FEED_CHANGE;
	case JOURNAL_GONE:
		return FEED_GONE;
	case JOURNAL_FAIL:
		return FEED_FAIL;
	default:
		return FEED_NONE;
	}
}

enum feed_result
feed_next_line(struct feed *f, struct scan_text *text, uint64_t *revision)
{
	enum feed_result rc = next_line(f);

	f->rest = NULL;
	if (rc == FEED_CHANGE) {
		*text = (struct scan_text){ f->line.text, f->line.len };
		*revision = f->line.revision;
	}
	return rc;
}

enum feed_result
feed_next(struct feed *f, const char **key, struct scan_text *value)
{
	struct fold_change change;
	struct scan_text text;
	enum feed_result rc;

	while (!f->rest || !scan_element(&f->rest, f->end, &text)) {
		f->rest = NULL;
		if ((rc = next_line(f)) != FEED_CHANGE)
			return rc;
	}
	if (!fold_parse(text, &change)) {
		err_set(EX_DATAERR, "journal: not a change");
		return FEED_FAIL;
	}
	f->key.len = 0;
	buf_add(&f->key, change.key.p + 1, change.key.len - 2);
	*key = f->key.p;
	*value = change.value;
	return FEED_CHANGE;
}
