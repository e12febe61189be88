/*
 * usage.h - what models have used: {"input_tokens","output_tokens","total_tokens","calls"}
 */
#ifndef USAGE_H
#define USAGE_H

#include <jv.h>

/* usage_add - add token counts (borrowed; `calls` missing: one) to a sum (consumed; invalid:
 * nothing).  Returns the sum. */
jv usage_add(jv sum, jv usage);

/* usage_counts - the three counts of tokens in an object (borrowed). */
jv usage_counts(jv usage);

/* usage_charge - a task (consumed) with what the decision (borrowed) of a planner says that it has
 * used, beside what it has used already. */
jv usage_charge(jv task, jv decision);

#endif
