/*
 * divide.h - the planner that has rules and no model: a task is divided by the list in it
 *
 * Pure functions on JSON: no store, no clock, no model.  The records are those of
 * legwork-record(5); a crew is that of crew.h.
 */
#ifndef DIVIDE_H
#define DIVIDE_H

#include <jv.h>

/* divide_title - what to call a piece of work: the first line of its text with something in it, cut
 * at 80 characters; a jv string. */
jv divide_title(const char *text);

/*
 * divide_by_list - split a task on the list that a person wrote in its instruction
 *
 * task, crew  borrowed
 *
 * Two or more items make a list (rules.h says what an item is): bulleted ones are done
 * side by side, numbered ones one after the other.  The first "@role" in an item that the
 * crew has assigns it and is taken out of its text (unless nothing else is in it); an
 * item without one goes to the task's agent where it names one, else to whom crew_mentioned or
 * crew_choose find for it.
 *
 * A list of more items than the task's limits.max_children divides nothing.
 *
 * Returns {"decision":{...}} or {"decision":{...},"plan":{...}} as legwork-record(5)
 * says, every field filled from what is in the text and nothing invented: title is the
 * item's first line (cut at 80 characters), description exactly the item's text, priority
 * the task's (medium where it has none), assigned_to null where the crew is empty,
 * estimated_hours 0 (rules cannot know), required_skills the agent's skills all of whose
 * words occur in the item.  Where there is text around the list every subtask has it as
 * "context", a string, so that a program that reads the description reads the item alone.
 * The decision's reasoning says what was counted, its complexity_score is 1 without a
 * list, else the number of items + 1, at most 10; its required_skills are the subtasks'
 * together, or without a list those of the agent that would do the task, which
 * occur in the instruction.
 */
jv divide_by_list(jv task, jv crew);

#endif
