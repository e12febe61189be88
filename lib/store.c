#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "crc.h"
#include "dir.h"
#include "err.h"
#include "fold.h"
#include "index.h"
#include "journal.h"
#include "kv.h"
#include "lock.h"
#include "mark.h"
#include "store.h"

enum { LOCK_WAIT_S = 30, FLUSH_ENTRIES = 1 << 16 };

struct store {
	char *path;
	int fd, watch_fd, run_fd, logs_fd;
	struct lock lock;
	struct mark *mark;
	struct journal *journal;
	int wait_ms;
};

/* A record that this transaction wrote. */
struct pending {
	uint64_t n;
	struct buf text;
};

struct tx {
	struct store *s;
	struct kv *kv;
	bool is_writer, has_failed;
	int code;
	char *why;
	struct index_head head;
	struct pending *pending;
	size_t pendings, room;
	struct buf scratch; /* a record read from the journal */
	char **topic;
	size_t topics;
};

const char *
store_path(const struct store *s)
{
	return s->path;
}

int
store_fd(const struct store *s)
{
	return s->fd;
}

int
store_watch_fd(const struct store *s)
{
	return s->watch_fd;
}

int
store_run_fd(const struct store *s)
{
	return s->run_fd;
}

int
store_logs_fd(const struct store *s)
{
	return s->logs_fd;
}

uint64_t
store_durable(const struct store *s)
{
	return atomic_load(&s->mark->durable);
}

static int
open_folder(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT) {
		if (dir_make_at(dir_fd, name) < 0)
			return -1;
		fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0)
		return err_sys("%s", name);
	return fd;
}

static int
open_parts(struct store *s)
{
	int logs;

	s->fd = dir_open_private(s->path);
	if (s->fd < 0)
		return -1;
	s->watch_fd = open_folder(s->fd, "watch");
	s->run_fd = open_folder(s->fd, "run");
	logs = open_folder(s->fd, "logs");
	if (s->watch_fd < 0 || s->run_fd < 0 || logs < 0)
		return -1;
	s->logs_fd = open_folder(logs, "agents");
	close(logs);
	if (s->logs_fd < 0 || lock_open(&s->lock, s->fd) < 0)
		return -1;
	s->mark = mark_open(s->fd);
	s->journal = s->mark ? journal_open(s->fd) : NULL;
	return s->journal ? 0 : -1;
}

struct store *
store_open(void)
{
	const char *wait = getenv("LEGWORK_LOCK_WAIT");
	long wait_s = wait ? strtol(wait, NULL, 10) : 0;
	char *path = dir_store_path();
	struct store *s;

	if (!path)
		return NULL;
	s = xmalloc(sizeof *s);
	*s = (struct store){ .path = path,
		.fd = -1,
		.watch_fd = -1,
		.run_fd = -1,
		.logs_fd = -1,
		.lock = { .gate_fd = -1, .lock_fd = -1 },
		.wait_ms = 1000 * (wait_s > 0 && wait_s < 1000000 ? (int)wait_s : LOCK_WAIT_S) };
	if (open_parts(s) < 0) {
		err_add("%s", path);
		store_close(s);
		return NULL;
	}
	return s;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	journal_close(s->journal);
	mark_close(s->mark);
	lock_close(&s->lock);
	close_if_open(s->logs_fd);
	close_if_open(s->run_fd);
	close_if_open(s->watch_fd);
	close_if_open(s->fd);
	free(s->path);
	free(s);
}

/* The first transaction: who this store is. */
static int
found_store(struct store *s, struct journal_pos *head)
{
	struct buf set = { 0 }, line = { 0 };
	struct journal_pos where;
	char id[ID_TEXT], tx[ID_TEXT];
	enum journal_result rc;

	buf_putc(&set, '[');
	fold_format(&set, "store", 1, jv_array(), jv_array(),
	    json_set_int(json_set_string(jv_object(), "id", id_new(id)), "format", 1));
	buf_putc(&set, ']');
	do
		rc = journal_append(s->journal, head, id_new(tx), &set, &line, &where);
	while (rc == JOURNAL_AGAIN);
	buf_release(&set);
	buf_release(&line);
	if (rc != JOURNAL_OK)
		return -1;
	*head = (struct journal_pos){ 0 };
	return 0;
}

