/*
 * stage.h - the loop of a command that stands between two others in a pipeline
 */
#ifndef STAGE_H
#define STAGE_H

#include "lines.h"

/*
 * stage_run - hand each object to take, and write what it puts into out
 *
 * take  consumes the object; returns 0 or an exit status, and has said why
 *
 * A line that is none is reported.  What was put out is written before waiting for more, and now
 * and then.  Returns the command's exit status: 0, or that of what was wrong last.
 */
int stage_run(struct lines *in, struct out *out, int (*take)(void *arg, jv object), void *arg);

#endif
