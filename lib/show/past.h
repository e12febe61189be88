/*
 * past.h - how far a reader has come in each of many chats
 */
#ifndef PAST_H
#define PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"

/* A chat: what was printed of it, and what is to be printed from its past. */
struct past {
	char chat_id[ID_TEXT];
	uint64_t since, last;
	bool is_hidden; /* the reader may not read it */
	bool is_tail;   /* it begins with the newest */
};

/* Begins as { 0 }. */
struct pasts {
	struct past **past; /* in the order in which they were made */
	size_t len;
	void *by_chat; /* the same, of search.h */
};

/* pasts_find - the entry of a chat (a whole id), which stays where it is; NULL: there is none. */
struct past *pasts_find(const struct pasts *all, const char *chat_id);

/* pasts_have - the same, made where there is none. */
struct past *pasts_have(struct pasts *all, const char *chat_id);

/* pasts_release - free all of it; it is { 0 } again. */
void pasts_release(struct pasts *all);

#endif
