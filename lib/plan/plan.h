/*
 * plan.h - the normal form of a plan
 *
 * A pure function on JSON: no store, no clock, no model.  The records are those of
 * legwork-record(5); a crew is that of crew.h.
 */
#ifndef PLAN_H
#define PLAN_H

#include <jv.h>

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
