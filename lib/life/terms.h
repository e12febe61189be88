/*
 * terms.h - the terms of a task: its limits, and what its answer must be
 *
 * As members of a spec or task (legwork-record(5)), and as the options that task-add and task-edit
 * share:
 *   "limits":{"timeout_s","max_attempts","retry_delay_s","max_turns","max_tokens","max_children",
 *             "max_depth"}
 *   "output":{"expected","format","schema","check","tries"}
 */
#ifndef TERMS_H
#define TERMS_H

#include <jv.h>

#include "opt.h"

enum { TERMS_TRIES = 2, TERMS_TRIES_MAX = 100, TERMS_TEXT_MAX = 1 << 20 };

/*
 * terms_check - whether limits and output of a spec or task (borrowed), where they are there, are
 * what they must be
 *
 * Returns 0, or -1 with err EX_DATAERR naming the member and what was expected.
 */
int terms_check(jv spec);

/* terms_check_names - the same of the names of limits (borrowed, an object), which tasks otherwise
 * may have others of, too. */
int terms_check_names(jv limits);

/* As the options say; begin with TERMS_NONE. */
struct terms {
	const char *timeout, *retry_delay;
	long max_attempts, max_turns, max_tokens, max_children; /* 0: not given */
	long max_depth;                                         /* -1: not given */
	const char *expected, *format, *schema, *check, *check_jq;
};

/* clang-format off */
#define TERMS_NONE { .max_depth = -1 }
#define TERMS_LIMITS(t) \
	{ 't', "timeout", "time", "stop an attempt after this time", .str = &(t).timeout }, \
	{ 0, "max-attempts", "count", "try at most so often", .num = &(t).max_attempts, \
	    .min = 1, .max = 1000000 }, \
	{ 0, "retry-delay", "time", "how long to wait before the second attempt", \
	    .str = &(t).retry_delay }, \
	{ 0, "max-turns", "count", "the most turns of a model", .num = &(t).max_turns, \
	    .min = 1, .max = 1000000 }, \
	{ 0, "max-tokens", "count", "the most tokens that a model may cost", \
	    .num = &(t).max_tokens, .min = 1, .max = 1000000000 }, \
	{ 0, "max-children", "count", "split it into at most so many subtasks", \
	    .num = &(t).max_children, .min = 1, .max = 1000000 }, \
	{ 0, "max-depth", "count", "split it, and its subtasks, at most so deep (0: not at all)", \
	    .num = &(t).max_depth, .max = 1000 }
#define TERMS_OUTPUT(t) \
	{ 0, "output", "text", "what the answer shall be, in words", .str = &(t).expected }, \
	{ 0, "output-format", "format", "what it is: text, json, markdown or csv", \
	    .str = &(t).format }, \
	{ 0, "schema", "file", "a JSON Schema that it must fit", .str = &(t).schema }, \
	{ 0, "check", "cmd", "a shell command that must succeed on it", .str = &(t).check }, \
	{ 0, "check-jq", "expr", "a jq program that must be true of it", .str = &(t).check_jq }
/* clang-format on */

/*
 * terms_limits, terms_output - what the options say, as an owned object; empty: nothing
 *
 * Invalid with err: EX_USAGE, naming the option (a time, a format, a jq program, two checks);
 * terms_output also EX_NOINPUT, EX_IOERR, EX_DATAERR (the schema's file).
 */
jv terms_limits(const struct terms *t);
jv terms_output(const struct terms *t);

#endif
