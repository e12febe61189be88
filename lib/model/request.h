/*
 * request.h - what a model is asked: the request line of llm-chat
 *
 * The format is in legwork-record.5.  It belongs to no provider; openai and anthropic make their
 * bodies of it.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <jv.h>

/*
 * request_check - whether all members are of the kinds that they should be
 *
 * request  not consumed; null stands for a member that is not there
 *
 * Returns 0, or -1 with err EX_DATAERR: which member, and what is wanted.
 */
int request_check(jv request);

/* request_name - a schema's name as APIs take it: letters, digits, - and _, 1 to 64 of them.  The
 * caller frees it. */
char *request_name(const char *name);

/* request_arguments - the text of a tool call's arguments, as the model had written them where they
 * were no object.  call is not consumed. */
jv request_arguments(jv call);

/* request_extend - body (consumed) with the members of extra (not consumed): each replaces the one
 * of its name, null removes it. */
jv request_extend(jv body, jv extra);

#endif
