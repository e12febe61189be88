/*
 * event.h - the events of chats
 *
 * Event (key "event/<chat>/<seq>", name "eid/<id>", set "events.<chat>"; what a person says is also
 * in the set "said.<chat>"):
 *   {"id","seq","at","type","data":{...,"task_id"?},"session_id","user_id","chat_id"}
 *
 * 1. seq counts from 1 without gaps in each chat.  The oldest events may be gone.
 * 2. An event whose id is there already is not stored twice.
 * 3. An event of a task carries "n", its number among the task's events: one that is not above
 *    the task's `posted` is not stored again; storing it raises `posted` in the same transaction.
 */
#ifndef EVENT_H
#define EVENT_H

#include "store.h"

enum { EVENT_POSTED = 1, EVENT_KNOWN = 0 };

/* Who speaks where it is neither a person nor a task. */
#define EVENT_HERALD "legwork"

/* event_new - a new event, with a new id; data is consumed.  user NULL: left out. */
jv event_new(const char *type, jv data, const char *user, const char *chat_id);

/*
 * event_stamp - mark an event (consumed) as a task's: data.task_id, and whose it is
 *
 * Every command that runs under LEGWORK_TASK_ID does so with what it posts: an agent cannot
 * look like a person.  No-op without that variable.
 */
jv event_stamp(jv event);

/* event_check - whether event (borrowed) has the form above; -1 with err EX_DATAERR. */
int event_check(jv event);

/*
 * event_post - store an event in its chat
 *
 * event   consumed; chat_id may be a prefix
 * stored  set to the event as stored, owned (with EVENT_KNOWN: as it was given)
 *
 * Returns EVENT_POSTED, EVENT_KNOWN (there already), or -1 with err: EX_DATAERR, EX_NOINPUT (no
 * such chat), EX_TEMPFAIL (people may not speak there now; floor.h).
 */
int event_post(struct tx *tx, jv event, jv *stored);

/* event_count - how many events the chat has. */
uint64_t event_count(struct tx *tx, const char *chat_id);

/* event_next - the record number of the first event whose seq is above *seq, which is set to its;
 * 0: none.  near: that of an earlier event, or 0: where seqs are missing it is looked for from
 * there. */
uint64_t event_next(struct tx *tx, const char *chat_id, uint64_t *seq, uint64_t near);

/* event_prev - the record number of the event before the one with record number n, or of the last
 * where n is 0; 0: none. */
uint64_t event_prev(struct tx *tx, const char *chat_id, uint64_t n);

/* event_last - the seq of the last event that the chat has; 0: none. */
uint64_t event_last(struct tx *tx, const char *chat_id);

/* event_at - the record number of the event with that seq; 0: none. */
uint64_t event_at(struct tx *tx, const char *chat_id, uint64_t seq);

#endif
