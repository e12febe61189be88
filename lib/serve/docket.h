/*
 * docket.h - the tasks that there are, and what may be done with them at once: tools of mcp-serve
 *
 * Each takes the order's arguments, which fit the tool's schema, and sets its result, an object; it
 * returns as a look does (order.h).
 */
#ifndef DOCKET_H
#define DOCKET_H

#include "desk.h"

enum { DOCKET_LIST = 20, DOCKET_LIST_MAX = 200 };

/* docket_add - a task for the pipelines: as docket_brief. */
int docket_add(struct desk *d, struct order *o);

/* docket_list - {"tasks":[...],"more","cursor"?}, the newest first: where there is more, the cursor
 * is where it goes on, though nobody's task that may be seen was there. */
int docket_list(struct desk *d, struct order *o);

/* docket_show - {"task":{...},"why"}: the record, but for what brief_record leaves out. */
int docket_show(struct desk *d, struct order *o);

/* docket_approve - decide what a task asks: as docket_brief. */
int docket_approve(struct desk *d, struct order *o);

/* docket_brief - what of a task (borrowed) is told in a list: an owned object, {"task_id",...}. */
jv docket_brief(jv task);

/* docket_end - the same with its answer, or why there is none. */
jv docket_end(jv task);

/* docket_aim - make the argument chat_id, where it or the desk's chat is there, a whole id, of one
 * to which the user may add tasks.  -1 with err. */
int docket_aim(struct desk *d, struct order *o);

#endif
