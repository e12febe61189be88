/*
 * order.h - a request of an MCP client that is answered now, or later
 *
 * What it is waited for is either a bell, or a command that runs for it; serve.h polls both.
 */
#ifndef ORDER_H
#define ORDER_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "bell.h"
#include "buf.h"
#include "coproc.h"

/* With which MCP's names in _meta begin. */
#define ORDER_META "io.modelcontextprotocol/"

struct desk;
struct order;

/* What came of a look: its result is there, or it goes on waiting; -1 with err: it has failed. */
enum { ORDER_DONE = 1, ORDER_WAITS = 2 };

struct order {
	jv id, token; /* of the request; under which progress is told: invalid: it is not */
	jv args;      /* an object */
	bool is_modern, takes_handles, takes_questions; /* what the client said of itself */
	struct buf *out;                                /* borrowed: where lines for it go */
	const struct ware *tool;

	jv result;       /* an object */
	bool is_failure; /* the result tells of one */
	bool is_handle;  /* the result names a task, of which the client will ask */

	/* of one that waits */
	int (*look)(struct desk *d, struct order *o);
	void (*drop)(struct desk *d,
	    struct order *o); /* the client has given it up; NULL: no matter */
	bool is_dropped;      /* nobody wants the answer any more */
	jv ids;               /* of tasks that are waited for */
	jv spawned;           /* those of them that nobody else looks after */
	struct bell *bell;
	struct coproc child;
	int64_t until_ms,
	    look_ms;           /* monotonic: when it has its answer at the latest; the next look */
	int64_t said_ms, said; /* when progress was told last, and how often */
	char *words;           /* what was told */
	struct order *next;
};

/* order_new - of a request; id and params are consumed (params invalid: none). */
struct order *order_new(jv id, jv params, struct buf *out);
void order_free(struct order *o);

/*
 * order_tell - tell the client how it stands, if it wants to know
 *
 * Nothing is said where the words are the same as before, unless that was a while ago, or where the
 * client does not read.
 */
void order_tell(struct order *o, const char *words);

/* order_content - what a tool's result (consumed, an object) looks like: as it is, and as text. */
jv order_content(jv result, bool is_failure);

/* order_error - the same, of a tool that has failed: a sentence. */
jv order_error(const char *why);

/*
 * order_answer - send the result (consumed) of an order, which is freed
 *
 * keep_ms  how long the client may keep it; < 0: it is not of that kind
 *
 * Of one that was dropped nothing is sent.
 */
void order_answer(struct order *o, jv result, int keep_ms);

/* order_fail - the same with an error of the protocol (rpc.h); data is consumed, invalid: none. */
void order_fail(struct order *o, int code, const char *why, jv data);

/* order_fail_err - the same, as err says, with the resource that the order is about. */
void order_fail_err(struct order *o);

/* order_about_us - who answers: {"name","title","version"}. */
jv order_about_us(void);

/* order_text - an argument that is a string; NULL: it is not there.  Borrowed. */
const char *order_text(const struct order *o, const char *name);

#endif
