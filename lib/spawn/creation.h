/*
 * creation.h - how long it takes to create an agent, phase by phase
 *
 * The phases follow each other without a gap, so that their sum is the whole.  All are measured
 * (CLOCK_MONOTONIC) and told in microseconds.
 */
#ifndef CREATION_H
#define CREATION_H

#include <jv.h>
#include <stdint.h>

/* The request; who does it, and what it may; its record, stored and claimed; its process. */
enum creation_phase {
	CREATION_VALIDATION,
	CREATION_CONFIGURATION,
	CREATION_BUILDING,
	CREATION_SPAWNING,
	CREATION_PHASES
};

struct creation {
	int64_t mark_us; /* up to when it is known where the time has gone */
	int64_t us[CREATION_PHASES];
};

/* creation_begin - the clock runs. */
void creation_begin(struct creation *c);

/* creation_spent - what has passed since the last call was spent in that phase, too. */
void creation_spent(struct creation *c, enum creation_phase phase);

/* creation_performance - {"validation_us", ..., "total_us"}. */
jv creation_performance(const struct creation *c);

/*
 * creation_note - the same, and what is wrong with it:
 *
 *   "slow":["building"]?  phases that took more than 100 ms
 *   "bottleneck"?         the longest, of a creation that took long, if it has 30 % of the time
 *   "verdict"?            "warn", "slow", "severe": more than 500 ms, 2 s, 5 s in all
 *   "warning"?            for people, where there is any of these
 */
jv creation_note(const struct creation *c);

#endif
