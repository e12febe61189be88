/*
 * may.h - the rules of a chat: who may do what in it, how often, and whose words count
 *
 *   "policy":{"may":{"read"|"post"|"add"|"cancel"|"approve"|"remove":
 *                    "anyone"|"members"|"owner", ...},
 *             "rate":{"messages"|"tasks": per minute and user, ...},
 *             "trust":"members"|"owner"}
 *
 * What is not there limits nothing, but that only who is asked approves (approve.h), and a chat
 * with any of these rules is removed by its owner only.  A word that is none of these means the
 * owner.
 *
 * 1. Who a user is, is for the caller to know: where he says so himself, this is advice
 *    (legwork(7), IDENTITY).
 * 2. The owner may everything, but as often as anybody; members are of any kind.  A task of the
 *    chat, which speaks as its owner, does so as often as it likes.
 * 3. A refusal is in the audit, if its transaction is committed.
 * 4. Where no chat has rules, each question costs one look into the index.
 */
#ifndef MAY_H
#define MAY_H

#include "store.h"

enum may_what { MAY_READ, MAY_POST, MAY_ADD, MAY_CANCEL, MAY_APPROVE, MAY_REMOVE, MAY_RIGHTS };

/*
 * may - whether a user may do that in a chat
 *
 * tx    NULL: only asked
 * chat  borrowed; invalid: none, where everybody may
 * user  NULL: somebody unknown
 *
 * A refusal is put into the audit where tx writes.
 * Returns 0, or -1 with err EX_NOPERM, naming the chat, the user and the rule.
 */
int may(struct tx *tx, jv chat, const char *user, enum may_what what);

/* may_in - the same, by the chat's whole id (NULL: none), which is looked up only if it has
 * rules. */
int may_in(struct tx *tx, const char *chat_id, const char *user, enum may_what what);

/* may_task - the same in the chat of a task (a whole id); the error names the task, too. */
int may_task(struct tx *tx, const char *id, const char *user, enum may_what what);

/* may_has_rule - whether a chat (a whole id) says who may do that. */
bool may_has_rule(struct tx *tx, const char *chat_id, enum may_what what);

/* may_refuse - put into the audit, where tx writes, what was refused for a reason that is no rule
 * of a chat (a whole id; NULL: none), as err says.  Returns -1, with err as it was. */
int may_refuse(struct tx *tx, const char *chat_id, const char *user, enum may_what what);

/* may_ask - as may_in, of nothing but the store; where that is refused, in the audit, too.  -1 with
 * err also as store_read. */
int may_ask(struct store *s, const char *chat_id, const char *user, enum may_what what);

/* may_note - put into the audit, in a transaction of its own, that a user may not do that in a
 * chat, as err says.  Returns -1, with err as it was, or as audit_add. */
int may_note(struct store *s, const char *chat_id, const char *user, enum may_what what);

/*
 * may_settle - end a transaction that was refused: commit it, with its entry in the audit, the only
 * thing that it may have changed
 *
 * Returns as store_commit; where that is STORE_OK, err stays as it was.
 */
enum store_result may_settle(struct tx *tx);

/*
 * may_say - whether an event (borrowed) may be stored in its chat: may post, now (floor.h), and at
 * this rate
 *
 * To be asked right before event_post.  An event that is malformed, for no chat, or known is not
 * judged here.
 * Returns 0, having counted it; or -1 with err, and nothing counted: EX_NOPERM, EX_TEMPFAIL (try
 * again later).
 */
int may_say(struct tx *tx, jv event);

/* may_begin - whether a user may add a task to a chat (a whole id; NULL: none), and at this rate,
 * as may_say. */
int may_begin(struct tx *tx, const char *chat_id, const char *user);

/* may_trusts - whether an agent may take what a user (NULL: somebody unknown) says in a chat
 * (borrowed) for the word of its people. */
bool may_trusts(jv chat, const char *user);

/* may_trusts_in - the same, by the chat's whole id (NULL: none). */
bool may_trusts_in(struct tx *tx, const char *chat_id, const char *user);

/* may_right - how a policy calls it: "read" ...  may_is_who - whether a word is one of those above
 * that say who may. */
const char *may_right(enum may_what what);
bool may_is_who(const char *word);

#endif
