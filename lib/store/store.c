#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chime.h"
#include "crc.h"
#include "dir.h"
#include "disk.h"
#include "err.h"
#include "fold.h"
#include "index.h"
#include "store.h"

enum { LOCK_WAIT_S = 30 };

struct store {
	struct disk disk;
	int wait_ms;
	struct chime chime;
};

/* A record that this transaction wrote. */
struct pending {
	uint64_t n;
	struct buf text;
};

struct place {
	uint64_t key;
	size_t place; /* from 1 on; 0: free */
};

/* The places of keys in an array: open addressing, at most half full, so that a transaction of many
 * records does not look through all of them for each. */
struct places {
	struct place *slot;
	size_t room; /* a power of two; 0: nothing was added yet */
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
	struct places pending_places; /* by record number */
	struct buf scratch;           /* a record read from the journal */
	char **topic;
	size_t topics;
	struct places topic_places; /* by hash */
};

const char *
store_path(const struct store *s)
{
	return s->disk.path;
}

int
store_fd(const struct store *s)
{
	return s->disk.fd;
}

int
store_watch_fd(const struct store *s)
{
	return s->disk.watch_fd;
}

int
store_run_fd(const struct store *s)
{
	return s->disk.run_fd;
}

int
store_logs_fd(const struct store *s)
{
	return s->disk.logs_fd;
}

uint64_t
store_durable(const struct store *s)
{
	return atomic_load(&s->disk.mark->durable);
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
	*s = (struct store){ .wait_ms = 1000 * (wait_s > 0 && wait_s < 1000000 ? (int)wait_s
									       : LOCK_WAIT_S) };
	if (disk_open(&s->disk, path) < 0) {
		free(s);
		s = NULL;
	} else {
		s->chime.watch_fd = s->disk.watch_fd;
	}
	free(path);
	return s;
}

/* Whoever ends when a checkpoint is due makes it: what it did is acknowledged by now, readers go on
 * meanwhile, and if it fails nothing is lost but time after the next boot. */
static void
save_checkpoint(struct store *s)
{
	if (lock_take(&s->disk.lock, false, s->wait_ms, &s->disk.mark->progress) < 0)
		return;
	disk_checkpoint(&s->disk);
	lock_drop(&s->disk.lock);
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	chime_release(&s->chime);
	if (disk_wants_checkpoint(&s->disk))
		save_checkpoint(s);
	disk_close(&s->disk);
	free(s);
}

static struct tx *
begin(struct store *s, bool is_writer)
{
	struct kv *kv = NULL;
	struct tx *tx;

	if (lock_take(&s->disk.lock, is_writer, s->wait_ms, &s->disk.mark->progress) < 0)
		return NULL;
	if (is_writer && disk_check_poison(&s->disk) < 0)
		goto fail;
	if (!disk_is_current(&s->disk, &kv, is_writer)) {
		if (!is_writer) { /* only a writer may mend it; then read under its lock */
			lock_drop(&s->disk.lock);
			if (lock_take(&s->disk.lock, true, s->wait_ms, &s->disk.mark->progress) < 0)
				return NULL;
		}
		if (!disk_is_current(&s->disk, &kv, true) && disk_make_current(&s->disk, &kv) < 0)
			goto fail;
		if (is_writer && disk_check_poison(&s->disk) < 0) {
			kv_close(kv);
			goto fail;
		}
	}
	tx = xmalloc(sizeof *tx);
	*tx = (struct tx){ .s = s, .kv = kv, .is_writer = is_writer, .head = index_head(kv) };
	return tx;
fail:
	lock_drop(&s->disk.lock);
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
		disk_distrust(&tx->s->disk);
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
	free(tx->topic_places.slot);
	free(tx->pending);
	free(tx->pending_places.slot);
	buf_release(&tx->scratch);
	free(tx->why);
	free(tx);
}

int
store_end(struct tx *tx)
{
	int rc = has_failed(tx) ? err_set(tx->code, "%s", tx->why) : 0;

	kv_close(tx->kv);
	lock_drop(&tx->s->disk.lock);
	release(tx);
	return rc;
}