/* Remembers the store's id, which is in its first line. */
static void
learn_store(struct index_head *head, const struct journal_line *line)
{
	struct json_text set = { line->set + 1, line->set_len - 2 }, id;
	struct fold_change change;

	if (fold_parse(set, &change) && json_member(change.value, "id", &id) && id.len == 38)
		memcpy(head->store, id.p + 1, 36);
}

/* Applies all lines behind *at to the index; the head is in *at then. */
static int
fold_rest(struct store *s, struct kv *kv, struct journal_pos *at)
{
	struct journal_line line;
	enum journal_result rc;

	while ((rc = journal_next(s->journal, at, &line)) == JOURNAL_OK) {
		if (line.revision == 1) {
			struct index_head head = index_head(kv);

			learn_store(&head, &line);
			index_set_head(kv, &head);
		}
		if (fold_line(kv, s->journal, &line) < 0)
			return -1;
		if (kv_dirty(kv) > FLUSH_ENTRIES) {
			if (kv_flush(kv) < 0)
				return -1;
			atomic_fetch_add(&s->mark->progress, 1);
		}
	}
	if (rc == JOURNAL_FAIL)
		return -1;
	rc = journal_has_more(s->journal, at);
	if (rc < 0 || (rc > 0 && journal_mend(s->journal, at) < 0))
		return -1;
	return 0;
}

/*
 * Brings the index up to the journal's end, from the mark's head if `from_mark`, else from
 * the beginning.  Under the exclusive lock.
 */
static int
bring_up(struct store *s, bool from_mark)
{
	struct journal_pos at = { 0 };
	struct index_head head;
	struct kv *kv;
	int rc = -1;

	if (from_mark)
		at = s->mark->head;
	else if (!journal_has_more(s->journal, &at) && found_store(s, &at) < 0)
		return -1;
	mark_begin(s->mark);
	kv = kv_open(s->fd, "index.gdbm", from_mark ? KV_WRITE : KV_NEW);
	if (!kv)
		return -1;
	if (fold_rest(s, kv, &at) < 0)
		goto done;
	head = index_head(kv);
	if (kv_flush(kv) < 0 || journal_sync(s->journal, &at) < 0)
		goto done;
	if (!from_mark)
		mark_reset(s->mark, head.store);
	mark_finish(s->mark, &at);
	mark_raise_durable(s->mark, at.revision);
	rc = 0;
done:
	kv_close(kv);
	return rc;
}

/* Whether the index is what the mark says, and the journal ends there. */
static bool
is_current(struct store *s, struct kv **kv, bool is_writer)
{
	struct index_head head;

	if (!mark_is_good(s->mark) || journal_has_more(s->journal, &s->mark->head) != 0)
		return false;
	*kv = kv_open(s->fd, "index.gdbm", is_writer ? KV_WRITE : KV_READ);
	if (!*kv)
		return false;
	head = index_head(*kv);
	if (head.revision == s->mark->head.revision && !strcmp(head.store, s->mark->store))
		return true;
	kv_close(*kv);
	*kv = NULL;
	return false;
}

/* Under the exclusive lock: mend what is_current found wanting. */
static int
make_current(struct store *s, struct kv **kv)
{
	if (mark_is_good(s->mark)) {
		int more = journal_has_more(s->journal, &s->mark->head);

		if (more < 0)
			return -1;
		if (more > 0 && bring_up(s, true) == 0 && is_current(s, kv, true))
			return 0;
	}
	if (bring_up(s, false) < 0)
		return -1;
	if (!is_current(s, kv, true))
		return err_set(EX_IOERR, "index.gdbm: cannot be brought up to the journal");
	return 0;
}

