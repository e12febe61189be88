/*
 * roll.h - the agents that run now, but for those of tasks that the user who acts is not shown
 * (sight.h)
 *
 *   {"task_id","title","agent","chat_id","state","pid","attempt","begun_at","age_ms","turns",
 *    "tokens","last_event":{"type","at","text"}}
 *
 * `state` is running, stopping (somebody has cancelled it) or dead (its runner is, and nobody has
 * seen to it yet).  What the logs tell is read once: another look reads on from there, so its cost
 * is that of what is new.
 */
#ifndef ROLL_H
#define ROLL_H

#include "store.h"

struct roll;

/* roll_open - s is borrowed while it lives; roll_close(NULL) is fine. */
struct roll *roll_open(struct store *s);
void roll_close(struct roll *r);

/*
 * roll_call - an owned array of those that run, in order of creation; invalid with err
 *
 * wants_bells  keep a bell of each, which rings when it says something
 */
jv roll_call(struct roll *r, bool wants_bells);

/* roll_wait - sleep until one of those bells, or `bell`, rings (all are cleared), timeout_ms
 * passes, or a signal is caught.  -1: the reader of also_fd is gone; else 0. */
struct bell;
int roll_wait(struct roll *r, struct bell *bell, int timeout_ms, int also_fd);

#endif
