/*
 * shelf.h - what a client may read: chats, and the logs of tasks, as MCP's resources
 *
 *   legwork://chat/ID        the last events of a chat, a JSON object on each line: what is on disk
 *   legwork://task/ID/log    the last lines of a task's log
 */
#ifndef SHELF_H
#define SHELF_H

#include "desk.h"

enum { SHELF_PAGE = 100, SHELF_BYTES = 1 << 20 };

/* shelf_templates - {"resourceTemplates":[...]}, as a tool (order.h). */
int shelf_templates(struct desk *d, struct order *o);

/*
 * shelf_list - a page of all that the user may read, chats first, the newest of each first
 *
 * The order's argument `cursor` says where it goes on; its result becomes
 * {"resources":[...],"nextCursor"?}.  As a tool (order.h); -1 with err EX_DATAERR: a cursor of
 * somebody else's.
 */
int shelf_list(struct desk *d, struct order *o);

/* shelf_read - the argument `uri`: {"contents":[{"uri","mimeType","text"}]}.  -1 with err:
 * EX_DATAERR, EX_NOINPUT, EX_NOPERM. */
int shelf_read(struct desk *d, struct order *o);

#endif