static struct tx *
begin(struct store *s, bool is_writer)
{
	struct kv *kv = NULL;
	struct tx *tx;

	if (lock_take(&s->lock, is_writer, s->wait_ms, &s->mark->progress) < 0)
		return NULL;
	if (is_writer && atomic_load(&s->mark->poison)) {
		err_set(EX_IOERR, "%s: a sync has failed; run store-check", s->path);
		goto fail;
	}
	if (!is_current(s, &kv, is_writer)) {
		if (!is_writer) { /* only a writer may mend it; then read under its lock */
			lock_drop(&s->lock);
			if (lock_take(&s->lock, true, s->wait_ms, &s->mark->progress) < 0)
				return NULL;
		}
		if (!is_current(s, &kv, true) && make_current(s, &kv) < 0)
			goto fail;
	}
	tx = xmalloc(sizeof *tx);
	*tx = (struct tx){ .s = s, .kv = kv, .is_writer = is_writer, .head = index_head(kv) };
	return tx;
fail:
	lock_drop(&s->lock);
	return NULL;
}

struct tx *
store_read(struct store *s)
{
	return begin(s, false);
}

struct tx *
store_begin(struct store *s)
{
	return begin(s, true);
}

void
store_fail(struct tx *tx)
{
	if (tx->has_failed)
		return;
	tx->has_failed = true;
	tx->code = err_code();
	tx->why = xstrdup(err_text());
}

/* Notes an error of the index; the next one to come makes it again. */
static bool
has_failed(struct tx *tx)
{
	if (!tx->has_failed && kv_failed(tx->kv) < 0) {
		mark_begin(tx->s->mark);
		store_fail(tx);
	}
	return tx->has_failed;
}

static void
release(struct tx *tx)
{
	for (size_t i = 0; i < tx->pendings; i++)
		buf_release(&tx->pending[i].text);
	for (size_t i = 0; i < tx->topics; i++)
		free(tx->topic[i]);
	free(tx->topic);
	free(tx->pending);
	buf_release(&tx->scratch);
	free(tx->why);
	free(tx);
}

int
store_end(struct tx *tx)
{
	int rc = has_failed(tx) ? err_set(tx->code, "%s", tx->why) : 0;

	kv_close(tx->kv);
	lock_drop(&tx->s->lock);
	release(tx);
	return rc;
}

/* All changes as the journal's array; at[i] is where pending[i] begins in it. */
static void
join_changes(struct tx *tx, struct buf *set, size_t *at)
{
	buf_putc(set, '[');
	for (size_t i = 0; i < tx->pendings; i++) {
		if (i > 0)
			buf_putc(set, ',');
		at[i] = set->len;
		buf_add(set, tx->pending[i].text.p, tx->pending[i].text.len);
	}
	buf_putc(set, ']');
}

static void
set_places(struct tx *tx, const struct journal_pos *where, size_t set_at, const size_t *at)
{
	for (size_t i = 0; i < tx->pendings; i++) {
		const struct buf *text = &tx->pending[i].text;
		struct index_place place = { .revision = 0 };
		struct fold_change change;

		fold_parse((struct json_text){ text->p, text->len }, &change);
		if (change.sets.p)
			place = (struct index_place){ tx->head.revision + 1,
				where->offset + set_at + at[i], where->segment, (uint32_t)text->len,
				(uint32_t)(change.value.p - text->p),
				crc32c(0, text->p, text->len) };
		index_set_place(tx->kv, tx->pending[i].n, &place);
	}
}

/* Writes the journal line, then the index.  From the line on, the transaction has happened. */
static enum store_result
write_changes(struct tx *tx, struct journal_pos *head)
{
	size_t *at = xmalloc((tx->pendings + 1) * sizeof *at);
	struct buf set = { 0 }, line = { 0 };
	enum store_result result = STORE_FAIL;
	struct journal_pos where;
	char id[ID_TEXT];

	join_changes(tx, &set, at);
	/* GDBM splits a bucket now and then: two blocks for each entry is more than it takes */
	if (kv_reserve(tx->kv, (kv_dirty(tx->kv) + tx->pendings + 8) * 8192) < 0)
		goto done;
	switch (journal_append(tx->s->journal, head, id_new(id), &set, &line, &where)) {
	case JOURNAL_OK:
		break;
	case JOURNAL_AGAIN:
		result = STORE_AGAIN;
		goto done;
	default:
		goto done;
	}
	set_places(tx, &where, line.len - 2 - set.len, at);
	tx->head.revision = head->revision;
	index_set_head(tx->kv, &tx->head);
	mark_begin(tx->s->mark);
	/* If the index fails the mark stays dirty, and the next one to come makes it again. */
	if (kv_flush(tx->kv) == 0)
		mark_finish(tx->s->mark, head);
	result = STORE_OK;
done:
	buf_release(&set);
	buf_release(&line);
	free(at);
	return result;
}

