/*
 * rate.h - how often a user may do something in a chat
 *
 * A minute's worth may be used up at once; after that, one more each time its share of the minute
 * is over.  Nothing is counted or kept but the time at which all of it may be used again (the
 * generic cell rate algorithm).
 *
 * Record (key "rate/<chat>/<kind>/<user in lower case>", set "rates.<chat>"):
 *   {"chat_id","user_id","kind","until"}
 *
 * 1. What is refused uses nothing up.
 * 2. A share is whole milliseconds, rounded up: it is never more often than was said.
 * 3. Times are those of the wall clock: where it is set back, counting begins anew within two
 *    minutes.
 */
#ifndef RATE_H
#define RATE_H

#include "store.h"

enum { RATE_MOST = 60000 };

/*
 * rate_take - use one up
 *
 * chat_id     a whole id
 * kind        "messages", "tasks"
 * per_minute  1 to RATE_MOST
 *
 * Returns 0, or -1 with err EX_TEMPFAIL, which says how long to wait.
 */
int rate_take(struct tx *tx, const char *chat_id, const char *user, const char *kind,
    int64_t per_minute);

/* rate_forget - delete all records of a chat. */
void rate_forget(struct tx *tx, const char *chat_id);

#endif
