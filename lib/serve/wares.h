/*
 * wares.h - the tools that a server of MCP offers
 */
#ifndef WARES_H
#define WARES_H

#include "order.h"

/* What an argument of a tool may be: one of TEXT, WORDS, FLAG and NUMBER, or what a schema says. */
enum ware_kind { WARES_TEXT, WARES_WORDS, WARES_FLAG, WARES_NUMBER, WARES_SCHEMA };

struct ware_arg {
	const char *name, *help;
	enum ware_kind kind;
	bool is_required;
	long min, max;      /* NUMBER: from, to; TEXT: characters; WORDS: how many; 0, 0: any */
	const char *schema; /* SCHEMA: a JSON text */
};

/* Hints: what a tool does to the world. */
enum { WARES_READS = 1, WARES_DESTROYS = 2, WARES_AGAIN = 4, WARES_OPEN = 8 };

/* Whether its calls wait: none; those that are told to (`wait`); all; or all, for the end of
 * others. */
enum ware_waits { WARES_AT_ONCE, WARES_IF_TOLD, WARES_WAITS, WARES_ENDS };

struct ware {
	const char *name, *title, *help;
	const struct ware_arg *args; /* ended by one without name */
	const char *output;          /* JSON Schema of its result: a JSON text */
	int hints;                   /* READS; DESTROYS; AGAIN: done twice it is done once; OPEN: it
	                               * reaches beyond the store */
	int (*call)(struct desk *d, struct order *o);
	enum ware_waits waits;
};

/* wares_listed - what a client is told of a tool: an owned object. */
jv wares_listed(const struct ware *tool);

/* wares_check - whether args (borrowed) fit the schema, and no text among them has a U+0000 in it.
 * 0, or -1 with err EX_DATAERR: what to mend. */
int wares_check(const struct ware *tool, jv args);

#endif
