/*
 * salvage.h - a store whose journal is damaged before its end, made usable by a person's decision
 *
 * Every line that is good by itself counts; they become one base segment (journal.h).  Nothing is
 * thrown away: the segments as they were go to journal/salvaged.<revision>/, and the bytes that
 * were passed over to journal/dropped.<revision>.
 */
#ifndef SALVAGE_H
#define SALVAGE_H

#include "disk.h"

struct salvage_report {
	uint64_t lines;         /* that counted */
	uint64_t dropped_bytes; /* that did not */
	uint64_t revision;      /* of the last good line */
};

/* salvage_run - under the exclusive lock.  0, or -1 with err. */
int salvage_run(struct disk *d, struct salvage_report *report);

#endif
