/*
 * toolcall.h - a model wants a tool to be called
 */
#ifndef TOOLCALL_H
#define TOOLCALL_H

#include "session.h"

/*
 * toolcall_answer - give a tool call (borrowed) its result, whatever that is
 *
 * The tool runs, if the agent may use it and the call makes sense; else the model is told why not.
 * Returns SESSION_AGAIN; WORK_ASKED where a person has to allow it first (result->approval);
 * WORK_STOPPED; WORK_BROKEN.
 */
int toolcall_answer(struct session *s, jv call);

#endif
