/*
 * join.h - the answer of a task that was split, made of its subtasks' answers
 */
#ifndef JOIN_H
#define JOIN_H

#include "work.h"

/*
 * join_run - answer for a task whose subtasks (w->dependencies) have ended
 *
 * The usual model makes one answer of theirs, where one is configured, as loop_run does; where it
 * gives none, which is said in the chat, or there is no model, theirs stand under their titles.
 */
enum work_end join_run(struct work *w, struct work_result *result);

#endif
