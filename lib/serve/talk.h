/*
 * talk.h - what a client may do in chats, and who it may ask: the tools of mcp-serve that do it
 *
 * As jobs.h.
 */
#ifndef TALK_H
#define TALK_H

#include "desk.h"

enum { TALK_READ = 50, TALK_READ_MAX = 500, TALK_READ_BYTES = 1 << 20 };

/* talk_post - say something: {"event_id","seq","chat_id"}. */
int talk_post(struct desk *d, struct order *o);

/* talk_read - {"chat_id","events":[...],"last_seq"}: those behind `since`, or the last ones; only
 * what is on disk. */
int talk_read(struct desk *d, struct order *o);

/* talk_agents - {"agents":[...]}: who there is, and not how they are made. */
int talk_agents(struct desk *d, struct order *o);

#endif
