/*
 * cursor.h - how far a named reader of a chat has come
 *
 * Record (key "cursor/<name>/<chat>", set "cursors"): {"name","chat_id","seq","updated_at"};
 * chat_id is "all" for who reads all of them.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "store.h"

/* cursor_check - whether that may be the name of a reader, as chat_check_name says. */
int cursor_check(const char *name);

/* cursor_seq - the seq that the reader has come to; -1: there is no such reader. */
int64_t cursor_seq(struct tx *tx, const char *name, const char *chat_id);

/* cursor_move - to seq; never backwards, and nowhere in a chat that is gone. */
void cursor_move(struct tx *tx, const char *name, const char *chat_id, int64_t seq);

#endif
