/*
 * stop.h - being asked to stop
 *
 * Commands that hold something (reservations, running agents) catch TERM, INT and HUP, notice
 * at the
 * next turn of their loop, and put it down first.
 */
#ifndef STOP_H
#define STOP_H

/* stop_catch - from now on the signals only interrupt waiting calls and are remembered. */
void stop_catch(void);

/* stop_at_pipe - from now on writing to a pipe without reader is an error (EPIPE), not the end. */
void stop_at_pipe(void);

/* stop_signal - the last of them that came; 0: none. */
int stop_signal(void);

/* stop_count - how many came. */
int stop_count(void);

#endif
