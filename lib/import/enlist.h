/*
 * enlist.h - a roster (charter.h) takes its place in the store, once: what is there is updated
 *
 * 1. An agent replaces the one that has its role, but stays in the crews that that one was in.
 * 2. A task is known by its key, which is made of its crew, its node and its chat.
 * 3. A task that has begun, or has ended well, stays as it is.
 */
#ifndef ENLIST_H
#define ENLIST_H

#include <stdbool.h>

#include "store.h"
#include "verdict.h"

/*
 * enlist_agents, enlist_tasks - write the agents of a roster (borrowed), or its tasks
 *
 * The tasks' agents are there, or were written in the same transaction.
 *
 * chat     where the tasks run, a whole id; NULL: in one of their own
 * changes  an array to which is added, for each:
 *            {"kind":"agent","role","change","fields":[...]}
 *            {"kind":"task","id","node","change","title","fields":[...]}
 *          change is "new", "updated", "same", or "kept" (3.); fields are those that are another
 *
 * Return 0, or -1 with err, which names the agent or node: EX_DATAERR; EX_NOINPUT (no such role or
 * chat); then the transaction must not be committed.
 */
int enlist_agents(struct tx *tx, jv roster, jv *changes);
int enlist_tasks(struct tx *tx, jv roster, const char *chat, struct verdict *v, jv *changes);

#endif
