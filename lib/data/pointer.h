/*
 * pointer.h - JSON pointers (RFC 6901): where in a value something is
 */
#ifndef POINTER_H
#define POINTER_H

#include <jv.h>
#include <stddef.h>

#include "buf.h"

/* pointer_add - append a member's name (a jv string, borrowed) to a pointer. */
void pointer_add(struct buf *pointer, jv name);

/* pointer_add_index - append an item's index. */
void pointer_add_index(struct buf *pointer, int index);

/* pointer_cut - take back what was added since the pointer had len bytes. */
void pointer_cut(struct buf *pointer, size_t len);

/* pointer_show - the pointer as a sentence begins with it: "top level" for the whole. */
const char *pointer_show(const struct buf *pointer);

/*
 * pointer_follow - the value that a URI's fragment leads to
 *
 * document  borrowed
 * fragment  what is behind "#": a pointer, with escapes as in URIs
 * pointer   its content is replaced by the pointer, as pointer_add would have made it
 *
 * Returns the value, owned; invalid where there is none.
 */
jv pointer_follow(jv document, const char *fragment, struct buf *pointer);

#endif