enum store_result
store_abandon(struct tx *tx)
{
	int code = err_code();
	char *why = xstrdup(err_text());
	int rc = store_end(tx);

	if (rc == 0)
		err_set(code, "%s", why);
	free(why);
	return rc < 0 ? STORE_FAIL : STORE_OK;
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

		fold_parse((struct scan_text){ text->p, text->len }, &change);
		if (change.sets.p)
			place = fold_place((struct scan_text){ text->p, text->len }, &change,
			    tx->head.at.revision + 1, where->segment,
			    where->offset + set_at + at[i]);
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
	if (kv_reserve(tx->kv, tx->pendings + 1) < 0) /* their places, and the head */
		goto done;
	journal_note_synced(tx->s->disk.journal, store_durable(tx->s));
	switch (journal_append(tx->s->disk.journal, head, id_new(id), &set, &line, &where)) {
	case JOURNAL_OK:
		break;
	case JOURNAL_AGAIN:
		result = STORE_AGAIN;
		goto done;
	case JOURNAL_UNSYNCED:
		disk_poison(&tx->s->disk);
		goto done;
	default:
		goto done;
	}
	set_places(tx, &where, line.len - 2 - set.len, at);
	tx->head.at = *head;
	index_set_head(tx->kv, &tx->head);
	mark_begin(tx->s->disk.mark);
	if (kv_flush(tx->kv) == 0)
		mark_finish(tx->s->disk.mark, head);
	else /* the line counts all the same */
		disk_distrust(&tx->s->disk);
	result = STORE_OK;
done:
	buf_release(&set);
	buf_release(&line);
	free(at);
	return result;
}

int
store_settle(struct tx *tx)
{
	struct journal_pos head = store_head(tx);

	return store_durable(tx->s) < head.revision ? disk_make_durable(&tx->s->disk, &head) : 0;
}

struct journal_pos
store_head(struct tx *tx)
{
	return tx->s->disk.mark->head;
}

void
store_hold_bells(struct store *s)
{
	s->chime.is_holding = true;
}

void
store_ring_held(struct store *s)
{
	chime_ring_held(&s->chime);
}

void
store_ring_apart(struct store *s)
{
	chime_ring_apart(&s->chime);
}

/* What was changed is durable. */
static void
ring(struct tx *tx)
{
	if (tx->pendings > 0)
		chime_ring(&tx->s->chime, "store");
	for (size_t i = 0; i < tx->topics; i++)
		chime_ring(&tx->s->chime, tx->topic[i]);
}

enum store_result
store_commit(struct tx *tx, enum store_sync sync)
{
	struct store *s = tx->s;
	struct journal_pos head = s->disk.mark->head;
	enum store_result rc = STORE_OK;

	if (has_failed(tx))
		return store_end(tx);
	if (tx->pendings > 0)
		rc = write_changes(tx, &head);
	kv_close(tx->kv);
	lock_drop(&s->disk.lock);
	/* Also where nothing changed: what was seen, and is now acknowledged, may be of others
	 * who are still syncing it. */
	if (rc == STORE_OK && sync == STORE_DURABLE && store_durable(s) < head.revision &&
	    disk_make_durable(&s->disk, &head) < 0)
		rc = STORE_FAIL;
	if (rc == STORE_OK)
		ring(tx);
	release(tx);
	return rc;
}

bool
store_writes(const struct tx *tx)
{
	return tx->is_writer;
}

struct store *
store_of(struct tx *tx)
{
	return tx->s;
}

