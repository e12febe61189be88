/*
 * store.h - records that last: read them, and change several of them at once or not at all
 *
 * A record is a JSON object with a key ("task/<uuid>"), a number n in order of creation, further
 * names, and sets it belongs to.  Sets are ordered by n.  All access is within a transaction,
 * which sees one state of the store and, if it writes, is alone:
 *
 *     do {
 *         if (!(tx = store_begin(s)))
 *             return -1;
 *         ... store_get / store_put / store_delete ...
 *     } while ((rc = store_commit(tx, STORE_DURABLE)) == STORE_AGAIN);
 *
 * 1. A commit is acknowledged only after its journal line is on disk.
 * 2. Everything but the journal is derived; whoever finds it stale brings it up.
 * 3. Errors of reading stick in the transaction: store_get says "none", and the
 *    commit or store_end then fails, so that nothing wrong is ever acted on.
 * 4. Between store_begin and the commit catchable signals are blocked: be quick, print nothing.
 *
 * Files and protocol: legwork-store(5).
 */
#ifndef STORE_H
#define STORE_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "compact.h"
#include "disk.h"
#include "id.h"
#include "journal.h"
#include "json.h"
#include "salvage.h"

struct store;
struct tx;

enum { STORE_NAME_MAX = 400 };

enum store_result { STORE_FAIL = -1, STORE_OK, STORE_AGAIN };

/* STORE_RELAXED: acknowledged before it is on disk (what a power cut may undo: reservations). */
enum store_sync { STORE_DURABLE, STORE_RELAXED };

/*
 * store_open - open the store that dir.h names, made where missing
 *
 * Returns NULL with err: EX_CONFIG, EX_NOPERM, EX_CANTCREAT.
 */
struct store *store_open(void);
void store_close(struct store *s);

/* store_path - its folder; store_fd - the folder; store_watch_fd, store_run_fd, store_logs_fd -
 * folders in it (logs: logs/agents).  Borrowed while s lives. */
const char *store_path(const struct store *s);
int store_fd(const struct store *s);
int store_watch_fd(const struct store *s);
int store_run_fd(const struct store *s);
int store_logs_fd(const struct store *s);

/*
 * store_read, store_begin - begin a transaction that reads, or also writes
 *
 * They wait for the lock (LEGWORK_LOCK_WAIT seconds, else 30) and bring the index up first where
 * needed.  One at a time per store handle.  Return NULL with err: EX_TEMPFAIL (lock), EX_IOERR,
 * EX_DATAERR (a damaged journal: store-check tells more).
 */
struct tx *store_read(struct store *s);
struct tx *store_begin(struct store *s);

/* store_end - end a transaction without changing anything.  0, or -1 with err if an error
 * stuck in it. */
int store_end(struct tx *tx);

/*
 * store_commit - make all changes, or none
 *
 * Returns STORE_OK; STORE_AGAIN (nothing happened: run the transaction again); STORE_FAIL with
 * err: EX_IOERR (disk full or broken; the store is as before).
 */
enum store_result store_commit(struct tx *tx, enum store_sync sync);

/* store_abandon - store_end where a step has failed, whose err is kept: STORE_OK; STORE_FAIL with
 * another err where one stuck in the transaction. */
enum store_result store_abandon(struct tx *tx);

/* store_get - the record that a key or another name leads to; invalid: none. */
jv store_get(struct tx *tx, const char *name);

/* store_number - its number; 0: none. */
uint64_t store_number(struct tx *tx, const char *name);

/* store_at - record n; invalid: none. */
jv store_at(struct tx *tx, uint64_t n);

/* store_peek - the text of record n, until the next call with tx; false: none. */
bool store_peek(struct tx *tx, uint64_t n, struct scan_text *text);

/* store_revision_at - the revision in which record n changed last; 0: none. */
uint64_t store_revision_at(struct tx *tx, uint64_t n);

/*
 * store_put - write a record under its key, in place of any there
 *
 * value        consumed; an object
 * sets, names  consumed; arrays of strings: all it belongs to from now on.  A name
 *              that led elsewhere leads here.
 *
 * Keys, names and sets have STORE_NAME_MAX bytes at most, as JSON strings without their quotes:
 * with a longer one the transaction fails (EX_DATAERR), so who takes them from outside looks first.
 */
void store_put(struct tx *tx, const char *key, jv value, jv sets, jv names);

/* store_delete - delete the record of that key; content if there is none. */
void store_delete(struct tx *tx, const char *key);

/* store_next - the first member of set behind n; store_prev - the last one before n, or of all
 * where n is 0.  0: none. */
uint64_t store_next(struct tx *tx, const char *set, uint64_t n);
uint64_t store_prev(struct tx *tx, const char *set, uint64_t n);
uint64_t store_count(struct tx *tx, const char *set);

/*
 * store_resolve - the id that a whole id or a unique prefix stands for
 *
 * kind  "task", "chat"
 *
 * Returns 0, or -1 with err EX_NOINPUT: "task 1f3c: no such task", "... ambiguous".
 */
int store_resolve(struct tx *tx, const char *kind, const char *prefix, char id[ID_TEXT]);

/* store_ring - ring topic's bells once the commit is durable. */
void store_ring(struct tx *tx, const char *topic);

/* store_hold_bells - from now on they wait for store_ring_held, or store_close: who wants to know
 * that a change is durable need not wait until all who watch are awake. */
void store_hold_bells(struct store *s);
void store_ring_held(struct store *s);

/* store_ring_apart - the same, for who is about to end: where many wait, a child of ours rings, in
 * a session of its own, while we end.  It keeps none of our standard files. */
void store_ring_apart(struct store *s);

/* store_next_record - the first record, of whatever kind, behind number n; 0: none. */
uint64_t store_next_record(struct tx *tx, uint64_t n);

/* store_peek_change - the text of record n's newest change (fold.h), until the next call with
 * tx. */
bool store_peek_change(struct tx *tx, uint64_t n, struct scan_text *text);

/* store_compact - shrink the journal (compact.h).  0, or -1 with err. */
int store_compact(struct store *s, struct compact_report *report);

/* store_salvage - make a damaged store usable (salvage.h), under the lock.  0, or -1 with err. */
int store_salvage(struct store *s, struct salvage_report *report);

/* store_check - check and mend (disk_check), under the lock.  0, or -1 with err. */
int store_check(struct store *s, struct disk_report *report);

/* store_settle - make all that tx sees durable, others' work included.  0, or -1 with err
 * EX_IOERR. */
int store_settle(struct tx *tx);

/* store_head - the place in the journal behind all that tx sees. */
struct journal_pos store_head(struct tx *tx);

/* store_writes - whether a transaction was begun to write. */
bool store_writes(const struct tx *tx);

/* store_of - the store that a transaction is in. */
struct store *store_of(struct tx *tx);

/* store_durable - the revision up to which the journal is known to be on disk. */
uint64_t store_durable(const struct store *s);

/* store_fail - make an error of the caller's (in err) stick in the transaction. */
void store_fail(struct tx *tx);

#endif
