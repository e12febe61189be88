/*
 * args.h - what a command that is a tool is asked: its arguments, declared once
 *
 * The table is the only place where an argument is written: the declaration that --schema prints and
 * the check of what comes on stdin are made from it.
 */
#ifndef ARGS_H
#define ARGS_H

#include <jv.h>
#include <stdbool.h>

/* One argument.  Set exactly one of `text`, `num`, `set`. */
struct arg {
	const char *name;
	const char *help;  /* one line, for the model */
	const char **text; /* borrowed from the object that args_read returns */
	long *num;         /* a whole number in [min, max] */
	bool *set;
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
};

/* args_declare - print the declaration on stdout.  0, or -1 with err EX_IOERR. */
int args_declare(const struct args *tool);

/*
 * args_read - read the arguments from stdin, and put them where the table says
 *
 * What is not given stays as it is.  Returns the object, owned; invalid with err: EX_DATAERR, in
 * words that tell a model what to give instead; EX_IOERR.
 */
jv args_read(const struct args *tool);

#endif
