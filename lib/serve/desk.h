/*
 * desk.h - whom a server serves, and the store that it serves from
 *
 * 1. The store is opened, and made, when the first request needs it, and not before.
 * 2. All is done in the name of one user, and what that one may not do (access.h) is not done; that
 *    it was wanted is in the audit.
 * 3. Errors say what to do next: a model reads them.
 */
#ifndef DESK_H
#define DESK_H

#include "may.h"
#include "order.h"
#include "store.h"

struct desk {
	const char *user; /* borrowed */
	const char *chat; /* where things go unless told, an id or a prefix; NULL: nowhere */
	struct store *s;  /* NULL: not yet */
};

/* desk_store - opened when it is first asked for; NULL with err. */
struct store *desk_store(struct desk *d);

/* desk_close - close it, if it was opened. */
void desk_close(struct desk *d);

/*
 * desk_look, desk_change - have step look, or change something, as deed.h does
 *
 * Before each step the result is emptied.
 * Returns what step has, ORDER_DONE or ORDER_WAITS; -1 with err, step's or the store's.
 */
typedef int desk_step(struct desk *d, struct tx *tx, struct order *o);
int desk_look(struct desk *d, struct order *o, desk_step *step);
int desk_change(struct desk *d, struct order *o, desk_step *step);

/*
 * desk_chat - the record of a chat in which the user may do that, owned
 *
 * given  its id or a prefix; NULL: the desk's
 *
 * Invalid with err: EX_DATAERR (none is named), EX_NOINPUT, EX_NOPERM.
 */
jv desk_chat(struct desk *d, struct tx *tx, const char *given, enum may_what what);

/* desk_task - the same of a task, by what may be done in its chat. */
jv desk_task(struct desk *d, struct tx *tx, const char *given, enum may_what what);

/* desk_end - have agent-cancel end tasks (consumed: an array of ids), and do not wait for it.
 * 0, or -1 with err. */
int desk_end(jv ids, const char *reason);

/* desk_cancel_line - the command line that does: its words, ended by NULL; desk_free_line. */
char **desk_cancel_line(jv ids, const char *reason);
void desk_free_line(char **argv);

#endif
