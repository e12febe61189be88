/*
 * anthropic.h - the dialect of Anthropic's messages
 *
 * Source: Anthropic's API reference, versions 2023-06-01 and 2026-10-21.  The newer one refuses
 * temperature, which is then left out.
 */
#ifndef ANTHROPIC_H
#define ANTHROPIC_H

#include <jv.h>
#include <stdbool.h>

#include "reply.h"

/* The version that is spoken unless the configuration names another. */
#define ANTHROPIC_VERSION "2026-10-21"

/* max_tokens, which the API wants, where a request does not have it. */
enum { ANTHROPIC_MAX_TOKENS = 8192 };

/*
 * anthropic_body - what to POST for a request (consumed, has "model") that has passed request_check
 *
 * System messages become "system", the results of one turn's tools and what the user says then one
 * message of the user, the results first.
 */
jv anthropic_body(jv request, const char *version, bool is_vendor);

/* anthropic_event - take an event of a stream.  Of a fault that it reports, a->fault tells. */
void anthropic_event(struct reply *a, const char *name, const char *data, size_t len);

/* anthropic_whole - take an answer (consumed) that came at once. */
void anthropic_whole(struct reply *a, jv answer);

#endif
