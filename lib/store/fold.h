/*
 * fold.h - changes, and the index as a fold over them
 *
 *   {"key":"task/<uuid>","n":17,"sets":["tasks","status.pending"],"names":["key/x"],"value":{...}}
 *
 * A change says all that the index needs to know of a record's new version; one without sets,
 * names and value deletes the record.  So the index can be made again without
 * understanding a record, and store.c keeps no rule about tasks or chats.
 */
#ifndef FOLD_H
#define FOLD_H

#include "index.h"
#include "journal.h"
#include "json.h"
#include "kv.h"

struct fold_change {
	struct scan_text key;   /* with quotes */
	struct scan_text sets;  /* "[...]"; p NULL in a deletion */
	struct scan_text names; /* "[...]" */
	struct scan_text value; /* the record */
	uint64_t n;
};

/* fold_format - append a change to b; sets and names are arrays of strings (consumed), value is
 * consumed.  An invalid value makes a deletion. */
void fold_format(struct buf *b, const char *key, uint64_t n, jv sets, jv names, jv value);

/* fold_parse - take a change's text apart; false: not one of ours. */
bool fold_parse(struct scan_text text, struct fold_change *change);

/* fold_name - a name as the index knows it: as a JSON string without its quotes.
 * Returns a new string. */
char *fold_name(const char *name);

/* fold_place - where a change (not a deletion) lies whose text begins at that offset of the
 * segment, in the line of that revision. */
struct index_place fold_place(struct scan_text text, const struct fold_change *change,
    uint64_t revision, uint32_t segment, uint64_t offset);

/*
 * fold_members - let the index know what became of record n: its names and sets
 *
 * old  its version until now; p NULL: it is new
 *
 * The place is not set.  Errors stick in kv.
 */
void fold_members(struct kv *kv, struct scan_text old, const struct fold_change *change);

/*
 * fold_line - apply a journal line to the index: members and places
 *
 * j       to read older versions from (borrowed)
 * behind  the place behind the line
 *
 * Returns 0, or -1 with err (EX_DATAERR: not a line of changes; or kv's).
 */
int fold_line(struct kv *kv, struct journal *j, const struct journal_line *line,
    const struct journal_pos *behind);

#endif
