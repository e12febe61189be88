/*
 * spec.h - what somebody wants done becomes a task
 *
 * A spec is an object with the fields of a task that a person may set (legwork-record(5)); unknown
 * fields are kept.
 */
#ifndef SPEC_H
#define SPEC_H

#include "opt.h"
#include "store.h"

enum {
	SPEC_KEY_MAX = 200,
	SPEC_INSTRUCTION_MAX = 1 << 20,
	SPEC_EVERY_S_MAX = 366 * 86400, /* a year */
};

/* What spec_add did. */
enum { SPEC_ADDED, SPEC_DUPLICATE };

/*
 * spec_check - whether a spec (borrowed) has the fields of a task, of the right kinds
 *
 * Returns 0, or -1 with err EX_DATAERR naming the field and what was expected.
 */
int spec_check(jv spec);

/*
 * spec_add - store a new task
 *
 * spec             consumed; checked here; chat_id and depends_on may be prefixes
 * allow_duplicates also if the same one (task_twin) is pending or in progress
 * task             set to the task as stored, owned; a duplicate has "duplicate":true
 *
 * A spec whose `key` was seen before gives the task that it made, whatever became of it, and so
 * does one of a `schedule` whose slot of `every_s` seconds has its task; *task is invalid where
 * that was deleted.  One that its author may not read is not given: another key is asked for, and
 * a twin is none.  One that depends on a failed or cancelled task is stored as failed.
 * Returns SPEC_ADDED or SPEC_DUPLICATE, or -1 with err: EX_DATAERR; EX_NOINPUT (no such chat, task
 * or role); EX_NOPERM (another's key, id or schedule); as spec_dependency; as spec_enter.  What the
 * rules have refused is in the audit where tx is committed.
 */
int spec_add(struct tx *tx, jv spec, bool allow_duplicates, jv *task);

/*
 * spec_dependency - the task (an id, or a prefix) for which a task or spec (borrowed) of a user may
 * wait, whose agent is told of its answer: of the same chat, or one that the user may read
 *
 * 0, with its whole id; or -1 with err: EX_NOINPUT; EX_NOPERM, which sounds the same.
 */
int spec_dependency(struct tx *tx, jv task, const char *by, const char *given, char id[ID_TEXT]);

/*
 * spec_enter - whether the rules of its chat, a whole id, let a spec become a task (may.h)
 *
 * One whose author is not trusted there is marked as such.  0, or -1 with err: EX_NOPERM,
 * EX_TEMPFAIL.
 */
int spec_enter(struct tx *tx, jv *spec);

/* spec_record - only its record (owned), whatever others there are: it is not stored.  0, or -1
 * with err, as above. */
int spec_record(struct tx *tx, jv spec, jv *task);

/* spec_metadata - values of an option, each name=value, as an object of strings.
 * Invalid with err EX_USAGE where one has no name, or no "=". */
jv spec_metadata(const struct opt_list *pairs);

#endif
