/*
 * chat.h - chats, and the events in them
 *
 * Chat (key "chat/<id>", set "chats"):
 *   {"id","title","user_id","members":[{"user_id","kind"}],"crew"?,"schedule"?,"policy"?,
 *    "created_at"}; one whose policy lets tasks wait (limit.h) is also in the set "chats.limited",
 *    one with rules for its users (may.h) in "chats.ruled"
 * Event (key "event/<chat>/<seq>", name "eid/<id>", set "events.<chat>"; what a person says is also
 * in the set "said.<chat>"):
 *   {"id","seq","at","type","data":{...,"task_id"?},"session_id","user_id","chat_id"}
 *
 * 1. seq counts from 1 without gaps in each chat.  The oldest events may be gone.
 * 2. An event whose id is there already is not stored twice.
 * 3. An event of a task carries "n", its number among the task's events: one that is not above
 *    the task's `posted` is not stored again; storing it raises `posted` in the same transaction.
 */
#ifndef CHAT_H
#define CHAT_H

#include "store.h"

enum { CHAT_POSTED = 1, CHAT_KNOWN = 0 };

/* Who speaks where it is neither a person nor a task. */
#define CHAT_HERALD "legwork"

/* chat_check_name - whether name may be that of a `what`, as an error calls it: 1 to 100 bytes, no
 * control characters.  0, or -1 with err EX_DATAERR. */
int chat_check_name(const char *what, const char *name);

/* chat_check_user - the same for a user. */
int chat_check_user(const char *user);

/* chat_check_cursor - the same for the name of a reader. */
int chat_check_cursor(const char *name);

/*
 * chat_add - make a chat
 *
 * title    NULL: none
 * members  consumed: array of user names, the owner is added
 *
 * Returns the record, owned; invalid with err EX_DATAERR.
 */
jv chat_add(struct tx *tx, const char *title, const char *owner, jv members);

/* chat_set_title - give a chat (a whole id) another title; empty: none.  Returns the record, owned;
 * invalid: no such chat. */
jv chat_set_title(struct tx *tx, const char *id, const char *title);

/* chat_set_crew - tie a chat (a whole id) to a crew: its tasks go to that one's agents only.
 * Returns the record, owned; invalid with err: EX_DATAERR (the name), EX_NOINPUT (no such chat). */
jv chat_set_crew(struct tx *tx, const char *id, const char *crew);

/* chat_set_schedule - a chat (consumed) is that of a schedule.  Returns it. */
jv chat_set_schedule(struct tx *tx, jv chat, const char *name);

/* chat_set_rule - give the policy of a chat (a whole id) a member of that name (consumed; invalid:
 * it loses it).  Returns the record, owned; invalid: no such chat. */
jv chat_set_rule(struct tx *tx, const char *id, const char *name, jv value);

/* chat_set_policy - give a chat (a whole id) another policy (consumed; an object, empty: none).
 * Returns the record, owned; invalid: no such chat. */
jv chat_set_policy(struct tx *tx, const char *id, jv policy);

/* chat_set_member - make somebody a member of a chat (a whole id), or another kind of one:
 * "person", "agent" or "bot"; NULL: none any more.  Returns the record, owned; invalid with err:
 * EX_DATAERR (the name; the owner stays one), EX_NOINPUT (no such chat). */
jv chat_set_member(struct tx *tx, const char *id, const char *user, const char *kind);

/* chat_set_single - whether the tasks of a chat (a whole id) run one at a time (limit.h).  Returns
 * the record, owned; invalid: no such chat. */
jv chat_set_single(struct tx *tx, const char *id, bool is_single);

/* chat_is_single - whether they do; chat (invalid: no) is borrowed. */
bool chat_is_single(jv chat);

/* chat_is_ruled - whether its policy has rules for its users: `may`, `rate` or `trust` (may.h);
 * chat (invalid: no) is borrowed. */
bool chat_is_ruled(jv chat);

/* chat_get - by its whole id; invalid: none. */
jv chat_get(struct tx *tx, const char *id);

/* chat_event - a new event, with a new id; data is consumed.  user NULL: left out. */
jv chat_event(const char *type, jv data, const char *user, const char *chat_id);

/*
 * chat_stamp - mark an event (consumed) as a task's: data.task_id, and whose it is
 *
 * Every command that runs under LEGWORK_TASK_ID does so with what it posts: an agent cannot
 * look like a person.  No-op without that variable.
 */
jv chat_stamp(jv event);

/* chat_check_event - whether event (borrowed) has the form above; -1 with err EX_DATAERR. */
int chat_check_event(jv event);

/*
 * chat_post - store an event in its chat
 *
 * event   consumed; chat_id may be a prefix
 * stored  set to the event as stored, owned (with CHAT_KNOWN: as it was given)
 *
 * Returns CHAT_POSTED, CHAT_KNOWN (there already), or -1 with err: EX_DATAERR, EX_NOINPUT (no such
 * chat), EX_TEMPFAIL (people may not speak there now; floor.h).
 */
int chat_post(struct tx *tx, jv event, jv *stored);

/* chat_events - how many events the chat has. */
uint64_t chat_events(struct tx *tx, const char *chat_id);

/* chat_next - the record number of the first event whose seq is above *seq, which is set to its; 0:
 * none.  near: that of an earlier event, or 0: where seqs are missing it is looked for from
 * there. */
uint64_t chat_next(struct tx *tx, const char *chat_id, uint64_t *seq, uint64_t near);

/* chat_prev - the record number of the event before the one with record number n, or of the last
 * where n is 0; 0: none. */
uint64_t chat_prev(struct tx *tx, const char *chat_id, uint64_t n);

/* chat_last - the seq of the last event that the chat has; 0: none. */
uint64_t chat_last(struct tx *tx, const char *chat_id);

/* chat_event_number - the record number of the event with that seq; 0: none. */
uint64_t chat_event_number(struct tx *tx, const char *chat_id, uint64_t seq);

/* Cursors: how far a named reader of a chat has come.  chat_cursor - its seq; -1: no such
 * cursor. */
int64_t chat_cursor(struct tx *tx, const char *name, const char *chat_id);

/* chat_move_cursor - to seq; never backwards, and nowhere in a chat that is gone. */
void chat_move_cursor(struct tx *tx, const char *name, const char *chat_id, int64_t seq);

#endif
