/*
 * schedule.h - what is done again and again, and where: a name, its chat, and its last slot
 *
 * Record (key "schedule/<name>", set "schedules"):
 *   {"name","chat_id","every_s"?,"slot"?,"task_id","updated_at"}
 * A slot is a stretch of time of every_s seconds; they are counted from the epoch, so that those of
 * an hour begin with the hour, and those of a day at midnight UTC.  `slot` is when the last one
 * began that a task was made for.
 *
 * 1. A slot has one task at most, whatever became of that, and however often it is asked for.
 * 2. No slot before the last one is ever taken: a clock that is set back makes no task twice.
 * 3. Tasks of one schedule that were given no chat speak in one: it is made when it is needed, and
 *    again when it was deleted.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "store.h"

/* schedule_check - whether a record or its name may be one.  0, or -1 with err EX_DATAERR. */
int schedule_check_name(const char *name);
int schedule_check(jv record);

/*
 * schedule_is_free - whether the slot that it is now has no task yet
 *
 * slot_ms  set to when it began, for schedule_took
 * last     set to the task that was made last, owned; invalid: none, or it was deleted
 */
bool schedule_is_free(struct tx *tx, const char *name, int64_t every_s, int64_t *slot_ms, jv *last);

/* schedule_chat - the chat (owned) of a schedule, made where there is none, owned by "agent". */
jv schedule_chat(struct tx *tx, const char *name);

/* schedule_took - the task was made, of the slot that began then; every_s 0: of no slot. */
void schedule_took(struct tx *tx, const char *name, int64_t every_s, int64_t slot_ms,
    const char *task_id);

#endif
