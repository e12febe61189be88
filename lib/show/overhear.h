/*
 * overhear.h - what agents are about to say in chats, while they say it (partial.h)
 *
 * A delta is an object like an event, without id and seq, that no chat ever has:
 *   {"type":"delta","at","user_id","session_id","chat_id","data":{"task_id","attempt","after",
 *    "kind":"text"|"thought","offset":N,"text":"..."}}
 *
 * at      when the text began
 * offset  how many characters of it came before, all of which were handed over
 * after   of partial.h, which with task_id and kind tells texts apart
 *
 * 1. The first delta of a text has offset 0 and holds all that there is so far.  One with offset 0
 *    and an empty text takes back what was handed over: it will not be said.
 * 2. No delta of a text is handed over behind the event that says it whole, if whoever prints both
 *    looks here first, then prints the events and tells each (overhear_said), and looks again.
 */
#ifndef OVERHEAR_H
#define OVERHEAR_H

#include <jv.h>

struct overhear;

/* overhear_open - chat_id (a whole id, copied): of this chat; NULL: of all.  run_fd is borrowed.
 * Nothing is looked at yet. */
struct overhear *overhear_open(int run_fd, const char *chat_id);
void overhear_close(struct overhear *o);

/* overhear_topic - the topic that rings when there is more; the caller frees it. */
char *overhear_topic(const char *chat_id);

/* overhear_said - an event (borrowed) was printed. */
void overhear_said(struct overhear *o, jv event);

/* overhear_look - hand over what is news, at most a delta for each text; take consumes it. */
void overhear_look(struct overhear *o, void (*take)(void *arg, jv delta), void *arg);

#endif
