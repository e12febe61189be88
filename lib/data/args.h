/*
 * args.h - what a command that is a tool is asked: its arguments, declared once
 *
 * The table is the only place where an argument is written: the declaration that --schema prints
 * and the check of what comes on stdin are made from it.
 */
#ifndef ARGS_H
#define ARGS_H

#include <jv.h>
#include <stdbool.h>

#include "opt.h"

/* One argument.  Set exactly one of `text`, `num`, `set`, `value`. */
struct arg {
	const char *name;
	const char *help;  /* one line, for the model */
	const char **text; /* borrowed while it acts */
	long *num;         /* a whole number in [min, max] */
	bool *set;
	jv *value;          /* owned by the caller, like what is there before; of any kind */
	const char *schema; /* of `value`: what --schema says of it, but for the help */
	bool is_required;
	long min, max;
};

/* A tool. */
struct args {
	const char *name;      /* as a model calls it */
	const char *help;      /* what it does, for the model */
	const struct arg *arg; /* ends with an all-zero entry */
	bool is_idempotent;    /* called twice it has done no more than once */
	bool is_confined;      /* it needs no sandbox (tool.h) */
	bool is_launcher;      /* it starts agents (place.h) */
	bool is_harmless;      /* it has nothing to do with accounts and regions (fence.h) */
	bool is_schema;        /* set by the option */
};

/* The option that its command has. */
#define ARGS_SCHEMA(tool)                                                                       \
	{                                                                                       \
		0, "schema", NULL, "print what the tool is and takes", .set = &(tool).is_schema \
	}

/*
 * args_run - all that the command of a tool does
 *
 * act  does what the arguments ask for, which are in place; returns 0 or an exit status, and has
 *      said why; or -1 with err
 *
 * With --schema the declaration is printed instead.  What is wrong with the arguments (EX_DATAERR)
 * is said in words that tell a model what to give instead.  Returns the exit status.
 */
int args_run(const struct cmd *cmd, const struct args *tool, char **argv, int (*act)(void));

#endif
