/*
 * opt.h - a command's options, declared once
 *
 * One constant table per command is the only place an option is spelled.
 * Parsing, usage text, shell completion and the man page check all read it.
 * No state but what the table points to.
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>

/* Values of an option that may be given more than once, in order. */
struct opt_list {
	const char **item; /* point into argv */
	size_t len;
};

/* One option.  Set exactly one of `set`, `num`, `str`, `list`. */
struct opt {
	char flag;             /* short letter; 0 if none */
	const char *name;      /* long name without dashes; NULL if none */
	const char *arg;       /* operand's name, e.g. "secs"; NULL if none */
	const char *help;      /* one line, lower case, no full stop */
	bool *set;             /* becomes true when given */
	long *num;             /* decimal integer in [min, max] */
	const char **str;      /* points into argv; never freed */
	struct opt_list *list; /* every value; never freed */
	long min, max;         /* for `num`; in the unit `arg` names */
};

struct cmd {
	const char *name;       /* as installed */
	const char *brief;      /* one line, for usage and completion */
	const char *operands;   /* as in the synopsis, e.g. "CHAT [TEXT ...]"; "" if none */
	const struct opt *opts; /* ends with an all-zero entry */
	size_t command;         /* options end at the operand of this number, from 1, which
	                           begins another program's command line; 0: there is none */
};

/*
 * opt_parse - apply argv to the table
 *
 * What begins with a dash is one, but a dash alone, and a dash and a blank ("- an item").
 * Takes -abc, -n5, -n 5, --limit=5, --limit 5; "--" ends the options; options may
 * follow operands (but not within a command line).  Long names are never abbreviated; a later
 * value replaces an earlier one, a list keeps both.  "--help" (or "-h") prints usage on stdout,
 * "--version" "NAME (legwork) VERSION", "--options" (alone) the table as TSV
 * (flag, name, argument, help); each exits 0, or EX_IOERR where stdout is full.
 * These three are not in the table.
 *
 * Returns the operands, NULL-terminated, in order (borrowed; argv is permuted).
 * Exits EX_USAGE with one line and usage on stderr if argv does not fit, or is not UTF-8.
 */
char **opt_parse(const struct cmd *cmd, char **argv);

/* opt_usage - say "NAME: what is wrong" and the synopsis on stderr, exit EX_USAGE. */
_Noreturn void opt_usage(const struct cmd *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* opt_duration_ms - "30", "1.5", "10s", "500ms", "2m", "1h", "1d" (plain: seconds); part of a
 * millisecond counts as one; a hundred years at most, so that it can be added to any time.  -1: not
 * one. */
long long opt_duration_ms(const char *text);

#endif
