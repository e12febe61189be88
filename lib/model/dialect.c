#include <string.h>

#include "anthropic.h"
#include "dialect.h"
#include "err.h"
#include "openai.h"

static const struct dialect dialects[] = {
	{ "openai", "/chat/completions", openai_body, openai_event, openai_whole },
	{ "anthropic", "/v1/messages", anthropic_body, anthropic_event, anthropic_whole },
};

const struct dialect *
dialect_find(const char *name)
{
	for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
		if (!strcmp(dialects[i].name, name))
			return &dialects[i];
	err_set(EX_CONFIG, "dialect '%s': want openai or anthropic", name);
	return NULL;
}
