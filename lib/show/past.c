#include "past.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct past *)a)->chat_id, ((const struct past *)b)->chat_id);
}

static struct past
past_of(const char *chat_id)
{
	struct past past = { .since = 0 };

	memcpy(past.chat_id, chat_id, ID_TEXT - 1);
	return past;
}

struct past *
pasts_find(const struct pasts *all, const char *chat_id)
{
	struct past wanted = past_of(chat_id), **found = tfind(&wanted, &all->by_chat, compare);

	return found ? *found : NULL;
}

struct past *
pasts_have(struct pasts *all, const char *chat_id)
{
	struct past *past = pasts_find(all, chat_id);

	if (past)
		return past;
	past = xmalloc(sizeof *past);
	*past = past_of(chat_id);
	if (!tsearch(past, &all->by_chat, compare))
		buf_no_memory();
	all->past = xrealloc(all->past, (all->len + 1) * sizeof *all->past);
	all->past[all->len++] = past;
	return past;
}

void
pasts_release(struct pasts *all)
{
	tdestroy(all->by_chat, free);
	free(all->past);
	*all = (struct pasts){ .len = 0 };
}
