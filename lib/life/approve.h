/*
 * approve.h - a person decides what an agent has asked
 *
 * life_ask and consent_hold let a task wait with its question in `approval`:
 *   "approval":{"request_id","question","asked_at","about"?,"call_id"?,"tool"?,"args"?,
 *               "decision"?:"approved"|"denied","by"?,"at"?,"reason"?}
 * A decision makes it ready again.  But where "about" is "task", it is cancelled if that is denied.
 * Where it is "agent", that one joins the crew, or goes, and the task that made it has ended.
 *
 * 1. A request is decided once.
 * 2. What a task says decides nothing, be it its own request or another's.
 */
#ifndef APPROVE_H
#define APPROVE_H

#include "store.h"

enum { APPROVE_REASON_MAX = 4096 };

/* approve_check - whether the approval of a task from outside (borrowed), if it has one, has that
 * form, and waits where the task does.  0, or -1 with err EX_DATAERR. */
int approve_check(jv task);

/* approve_asks - whether a task (borrowed) asks the user, as far as it is not for the rules of its
 * chat to say who may approve: what somebody is asked others decide only where these do. */
bool approve_asks(struct tx *tx, jv task, const char *user);

/* What was decided. */
struct approval {
	bool yes;
	const char *by;     /* who decided */
	const char *reason; /* NULL or empty: none */
};

/*
 * approve_task - decide what a task (a whole id) waits for, and say so in its chat
 *
 * request_id  the request that is meant; NULL: whichever it is
 *
 * Returns 0, or -1 with err, having changed nothing: EX_NOINPUT (no such task), EX_DATAERR (it has
 * asked nothing, something else, or was answered; the name or the reason is malformed), EX_NOPERM
 * (may.h; in the audit where tx is committed).
 */
int approve_task(struct tx *tx, const char *id, const char *request_id, struct approval decision);

/*
 * approve_by_reply - let an event (borrowed) that was just stored decide, if it does
 *
 * It does where it is a message, no task's, whose data.reply_to is the id of an approval_request
 * event in the same chat or of the request, and whose text begins with yes, y, ok, approve(d), or
 * with no, n, deny, denied; what follows is the reason.
 * Returns whether it has decided something; where it would, and may not, or comes too late, its
 * chat is told.
 */
bool approve_by_reply(struct tx *tx, jv event);

/*
 * approve_aim - a plain "yes" for the one request that it can mean
 *
 * An event (consumed) that is about to be stored, a message that replies to nothing and says only
 * yes, no or another of those words, gets the request as its data.reply_to where its chat has
 * exactly one open request, and that is asked of whoever says it.  Returns the event.
 */
jv approve_aim(struct tx *tx, jv event);

/* approve_asked - whom a task (borrowed) asks: the owner of its chat, or who added it where the
 * chat was made for it; borrowed from it; NULL: anybody. */
const char *approve_asked(jv task);

/* approve_is_decision - whether a message's data (borrowed) replies to something with such a
 * text. */
bool approve_is_decision(jv data);

#endif