static int
make_durable(struct store *s, const struct journal_pos *head)
{
	if (journal_sync(s->journal, head) < 0) {
		/* What the kernel failed to write it may forget: no later sync would tell. */
		atomic_store(&s->mark->poison, 1);
		return -1;
	}
	mark_raise_durable(s->mark, head->revision);
	return 0;
}

int
store_settle(struct tx *tx)
{
	struct journal_pos head = store_head(tx);

	return store_durable(tx->s) < head.revision ? make_durable(tx->s, &head) : 0;
}

struct journal_pos
store_head(struct tx *tx)
{
	return tx->s->mark->head;
}

enum store_result
store_commit(struct tx *tx, enum store_sync sync)
{
	struct store *s = tx->s;
	struct journal_pos head = s->mark->head;
	enum store_result rc = STORE_OK;

	if (has_failed(tx))
		return store_end(tx);
	if (tx->pendings > 0)
		rc = write_changes(tx, &head);
	kv_close(tx->kv);
	lock_drop(&s->lock);
	/* Also where nothing changed: what was seen, and is now acknowledged, may be of others
	 * who are still syncing it. */
	if (rc == STORE_OK && sync == STORE_DURABLE && store_durable(s) < head.revision &&
	    make_durable(s, &head) < 0)
		rc = STORE_FAIL;
	for (size_t i = 0; rc == STORE_OK && i < tx->topics; i++)
		bell_ring(s->watch_fd, tx->topic[i]);
	release(tx);
	return rc;
}

struct store *
store_of(struct tx *tx)
{
	return tx->s;
}

static struct pending *
find_pending(struct tx *tx, uint64_t n)
{
	for (size_t i = tx->pendings; i-- > 0;)
		if (tx->pending[i].n == n)
			return &tx->pending[i];
	return NULL;
}

/* The text of record n's newest change, until the next call; false: none. */
static bool
peek_change(struct tx *tx, uint64_t n, struct json_text *text)
{
	struct pending *p = tx->pendings ? find_pending(tx, n) : NULL;
	struct index_place place;

	if (p) {
		*text = (struct json_text){ p->text.p, p->text.len };
		return true;
	}
	place = index_place(tx->kv, n);
	if (!place.revision || has_failed(tx))
		return false;
	tx->scratch.len = 0;
	if (journal_read(tx->s->journal, place.segment, place.offset, place.len, &tx->scratch) <
	    0) {
		store_fail(tx);
		return false;
	}
	*text = (struct json_text){ tx->scratch.p, tx->scratch.len };
	if (crc32c(0, text->p, text->len) == place.crc)
		return true;
	mark_begin(tx->s->mark); /* either is wrong: making the index again shows which */
	err_set(EX_IOERR, "record %" PRIu64 ": checksum does not fit", n);
	store_fail(tx);
	return false;
}

bool
store_peek(struct tx *tx, uint64_t n, struct json_text *text)
{
	struct fold_change change;
	struct json_text whole;

	if (!n || !peek_change(tx, n, &whole))
		return false;
	if (!fold_parse(whole, &change)) {
		err_set(EX_IOERR, "record %" PRIu64 ": unreadable", n);
		store_fail(tx);
		return false;
	}
	*text = change.value;
	return change.value.p != NULL;
}

jv
store_at(struct tx *tx, uint64_t n)
{
	struct json_text text;

	if (!store_peek(tx, n, &text))
		return jv_invalid();
	return jv_parse_sized(text.p, (int)text.len);
}

uint64_t
store_number(struct tx *tx, const char *name)
{
	char *as_indexed = fold_name(name);
	uint64_t n = index_find(tx->kv, as_indexed);

	free(as_indexed);
	return has_failed(tx) ? 0 : n;
}

jv
store_get(struct tx *tx, const char *name)
{
	return store_at(tx, store_number(tx, name));
}

