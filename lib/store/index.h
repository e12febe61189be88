/*
 * index.h - where each record lies, and which records belong together
 *
 * Derived wholly from the journal: index_apply, once per change in the journal's order, makes
 * the same index again.  Every value has a fixed size, so GDBM overwrites in place.
 *
 *   record   has a number n, counted from 1 in the order of first appearance, never reused
 *   name     leads to a number: a record's key ("task/<uuid>") and its aliases ("key/<text>")
 *   place    where the newest version of record n lies in the journal
 *   set      named, ordered by n: "status.pending", "chat.<uuid>" ...; up to fifteen members stand
 *            under its name with their count, more are kept as a tree of bit maps, 512 wide and
 *            four levels deep, so that add, remove, first and next cost the same for any size
 *   prefix   keys "<kind>/<uuid>" are chained by their first five digits, so that a short id
 *            finds its record without a scan (a million heads: chains stay short)
 *
 * Errors stick, as in kv.h: look at index_failed once.
 */
#ifndef INDEX_H
#define INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "kv.h"

/* Where a record's newest version lies: a change, as legwork-store(5) says. */
struct index_place {
	uint64_t revision; /* of the transaction; 0: no such record, or deleted */
	uint64_t offset;   /* of the change in its segment */
	uint32_t segment;
	uint32_t len;   /* bytes of the change */
	uint32_t value; /* offset of the record's text in the change */
	uint32_t crc;   /* of the change */
};

/* What the index was made from. */
struct index_head {
	char store[40];        /* the store's id */
	struct journal_pos at; /* behind the last transaction applied */
	uint64_t records;      /* the highest number given */
};

/* index_head, index_set_head - the head; all zeros in a new index. */
struct index_head index_head(struct kv *kv);
void index_set_head(struct kv *kv, const struct index_head *head);

/* index_find - the number that name leads to; 0: none. */
uint64_t index_find(struct kv *kv, const char *name);

/* index_bind, index_unbind - let name lead to n, or to nothing (if it leads to n now). */
void index_bind(struct kv *kv, const char *name, uint64_t n);
void index_unbind(struct kv *kv, const char *name, uint64_t n);

/* index_place, index_set_place - of record n; a zeroed place where there is none. */
struct index_place index_place(struct kv *kv, uint64_t n);
void index_set_place(struct kv *kv, uint64_t n, const struct index_place *place);

/* index_add, index_remove - put n into a set, take it out; no-ops where it is so already. */
void index_add(struct kv *kv, const char *set, uint64_t n);
void index_remove(struct kv *kv, const char *set, uint64_t n);

/* index_next - the smallest member greater than `after`; index_prev - the greatest smaller than
 * `before`, or of all where that is 0.  0: none. */
uint64_t index_next(struct kv *kv, const char *set, uint64_t after);
uint64_t index_prev(struct kv *kv, const char *set, uint64_t before);

/* index_count - how many members. */
uint64_t index_count(struct kv *kv, const char *set);

/* A walk over candidates; zeroed to begin. */
struct index_walk {
	uint64_t n;
	unsigned head;
};

/*
 * index_candidate - the next record whose key may begin with "<kind>/<prefix>"
 *
 * prefix  four to 36 characters of a UUID
 *
 * Returns its number, or 0 at the end.  Candidates share only the first four or five digits: the
 * caller compares the whole key.
 */
uint64_t index_candidate(struct kv *kv, const char *kind, const char *prefix,
    struct index_walk *walk);

/* index_link, index_unlink - make record n, with key "<kind>/<uuid>", a candidate, or not.
 * Who is one already must not be linked again. */
void index_link(struct kv *kv, const char *key, uint64_t n);
void index_unlink(struct kv *kv, const char *key, uint64_t n);

#endif
