/*
 * domain.h - what tests of tasks and chats need: a store of their own, and records as text
 *
 * In texts of records ' stands for ": {'role':'wc'}.  What fails here ends the test at once:
 * it is no fact about what is tested.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <stdarg.h>

#include "box.h"
#include "clock.h"
#include "err.h"
#include "store.h"
#include "tap.h"

static struct store *domain;

/* domain_open - a folder, in it a store; one user; chance begins with seed. */
static inline void
domain_open(const char *name, uint64_t seed)
{
	char path[PATH_MAX + 10];

	box_open(name, seed);
	snprintf(path, sizeof path, "%s/store", box_path);
	setenv("LEGWORK_STORE", path, 1);
	setenv("LEGWORK_USER", "tester", 1);
	unsetenv("LEGWORK_TASK_ID");
	unsetenv("LEGWORK_RUN");
	if (!(domain = store_open()))
		abort();
}

static inline void
domain_close(void)
{
	store_close(domain);
	box_close();
}

/* domain_begin, domain_commit - a transaction, not waiting for the disk. */
static inline struct tx *
domain_begin(void)
{
	struct tx *tx = store_begin(domain);

	if (!tx)
		abort();
	return tx;
}

static inline void
domain_commit(struct tx *tx)
{
	if (store_commit(tx, STORE_RELAXED) != STORE_OK)
		abort();
}

/* quoted - text with ' for ": a new string. */
static inline char *
quoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return copy;
}

/* record - the value that text writes, as printf would. */
static inline jv __attribute__((format(printf, 1, 2))) record(const char *fmt, ...)
{
	char *text, *json;
	va_list args;
	jv v;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	json = quoted(text);
	v = json_parse(json, strlen(json));
	if (!jv_is_valid(v)) {
		printf("# record: %s: %s\n", json, err_text());
		abort();
	}
	free(json);
	free(text);
	return v;
}

/* is_json - whether v (consumed) is the value that text writes; NULL: invalid. */
static inline bool
is_json(jv v, const char *text, const char *fact)
{
	char *want = text ? quoted(text) : NULL;
	struct buf b = { 0 };
	bool same;

	if (jv_is_valid(v))
		json_dump(&b, v);
	else
		jv_free(v);
	same = is(b.p, want, fact);
	buf_release(&b);
	free(want);
	return same;
}

/* has - whether a member of the record (borrowed) is the value that text writes; NULL: none. */
static inline bool
has(jv rec, const char *name, const char *text, const char *fact)
{
	return is_json(jv_object_get(jv_copy(rec), jv_string(name)), text, fact);
}

/* fails - whether rc is -1 with err, whose sentence is given (NULL: any). */
static inline bool
fails(int rc, int code, const char *text, const char *fact)
{
	if (rc != -1 || err_code() != code || !text)
		return ok(rc == -1 && err_code() == code, fact);
	return is(err_text(), text, fact);
}

#endif
