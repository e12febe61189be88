/*
 * intake.h - a line that asks for a task becomes what it asks for
 *
 * Beside specs (spec.h) these are the lines that task-draft makes of messages which are none:
 *   {"command":{...},"source":{...}}   is obeyed, and answered in its chat (steer.h)
 *   {"skip":{...},"event"?:{...}}      is no task; the event says so in its chat
 * A `source` (or `skip`) with a `cursor` moves that reader's place on.
 *
 * 1. The place moves in the transaction that stores what the line asks for, or refuses it: no
 *    message is taken twice, and none is passed over.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "spec.h"

/*
 * intake_take - do what a line (consumed) asks for
 *
 * task     set to the task, owned, as spec_add; invalid where the line asks for none
 * running  an array to which ids are added, as by steer_obey
 *
 * Returns SPEC_ADDED or SPEC_DUPLICATE, or -1 with err, as spec_add and steer_obey; what a message
 * asked for in vain is told in its chat.
 */
int intake_take(struct tx *tx, jv line, bool allow_duplicates, jv *task, jv *running);

#endif
