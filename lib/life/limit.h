/*
 * limit.h - how many tasks of an agent, a crew or a chat run at once
 *
 * A slot is what a task takes while it runs: "agent.<role>", "crew.<name>", both in lower case, or
 * "chat.<id>".  In those of quiet.h there is room for none or for all.  How many tasks may have one
 * at once is said by
 *   an agent's max_running;
 *   an agent's one_at_a_time: it begins none while an agent of one of its crews runs one;
 *   a chat's policy.one_at_a_time; what agents have spawned there neither waits nor counts.
 * How many have it is told by sets (task.h): running.<slot> and, handed out to a pipeline,
 * reserved.<slot>.
 *
 * A task that finds no room waits for a slot (waiting: slot, or chat_idle for one of quiet.h) in
 * its queue, the sets held.<0|1|2>.<slot>.  Record of a slot with a queue (key "hold/<slot>", set
 * "holds"): {"slot"}.
 *
 * 1. A limit is kept at the claim; before it, it is a matter of not handing out in vain.
 * 2. Nothing here goes through tasks: it costs the same however many run or wait.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include "store.h"

/* limit_slots - the slots of a task (borrowed) that have a limit, if the agent of that role (NULL:
 * none) does it: an owned array. */
jv limit_slots(struct tx *tx, jv task, const char *role);

/* What counts as being in a slot: what runs, or also what was handed out. */
enum limit_by { LIMIT_RUNNING, LIMIT_RESERVED };

/* limit_room - how many more tasks may take a slot; INT64_MAX: it has no limit (any more). */
int64_t limit_room(struct tx *tx, const char *slot, enum limit_by by);

/* limit_full - the first of the slots (an array, borrowed) without room, an owned string; invalid:
 * there is room in all. */
jv limit_full(struct tx *tx, jv slots, enum limit_by by);

/* limit_wait - a pending task (consumed) as one that waits for a slot.  It is not stored. */
jv limit_wait(struct tx *tx, jv task, const char *slot);

/* limit_hush - the same for a task that otherwise could begin, if people speak in its chat; else it
 * is as it was. */
jv limit_hush(struct tx *tx, jv task);

/* limit_waits - whether the task (borrowed) waits for a slot: which, borrowed from it; else NULL.
 * limit_forget - the task (consumed), waiting for none. */
const char *limit_waits(jv task);
jv limit_forget(jv task);

/* A queue. */
struct limit_queue {
	uint64_t n;     /* of its record; 0: begin with the first */
	char *set;      /* its tasks of the priority, as a set; free it */
	int64_t room;   /* how many of them may be handed out */
	int64_t due_ms; /* where it waits for a time: when that comes; else 0 */
	bool is_empty;  /* there are none of any priority */
};

/* limit_next_queue - move to the next queue; rank: 0 is priority high.  False: there is none. */
bool limit_next_queue(struct tx *tx, int rank, struct limit_queue *queue);

/* limit_close_queue - delete the record n of a queue, if that is empty. */
void limit_close_queue(struct tx *tx, uint64_t n);

/* limit_why - what a task waits for where a slot has no room, in words: a new string. */
char *limit_why(struct tx *tx, const char *slot);

#endif
