/*
 * speech.h - where a task speaks, and its last words
 *
 * The events that close a task follow from its record, so they need not be stored with it: whoever
 * wants them makes them, and they are the same each time.
 */
#ifndef SPEECH_H
#define SPEECH_H

#include "store.h"

/* speech_in_chat - the task (consumed) with its chat, and that one's owner as its user.  Where it
 * has none, or it is gone, that is its schedule's, or one made for it; who watches that is told
 * what became of the other. */
jv speech_in_chat(struct tx *tx, jv task);

/* speech_event - an event of a task: its user, chat, data.task_id, session; data is consumed. */
jv speech_event(jv task, const char *type, jv data, const char *session);

/* speech_closing_count - how many closing events an ended task has; none without a chat to show
 * them in. */
int speech_closing_count(jv task);

/* speech_closing - the events that close an ended task, each with its number "n", the last of them
 * `events`; an owned array. */
jv speech_closing(jv task);

#endif
