/*
 * inquiry.h - what a user asks to be told of chats and tasks: acts of petition.h that only read
 *
 * Each returns what its answer holds (legwork-record, "SESSION LINE").
 */
#ifndef INQUIRY_H
#define INQUIRY_H

#include "petition.h"

/* inquiry_chats - the newest chats that the user may read.  inquiry_tasks - the newest tasks of a
 * chat.  Both for petition_call. */
jv inquiry_chats(struct petition *p, struct tx *tx);
jv inquiry_tasks(struct petition *p, struct tx *tx);

/* inquiry_events - earlier events of a chat, which are on disk.  inquiry_task - all of one task.
 * inquiry_chat - the chat that the request names.  All for petition_read. */
jv inquiry_events(struct petition *p, struct tx *tx);
jv inquiry_task(struct petition *p, struct tx *tx);
jv inquiry_chat(struct petition *p, struct tx *tx);

#endif