uint64_t
store_revision_at(struct tx *tx, uint64_t n)
{
	return index_place(tx->kv, n).revision;
}

static struct pending *
new_pending(struct tx *tx, uint64_t n)
{
	if (tx->pendings == tx->room) {
		tx->room = tx->room ? 2 * tx->room : 16;
		tx->pending = xrealloc(tx->pending, tx->room * sizeof *tx->pending);
	}
	tx->pending[tx->pendings] = (struct pending){ .n = n };
	return &tx->pending[tx->pendings++];
}

static void
put(struct tx *tx, const char *key, uint64_t n, jv value, jv sets, jv names)
{
	struct json_text old = { NULL, 0 };
	struct fold_change change;
	struct pending *p;
	struct buf text = { 0 };

	fold_format(&text, key, n, sets, names, value);
	fold_parse((struct json_text){ text.p, text.len }, &change);
	if (!peek_change(tx, n, &old))
		old.p = NULL;
	fold_members(tx->kv, old, &change);
	p = find_pending(tx, n);
	if (!p)
		p = new_pending(tx, n);
	buf_release(&p->text);
	p->text = text;
}

void
store_put(struct tx *tx, const char *key, jv value, jv sets, jv names)
{
	uint64_t n = store_number(tx, key);

	put(tx, key, n ? n : ++tx->head.records, value, sets, names);
}

void
store_delete(struct tx *tx, const char *key)
{
	uint64_t n = store_number(tx, key);

	if (n)
		put(tx, key, n, jv_invalid(), jv_array(), jv_array());
}

uint64_t
store_next(struct tx *tx, const char *set, uint64_t n)
{
	uint64_t next = index_next(tx->kv, set, n);

	return has_failed(tx) ? 0 : next;
}

uint64_t
store_last(struct tx *tx, const char *set)
{
	uint64_t last = index_last(tx->kv, set);

	return has_failed(tx) ? 0 : last;
}

uint64_t
store_count(struct tx *tx, const char *set)
{
	return index_count(tx->kv, set);
}

/* Whether record n's id begins with prefix; its id goes to id. */
static bool
id_begins(struct tx *tx, uint64_t n, const char *prefix, char id[ID_TEXT])
{
	struct json_text text, member;

	if (!store_peek(tx, n, &text) || !json_member(text, "id", &member) || member.len != 38)
		return false;
	memcpy(id, member.p + 1, 36);
	id[36] = '\0';
	return !strncmp(id, prefix, strlen(prefix));
}

int
store_resolve(struct tx *tx, const char *kind, const char *prefix, char id[ID_TEXT])
{
	struct index_walk walk = { 0 };
	char lower[ID_TEXT], found[ID_TEXT];
	int hits = 0;
	size_t len = strlen(prefix);

	for (size_t i = 0; i <= len && i < sizeof lower; i++)
		lower[i] =
		    (char)(prefix[i] >= 'A' && prefix[i] <= 'F' ? prefix[i] + 32 : prefix[i]);
	if (len >= sizeof lower || !id_is_prefix(lower))
		return err_set(EX_NOINPUT,
		    "%s %.40s: no such %s (want an id, or its first %d or more "
		    "characters)",
		    kind, prefix, kind, ID_PREFIX_MIN);
	for (uint64_t n; hits < 2 && (n = index_candidate(tx->kv, kind, lower, &walk)) != 0;)
		if (id_begins(tx, n, lower, found) && hits++ == 0)
			memcpy(id, found, ID_TEXT);
	if (has_failed(tx))
		return err_set(tx->code, "%s", tx->why);
	if (hits == 0)
		return err_set(EX_NOINPUT, "%s %s: no such %s", kind, prefix, kind);
	if (hits > 1)
		return err_set(EX_NOINPUT, "%s %s: ambiguous, more than one %s begins so", kind,
		    prefix, kind);
	return 0;
}

void
store_ring(struct tx *tx, const char *topic)
{
	for (size_t i = 0; i < tx->topics; i++)
		if (!strcmp(tx->topic[i], topic))
			return;
	tx->topic = xrealloc(tx->topic, (tx->topics + 1) * sizeof *tx->topic);
	tx->topic[tx->topics++] = xstrdup(topic);
}
