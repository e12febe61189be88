/*
 * provider.h - where requests go: address, key, headers
 *
 * Known of themselves are openai, anthropic, ollama and openrouter, by the usual variables.  Keys
 * come out of the environment and out of files, never out of arguments or config.json.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <jv.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "dialect.h"

struct provider {
	char *name;
	const struct dialect *dialect;
	char *base_url; /* without a slash at its end */
	char *version;  /* of the API; NULL: none is said */
	jv headers;     /* an array of strings "Name: value" */
	jv secrets;     /* an array of strings that nobody may see */
	jv extra;       /* an object that goes into every body; else invalid */
	bool is_vendor; /* it is OpenAI itself */
};

/* provider_is_known - whether the name needs no entry in config.json. */
bool provider_is_known(const char *name);

/* provider_known - the names of those, by number from 0; NULL: there is no such. */
const char *provider_known(size_t number);

/* provider_is_told - whether the environment speaks of a known provider. */
bool provider_is_told(const char *name);

/* provider_needs_key - whether a known provider has keys. */
bool provider_needs_key(const char *name);

/*
 * provider_fill - all that is to be known of a provider
 *
 * entry       its entry in config.json (not consumed); an object, or invalid
 * folder      where that is, and relative paths in it begin; NULL: nowhere
 * is_offline  nothing will be sent: no key is needed
 *
 * Returns 0 and p, for provider_release; or -1 with err EX_CONFIG: what is missing and what to set.
 */
int provider_fill(struct provider *p, const char *name, jv entry, const char *folder,
    bool is_offline);

/* provider_mask - put *** for each secret that is in the text. */
void provider_mask(const struct provider *p, struct buf *text);

/* provider_release - of a filled or a zeroed one. */
void provider_release(struct provider *p);

#endif
