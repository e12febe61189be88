/*
 * handling.h - what a user has done with chats and tasks: acts of petition.h that change something
 *
 * Each returns what its answer holds (legwork-record, "SESSION LINE").  All are for
 * petition_change, but for handling_switch_chat, which is for petition_read.
 */
#ifndef HANDLING_H
#define HANDLING_H

#include "petition.h"

/* handling_message - say something.  handling_start_task - have something done. */
jv handling_message(struct petition *p, struct tx *tx);
jv handling_start_task(struct petition *p, struct tx *tx);

/* handling_start_chat, handling_switch_chat - make a chat, or find it, and go there. */
jv handling_start_chat(struct petition *p, struct tx *tx);
jv handling_switch_chat(struct petition *p, struct tx *tx);

/* handling_approve, handling_deny - decide what a task asks.  handling_retry - put it back. */
jv handling_approve(struct petition *p, struct tx *tx);
jv handling_deny(struct petition *p, struct tx *tx);
jv handling_retry(struct petition *p, struct tx *tx);

/* handling_cancel - end a task, or all of a chat; of what still runs p->ending is left. */
jv handling_cancel(struct petition *p, struct tx *tx);

#endif
