/*
 * brief.h - what a user is told of chats and tasks: how they stand, and what may be done with them
 *
 * All are found without a scan, but for what belongs to a task.  Nothing is refused here: who may
 * read it is for the caller to ask.
 */
#ifndef BRIEF_H
#define BRIEF_H

#include "store.h"

/* brief_chat - a chat's record (consumed) with "last_seq", that of its last event, "running" and
 * "asking": how many of its tasks run, or wait for approval. */
jv brief_chat(struct tx *tx, jv chat);

/* brief_rights - what the user may do in a chat (borrowed): {"post","add","cancel","approve"};
 * approve: what tasks ask its owner. */
jv brief_rights(jv chat, const char *user);

/* brief_task - what tells a task (consumed) from others, and how it stands; where it waits for
 * approval, with "may":{"approve"}, whether the user may decide. */
jv brief_task(struct tx *tx, jv task, const char *user);

/* brief_record - a task's record (consumed) without who runs it and how a one-off agent is made:
 * its prompt, and command lines in which there may be secrets. */
jv brief_record(jv task);

/* brief_whole - all of a task (consumed): {"task","why" (why.h),"children":[...],"may":{"cancel",
 * "retry","approve"}}.  Its children are told as brief_task does: its subtasks in the order of the
 * plan, then those that its agent has spawned and the user may read. */
jv brief_whole(struct tx *tx, jv task, const char *user);

#endif
