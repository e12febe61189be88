/*
 * rows.h - how tasks, chats and agents look in a table
 *
 * A row has the short id and ages; with tabs (--format tsv) whole ids, times and every word.
 */
#ifndef ROWS_H
#define ROWS_H

#include "view.h"

extern const struct view_form rows_task, rows_chat, rows_agent;

/* A task with what it comes after. */
extern const struct view_form rows_graph;

/* A subtask of a plan, whose "id" is its index; or the task that is to be split. */
extern const struct view_form rows_plan;

/* rows_status - a task's status in a word: "waiting" for a pending one that is not ready, "" where
 * it has none that there is. */
const char *rows_status(jv task);

/* rows_paint - the colour of a task's status. */
enum paint rows_paint(jv task);

#endif
