/*
 * chat.h - chats: who is in them, and what holds there
 *
 * Chat (key "chat/<id>", set "chats"):
 *   {"id","title","user_id","members":[{"user_id","kind"}],"crew"?,"schedule"?,"policy"?,
 *    "created_at"}; one whose policy lets tasks wait (limit.h) is also in the set "chats.limited",
 *    one with rules for its users (may.h) in "chats.ruled"
 */
#ifndef CHAT_H
#define CHAT_H

#include "store.h"

/* chat_check_name - whether name may be that of a `what`, as an error calls it: 1 to 100 bytes, no
 * control characters.  0, or -1 with err EX_DATAERR. */
int chat_check_name(const char *what, const char *name);

/* chat_check_user - the same for a user. */
int chat_check_user(const char *user);

/* The most characters of a title, and of a reason to end tasks. */
enum { CHAT_TITLE_MAX = 200, CHAT_REASON_MAX = 1000 };

/* chat_check_title - whether a title, of a chat or a task, is not longer; chat_check_reason - the
 * same of a reason.  NULL: there is none.  0, or -1 with err EX_DATAERR. */
int chat_check_title(const char *title);
int chat_check_reason(const char *reason);

/*
 * chat_add - make a chat
 *
 * title    NULL: none
 * members  consumed: array of user names, the owner is added
 *
 * Returns the record, owned; invalid with err EX_DATAERR.
 */
jv chat_add(struct tx *tx, const char *title, const char *owner, jv members);

/* chat_add_as - the same, with an id that the caller has made, and that no chat has. */
jv chat_add_as(struct tx *tx, const char *id, const char *title, const char *owner, jv members);

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

#endif
