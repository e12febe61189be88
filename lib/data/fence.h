/*
 * fence.h - whether a tool call keeps within the scope of its task
 *
 * Every argument that is an account or a region (label.h), at any depth, has to be in the scope:
 * strings, with blanks or commas between them, numbers, lists of these; in an object that is one,
 * all of it that nothing else is said of; the value of {"name":"account_id","value":...}.  In other
 * strings, the account and the region of each ARN; one that is JSON is looked through like what it
 * stands for.  What is compared is compared to the byte; what cannot be is refused.
 */
#ifndef FENCE_H
#define FENCE_H

#include <jv.h>

#include "schema.h"

/* What a tool has to do with accounts and regions. */
enum fence_need {
	FENCE_NAMED,    /* all it does is in those that a call names: it has to name some */
	FENCE_TRUSTED,  /* the same, but if it takes none it may be called without */
	FENCE_HARMLESS, /* nothing; what a call names counts all the same, but no other strings */
};

/*
 * fence_check - whether a call with these arguments keeps within a scope
 *
 * parameters   of the tool
 * scope, args  borrowed objects
 *
 * Returns 0, or -1 with err EX_NOPERM, in words for the model: what is outside, or which argument
 * is missing.
 */
int fence_check(const struct schema *parameters, jv scope, jv args, enum fence_need need);

#endif
