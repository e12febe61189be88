/*
 * record.h - whether a record is what its key says
 *
 * For records from outside that are stored as they are: what the commands store has been checked by
 * the modules of its kind.
 */
#ifndef RECORD_H
#define RECORD_H

#include <jv.h>

/*
 * record_check - whether value (an object, borrowed) may be the record with that key
 *
 * Keys of other kinds than legwork-record(5) lists may have any object.
 * Returns 0, or -1 with err EX_DATAERR naming the member and what was expected.
 */
int record_check(const char *key, jv value);

/*
 * record_check_set - whether the record with that key may be in a set
 *
 * What is in the sets of tasks is taken for a task, and so on.
 * Returns 0, or -1 with err EX_DATAERR.
 */
int record_check_set(const char *key, const char *set);

#endif
