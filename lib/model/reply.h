/*
 * reply.h - a model's answer while it comes, and the events that are made of it
 *
 * The dialects' parsers put into it what they find; what can be told at once is told at once.  Tool
 * calls are collected and told whole, in their order, at the end.
 */
#ifndef REPLY_H
#define REPLY_H

#include <jv.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "fault.h"

enum {
	REPLY_MAX = 16 * 1024 * 1024, /* bytes of texts, thoughts and arguments together */
	REPLY_LEVELS_MAX = 200        /* of arguments: they become part of other lines (scan.h) */
};

struct reply_call {
	int64_t index; /* the server's */
	char *id, *name;
	struct buf arguments;
};

struct reply {
	void (*emit)(void *arg, jv event); /* takes an event, which it consumes */
	void *arg;
	int turn; /* of the conversation; ids are made of it for calls that come without */
	char *model;
	struct reply_call *call;
	size_t calls;
	int64_t input_tokens, output_tokens, total_tokens, cached_tokens; /* -1: not told */
	const char *reason;         /* why it ended; NULL: not yet told */
	bool is_ended;              /* the server has said that nothing will follow */
	bool has_emitted;           /* something was told */
	size_t size;                /* of REPLY_MAX */
	struct fault fault;         /* why there is no answer */
	jv block;                   /* anthropic: the open block */
	struct buf text, signature; /* and what it has got so far */
};

/* reply_init - an answer of which nothing has come; turn as above. */
void reply_init(struct reply *a, void (*emit)(void *arg, jv event), void *arg, int turn);
void reply_release(struct reply *a);

/* reply_text, reply_thought - a piece of it (consumed); what is no string, or empty, is none. */
void reply_text(struct reply *a, jv piece);
void reply_thought(struct reply *a, jv piece);

/* reply_block - an opaque block (consumed) that has to be handed back. */
void reply_block(struct reply *a, jv block);

/* reply_model - the model's name as the server says it; NULL: it does not. */
void reply_model(struct reply *a, const char *model);

/*
 * reply_call - the call that a piece of one belongs to, made where it is new
 *
 * index     the server's; -1: it has none
 * id, name  "" or NULL where the piece has none
 *
 * A call whose index is taken by one with another id and a name of its own is a new one: there are
 * servers that number all calls 0.
 */
struct reply_call *reply_call(struct reply *a, int64_t index, const char *id, const char *name);

/* reply_arguments - more of a call's arguments: a string (a piece of text), or a whole object;
 * consumed. */
void reply_arguments(struct reply *a, struct reply_call *call, jv piece);

/* reply_count - bytes that came and are kept; false, with the fault set: they are too many. */
bool reply_count(struct reply *a, size_t len);

/* reply_finish - tell the tool calls, and the tokens, if the answer is whole.  Otherwise the fault
 * is set, and false is returned. */
bool reply_finish(struct reply *a);

/* reply_usage - tell the tokens, if the server did. */
void reply_usage(struct reply *a);

#endif
