/* store-load - import records that store-dump exported */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fold.h"
#include "lines.h"
#include "opt.h"
#include "progress.h"
#include "record.h"
#include "store.h"

enum { BATCH = 256 };

static const struct opt opts[] = { { 0 } };

static const struct cmd cmd = { "store-load", "import records that store-dump exported", "", opts,
	0 };

struct item {
	jv line;
	unsigned long number;
	bool is_conflict;
};

struct load {
	struct store *s;
	struct item item[BATCH];
	size_t items;
	int status;
	struct progress progress;
};

/* Whether a name, as the store knows it, is over its limit. */
static bool
is_too_long(const char *name)
{
	char *escaped = fold_name(name);
	bool is_long = strlen(escaped) > STORE_NAME_MAX;

	free(escaped);
	return is_long;
}

static int
check_names(jv line, const char *field)
{
	jv list = json_get(line, field, JV_KIND_ARRAY);
	int rc = jv_is_valid(list) ? 0 : err_set(EX_DATAERR, "%s: want an array of names", field);

	if (rc == 0)
		jv_array_foreach (list, i, name) {
			if (jv_get_kind(name) != JV_KIND_STRING ||
			    is_too_long(jv_string_value(name)))
				rc = err_set(EX_DATAERR, "%s[%d]: want a name of at most %d bytes",
				    field, i, STORE_NAME_MAX);
			else if (rc == 0 && !strcmp(field, "sets"))
				rc = record_check_set(json_peek_string(line, "key"),
				    jv_string_value(name));
			jv_free(name);
		}
	jv_free(list);
	return rc;
}

static int
check(jv line)
{
	const char *key = json_peek_string(line, "key");
	jv value = json_get(line, "value", JV_KIND_OBJECT);
	int rc = 0;

	if (!key || !*key || is_too_long(key))
		rc = err_set(EX_DATAERR, "key: want one of 1 to %d bytes", STORE_NAME_MAX);
	else if (!strcmp(key, "store"))
		rc = err_set(EX_DATAERR, "key: who a store is, is not loaded");
	else if (!jv_is_valid(value))
		rc = err_set(EX_DATAERR, "value: want an object");
	else if ((rc = record_check(key, value)) < 0)
		err_add("%s", key);
	jv_free(value);
	return rc < 0 || check_names(line, "sets") < 0 || check_names(line, "names") < 0 ? -1 : 0;
}

/* A record that is there already stays; whether it is the same one tells. */
static void
put(struct tx *tx, struct item *item)
{
	const char *key = json_peek_string(item->line, "key");
	jv value = json_get(item->line, "value", JV_KIND_OBJECT), old = store_get(tx, key);

	item->is_conflict = jv_is_valid(old) && !jv_equal(jv_copy(old), jv_copy(value));
	if (!jv_is_valid(old))
		store_put(tx, key, value, json_get(item->line, "sets", JV_KIND_ARRAY),
		    json_get(item->line, "names", JV_KIND_ARRAY));
	else
		jv_free(value);
	jv_free(old);
}

static void
store_batch(struct load *l)
{
	enum store_result rc;

	if (l->items == 0)
		return;
	do {
		struct tx *tx = store_begin(l->s);

		if (!tx)
			err_exit();
		for (size_t i = 0; i < l->items; i++)
			put(tx, &l->item[i]);
		store_ring(tx, "tasks");
		store_ring(tx, "chats");
		rc = store_commit(tx, STORE_DURABLE);
	} while (rc == STORE_AGAIN);
	if (rc != STORE_OK)
		err_exit();
	for (size_t i = 0; i < l->items; i++) {
		if (l->item[i].is_conflict) {
			progress_clear(&l->progress);
			err_warn("stdin:%lu: %s: the store has another record of that key",
			    l->item[i].number, json_peek_string(l->item[i].line, "key"));
			l->status = EX_DATAERR;
		}
		jv_free(l->item[i].line);
	}
	l->items = 0;
}

static void
load(struct load *l)
{
	enum lines_result rc;
	struct lines in;
	jv line;

	lines_init(&in, STDIN_FILENO, -1, "stdin");
	while ((rc = lines_next_object(&in, &line)) == LINES_OK || rc == LINES_BAD) {
		if (rc == LINES_BAD) {
			progress_clear(&l->progress);
			l->status = (err_print(), EX_DATAERR);
		} else if (check(line) < 0) {
			progress_clear(&l->progress);
			err_warn("stdin:%lu: %s", in.number, err_text());
			l->status = EX_DATAERR;
			jv_free(line);
		} else {
			l->item[l->items++] = (struct item){ line, in.number, false };
		}
		if (l->items == BATCH) {
			store_batch(l);
			progress_read(&l->progress, STDIN_FILENO, in.number);
		}
	}
	progress_clear(&l->progress);
	if (rc == LINES_FAIL)
		err_exit();
	store_batch(l);
	lines_release(&in);
}

int
main(int argc, char *argv[])
{
	static struct load l;

	(void)argc;
	if (*opt_parse(&cmd, argv))
		opt_usage(&cmd, "takes no operands");
	if (!(l.s = store_open()))
		err_exit();
	progress_begin(&l.progress, "loading records");
	load(&l);
	store_close(l.s);
	return l.status;
}
