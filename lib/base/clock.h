/*
 * clock.h - what time it is, and how it is written
 *
 * Wall times are milliseconds since the epoch (int64_t) and only ever shown or
 * compared with what a person wrote; durations and time-outs use the monotonic clock.
 * LEGWORK_NOW (RFC 3339) pins the wall clock, for tests.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT = 25 }; /* "2026-11-20T12:00:00.000Z" and a NUL */

/* clock_now_ms - wall clock, or LEGWORK_NOW. */
int64_t clock_now_ms(void);

/* clock_mono_us, clock_mono_ms - CLOCK_MONOTONIC. */
int64_t clock_mono_us(void);
int64_t clock_mono_ms(void);

/* clock_format - write ms as RFC 3339 UTC with milliseconds.  Returns text. */
const char *clock_format(int64_t ms, char text[CLOCK_TEXT]);

/* clock_parse - read RFC 3339 (any offset, any fraction); false: not a time. */
bool clock_parse(const char *text, int64_t *ms);

#endif