/* Where key is, or is to be. */
static struct place *
find_slot(const struct places *p, uint64_t key)
{
	size_t mask = p->room - 1, i = (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (p->slot[i].place && p->slot[i].key != key)
		i = (i + 1) & mask;
	return &p->slot[i];
}

static size_t
find_place(const struct places *p, uint64_t key)
{
	return p->room ? find_slot(p, key)->place : 0;
}

/* Adds the next place: one more than there were. */
static void
add_place(struct places *p, uint64_t key, size_t place)
{
	if (2 * place > p->room) {
		struct places more = { .room = p->room ? 2 * p->room : 32 };

		more.slot = xmalloc(more.room * sizeof *more.slot);
		memset(more.slot, 0, more.room * sizeof *more.slot);
		for (size_t i = 0; i < p->room; i++)
			if (p->slot[i].place)
				*find_slot(&more, p->slot[i].key) = p->slot[i];
		free(p->slot);
		*p = more;
	}
	*find_slot(p, key) = (struct place){ key, place };
}

static struct pending *
find_pending(struct tx *tx, uint64_t n)
{
	size_t place = find_place(&tx->pending_places, n);

	return place ? &tx->pending[place - 1] : NULL;
}

bool
store_peek_change(struct tx *tx, uint64_t n, struct scan_text *text)
{
	struct pending *p = find_pending(tx, n);
	struct index_place place;

	if (p) {
		*text = (struct scan_text){ p->text.p, p->text.len };
		return true;
	}
	place = index_place(tx->kv, n);
	if (!place.revision || has_failed(tx))
		return false;
	tx->scratch.len = 0;
	if (journal_read(tx->s->disk.journal, place.segment, place.offset, place.len,
		&tx->scratch) < 0 &&
	    err_code() != EX_DATAERR) {
		store_fail(tx);
		return false;
	}
	*text = (struct scan_text){ tx->scratch.p, tx->scratch.len };
	if (text->len == place.len && crc32c(0, text->p, text->len) == place.crc)
		return true;
	disk_distrust(&tx->s->disk); /* either is wrong: making the index again shows which */
	err_set(EX_IOERR, "record %" PRIu64 ": the index and the journal do not fit", n);
	store_fail(tx);
	return false;
}

bool
store_peek(struct tx *tx, uint64_t n, struct scan_text *text)
{
	struct fold_change change;
	struct scan_text whole;

	if (!n || !store_peek_change(tx, n, &whole))
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
	struct scan_text text;

	jv record;

	if (!store_peek(tx, n, &text))
		return jv_invalid();
	record = json_parse(text.p, text.len);
	if (!jv_is_valid(record)) {
		err_set(EX_IOERR, "record %" PRIu64 ": unreadable", n);
		store_fail(tx);
	}
	return record;
}

/* Longer ones cannot be in the index, and lead nowhere. */
static bool
is_name(const char *as_indexed)
{
	return strlen(as_indexed) <= STORE_NAME_MAX;
}

/* Whether all names in an array's text are. */
static bool
are_names(struct scan_text array)
{
	const char *p = array.p ? array.p + 1 : "]", *end = array.p ? array.p + array.len : p + 1;
	struct scan_text name;

	while (scan_element(&p, end, &name))
		if (name.len > STORE_NAME_MAX + 2)
			return false;
	return true;
}

uint64_t
store_number(struct tx *tx, const char *name)
{
	char *as_indexed = fold_name(name);
	uint64_t n = is_name(as_indexed) ? index_find(tx->kv, as_indexed) : 0;

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
	add_place(&tx->pending_places, n, tx->pendings + 1);
	return &tx->pending[tx->pendings++];
}

static void
put(struct tx *tx, const char *key, uint64_t n, jv value, jv sets, jv names)
{
	struct scan_text old = { NULL, 0 };
	struct fold_change change;
	struct pending *p;
	struct buf text = { 0 };

	fold_format(&text, key, n, sets, names, value);
	fold_parse((struct scan_text){ text.p, text.len }, &change);
	if (change.key.len > STORE_NAME_MAX + 2 || !are_names(change.sets) ||
	    !are_names(change.names)) {
		err_set(EX_DATAERR, "%.40s...: a name of more than %d bytes", key, STORE_NAME_MAX);
		store_fail(tx);
		buf_release(&text);
		return;
	}
	if (!store_peek_change(tx, n, &old))
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
	uint64_t next = is_name(set) ? index_next(tx->kv, set, n) : 0;

	return has_failed(tx) ? 0 : next;
}

uint64_t
store_next_record(struct tx *tx, uint64_t n)
{
	while (++n <= tx->head.records && !has_failed(tx))
		if (index_place(tx->kv, n).revision)
			return n;
	return 0;
}

uint64_t
store_prev(struct tx *tx, const char *set, uint64_t n)
{
	uint64_t prev = is_name(set) ? index_prev(tx->kv, set, n) : 0;

	return has_failed(tx) ? 0 : prev;
}

uint64_t
store_count(struct tx *tx, const char *set)
{
	return is_name(set) ? index_count(tx->kv, set) : 0;
}

/* Whether record n's id begins with prefix; its id goes to id. */
static bool
id_begins(struct tx *tx, uint64_t n, const char *prefix, char id[ID_TEXT])
{
	struct scan_text text, member;

	if (!store_peek(tx, n, &text) || !scan_member(text, "id", &member) || member.len != 38)
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
		return err_set(EX_NOINPUT, "%s %s: ambiguous: more than one %s id begins with that",
		    kind, prefix, kind);
	return 0;
}

/* FNV-1a. */
static uint64_t
hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

void
store_ring(struct tx *tx, const char *topic)
{
	uint64_t hash = hash_of(topic);
	size_t place = find_place(&tx->topic_places, hash);

	if (place && !strcmp(tx->topic[place - 1], topic))
		return;
	tx->topic = xrealloc(tx->topic, (tx->topics + 1) * sizeof *tx->topic);
	tx->topic[tx->topics++] = xstrdup(topic);
	/* of two with one hash the last is found: the other may ring twice, which does no harm */
	add_place(&tx->topic_places, hash, tx->topics);
}

int
store_check(struct store *s, struct disk_report *report)
{
	int rc;

	if (lock_take(&s->disk.lock, true, s->wait_ms, &s->disk.mark->progress) < 0)
		return -1;
	rc = disk_check(&s->disk, report);
	lock_drop(&s->disk.lock);
	return rc;
}

int
store_compact(struct store *s, struct compact_report *report)
{
	return compact_run(&s->disk, s->wait_ms, report);
}

int
store_salvage(struct store *s, struct salvage_report *report)
{
	int rc;

	if (lock_take(&s->disk.lock, true, s->wait_ms, &s->disk.mark->progress) < 0)
		return -1;
	rc = salvage_run(&s->disk, report);
	lock_drop(&s->disk.lock);
	return rc;
}
