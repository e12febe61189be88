/*
 * engage.h - an agent on demand: the task that a request (demand.h) becomes
 *
 * The task is new and claimed, in one transaction: nobody else ever sees it pending.  Unless a
 * member of the crew is named, its agent is made for it alone and lies in the task (`worker`).
 *
 * 1. What an agent asks for (LEGWORK_TASK_ID) has less than it has itself, or the same (bequest.h).
 * 2. Errors say what to do next: a model reads them.
 */
#ifndef ENGAGE_H
#define ENGAGE_H

#include "bequest.h"

enum { ENGAGE_RUNNING_MAX = 5 };

struct engage {
	const char *lease;          /* locked by the process that will run it */
	const struct means *parent; /* NULL: no agent asks */
	const char *id;             /* of the task; NULL: a new one */
	long max_running;           /* of spawned agents, in the store */
	bool is_unscoped;           /* tools that have no scope may be used in a scoped task */
	struct creation *creation;  /* configuration ends, and building begins, here */
};

/* engage_id - the id of the task that a tool call of that id in that task asks for, which was put
 * back by task-retry so often: from then on a server may number its calls anew.  Returns out. */
const char *engage_id(const char *parent, int64_t retries, const char *call_id, char out[ID_TEXT]);

enum { ENGAGE_DONE, ENGAGE_THERE, ENGAGE_REFUSED };

/*
 * engage_begin - store and claim the task of a spec (consumed, demand_spec)
 *
 * task   set to the record, owned
 * lost   set to an array, owned: running ones whose runners are dead, which do not count; their
 *        records, to be put back (offspring.h)
 *
 * Returns ENGAGE_DONE; ENGAGE_THERE where the id is that of a task already; ENGAGE_REFUSED with err
 * where its chat does not let it in (spec_enter): committed, that is in the audit; -1 with err:
 * EX_TEMPFAIL (too many run), EX_NOPERM (the parent, or the chat, does not let it), EX_NOINPUT (no
 * such chat or agent), EX_CONFIG, EX_DATAERR (also tools or a model that the member named would not
 * have).
 */
int engage_begin(struct tx *tx, jv spec, const struct engage *how, jv *task, jv *lost);

#endif
