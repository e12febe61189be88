/*
 * bundle.h - what a task says in a chat, in one record
 *
 *   {"type":"task","task_id","chat_id","title"?,"agent"?,"status","waiting"?,"elapsed_ms"?,
 *    "events":N,"counts":{TYPE:N,...},"began_at","at","seq","answer"?,"last":{...}}
 *
 * began_at, at  when the first and the last of these events were made
 * seq, last     of the last event, and the event itself
 * answer        the text of the last message among them
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "store.h"
#include "text.h"

/* bundle_add - a bundle (invalid: a new one) with one more event; both are consumed. */
jv bundle_add(jv bundle, jv event);

/* bundle_may_stop - whether the task may say no more behind this event (borrowed) unless something
 * is done. */
bool bundle_may_stop(jv event);

/* bundle_has_stopped - whether that is so, by the task's record (borrowed; invalid: it is gone): it
 * has ended with the last event, or asks with it for an approval. */
bool bundle_has_stopped(jv bundle, jv task);

/* bundle_close - a bundle (consumed) with what the task's record (borrowed; invalid: it is gone)
 * tells of its state. */
jv bundle_close(jv bundle, jv task, int64_t now_ms);

/* bundle_text - append one (borrowed) that was closed as a line of text. */
void bundle_text(struct text *t, struct buf *b, jv bundle);

#endif
