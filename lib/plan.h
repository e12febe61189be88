/*
 * plan.h - does a task need subtasks, and which: the rules planner, and the normal form
 *
 * Everything here is a pure function on JSON: no store, no clock, no model.
 * The records are those of legwork-record(5).  A crew is an array of agent records in the
 * order in which they were added.
 */
#ifndef PLAN_H
#define PLAN_H

#include <jv.h>

/*
 * plan_by_rules - split a task on the list that a person wrote in its instruction
 *
 * task, crew  borrowed
 *
 * Two or more items make a list (rules.h says what an item is): bulleted ones are done
 * side by side, numbered ones one after the other.  The first "@role" in an item that the
 * crew has assigns it and is taken out of its text (unless nothing else is in it); an
 * item without one goes to the task's agent where it names one, else to whom crew_mentioned or
 * crew_choose find for it.
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
jv plan_by_rules(jv task, jv crew);

/*
 * plan_normalise - what a planner said, made into what task-split may store
 *
 * plan      consumed: {"subtasks":[...],"agent_creations":[...],...}
 * crew      borrowed
 * warnings  set to an array of sentences (roles that were replaced, ...), also where the
 *           plan is refused; owned by the caller
 *
 * Agents that are proposed are kept, but for those that hire.h says are not needed, and each has a
 * subtask that creates it ("creates"), before the plan's own and in their order; where the plan has
 * one already, that.  So what is normal stays as it is.
 *
 * Returns the plan with, for each subtask: title and description (one may be missing and
 * is made from the other), priority (missing or unknown: medium, with a warning),
 * assigned_to an existing role as the crew spells it, or one that is created (unknown: the first
 * agent, or "ceo" where the crew is empty, with a warning; none: the same, but null where the crew
 * is empty), estimated_hours a number >= 0, dependencies an array of decimal strings, indices into
 * all subtasks (deps.h says as what they may be given; each once; the subtask that creates the
 * agent it is assigned to is one of them), required_skills an array of strings; and
 * computed_total_hours.  Other fields are kept; a "context" that is no string is dropped.
 * The order of the subtasks is kept.
 *
 * Returns invalid with err EX_DATAERR naming the subtask and the index, as the plan counts from 0,
 * where subtasks is no array or empty, one is no object or has neither title nor description, or a
 * dependency is nothing that is there, of itself, or in a cycle; or where a proposed agent has no
 * role that can be one.
 */
jv plan_normalise(jv plan, jv crew, jv *warnings);

#endif
