/*
 * task.h - the task record: its fields, and its place in the store
 *
 * Fields are those of legwork-record(5); what changes a status is drawn in life.h.
 * Key "task/<id>"; sets, from which everything is found without a scan:
 *
 *   tasks                 all
 *   status.<status>       each status, with its count
 *   ready.<0|1|2>         may run now: pending, not waiting, not reserved; 0 is priority high
 *   reserved              ready, but handed to a pipeline (field `reservation`)
 *   delayed               waiting: time (field `not_before`)
 *   approval              waiting: approval (field `approval`)
 *   approval.<chat>       those of a chat
 *   held.<0|1|2>.<slot>   waiting: slot, chat_idle (field `slot`; limit.h)
 *   running.<slot>        in progress: of its agent, each of that one's crews (field `crews`), its
 *   chat locking.<chat>        in progress, of those that have `lock` (floor.h)
 *   reserved.<slot>       reserved, of those of its slots that have a limit (`reservation.slots`)
 *   chat.<id> parent.<id> agent.<role>
 *   open.<chat>           those of a chat that have not ended
 *   crew.<chat>.<name>    a crew's own tasks in a chat, "-": in none but their own; in lower case
 *   dependents.<id>       pending and waiting for that task
 *   stopped.<id>          failed because that task, on which it depends, failed or was cancelled
 *   spawned               of those that were spawned (field `spawned`): in progress, or waiting for
 *                         another attempt with their agent there (field `waiter`)
 *   spawned.<id>          all that the agent of that task has spawned (field `spawned_by`)
 *   outbox                ended, or waiting for an approval, with events that are not in the chat
 *                         yet (field `events`)
 *
 * `own_chat` marks a task whose chat was made for it at the claim.
 *
 * Names: "key/<idempotency key>"; "asked/<id>", by the ids of requests of which it was the twin
 * (field `asked`); "request/<id>" of what it has asked last, decided or not; and
 * "twin/<hash>" while pending or in progress, by which a duplicate is found: spawned tasks and
 * subtasks are nobody's.
 */
#ifndef TASK_H
#define TASK_H

#include "store.h"

enum { TASK_TITLE_CHARS = 80 };

/* task_get - by whole id; invalid: none. */
jv task_get(struct tx *tx, const char *id);

/* task_next_child - the subtask that follows the one with record number *n, which is set to its; 0:
 * the first.  Owned; invalid: there is none.  Subtasks may be written while going through them. */
jv task_next_child(struct tx *tx, const char *id, uint64_t *n);

/* task_of_crew - the ids of a crew's own tasks that were added to no chat, and then of those in
 * that chat: an owned array, each in order of creation.  Those that failed or were cancelled are
 * only counted, in failed. */
jv task_of_crew(struct tx *tx, const char *crew, const char *chat, int *failed);

/* task_put - write a task (consumed) under its id, into the sets above, and ring its bells. */
void task_put(struct tx *tx, jv task);

/* task_topic - what rings (bell.h) when a task of that chat is added, changes or is deleted; a new
 * string. */
char *task_topic(const char *chat_id);

/* task_put_quietly - the same, ringing nobody: for what nobody waits for. */
void task_put_quietly(struct tx *tx, jv task);

/* task_delete - delete the record, ringing who waits for it; content if there is none. */
void task_delete(struct tx *tx, const char *id);

/* task_is - whether the task's status is that one.  task_is_over - completed, failed, cancelled. */
bool task_is(jv task, const char *status);
bool task_is_over(jv task);

/* task_waits_for - whether it is pending and waits for that: "dependencies", "approval" ... */
bool task_waits_for(jv task, const char *what);

/* task_has_failed - whether it ended without having completed. */
bool task_has_failed(jv task);

/* task_check_status, task_check_priority - 0, or -1 with err EX_DATAERR that lists what there
 * is. */
int task_check_status(const char *status);
int task_check_priority(const char *priority);

/* task_title - what to call a task whose record has no title: the instruction's first line, cut at
 * TASK_TITLE_CHARS characters; a jv string. */
jv task_title(const char *instruction);

/* task_add_slot - add the slot prefix and name, in lower case, to an array (consumed). */
jv task_add_slot(jv slots, const char *prefix, const char *name);

/* task_short - the first eight characters of an id, for texts.  Returns out. */
const char *task_short(const char *id, char out[9]);

/* task_error - an error object: {category, code, message, retryable}. */
jv task_error(const char *category, const char *code, const char *message, bool retryable);

/* task_twin - the name that a task and its duplicates share: a hash of instruction, metadata, chat,
 * output, and the agent that it names (task borrowed).  A new string. */
char *task_twin(jv task);

/* task_is_twin - whether two tasks or specs (borrowed) have all that in common. */
bool task_is_twin(jv a, jv b);

/* task_has_own_agent - whether the agent that does it was made for it alone, and is of no crew. */
bool task_has_own_agent(jv task);

/* task_has_subtasks - whether the task was split. */
bool task_has_subtasks(jv task);

#endif
