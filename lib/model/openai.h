/*
 * openai.h - the dialect of OpenAI's chat completions, which many other servers speak too
 *
 * Sources: OpenAI's API reference (chat completions); what Ollama, llama.cpp, vLLM, OpenRouter and
 * proxies send in its place is taken as well, wherever it cannot be mistaken.
 */
#ifndef OPENAI_H
#define OPENAI_H

#include <jv.h>
#include <stdbool.h>

#include "reply.h"

/*
 * openai_body - what to POST for a request that has passed request_check
 *
 * request    consumed; has "model"
 * is_vendor  it goes to OpenAI itself, which has new names that others do not know
 */
jv openai_body(jv request, const char *version, bool is_vendor);

/* openai_event - take an event of a stream.  Of a fault that it reports, a->fault tells. */
void openai_event(struct reply *a, const char *name, const char *data, size_t len);

/* openai_whole - take an answer (consumed) that came at once. */
void openai_whole(struct reply *a, jv answer);

#endif
