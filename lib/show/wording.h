/*
 * wording.h - what a line of an agent's log says, in words
 */
#ifndef WORDING_H
#define WORDING_H

#include <jv.h>
#include <stdbool.h>

#include "buf.h"
#include "screen.h"

/* wording_of - append what a line (borrowed) says beside its time and kind, as it was written: more
 * lines stand below it.  Returns in which colour. */
enum paint wording_of(struct buf *b, jv line);

/* wording_knows - whether lines are of that kind (len bytes).  wording_kinds - append all kinds. */
bool wording_knows(const char *kind, size_t len);
void wording_kinds(struct buf *b);

#endif
