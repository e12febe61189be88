/*
 * staff.h - which processes work on a store: those that hold a lease or a doorbell in it
 */
#ifndef STAFF_H
#define STAFF_H

#include "store.h"

/*
 * staff_list - the other processes of this user that have a file of the store's run/ or watch/ open
 *
 * Returns an owned array, by pid: {"pid","command","args":[...],"started_at"}.  Who cannot be
 * looked at is not in it.
 */
jv staff_list(const struct store *s);

#endif
