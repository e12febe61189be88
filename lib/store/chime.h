/*
 * chime.h - the bells (bell.h) of a store's changes, which may be held for a while
 *
 * Who has changed something and wants to know that it is durable need not wait until all who watch
 * are awake.  Each topic that is held is rung once.
 */
#ifndef CHIME_H
#define CHIME_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as { .watch_fd = the store's watch/ folder }, borrowed. */
struct chime {
	int watch_fd;
	bool is_holding; /* the caller's to set */
	char **held;     /* topics */
	size_t len;
};

/* chime_ring - ring a topic's bells, or hold them. */
void chime_ring(struct chime *c, const char *topic);

/* chime_ring_held - ring those that are held. */
void chime_ring_held(struct chime *c);

/* chime_ring_apart - the same, for who is about to end: where many wait, a child of ours rings, in
 * a session of its own, while we end.  It keeps none of our standard files. */
void chime_ring_apart(struct chime *c);

/* chime_release - ring those that are held, and free all. */
void chime_release(struct chime *c);

#endif
