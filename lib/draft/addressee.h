/*
 * addressee.h - who shall do what a message asks for
 *
 * The role that its metadata name as "agent"; else the agent whose "@role" its text mentions first,
 * outside of code and of lists.  A role that is not there is the first agent's, with a warning,
 * unless a member of the chat has that name.
 */
#ifndef ADDRESSEE_H
#define ADDRESSEE_H

#include <jv.h>
#include <stdbool.h>

#include "verdict.h"

struct addressee {
	jv crew, chat;           /* borrowed: an array of agents; the chat's record, or invalid */
	struct verdict *verdict; /* what is wrong is noted here */
	char *role;              /* NULL at first, and where nobody was named; free it */
	char *instead_of;  /* the name that was meant, where the role is the first one's for want
				    of it; free it */
	bool is_addressed; /* somebody who is there, or by the metadata, was */
};

/* addressee_read - who is meant by the metadata (borrowed) and *text; the "@role" is taken out of
 * *text, which is malloc'd and replaced. */
void addressee_read(struct addressee *to, jv metadata, char **text);

#endif
